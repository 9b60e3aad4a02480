import { instantiateKernels, kernelCall, kernelModule } from "../compute/kernels.ts";
import type { Kernels } from "../compute/kernels.ts";
import { float32View, float64View } from "../compute/memory-layout.ts";
import type { ComputePool, ProgramId } from "../compute/pool.ts";
import type { Phase } from "../compute/program.ts";
import { modeRanges } from "./bayesian-memory.ts";
import { drawPersonalNoise } from "./bayesian-noise.ts";
import type { PersonalNoise } from "./bayesian-noise.ts";
import type { BayesianMemory, FeatureBlock, Mode } from "./bayesian-memory.ts";

/** Gamma(½, ½·rate) on every precision, N(0, 1/λ) on every mean: libFM's hyperpriors, as weak as one observation. */
const priorShape = 1;
const priorRate = 1;
const priorWeight = 1;

/** Streams of random numbers: 16 columns apart, as a block's columns have streams of their own. */
const streams = { start: 1, rows: 16, hyper: 32, noise: 48, people: 52, blocks: 1024 } as const;
const streamsOfMode = 4096;
const streamsOfBlock = 1024;

/** What a sweep leaves behind besides the sample. */
export interface SweepSummary {
  readonly trainRmse: number;
  /** Precision of the noise, α. */
  readonly noisePrecision: number;
}

export interface Sampler {
  /**
   * Draws everything once: users, items, days. After the items, `observe` (where given) sees the items' conditional means, and
   * the users, days and globals that they belong to.
   */
  sweep(index: number, observe: (() => void) | null): Promise<SweepSummary>;
  /** [intercept, α] */
  readonly globals: Float64Array;
  /** [modes × width] μ by mode and column. */
  readonly centres: Float64Array;
}

/**
 * Gibbs sampling of a factorisation machine with two or three modes (Rendle 2012; Rendle, Zhang, Koren 2019):
 *   r ~ N(w₀ + b_u + b_i + b_t + p_u·q_i + p_u·τ_t + q_i·τ_t, 1/α).
 * Rows are drawn whole (Salakhutdinov and Mnih 2008), features by their rows and not by their ratings.
 */
export async function openSampler(
  pool: ComputePool,
  memory: BayesianMemory,
  options: { readonly seed: number; readonly ratings: number; readonly mean: number },
): Promise<Sampler> {
  const kernels = instantiateKernels(await kernelModule(), pool.memory);
  const { row, users, items, days, noise } = memory;
  const modes = days === null ? [users, items] : [users, items, days];
  const globals = Float64Array.of(options.mean, 1);
  const centres = new Float64Array(modes.length * row.width);
  const columns = [...Array.from({ length: row.factors }, (_, f) => f), row.bias];
  const { seed } = options;

  const rowPrograms = modes.map((_, index) => pool.prepare([rowPhase(pool, memory, modes, index, seed)]));
  const blockPrograms = modes.map((mode, index) =>
    mode.blocks.map((block, at) =>
      pool.prepare([blockPhase(memory, mode, block, seed, streamOf(index) + streams.blocks + at * streamsOfBlock)]),
    ),
  );

  function writeState(mode: Mode, index: number, wantsMeans: boolean): void {
    float64View(pool.memory, mode.state).set([globals[0] ?? 0, globals[1] ?? 1, index, wantsMeans ? 1 : 0]);
  }

  async function sweep(index: number, observe: (() => void) | null): Promise<SweepSummary> {
    let personal: PersonalNoise | null = null;
    for (const [at, mode] of modes.entries()) {
      drawHyperparameters(
        kernels,
        pool.memory,
        memory,
        mode,
        centres.subarray(at * row.width, (at + 1) * row.width),
        columns,
        {
          seed,
          stream: streamOf(at) + streams.hyper,
          sweep: index,
        },
      );
      writeState(mode, index, observe !== null && mode === items);
      await pool.run(rowPrograms[at] as ProgramId);
      if (mode === items) observe?.();
      if (mode === users && noise !== null)
        personal = drawPersonalNoise(kernels, pool.memory, noise, memory, {
          alpha: globals[1] ?? 1,
          seed,
          stream: streams.people,
          sweep: index,
        });
      for (const program of blockPrograms[at] ?? []) await pool.run(program);
    }
    const last = modes.at(-1) ?? items;
    return drawNoise(float64View(pool.memory, last.sums), index, personal);
  }

  /** α and w₀ given the residuals that the last rows left. */
  function drawNoise(sums: Float64Array, index: number, personal: PersonalNoise | null): SweepSummary {
    let squares = 0;
    let residuals = 0;
    for (let at = 0; at < sums.length; at += 2) {
      squares += sums[at] ?? 0;
      residuals += sums[at + 1] ?? 0;
    }
    const count = options.ratings;
    const shape = (priorShape + count) / 2;
    const alpha = kernels.standardGamma(shape, seed, streams.noise, index, 0) / ((priorRate + squares) / 2);
    const normal = normalOf(kernels, pool.memory, memory, seed, streams.noise, index, 1);
    // A flat prior: the mean of what is left, give or take.
    const weight = personal?.weight ?? count;
    globals[0] = (globals[0] ?? 0) + residuals / weight + normal / Math.sqrt(alpha * weight);
    globals[1] = alpha;
    return { trainRmse: Math.sqrt(Math.max(0, personal?.squares ?? squares) / count), noisePrecision: alpha };
  }

  return { sweep, globals, centres };
}

const streamOf = (mode: number): number => (mode + 1) * streamsOfMode;

