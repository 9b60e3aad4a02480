import type { Hyperparameters } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { instantiateKernels, kernelModule } from "../compute/kernels.ts";
import { MemoryLayout, float32View, int32View } from "../compute/memory-layout.ts";
import type { Region } from "../compute/memory-layout.ts";
import { openComputePool } from "../compute/pool.ts";
import type { ComputePool } from "../compute/pool.ts";
import type { Shape } from "../compute/ratings-matrix.ts";
import type { Algorithm, FitContext, TrainingSet } from "./algorithm.ts";
import { compress, enqueue, planAverage } from "./bayesian-average.ts";
import type { AverageMemory, FactorRows } from "./bayesian-average.ts";
import { fillImplicit, loadBayesian, loadFeatures, planBayesian } from "./bayesian-memory.ts";
import type { BayesianMemory, BayesianShape, Mode } from "./bayesian-memory.ts";
import { calendarOf } from "./bayesian-days.ts";
import type { Calendar } from "./bayesian-days.ts";
import { bayesianMfInfo } from "./bayesian-mf-info.ts";
import { drawProbes, observeProbes, probePairs } from "./bayesian-probes.ts";
import { openSampler, startSampler } from "./bayesian-sampler.ts";
import type { Sampler } from "./bayesian-sampler.ts";
import { posteriorMean, servedError } from "./bayesian-served.ts";
import type { Sides, Totals } from "./bayesian-totals.ts";
import { Checkpoints } from "./checkpoint.ts";
import { numberOf } from "./hyperparameters.ts";
import type { FactorModel } from "./servable.ts";
import { allFinite, meanRating, requireFits, requireRatings, shapeOf, trainingSetBytes } from "./training-limits.ts";

/** Threads whose scratch the estimate counts; a fit plans for as many as it is given. */
const estimatedThreads = 8;
const probeStream = 7;
/** How many days the estimate counts on: some ten years'. */
const estimatedDays = 3650;

/**
 * r ~ N(w₀ + b_u + b_i + p_u·q_i, 1/α) with p_u ~ N(μ + Bᵀx_u, diag(λ)⁻¹), q_i likewise, x the features and implicit sets: its posterior
 * mean by Gibbs sampling (Salakhutdinov and Mnih 2008; Rendle 2013).
 */
export const bayesianMf: Algorithm<FactorModel> = {
  info: bayesianMfInfo,
  estimateCost: (shape, hyperparameters) => {
    const factors = numberOf(hyperparameters, "factors");
    const served = servedFactors(hyperparameters, factors);
    const days = hyperparameters["days"] === true ? estimatedDays : 0;
    const { layout } = plan(bayesianShape(shape, null, days, hyperparameters), factors, served, estimatedThreads);
    const rows = shape.users + shape.items;
    const blocks = Number(hyperparameters["implicitItems"]) + Number(hyperparameters["implicitUsers"]);
    const sweep =
      (days > 0 ? 3 : 2) * shape.ratings * factors * (factors + 6) +
      rows * (factors ** 3 / 3 + 4 * factors * factors) +
      blocks * 8 * shape.ratings * factors;
    const average = (rows * 4 * served * served + 24 * served ** 3) / Math.max(1, Math.floor(served / factors));
    return {
      bytes: trainingSetBytes(shape) + 16 * shape.ratings + layout.bytes + rows * (8 * 40 + 4 * served + 8),
      flops: numberOf(hyperparameters, "sweeps") * (sweep + average),
    };
  },
  fit,
};

export function servedFactors(hyperparameters: Hyperparameters, factors: number): number {
  const given = numberOf(hyperparameters, "servedFactors");
  return given > 0 ? given : Math.min(256, 64 + 2 * factors);
}

function bayesianShape(
  shape: Shape,
  data: TrainingSet | null,
  days: number,
  hyperparameters: Hyperparameters,
): BayesianShape {
  const table = (given: TrainingSet["itemFeatures"]): BayesianShape["itemFeatures"] =>
    hyperparameters["features"] === true && given !== null && given !== undefined && given.names.length > 0
      ? { features: given.names.length, entries: given.index.length }
      : null;
  return {
    ...shape,
    days,
    implicitItems: hyperparameters["implicitItems"] === true,
    implicitUsers: hyperparameters["implicitUsers"] === true,
    userNoise: hyperparameters["userNoise"] === true,
    userFeatures: table(data?.userFeatures),
    itemFeatures: table(data?.itemFeatures),
  };
}

interface BayesianPlan {
  readonly layout: MemoryLayout;
  readonly memory: BayesianMemory;
  readonly average: AverageMemory;
  readonly picks: Region;
}

