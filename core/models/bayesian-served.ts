import { float32View } from "../compute/memory-layout.ts";
import type { TrainingSet } from "./algorithm.ts";
import type { AverageMemory } from "./bayesian-average.ts";
import type { Calendar } from "./bayesian-days.ts";
import type { Sides, Totals } from "./bayesian-totals.ts";
import { fitVariance } from "./bayesian-probes.ts";
import type { FactorModel, ScoreIntervals } from "./servable.ts";
import type { DayEffects } from "./time-effects.ts";

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
  calendar: Calendar | null,
  ratingFactor: number,
): FactorModel {
  const { users, items, scale } = data;
  const kept = totals.counts[0] ?? 1;
  const perSweep = (sum: number): number => sum / kept / ratingFactor;
  const { left, right, count } = dropEmpty(
    averageFactors(shared, average.left, average.kept, sides.left, 1),
    averageFactors(shared, average.right, average.kept, sides.right, 1 / kept / ratingFactor),
    average.kept,
  );
  const { mean, deviation } = momentsOf(left, users, count);
  // (l − m)/d on the left, r·d on the right, and m·r in the bias.
  const scaled = (values: Float64Array, row: number, f: number, power: 1 | -1): number =>
    (values[row * count + f] ?? 0) * (power === 1 ? (deviation[f] ?? 1) : 1 / (deviation[f] ?? 1));
  const meanTimes = (row: number): number => {
    let sum = 0;
    for (let f = 0; f < count; f++) sum += (mean[f] ?? 0) * (right[row * count + f] ?? 0);
    return sum;
  };
  const userFactors = new Float64Array(users * count);
  const itemFactors = new Float64Array(items * count);
  for (let u = 0; u < users; u++)
    for (let f = 0; f < count; f++)
      userFactors[u * count + f] = scaled(left, u, f, -1) - (mean[f] ?? 0) / (deviation[f] ?? 1);
  for (let i = 0; i < items; i++) for (let f = 0; f < count; f++) itemFactors[i * count + f] = scaled(right, i, f, 1);
  const userBias = totals.userBias.map(perSweep);
  const itemBias = totals.itemBias.map((sum, i) => perSweep(sum) + meanTimes(i));
  let globalMean = perSweep(totals.counts[2] ?? 0);
  let timeEffects: DayEffects | undefined;
  if (calendar !== null) {
    const days = calendar.days.length;
    const userSide = Float64Array.from({ length: days * count }, (_, at) =>
      scaled(right, items + Math.floor(at / count), at % count, 1),
    );
    const itemSide = Float64Array.from({ length: days * count }, (_, at) =>
      scaled(left, users + Math.floor(at / count), at % count, -1),
    );
    const bias = totals.dayBias.map((sum, day) => perSweep(sum) + meanTimes(items + day));
    globalMean += serveMeanDay({ bias, userSide, itemSide }, calendar, itemFactors, itemBias, count);
    timeEffects = {
      kind: "days",
      servingTime: newestTime(data),
      day: calendar.days,
      bias: Float32Array.from(bias),
      userSide: Float32Array.from(userSide),
      itemSide: Float32Array.from(itemSide),
    };
  }
  const noise = perSweep(totals.counts[3] ?? 0) / ratingFactor;
  const biasVariance = Math.max(1e-6, momentsOf(userBias, users, 1).deviation[0] ?? 1) ** 2;
  return {
    form: "factors",
    users,
    items,
    factors: count,
    globalMean,
    userBias: Float32Array.from(userBias),
    itemBias: Float32Array.from(itemBias),
    userFactors: Float32Array.from(userFactors),
    itemFactors: Float32Array.from(itemFactors),
    ...(timeEffects && { timeEffects }),
    foldIn: {
      kind: "ridge",
      regularization: 0,
      biasRegularization: 0,
      biasShrinkage: noise / biasVariance,
      shrinkage: noise,
    },
    intervals: intervalsOf(totals, noise, users, items, ratingFactor),
    predictsRatings: true,
    scale,
  };
}

