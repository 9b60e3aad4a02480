/**
 * The other half of `bench/peers/implicit.ts --memory`: a process that reads positives and fits iALS on them, nothing else, and
 * prints the most memory it has held, in bytes. Its one argument is JSON, with hyperparameters already parsed.
 */
import { readFileSync } from "node:fs";
import type { Hyperparameters } from "../../core/contract/entities.ts";
import type { TrainingSet } from "../../core/models/algorithm.ts";
import { ials } from "../../core/models/ials.ts";

export interface MemoryTask {
  /** As implicit_fit.py reads it. */
  readonly file: string;
  readonly hyperparameters: Hyperparameters;
  readonly threads: number;
}

// Written by bench/peers/implicit.ts.
const { file, hyperparameters, threads } = JSON.parse(process.argv[2] ?? "{}") as MemoryTask;
const numbers = new Int32Array(readFileSync(file).buffer);
const [users = 0, items = 0, positives = 0] = numbers;
const data: TrainingSet = {
  users,
  items,
  userStart: numbers.subarray(3, 3 + users + 1),
  item: numbers.subarray(3 + users + 1),
  rating: new Float32Array(positives).fill(1),
  time: null,
  scale: { minimum: 1, maximum: 1 },
};
const model = await ials.fit(data, hyperparameters, {
  seed: 1,
  threads,
  signal: new AbortController().signal,
  onProgress: () => undefined,
  onEpoch: () => undefined,
  resumeFrom: null,
  saveCheckpoint: () => Promise.resolve(),
});
// The data and the model are both alive here, as in the peer's process.
if (model.users !== data.users) throw new Error("The model is of other users.");
console.log(process.resourceUsage().maxRSS * 1024);