function rowPhase(
  pool: ComputePool,
  memory: BayesianMemory,
  modes: readonly Mode[],
  index: number,
  seed: number,
): Phase {
  const { row, scratch, noise } = memory;
  const mode = modes[index] ?? memory.users;
  const [first, second] = modes.filter((_, other) => other !== index);
  const { entries } = mode;
  return modeRanges(pool.memory, mode).map(({ from, to }, range) =>
    kernelCall(
      "gibbsRows",
      entries.start.offset,
      entries.first.offset,
      entries.second?.offset ?? 0,
      entries.ratings.offset,
      from,
      to,
      first?.sample.offset ?? 0,
      second?.sample.offset ?? 0,
      mode.sample.offset,
      mode.prior.offset,
      mode.mean?.offset ?? 0,
      row.width,
      row.factors,
      mode.state.offset,
      seed,
      streamOf(index) + streams.rows,
      scratch.flags.offset,
      scratch.slots,
      scratch.region.offset,
      scratch.bytes,
      mode.sums.offset + range * 16,
      // People stand first among the modes that others meet.
      index === 0 ? 0 : (noise?.roots.offset ?? 0),
      index === 0 ? (noise?.weights.offset ?? 0) : 0,
      index === 0 ? (noise?.squares.offset ?? 0) : 0,
    ),
  );
}

function blockPhase(memory: BayesianMemory, mode: Mode, block: FeatureBlock, seed: number, stream: number): Phase {
  const { row, scratch } = memory;
  return Array.from({ length: row.width / 16 }, (_, panel) =>
    kernelCall(
      "gibbsFeatures",
      block.start.offset,
      block.rows.offset,
      block.values.offset,
      0,
      block.features,
      mode.sample.offset,
      mode.prior.offset,
      block.weights.offset,
      row.width,
      panel * 16,
      mode.state.offset + 32,
      block.precision.offset,
      mode.state.offset,
      seed,
      stream,
      scratch.flags.offset,
      scratch.slots,
      scratch.region.offset,
      scratch.bytes,
    ),
  );
}

interface Draw {
  readonly seed: number;
  readonly stream: number;
  readonly sweep: number;
}

/** λ and μ of every column of a mode given its rows; μ is part of `prior`, which follows. Then λ of each block's weights. */
function drawHyperparameters(
  kernels: Kernels,
  shared: WebAssembly.Memory,
  memory: BayesianMemory,
  mode: Mode,
  centres: Float64Array,
  columns: readonly number[],
  { seed, stream, sweep }: Draw,
): void {
  const { width } = memory.row;
  const sample = float32View(shared, mode.sample);
  const prior = float32View(shared, mode.prior);
  const sums = new Float64Array(width);
  const squares = new Float64Array(width);
  for (let at = 0; at < sample.length; at += width) {
    for (let column = 0; column < width; column++) {
      const difference = (sample[at + column] ?? 0) - (prior[at + column] ?? 0);
      sums[column] = (sums[column] ?? 0) + difference;
      squares[column] = (squares[column] ?? 0) + difference * difference;
    }
  }
  const precision = float64View(shared, mode.state).subarray(4);
  const shift = new Float64Array(width);
  for (const column of columns) {
    const centre = centres[column] ?? 0;
    const rate = priorRate + (squares[column] ?? 0) + priorWeight * centre * centre;
    const shape = (priorShape + mode.rows + 1) / 2;
    const lambda = (2 * kernels.standardGamma(shape, seed, stream, sweep, column)) / rate;
    const posteriorWeight = mode.rows + priorWeight;
    const normal = normalOf(kernels, shared, memory, seed, stream + 1, sweep, column);
    const drawn =
      ((sums[column] ?? 0) + mode.rows * centre) / posteriorWeight + normal / Math.sqrt(lambda * posteriorWeight);
    precision[column] = lambda;
    shift[column] = drawn - centre;
    centres[column] = drawn;
  }
  for (let at = 0; at < prior.length; at += width)
    for (let column = 0; column < width; column++)
      prior[at + column] = (prior[at + column] ?? 0) + (shift[column] ?? 0);
  mode.blocks.forEach((block, at) => {
    const weights = float32View(shared, block.weights);
    const blockPrecision = float64View(shared, block.precision);
    const total = new Float64Array(width);
    weights.forEach((weight, n) => (total[n % width] = (total[n % width] ?? 0) + weight * weight));
    for (const column of columns) {
      const gamma = kernels.standardGamma((priorShape + block.features) / 2, seed, stream + 2 + at, sweep, column);
      blockPrecision[column] = (2 * gamma) / (priorRate + (total[column] ?? 0));
    }
  });
}

/** One standard normal number. */
function normalOf(
  kernels: Kernels,
  shared: WebAssembly.Memory,
  memory: BayesianMemory,
  seed: number,
  stream: number,
  sweep: number,
  row: number,
): number {
  const { region } = memory.scratch;
  kernels.normals(region.offset, 1, seed, stream, sweep, row);
  return float64View(shared, region)[0] ?? 0;
}

/** The samples at the start: N(0, deviation²) factors, biases zero. */
export async function startSampler(
  pool: ComputePool,
  memory: BayesianMemory,
  seed: number,
  deviation: number,
): Promise<void> {
  const { row, users, items, days } = memory;
  const modes = days === null ? [users, items] : [users, items, days];
  await pool.run(
    pool.prepare([
      modes.map((mode, index) =>
        kernelCall(
          "fillNearNormal",
          mode.sample.offset,
          0,
          mode.rows,
          row.factors,
          row.width,
          seed,
          streamOf(index) + streams.start,
          deviation,
        ),
      ),
    ]),
  );
}