function plan(shape: BayesianShape, factors: number, served: number, threads: number): BayesianPlan {
  const layout = new MemoryLayout();
  const memory = planBayesian(layout, shape, factors, threads);
  const average = planAverage(layout, shape.users + shape.days, shape.items + shape.days, factors, served);
  return { layout, memory, average, picks: layout.int32(probePairs(shape.users, shape.items)) };
}

/**
 * Hyperpriors are stated for a scale four wide (one to five stars); ratings on another scale are brought to that width first, and
 * the model back afterwards.
 */
function ratingFactor(scale: TrainingSet["scale"]): number {
  const width = scale.maximum - scale.minimum;
  return width > 0 ? 4 / width : 1;
}

async function fit(data: TrainingSet, hyperparameters: Hyperparameters, context: FitContext): Promise<FactorModel> {
  requireRatings(data);
  const factors = numberOf(hyperparameters, "factors");
  const threads = Math.max(1, context.threads);
  const calendar = hyperparameters["days"] === true ? calendarOf(data) : null;
  const shape = bayesianShape(shapeOf(data), data, calendar?.days.length ?? 0, hyperparameters);
  requireFits(
    shape,
    factors,
    (count) => plan(shape, count, servedFactors(hyperparameters, count), threads).layout.bytes,
  );
  const planned = plan(shape, factors, servedFactors(hyperparameters, factors), threads);
  const pool = await openComputePool({ bytes: planned.layout.bytes, threads, signal: context.signal });
  try {
    load(pool.memory, planned.memory, data, calendar, hyperparameters);
    return await sampleAndAverage(pool, planned, data, calendar, hyperparameters, context);
  } finally {
    await pool.close();
  }
}

function load(
  memory: WebAssembly.Memory,
  { users, items, days, noise }: BayesianMemory,
  data: TrainingSet,
  calendar: Calendar | null,
  hyperparameters: Hyperparameters,
): void {
  loadBayesian(memory, { users, items, days, noise }, data, calendar?.dayOf ?? null, ratingFactor(data.scale));
  const userBlocks = [...users.blocks];
  const itemBlocks = [...items.blocks];
  const implicitItems = hyperparameters["implicitItems"] === true ? userBlocks.shift() : undefined;
  const implicitUsers = hyperparameters["implicitUsers"] === true ? itemBlocks.shift() : undefined;
  if (implicitItems !== undefined) fillImplicit(memory, implicitItems, int32View(memory, users.entries.start));
  if (implicitUsers !== undefined) fillImplicit(memory, implicitUsers, int32View(memory, items.entries.start));
  for (const block of userBlocks) if (data.userFeatures) loadFeatures(memory, block, data.userFeatures, data.users);
  for (const block of itemBlocks) if (data.itemFeatures) loadFeatures(memory, block, data.itemFeatures, data.items);
}

async function sampleAndAverage(
  pool: ComputePool,
  { memory, average, picks }: BayesianPlan,
  data: TrainingSet,
  calendar: Calendar | null,
  hyperparameters: Hyperparameters,
  context: FitContext,
): Promise<FactorModel> {
  const sweeps = numberOf(hyperparameters, "sweeps");
  const burnIn = Math.min(numberOf(hyperparameters, "burnIn"), sweeps - 1);
  const { seed } = context;
  const factor = ratingFactor(data.scale);
  const kernels = instantiateKernels(await kernelModule(), pool.memory);
  kernels.uniformIndices(picks.offset, picks.length, data.item.length, seed, probeStream);
  const totals: Totals = {
    counts: new Float64Array(4),
    userBias: new Float64Array(data.users),
    itemBias: new Float64Array(data.items),
    dayBias: new Float64Array(calendar?.days.length ?? 0),
    userNoise: new Float64Array(memory.noise === null ? 0 : data.users),
    probes: drawProbes(data, int32View(pool.memory, picks)),
  };
  const sampler = await openSampler(pool, memory, { seed, ratings: data.item.length, mean: meanRating(data) * factor });
  const checkpoints = new Checkpoints(
    context,
    ["bayesian-mf", hyperparameters, shapeOf(data), data.scale],
    stateOf(pool, memory, average, sampler, totals),
  );
  const finished = checkpoints.restore();
  if (finished === 0) await startSampler(pool, memory, seed, numberOf(hyperparameters, "initialDeviation"));
  const sides = factorRows(pool.memory, memory);
  const keep = (): void => {
    const waiting = totals.counts[1] ?? 0;
    enqueue(pool.memory, average, waiting, memory.row.factors, sides.left, sides.right);
    addTotals(pool.memory, memory, totals, sampler.globals);
    observeProbes(pool.memory, memory, sampler.globals[0] ?? 0, totals.probes);
  };
  for (let sweep = finished + 1; sweep <= sweeps; sweep++) {
    const { trainRmse, noisePrecision } = await sampler.sweep(sweep, sweep > burnIn ? keep : null);
    if (!Number.isFinite(trainRmse)) throw diverged(sweep);
    if (totals.counts[1] === average.queue || sweep === sweeps) {
      await compress(pool, average, sweep === sweeps);
      totals.counts[1] = 0;
    }
    const values = {
      "train-rmse": trainRmse / factor,
      "noise-deviation": 1 / Math.sqrt(noisePrecision) / factor,
      ...(sweep === sweeps ? { "served-error": servedError(pool.memory, average, sides, totals) / factor } : {}),
    };
    context.onEpoch({ epoch: sweep, seconds: checkpoints.seconds, values });
    context.onProgress({
      done: sweep,
      total: sweeps,
      unit: "sweeps",
      message: `train RMSE ${values["train-rmse"].toFixed(4)}`,
    });
    await checkpoints.afterEpoch(sweep);
  }
  const model = posteriorMean(pool.memory, average, sides, totals, data, calendar, factor);
  if (![model.userBias, model.itemBias, model.userFactors, model.itemFactors].every(allFinite)) throw diverged(sweeps);
  return model;
}

