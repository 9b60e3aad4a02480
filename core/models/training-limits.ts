import { ReelbenchError } from "../contract/errors.ts";
import { inGiB, largestMemory } from "../compute/memory-layout.ts";
import type { Shape } from "../compute/ratings-matrix.ts";
import type { TrainingSet } from "./algorithm.ts";

/** Bytes of a TrainingSet as it arrives, before any copy. */
export function trainingSetBytes(shape: Shape): number {
  return (shape.users + 1) * 4 + shape.ratings * 8;
}

/** Bytes of the finished model. */
export function modelBytes(shape: Shape, factors: number): number {
  return (shape.users + shape.items) * (factors + 1) * 4;
}

export function shapeOf(data: TrainingSet): Shape {
  return { users: data.users, items: data.items, ratings: data.item.length };
}

/**
 * @throws ReelbenchError RB_SPLIT_EMPTY when there is nothing to learn from, RB_INVALID_INPUT for a rating that is no number: a
 * damaged snapshot would otherwise train to NaN.
 */
export function requireRatings(data: TrainingSet): void {
  if (data.item.length === 0) throw new ReelbenchError("RB_SPLIT_EMPTY", "There is no rating to train on.");
  for (let n = 0; n < data.rating.length; n++)
    if (!Number.isFinite(data.rating[n]))
      throw new ReelbenchError("RB_INVALID_INPUT", `Rating number ${String(n)} of the training set is not a number.`);
}

/**
 * Refuses what the one memory of a fit cannot hold, naming the number of factors that it could.
 * @throws ReelbenchError RB_TRAIN_TOO_LARGE
 */
export function requireFits(shape: Shape, factors: number, bytesWith: (factors: number) => number): void {
  const bytes = bytesWith(factors);
  if (bytes <= largestMemory) return;
  let fitting = 0;
  for (let step = 2 ** 15; step >= 1; step /= 2) {
    if (bytesWith(fitting + step) <= largestMemory) fitting += step;
  }
  const size = `${shape.ratings.toLocaleString("en")} ratings of ${shape.users.toLocaleString("en")} users and ${shape.items.toLocaleString("en")} items`;
  const advice =
    fitting > 0
      ? `With ${String(fitting)} factors or fewer it fits.`
      : "No number of factors makes it fit: train on a smaller snapshot (a shorter window, or higher minimum counts).";
  throw new ReelbenchError(
    "RB_TRAIN_TOO_LARGE",
    `${size}${factors > 0 ? ` with ${String(factors)} factors` : ""} need ${inGiB(bytes)} in one memory, which holds ${inGiB(largestMemory)}. ${advice}`,
    { details: { bytes, limit: largestMemory, factors, largestFactors: fitting } },
  );
}

/**
 * Refuses what the one memory of a fit cannot hold, naming the largest value of the hyperparameter `name` with which it could.
 * @throws ReelbenchError RB_TRAIN_TOO_LARGE
 */
export function requireRoom(
  shape: Shape,
  { name, value }: { readonly name: string; readonly value: number },
  bytesWith: (value: number) => number,
): void {
  const bytes = bytesWith(value);
  if (bytes <= largestMemory) return;
  let fitting = 0;
  for (let step = 2 ** 15; step >= 1; step /= 2) if (bytesWith(fitting + step) <= largestMemory) fitting += step;
  throw new ReelbenchError(
    "RB_TRAIN_TOO_LARGE",
    `${shape.ratings.toLocaleString("en")} ratings of ${shape.items.toLocaleString("en")} items with ${name} = ${String(value)} need ${inGiB(bytes)} in one memory, which holds ${inGiB(largestMemory)}. ` +
      (fitting > 0 ? `With ${name} = ${String(fitting)} or less it fits.` : "Train on a smaller snapshot."),
    { details: { bytes, limit: largestMemory, [name]: value, largest: fitting } },
  );
}

/** Σ rating / n, in float64 and in order. */
export function meanRating(data: TrainingSet): number {
  let sum = 0;
  for (const rating of data.rating) sum += rating;
  return sum / data.rating.length;
}

/** Whether no value is NaN or infinite. */
export function allFinite(values: Float32Array | Float64Array): boolean {
  for (let n = 0; n < values.length; n++) if (!Number.isFinite(values[n])) return false;
  return true;
}
