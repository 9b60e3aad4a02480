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

/** Of pairs: a quarter of an hour of two threads, several times what the 100 million ratings of Netflix's prize have. */
const mostPairs = 5e11;
/** Looking at a likeness takes so much of what adding up a pair does. */
const pairsOfCell = 0.25;

/**
 * Refuses what finding the pairs that people have in common would take: every row pairs each of its entries with each, and
 * every column's likenesses to all others are looked through. `start` [rows + 1]; the names say what rows and columns are.
 * @throws ReelbenchError RB_TRAIN_TOO_LARGE naming the longest rows with which it could be done.
 */
export function requirePairs(
  start: Int32Array,
  columns: number,
  names: { readonly rows: string; readonly columns: string },
): void {
  const lengths = new Float64Array(start.length - 1);
  for (let row = 0; row < lengths.length; row++) lengths[row] = (start[row + 1] ?? 0) - (start[row] ?? 0);
  const pairsUpTo = (longest: number) => lengths.reduce((sum, length) => sum + Math.min(length, longest) ** 2, 0);
  const [pairs, cells] = [pairsUpTo(Infinity), columns ** 2 * pairsOfCell];
  if (pairs + cells <= mostPairs) return;
  let longest = 0;
  for (let step = 2 ** 30; step >= 1; step /= 2) if (pairsUpTo(longest + step) + cells <= mostPairs) longest += step;
  const longer = lengths.reduce((count, length) => count + (length > longest ? 1 : 0), 0);
  const billions = (count: number) => `${Math.round(count / 1e9).toLocaleString("en")} billion`;
  const most = Math.floor(Math.sqrt(mostPairs / pairsOfCell));
  throw new ReelbenchError(
    "RB_TRAIN_TOO_LARGE",
    `${billions(pairs)} pairs of ratings would have to be added up; beside the likenesses of ${columns.toLocaleString("en")} ${names.columns}, ${billions(Math.max(0, mostPairs - cells))} are the most. ` +
      (longest > 0
        ? `${longer.toLocaleString("en")} ${names.rows} have more than ${longest.toLocaleString("en")} ratings each: without them it could be done.`
        : `It could be done with ${most.toLocaleString("en")} ${names.columns} or fewer: raise their minimum count of ratings.`),
    { details: { pairs, limit: Math.max(0, mostPairs - cells), longest, longer } },
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
