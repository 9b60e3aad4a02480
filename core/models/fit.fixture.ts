import { createHash } from "node:crypto";
import type { Algorithm, FitContext, TrainingSet } from "./algorithm.ts";
import { parseHyperparameters } from "./registry.ts";
import { encodeModel } from "./bundle.ts";
import type { FactorModel, ServableModel } from "./servable.ts";

export function fitContext(changes: Partial<FitContext> = {}): FitContext {
  return {
    seed: 1,
    threads: 2,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onEpoch: () => undefined,
    resumeFrom: null,
    saveCheckpoint: () => Promise.resolve(),
    ...changes,
  };
}

export function fitWith<Model extends ServableModel>(
  algorithm: Algorithm<Model>,
  data: TrainingSet,
  hyperparameters: Record<string, unknown> = {},
  context: Partial<FitContext> = {},
): Promise<Model> {
  return algorithm.fit(data, parseHyperparameters(algorithm, hyperparameters), fitContext(context));
}

export function tensorHash(model: ServableModel): string {
  const hash = createHash("sha256").update(model.form === "factors" ? String(model.globalMean) : model.form);
  return hash.update(encodeModel(model)).digest("hex");
}

export function score(model: FactorModel, u: number, i: number): number {
  const k = model.factors;
  let sum = model.globalMean + (model.userBias[u] ?? 0) + (model.itemBias[i] ?? 0);
  for (let f = 0; f < k; f++) sum += (model.userFactors[u * k + f] ?? 0) * (model.itemFactors[i * k + f] ?? 0);
  return sum;
}

/** Clipped root mean squared error. */
export function rmse(model: FactorModel, test: TrainingSet): number {
  let squares = 0;
  for (let u = 0; u < test.users; u++) {
    for (let n = test.userStart[u] ?? 0; n < (test.userStart[u + 1] ?? 0); n++) {
      const predicted = Math.min(
        model.scale.maximum,
        Math.max(model.scale.minimum, score(model, u, test.item[n] ?? 0)),
      );
      squares += ((test.rating[n] ?? 0) - predicted) ** 2;
    }
  }
  return Math.sqrt(squares / test.item.length);
}
