/** A thread of an evaluation: claims rows until none is left and writes their values into shared columns. */
import { parentPort } from "node:worker_threads";
import { Evaluator } from "../evaluation/evaluate.ts";
import type { RatingsByUser } from "../evaluation/evaluation-data.ts";
import { createRanker } from "../evaluation/ranker.ts";
import { createRecommender } from "../recommend/recommender.ts";
import type { GivenRating } from "../recommend/recommender.ts";
import { rowsPerClaim } from "./evaluation-claims.ts";
import type { EvaluationWorkerData, FromEvaluationWorker } from "./evaluation-messages.ts";

async function evaluate(data: EvaluationWorkerData & { readonly slot: number }): Promise<void> {
  const { model, index, histories, input, output, cells, slot } = data;
  const recommender = createRecommender(model, (u) => historyIn(histories, u));
  const evaluator = new Evaluator(await createRanker(recommender, index, slot), input, output);
  const rows = input.users.length;
  for (let from = Atomics.add(cells, 0, rowsPerClaim); from < rows; from = Atomics.add(cells, 0, rowsPerClaim)) {
    const to = Math.min(from + rowsPerClaim, rows);
    evaluator.rows(from, to);
    Atomics.add(cells, 1, to - from);
  }
  evaluator.finish();
}

const send = (message: FromEvaluationWorker): void => parentPort?.postMessage(message);
// Structured cloning keeps the shape that `evaluateInThreads` gave it; nobody else starts this file.
parentPort?.on("message", (data: EvaluationWorkerData & { readonly slot: number }) => {
  evaluate(data).then(
    () => send({ type: "done" }),
    (error: unknown) =>
      send({ type: "failed", message: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});

function historyIn(ratings: RatingsByUser | null, u: number): GivenRating[] {
  const [from, to] = [ratings?.userStart[u] ?? 0, ratings?.userStart[u + 1] ?? 0];
  return Array.from({ length: to - from }, (_, offset) => ({
    i: ratings?.item[from + offset] ?? 0,
    rating: ratings?.rating[from + offset] ?? 0,
  }));
}
