import type { Hyperparameters } from "../../contract/entities.ts";
import type { Algorithm, TrainingSet } from "../../models/algorithm.ts";
import type { ServableModel } from "../../models/servable.ts";
import type { AnchorContext } from "./anchor.ts";

export function fitModel(
  algorithm: Algorithm,
  hyperparameters: Hyperparameters,
  data: TrainingSet,
  { seed, threads, signal }: AnchorContext,
): Promise<ServableModel> {
  return algorithm.fit(data, hyperparameters, {
    seed,
    threads,
    signal,
    onProgress: () => undefined,
    onEpoch: () => undefined,
    resumeFrom: null,
    saveCheckpoint: () => Promise.resolve(),
  });
}
