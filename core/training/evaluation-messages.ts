import type { ScanIndex } from "../compute/scan-index.ts";
import type { EvaluationInput, EvaluationOutput, RatingsByUser } from "../evaluation/evaluation-data.ts";
import type { ServableModel } from "../models/servable.ts";

/** What a thread is given, with its slot of the scan. */
export interface EvaluationWorkerData {
  readonly model: ServableModel;
  /** With a slot for each thread; null where the model has none. */
  readonly index: ScanIndex | null;
  /** The training ratings, for a model that answers known users from them. */
  readonly histories: RatingsByUser | null;
  readonly input: EvaluationInput;
  readonly output: EvaluationOutput;
  /** [next row to claim, rows finished], in shared memory. */
  readonly cells: Int32Array;
}

/** What a thread answers. */
export type FromEvaluationWorker = { readonly type: "done" } | { readonly type: "failed"; readonly message: string };
