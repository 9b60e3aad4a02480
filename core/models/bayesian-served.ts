import { float32View } from "../compute/memory-layout.ts";
import type { TrainingSet } from "./algorithm.ts";
import type { AverageMemory } from "./bayesian-average.ts";
import type { Sides, Totals } from "./bayesian-mf.ts";
import type { FactorModel } from "./servable.ts";

/**
 * The posterior mean as a model to serve: intercept and biases are plain averages, the products stand in `kept` factors. People's
 * factors are then centred (their mean goes into the items' biases) and scaled to variance 1, so that the prior of a new
 * person is the same in every direction.
 */
export function posteriorMean(
  shared: WebAssembly.Memory,
  average: AverageMemory,
  sides: Sides,
  totals: Totals,
  data: TrainingSet,
  ratingFactor: number,
): FactorModel {
  const { users, items, scale } = data;
  const kept = totals.counts[0] ?? 1;
  const left = averageFactors(shared, average.left, average.kept, sides.left, 1);
  const right = averageFactors(shared, average.right, average.kept, sides.right, 1 / kept / ratingFactor);
  const factors = dropEmpty(left, right, average.kept);
  const { mean, deviation } = momentsOf(factors.left, users, factors.count);
  const userFactors = new Float32Array(users * factors.count);
  const itemFactors = new Float32Array(items * factors.count);
  const itemBias = new Float32Array(items);
  for (let u = 0; u < users; u++) {
    for (let f = 0; f < factors.count; f++) {
      const at = u * factors.count + f;
      userFactors[at] = ((factors.left[at] ?? 0) - (mean[f] ?? 0)) / (deviation[f] ?? 1);
    }
  }
  for (let i = 0; i < items; i++) {
    let bias = (totals.itemBias[i] ?? 0) / kept / ratingFactor;
    for (let f = 0; f < factors.count; f++) {
      const value = factors.right[i * factors.count + f] ?? 0;
      bias += (mean[f] ?? 0) * value;
      itemFactors[i * factors.count + f] = value * (deviation[f] ?? 1);
    }
    itemBias[i] = bias;
  }
  const noise = (totals.counts[3] ?? 0) / kept / (ratingFactor * ratingFactor);
  const biases = totals.userBias.map((sum) => sum / kept / ratingFactor);
  const biasVariance = Math.max(1e-6, varianceOf(biases));
  return {
    form: "factors",
    users,
    items,
    factors: factors.count,
    globalMean: (totals.counts[2] ?? 0) / kept / ratingFactor,
    userBias: Float32Array.from(biases),
    itemBias,
    userFactors,
    itemFactors,
    foldIn: { kind: "ridge", regularization: 0, biasRegularization: 0, biasShrinkage: noise / biasVariance, shrinkage: noise },
    predictsRatings: true,
    scale,
  };
}

/** Root mean squared difference, over the probes, between the served scores and the exact averages. On the sampler's scale. */
export function servedError(shared: WebAssembly.Memory, average: AverageMemory, sides: Sides, totals: Totals): number {
  const kept = totals.counts[0] ?? 1;
  const left = averageFactors(shared, average.left, average.kept, sides.left, 1);
  const right = averageFactors(shared, average.right, average.kept, sides.right, 1);
  const { user, item, means } = totals.probes;
  let squares = 0;
  for (let n = 0; n < user.length; n++) {
    const [u, i] = [user[n] ?? 0, item[n] ?? 0];
    let score = (totals.counts[2] ?? 0) + (totals.userBias[u] ?? 0) + (totals.itemBias[i] ?? 0);
    for (let f = 0; f < average.kept; f++) score += (left[u * average.kept + f] ?? 0) * (right[i * average.kept + f] ?? 0);
    squares += ((score - (means[n] ?? 0)) / kept) ** 2;
  }
  return Math.sqrt(squares / Math.max(1, user.length));
}

/** The kept columns of one side, its rows' weights taken off again. */
function averageFactors(
  shared: WebAssembly.Memory,
  side: AverageMemory["left"],
  kept: number,
  parts: Sides["left"],
  factor: number,
): Float64Array {
  const from = float32View(shared, side.region);
  const out = new Float64Array(side.rows * kept);
  let row = 0;
  for (const { scale } of parts) {
    for (let own = 0; own < scale.length; own++, row++) {
      const weight = factor / (scale[own] ?? 1);
      for (let f = 0; f < kept; f++) out[row * kept + f] = weight * (from[row * side.columns + f] ?? 0);
    }
  }
  return out;
}

/** Columns beyond the rank are zero on both sides. */
function dropEmpty(
  left: Float64Array,
  right: Float64Array,
  kept: number,
): { readonly left: Float64Array; readonly right: Float64Array; readonly count: number } {
  const columns = Array.from({ length: kept }, (_, f) => f).filter((f) => right.some((value, at) => at % kept === f && value !== 0));
  const pick = (values: Float64Array): Float64Array => {
    const rows = values.length / kept;
    const out = new Float64Array(rows * columns.length);
    for (let row = 0; row < rows; row++)
      columns.forEach((f, at) => (out[row * columns.length + at] = values[row * kept + f] ?? 0));
    return out;
  };
  return { left: pick(left), right: pick(right), count: columns.length };
}

function momentsOf(values: Float64Array, rows: number, columns: number): { mean: Float64Array; deviation: Float64Array } {
  const mean = new Float64Array(columns);
  const deviation = new Float64Array(columns);
  for (let f = 0; f < columns; f++) {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += values[row * columns + f] ?? 0;
    mean[f] = sum / rows;
    let squares = 0;
    for (let row = 0; row < rows; row++) squares += ((values[row * columns + f] ?? 0) - (mean[f] ?? 0)) ** 2;
    deviation[f] = Math.sqrt(squares / rows) || 1;
  }
  return { mean, deviation };
}

function varianceOf(values: Float64Array): number {
  return momentsOf(values, values.length, 1).deviation[0]! ** 2;
}