/** Everything that a sweep starts from and adds to. Hyperparameters are drawn anew at the start of each. */
function stateOf(
  pool: ComputePool,
  { users, items, days, noise }: BayesianMemory,
  average: AverageMemory,
  sampler: Sampler,
  { counts, userBias, itemBias, dayBias, userNoise, probes }: Totals,
): (Float32Array | Float64Array)[] {
  const view = (region: Region): Float32Array => float32View(pool.memory, region);
  return [
    ...[users, items, ...(days === null ? [] : [days])].flatMap((mode) => [
      view(mode.sample),
      view(mode.prior),
      ...mode.blocks.map((block) => view(block.weights)),
    ]),
    ...(noise === null ? [] : [view(noise.weights), userNoise]),
    view(average.left.region),
    view(average.right.region),
    sampler.globals,
    sampler.centres,
    counts,
    userBias,
    itemBias,
    dayBias,
    probes.means,
    probes.sums,
    probes.squares,
  ];
}

function factorRows(shared: WebAssembly.Memory, { row, users, items, days }: BayesianMemory): Sides {
  const rowsOf = (mode: Mode, region: Region): FactorRows => {
    const start = int32View(shared, mode.entries.start);
    const scale = Float64Array.from({ length: mode.rows }, (_, n) =>
      Math.sqrt((start[n + 1] ?? 0) - (start[n] ?? 0) + 1),
    );
    return { values: float32View(shared, region), width: row.width, scale };
  };
  const dayRows = days === null ? [] : [rowsOf(days, days.sample)];
  return {
    left: [rowsOf(users, users.sample), ...dayRows],
    right: [rowsOf(items, items.mean ?? items.sample), ...dayRows],
  };
}

function addTotals(
  shared: WebAssembly.Memory,
  { row, users, items, days, noise }: BayesianMemory,
  { counts, userBias, itemBias, dayBias, userNoise }: Totals,
  globals: Float64Array,
): void {
  const add = (sums: Float64Array, region: Region): void => {
    const values = float32View(shared, region);
    for (let n = 0; n < sums.length; n++) sums[n] = (sums[n] ?? 0) + (values[n * row.width + row.bias] ?? 0);
  };
  add(userBias, users.sample);
  add(itemBias, items.mean ?? items.sample);
  if (days !== null) add(dayBias, days.sample);
  counts[0] = (counts[0] ?? 0) + 1;
  counts[1] = (counts[1] ?? 0) + 1;
  counts[2] = (counts[2] ?? 0) + (globals[0] ?? 0);
  const variance = 1 / (globals[1] ?? 1);
  counts[3] = (counts[3] ?? 0) + variance;
  if (noise === null) return;
  const weights = float32View(shared, noise.weights);
  for (let u = 0; u < userNoise.length; u++) userNoise[u] = (userNoise[u] ?? 0) + variance / (weights[u] ?? 1);
}

function diverged(sweep: number): ReelbenchError {
  return new ReelbenchError("RB_TRAIN_DIVERGED", `Sweep ${String(sweep)} left numbers that are not finite.`, {
    details: { sweep },
  });
}
