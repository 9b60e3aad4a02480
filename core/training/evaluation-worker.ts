/** A thread of an evaluation: claims rows until none is left and writes their values into shared columns. */
import { workerData } from "node:worker_threads";
import { evaluateRows } from "../evaluation/evaluate.ts";
import type { EvaluationInput, EvaluationOutput } from "../evaluation/evaluate.ts";
import type { ServableModel } from "../models/servable.ts";
import { createRecommender } from "../recommend/recommender.ts";

export interface EvaluationWorkerData {
  readonly model: ServableModel;
  readonly input: EvaluationInput;
  readonly output: EvaluationOutput;
  /** [next row to claim, rows finished], in shared memory. */
  readonly cells: Int32Array;
}

/** Few enough that threads end together, many enough that claiming costs nothing. */
const rowsPerClaim = 32;

// Structured cloning keeps the shape that `evaluateInThreads` gave it; nobody else starts this file.
const { model, input, output, cells } = workerData as EvaluationWorkerData;
const recommender = createRecommender(model);
const rows = input.users.length;
for (let from = Atomics.add(cells, 0, rowsPerClaim); from < rows; from = Atomics.add(cells, 0, rowsPerClaim)) {
  const to = Math.min(from + rowsPerClaim, rows);
  evaluateRows(recommender, input, output, from, to);
  Atomics.add(cells, 1, to - from);
}
