import { ReelbenchError } from "../contract/errors.ts";
import type { HistoryInput, ServableModel } from "../models/servable.ts";
import type { GivenRating } from "./user-vector.ts";

/**
 * Ratings as a fold-in takes them: checked, ordered by item (the order of the sums must not depend on the order of the
 * request), the later where an item was given twice. Throws RB_INVALID_INPUT when an item is not the model's or a rating is
 * off the scale.
 */
export function settle(model: ServableModel, given: readonly GivenRating[]): GivenRating[] {
  const { minimum, maximum } = model.scale;
  const byItem = new Map<number, number>();
  for (const { i, rating } of given) {
    if (!Number.isInteger(i) || i < 0 || i >= model.items) {
      throw new ReelbenchError("RB_INVALID_INPUT", `The model has no item number ${i}.`);
    }
    if (!(rating >= minimum && rating <= maximum)) {
      throw new ReelbenchError("RB_INVALID_INPUT", `A rating of ${rating} is off the scale ${minimum} … ${maximum}.`);
    }
    byItem.set(i, rating);
  }
  return [...byItem].sort(([a], [b]) => a - b).map(([i, rating]) => ({ i, rating }));
}

/** x of a rating. */
export function inputOf(input: HistoryInput, rating: number): number {
  return input.kind === "binary" ? (rating >= input.positiveFrom ? 1 : 0) : rating - input.center;
}
