import { ReelbenchError } from "../contract/errors.ts";
import type { Hyperparameters } from "../contract/entities.ts";
import type { TrainingSet } from "./algorithm.ts";
import { numberOf } from "./hyperparameters.ts";
import { allFinite } from "./training-limits.ts";

/**
 * Hyperparameters are stated for a scale four wide (one to five stars). On another scale the ratings are brought to that
 * width first, so that one learning rate serves a 1 … 10 or a 0 … 100 scale; the model is brought back afterwards.
 */
export function ratingFactor(scale: TrainingSet["scale"]): number {
  const width = scale.maximum - scale.minimum;
  return width > 0 ? 4 / width : 1;
}

/** The rate decays geometrically; multiplied up rather than by `**`, whose last bits engines may choose. */
export function rateOf(hyperparameters: Hyperparameters, epoch: number): number {
  const decay = numberOf(hyperparameters, "learningRateDecay");
  let rate = numberOf(hyperparameters, "learningRate");
  for (let past = 1; past < epoch; past++) rate *= decay;
  return rate;
}

/**
 * A train error ten times the width of the scale is no longer going to come back.
 * @throws ReelbenchError RB_TRAIN_DIVERGED
 */
export function requireConvergence(rmse: number, epoch: number, scale: TrainingSet["scale"]): void {
  const limit = 10 * Math.max(scale.maximum - scale.minimum, Math.abs(scale.maximum) * 1e-3, Number.MIN_VALUE);
  if (rmse <= limit) return;
  throw new ReelbenchError(
    "RB_TRAIN_DIVERGED",
    `After epoch ${String(epoch)} the train RMSE is ${String(rmse)}. Lower the learning rate or raise the regularization.`,
    {
      details: { epoch },
    },
  );
}

/** @throws ReelbenchError RB_TRAIN_DIVERGED */
export function requireFinite(tensors: readonly Float32Array[]): void {
  if (tensors.every(allFinite)) return;
  throw new ReelbenchError("RB_TRAIN_DIVERGED", "The last epoch left numbers that are not finite.");
}

/** Zeroes the rows of users without a rating: they still hold their random start, which means nothing. */
export function forgetSilentUsers(data: TrainingSet, rows: Float32Array, width: number): void {
  for (let u = 0; u < data.users; u++) {
    if (data.userStart[u] === data.userStart[u + 1]) rows.fill(0, u * width, (u + 1) * width);
  }
}

/** The same for items that nobody has rated. */
export function forgetUnratedItems(data: TrainingSet, rows: Float32Array, width: number): void {
  itemCounts(data).forEach((count, i) => {
    if (count === 0) rows.fill(0, i * width, (i + 1) * width);
  });
}

/** [items] ratings of each item. */
export function itemCounts(data: Pick<TrainingSet, "items" | "item">): Int32Array {
  const counts = new Int32Array(data.items);
  for (let n = 0; n < data.item.length; n++) {
    const i = data.item[n] ?? 0;
    counts[i] = (counts[i] ?? 0) + 1;
  }
  return counts;
}
