import type { AlgorithmInfo, EarlyStopping } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";

/** Throws RB_INVALID_INPUT where early stopping would have nothing to stop, or nothing to judge by. */
export function requireStoppable({ name, offers, predictsRatings }: AlgorithmInfo, { metric }: EarlyStopping): void {
  if (!offers.includes("early-stopping"))
    throw new ReelbenchError("RB_INVALID_INPUT", `${name} has no epochs after which it could stop early.`, {
      remedy: "Leave early stopping out.",
    });
  if (!predictsRatings && (metric === "rmse" || metric === "mae"))
    throw new ReelbenchError(
      "RB_INVALID_INPUT",
      `${name} predicts no ratings, so ${metric} cannot tell when to stop.`,
      {
        remedy: "Stop by ndcg@10 or recall@10.",
      },
    );
}
