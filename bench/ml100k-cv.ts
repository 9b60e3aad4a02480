/**
 * k-fold cross-validation on a ratings file, clipped RMSE and MAE, pooled per fold and averaged (as Surprise's README reports):
 *   node bench/ml100k-cv.ts [FILE] [--algorithms biases,biased-svd] [--folds 5] [--seed 20] [--threads 2] [--set name=value]…
 */
import { parseArgs } from "node:util";
import type { Algorithm, TrainingSet } from "../core/models/algorithm.ts";
import type { ServableModel } from "../core/models/servable.ts";
import { algorithmById, parseHyperparameters } from "../core/models/registry.ts";
import { foldOfRating, readRatingsFile, trainingSet } from "./ratings-file.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    algorithms: { type: "string", default: "biases,biased-svd" },
    folds: { type: "string", default: "5" },
    seed: { type: "string", default: "20" },
    threads: { type: "string", default: "2" },
    set: { type: "string", multiple: true, default: [] },
  },
});
const path = positionals[0] ?? "../shared/data/ml-100k/u.data";
const folds = Number(values.folds);
const ratings = readRatingsFile(path);
const fold = foldOfRating(ratings.rating.length, folds, Number(values.seed));
console.log(`${path}: ${ratings.rating.length} ratings, ${ratings.users} users, ${ratings.items} items; ${folds} folds, seed ${values.seed}`);

for (const id of values.algorithms.split(",")) await crossValidate(algorithmById(id));

async function crossValidate(algorithm: Algorithm): Promise<void> {
  const settings = Object.fromEntries(values.set.map((pair) => pair.split("=")).map(([name, value]) => [name, Number(value)]));
  const known = new Set(algorithm.info.hyperparameters.map(({ name }) => name));
  const hyperparameters = parseHyperparameters(algorithm, Object.fromEntries(Object.entries(settings).filter(([name]) => known.has(name))));
  const results: { rmse: number; mae: number; seconds: number }[] = [];
  for (let held = 0; held < folds; held++) {
    const train = trainingSet(ratings, (index) => fold[index] !== held);
    const test = trainingSet(ratings, (index) => fold[index] === held);
    const started = performance.now();
    const model = await algorithm.fit(train, hyperparameters, {
      seed: 1,
      threads: Number(values.threads),
      signal: new AbortController().signal,
      onProgress: () => undefined,
      onEpoch: () => undefined,
      resumeFrom: null,
      saveCheckpoint: () => Promise.resolve(),
    });
    results.push({ ...errors(model, test), seconds: (performance.now() - started) / 1000 });
  }
  const mean = (pick: (result: (typeof results)[number]) => number) => results.reduce((sum, result) => sum + pick(result), 0) / results.length;
  console.log(
    `${algorithm.info.id.padEnd(12)} RMSE ${mean((r) => r.rmse).toFixed(4)}  MAE ${mean((r) => r.mae).toFixed(4)}  fit ${mean((r) => r.seconds).toFixed(2)} s  ` +
      `(folds ${results.map((r) => r.rmse.toFixed(4)).join(" ")})  ${JSON.stringify(hyperparameters)}`,
  );
}

function errors(model: ServableModel, test: TrainingSet): { rmse: number; mae: number } {
  let squares = 0;
  let absolute = 0;
  for (let u = 0; u < test.users; u++) {
    for (let n = test.userStart[u] ?? 0; n < (test.userStart[u + 1] ?? 0); n++) {
      const error = (test.rating[n] ?? 0) - predict(model, u, test.item[n] ?? 0);
      squares += error * error;
      absolute += Math.abs(error);
    }
  }
  return { rmse: Math.sqrt(squares / test.rating.length), mae: absolute / test.rating.length };
}

function predict(model: ServableModel, u: number, i: number): number {
  const k = model.factors;
  let score = model.globalMean + (model.userBias[u] ?? 0) + (model.itemBias[i] ?? 0);
  for (let f = 0; f < k; f++) score += (model.userFactors[u * k + f] ?? 0) * (model.itemFactors[i * k + f] ?? 0);
  return Math.min(model.scale.maximum, Math.max(model.scale.minimum, score));
}