function intervalsOf(
  totals: Totals,
  noise: number,
  users: number,
  items: number,
  ratingFactor: number,
): ScoreIntervals {
  const variance = fitVariance(totals.probes, users, items, totals.counts[0] ?? 1);
  const onScale = (values: Float32Array): Float32Array => values.map((value) => value / (ratingFactor * ratingFactor));
  if (totals.userNoise.length === 0) return { noise, users: onScale(variance.users), items: onScale(variance.items) };
  // What all people's ratings scatter by at least, and what each person's do beyond it.
  const sweeps = totals.counts[0] ?? 1;
  const least = totals.userNoise.reduce((smallest, sum) => Math.min(smallest, sum), Infinity) / sweeps;
  return {
    noise: least / (ratingFactor * ratingFactor),
    users: onScale(variance.users.map((value, u) => value + (totals.userNoise[u] ?? 0) / sweeps - least)),
    items: onScale(variance.items),
  };
}

/**
 * Makes the mean day (weighted by ratings) that of the stored model, which is what the model expects of a day that it has not seen, and
 * the days what they differ from it by: with day factors (a: met by users, c: met by items) the score is p·(q + a_t) + c_t·q + …,
 * so q becomes q + ā, and c_t·q = c̄·q + (c_t − c̄)·(q + ā) − (c_t − c̄)·ā. Returns what the intercept gains.
 */
function serveMeanDay(
  effects: { readonly bias: Float64Array; readonly userSide: Float64Array; readonly itemSide: Float64Array },
  { days, dayOf }: Calendar,
  itemFactors: Float64Array,
  itemBias: Float64Array,
  count: number,
): number {
  const { bias, userSide, itemSide } = effects;
  const share = new Float64Array(days.length);
  for (const day of dayOf) share[day] = (share[day] ?? 0) + 1 / dayOf.length;
  const meanOf = (values: Float64Array, columns: number): Float64Array => {
    const mean = new Float64Array(columns);
    values.forEach(
      (value, at) => (mean[at % columns] = (mean[at % columns] ?? 0) + (share[Math.floor(at / columns)] ?? 0) * value),
    );
    return mean;
  };
  const a = meanOf(userSide, count);
  const c = meanOf(itemSide, count);
  const served = meanOf(bias, 1)[0] ?? 0;
  for (let i = 0; i < itemBias.length; i++) {
    let sum = 0;
    for (let f = 0; f < count; f++) {
      const at = i * count + f;
      sum += (c[f] ?? 0) * (itemFactors[at] ?? 0);
      itemFactors[at] = (itemFactors[at] ?? 0) + (a[f] ?? 0);
    }
    itemBias[i] = (itemBias[i] ?? 0) + sum;
  }
  for (let day = 0; day < days.length; day++) {
    let shift = 0;
    for (let f = 0; f < count; f++) {
      const at = day * count + f;
      userSide[at] = (userSide[at] ?? 0) - (a[f] ?? 0);
      itemSide[at] = (itemSide[at] ?? 0) - (c[f] ?? 0);
      shift += (itemSide[at] ?? 0) * (a[f] ?? 0);
    }
    bias[day] = (bias[day] ?? 0) - served - shift;
  }
  return served;
}

function newestTime({ time }: TrainingSet): number {
  let newest = -Infinity;
  for (const seconds of time ?? []) if (seconds > newest) newest = seconds;
  return newest;
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
    for (let f = 0; f < average.kept; f++)
      score += (left[u * average.kept + f] ?? 0) * (right[i * average.kept + f] ?? 0);
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
  const columns = Array.from({ length: kept }, (_, f) => f).filter((f) =>
    right.some((value, at) => at % kept === f && value !== 0),
  );
  const pick = (values: Float64Array): Float64Array => {
    const rows = values.length / kept;
    const out = new Float64Array(rows * columns.length);
    for (let row = 0; row < rows; row++)
      columns.forEach((f, at) => (out[row * columns.length + at] = values[row * kept + f] ?? 0));
    return out;
  };
  return { left: pick(left), right: pick(right), count: columns.length };
}

function momentsOf(
  values: Float64Array,
  rows: number,
  columns: number,
): { mean: Float64Array; deviation: Float64Array } {
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
