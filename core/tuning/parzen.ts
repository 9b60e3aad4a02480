import type { SearchDimension } from "../contract/searches.ts";
import { logMass, normalCdf, normalQuantile } from "./normal.ts";
import type { RandomStream } from "./random-stream.ts";
import { coordinateRange, valueOfCoordinate } from "./space.ts";
import type { Configuration, Value } from "./space.ts";

/** A kernel along one dimension: a truncated normal on the dimension's line, or probabilities of its choices. */
type Axis =
  | {
      readonly dimension: Exclude<SearchDimension, { kind: "choice" }>;
      readonly low: number;
      readonly high: number;
      /** [kernels], the prior's last. */
      readonly centres: Float64Array;
      readonly widths: Float64Array;
    }
  | {
      readonly dimension: Extract<SearchDimension, { kind: "choice" }>;
      /** [kernels][choices] */ readonly shares: number[][];
    };

/** A mixture of kernels, each a product over the dimensions: one around each observation, and a wide one as prior. */
export interface ParzenEstimator {
  sample(random: RandomStream): Configuration;
  /** ln density of a configuration (up to the change of variables, which two estimators of one space share). */
  logDensity(configuration: Configuration): number;
}

const priorWeight = 1;

/**
 * Parzen estimator of configurations, as Optuna ≥ 4 builds it (Watanabe 2023, arXiv 2304.11127, §3.3): the width of a
 * kernel is the larger gap to its neighbours on the line, not more than the range nor less than a small part of it ("magic
 * clip"); the two outermost look inwards only. `weights` beside `observations`; the prior has the weight 1, is centred and
 * as wide as the range. Optuna's clip is range / min(100, kernels + 1); ours a third of it, range / min(100, 3 (kernels + 1)),
 * with which regret is smaller on the functions of bench/peers/optuna.ts.
 */
export function parzenEstimator(
  dimensions: readonly SearchDimension[],
  observations: readonly Configuration[],
  weights: readonly number[],
): ParzenEstimator {
  const kernelWeights = observations.length === 0 ? [priorWeight] : [...weights, priorWeight];
  const total = kernelWeights.reduce((sum, weight) => sum + weight, 0);
  const shares = kernelWeights.map((weight) => weight / total);
  const axes = dimensions.map((dimension) => axisOf(dimension, observations));
  return {
    sample: (random) => {
      const kernel = pick(shares, random.unit());
      return Object.fromEntries(axes.map((axis) => [axis.dimension.name, sampleAxis(axis, kernel, random.unit())]));
    },
    logDensity: (configuration) => {
      const logs = shares.map((share, kernel) => {
        let sum = Math.log(share);
        for (const axis of axes) sum += logKernel(axis, kernel, configuration[axis.dimension.name]);
        return sum;
      });
      const largest = Math.max(...logs);
      if (largest === -Infinity) return -Infinity;
      return largest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - largest), 0));
    },
  };
}

function axisOf(dimension: SearchDimension, observations: readonly Configuration[]): Axis {
  if (dimension.kind === "choice") {
    const { choices } = dimension;
    if (observations.length === 0) return { dimension, shares: [choices.map(() => 1 / choices.length)] };
    const kernels = observations.length + 1;
    const prior = choices.map(() => priorWeight / kernels);
    const rows = [...observations.map(({ [dimension.name]: value }) => choices.indexOf(value ?? "")), -1].map(
      (chosen) => normalized(prior.map((share, at) => (at === chosen ? share + 1 : share))),
    );
    return { dimension, shares: rows };
  }
  const { low, high } = coordinateRange(dimension);
  const centres = observations.map(({ [dimension.name]: value }) => coordinateOf(dimension, value));
  return {
    dimension,
    low,
    high,
    centres: Float64Array.from([...centres, (low + high) / 2]),
    widths: Float64Array.from([...bandwidths(centres, low, high), high - low]),
  };
}

/** The width of each observation's kernel, in their order. */
export function bandwidths(centres: readonly number[], low: number, high: number): number[] {
  const order = centres.map((_, at) => at).sort((a, b) => (centres[a] ?? 0) - (centres[b] ?? 0) || a - b);
  const widths = new Array<number>(centres.length).fill(high - low);
  const place = (rank: number) => centres[order[rank] ?? 0] ?? 0;
  const last = centres.length - 1;
  for (const [rank, at] of order.entries()) {
    const left = rank === 0 ? (last > 0 ? 0 : place(0) - low) : place(rank) - place(rank - 1);
    const right = rank === last ? (last > 0 ? 0 : high - place(rank)) : place(rank + 1) - place(rank);
    widths[at] = Math.max(left, right);
  }
  const narrowest = (high - low) / Math.min(100, 3 * (centres.length + 2));
  return widths.map((width) => Math.min(high - low, Math.max(narrowest, width)));
}

function coordinateOf(dimension: Exclude<SearchDimension, { kind: "choice" }>, value: Value | undefined): number {
  const number = typeof value === "number" ? value : dimension.minimum;
  return dimension.logarithmic ? Math.log(number) : number;
}

function sampleAxis(axis: Axis, kernel: number, unit: number): Value {
  if ("shares" in axis) return axis.dimension.choices[pick(axis.shares[kernel] ?? [], unit)] ?? 0;
  const { centre, width, low, high } = kernelOf(axis, kernel);
  const below = normalCdf((low - centre) / width);
  const above = normalCdf((high - centre) / width);
  const coordinate = centre + width * normalQuantile(below + unit * (above - below));
  return valueOfCoordinate(axis.dimension, Math.min(high, Math.max(low, coordinate)));
}

function logKernel(axis: Axis, kernel: number, value: Value | undefined): number {
  if ("shares" in axis) {
    const at = axis.dimension.choices.indexOf(value ?? "");
    return Math.log(axis.shares[kernel]?.[at] ?? 0);
  }
  const { centre, width, low, high } = kernelOf(axis, kernel);
  const whole = logMass((low - centre) / width, (high - centre) / width);
  const { dimension } = axis;
  if (dimension.kind === "integer") {
    // An integer is the cell around it.
    const number = typeof value === "number" ? value : dimension.minimum;
    const edge = (place: number) => ((dimension.logarithmic ? Math.log(place) : place) - centre) / width;
    return logMass(edge(number - 0.5), edge(number + 0.5)) - whole;
  }
  const z = (coordinateOf(dimension, value) - centre) / width;
  return -0.5 * z * z - Math.log(width * Math.sqrt(2 * Math.PI)) - whole;
}

function kernelOf(axis: Extract<Axis, { centres: Float64Array }>, kernel: number) {
  return { centre: axis.centres[kernel] ?? 0, width: axis.widths[kernel] ?? 1, low: axis.low, high: axis.high };
}

/** The index in which a number of [0, 1) falls when each has its share of the line. */
function pick(shares: readonly number[], unit: number): number {
  let passed = 0;
  for (const [at, share] of shares.entries()) {
    passed += share;
    if (unit < passed) return at;
  }
  return shares.length - 1;
}

function normalized(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
