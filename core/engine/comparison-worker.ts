/** Compares runs in a thread of its own: resampling thousands of users takes seconds that the engine's loop cannot spare. */
import { parentPort, workerData } from "node:worker_threads";
import { toReelbenchError } from "../contract/errors.ts";
import { compareRuns } from "../evaluation/compare.ts";
import type { ComparisonAnswer, ComparisonRequest } from "./comparison.ts";

// Only `comparison.ts` starts this thread, with data of its own making.
const { runs, baselineId } = workerData as ComparisonRequest;
let answer: ComparisonAnswer;
try {
  answer = { comparison: compareRuns(runs, baselineId) };
} catch (error) {
  answer = { error: toReelbenchError(error).toEnvelope() };
}
parentPort?.postMessage(answer);
