import type { FoldIn } from "./servable.ts";
import type { Hyperparameters } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { padColumns } from "../compute/dense-matrix.ts";
import { kernelCall } from "../compute/kernels.ts";
import { MemoryLayout, float32View, float64View, int32View } from "../compute/memory-layout.ts";
import type { Region } from "../compute/memory-layout.ts";
import { openComputePool } from "../compute/pool.ts";
import type { ComputePool, ProgramId } from "../compute/pool.ts";
import { evenRanges } from "../compute/program.ts";
import { loadByUser, planSparse, planTransposeCursors, transpose } from "../compute/ratings-matrix.ts";
import type { Shape, SparseRegions } from "../compute/ratings-matrix.ts";
import { planRowSolver } from "../compute/row-solver.ts";
import type { RowSolver } from "../compute/row-solver.ts";
import type { CostEstimate, FitContext, TrainingSet } from "./algorithm.ts";
import { copyFactors, packFactors, planSide, solveSide, startFactors, sumsOfSide, warmFactors } from "./alternating.ts";
import type { Side } from "./alternating.ts";
import { Checkpoints } from "./checkpoint.ts";
import { ratingFactor } from "./gradient-descent.ts";
import { numberOf } from "./hyperparameters.ts";
import type { FactorModel } from "./servable.ts";
import { modelBytes, requireFits, requireRatings, shapeOf, trainingSetBytes } from "./training-limits.ts";

const entriesPerCall = 65_536;
/** Threads whose scratch the estimate counts; a fit plans for as many as it is given. */
const estimatedThreads = 8;
/** Sweeps after which the last users are at their minimum, as fold-in finds it. */
const lastSweeps = 1000;

/** What an algorithm that alternates over ratings is, beside its hyperparameters. */
export interface RatingAlternation {
  readonly id: string;
  /** What is subtracted from every rating first. */
  readonly mean: number;
  /** λ_b, or null for no biases. */
  readonly biasRegularization: number | null;
  /** Conjugate gradient steps; 0: exact solves. */
  readonly steps: number;
  /** Sweeps of coordinate descent over numbers of at least zero; 0: solves without a sign. */
  readonly sweeps: number;
  /** The random factors' mean, in deviations. */
  readonly startMean: number;
  readonly foldIn: FoldIn;
}

export function costOfAlternation(shape: Shape, hyperparameters: Hyperparameters): CostEstimate {
  const factors = numberOf(hyperparameters, "factors");
  const { layout } = plan(shape, factors, estimatedThreads, false);
  const half = (rows: number): number => {
    const entries = shape.ratings / Math.max(1, rows);
    const [smaller, larger] = [Math.min(entries, factors), Math.max(entries, factors)];
    return rows * (smaller * smaller * larger + smaller ** 3 / 3);
  };
  return {
    bytes: trainingSetBytes(shape) + layout.bytes + modelBytes(shape, factors),
    flops: numberOf(hyperparameters, "epochs") * (half(shape.users) + half(shape.items)),
  };
}

interface RatedSide extends Side {
  /** [rows] f32, in the units that the fit works in. */
  readonly bias: Region;
  /** The roots of the ratings' weights, where there are any. */
  readonly weights: SparseRegions | null;
}

interface RatingsMemory {
  readonly users: RatedSide;
  readonly items: RatedSide;
  readonly cursors: Region;
  /** [ratings] what a half's rows are to explain. */
  readonly goals: Region;
  /** [width] zeros. */
  readonly spectrum: Region;
  readonly solver: RowSolver;
}

function plan(
  shape: Shape,
  factors: number,
  threads: number,
  weighted: boolean,
): { layout: MemoryLayout; memory: RatingsMemory } {
  const layout = new MemoryLayout();
  const columns = factors + 1;
  const side = (rows: number): RatedSide => ({
    ...planSide(layout, rows, shape.ratings, columns, true),
    bias: layout.float32(rows),
    weights: weighted ? planSparse(layout, rows, shape.ratings) : null,
  });
  const memory = {
    users: side(shape.users),
    items: side(shape.items),
    cursors: planTransposeCursors(layout, shape.items),
    goals: layout.float32(shape.ratings),
    spectrum: layout.float64(padColumns(columns)),
    solver: planRowSolver(layout, padColumns(columns), Math.max(shape.users, shape.items), threads),
  };
  return { layout, memory };
}

/**
 * Fits Σ w (r − r̂)² + Σ_u n_u (λ‖p_u‖² + λ_b b_u²) + Σ_i n_i (λ‖q_i‖² + λ_b b_i²) over the ratings, r̂ = μ + b_u + b_i + p_u·q_i, n a
 * row's count of ratings, w a rating's weight. A row's bias is solved for together with its factors: as one more factor, which
 * meets the constant c = √(λ/λ_b) on the other side, so that λ n (b/c)² is λ_b n b².
 */
export async function fitAlternation(
  data: TrainingSet,
  hyperparameters: Hyperparameters,
  kind: RatingAlternation,
  context: FitContext,
): Promise<FactorModel> {
  requireRatings(data);
  const shape = shapeOf(data);
  const factors = numberOf(hyperparameters, "factors");
  const threads = Math.max(1, context.threads);
  const weighted = (data.weight ?? null) !== null;
  requireFits(shape, factors, (count) => plan(shape, count, threads, weighted).layout.bytes);
  const { layout, memory } = plan(shape, factors, threads, weighted);
  const pool = await openComputePool({ bytes: layout.bytes, threads, signal: context.signal });
  try {
    const { users, items } = memory;
    loadByUser(pool.memory, users.ratings, data);
    await transpose(pool, users.ratings, items.ratings, memory.cursors);
    if (users.weights !== null && items.weights !== null && data.weight) {
      loadByUser(pool.memory, users.weights, { ...data, rating: data.weight.map(Math.sqrt) });
      await transpose(pool, users.weights, items.weights, memory.cursors);
    }
    const model = (read: typeof copyFactors) => servable(pool.memory, memory, factors, data, kind, read);
    await new Alternation(pool, memory, hyperparameters, data, kind).run(context, () => model(copyFactors));
    return model(packFactors);
  } finally {
    await pool.close();
  }
}

/** The halves of epochs, and what they need to know of each other. */
class Alternation {
  private readonly pool: ComputePool;
  private readonly memory: RatingsMemory;
  private readonly hyperparameters: Hyperparameters;
  private readonly data: TrainingSet;
  private readonly kind: RatingAlternation;
  private readonly factors: number;
  /** c above; 0 where there are no biases. */
  private readonly constant: number;

  constructor(
    pool: ComputePool,
    memory: RatingsMemory,
    hyperparameters: Hyperparameters,
    data: TrainingSet,
    kind: RatingAlternation,
  ) {
    this.pool = pool;
    this.memory = memory;
    this.hyperparameters = hyperparameters;
    this.data = data;
    this.kind = kind;
    this.factors = numberOf(hyperparameters, "factors");
    this.constant =
      kind.biasRegularization === null
        ? 0
        : Math.sqrt(numberOf(hyperparameters, "regularization") / kind.biasRegularization);
  }

  /** The users' half comes last: the stored users are then exactly what fold-in makes of their ratings. */
  async run(context: FitContext, model: () => FactorModel): Promise<void> {
    const { users, items } = this.memory;
    const view = (region: Region): Float32Array => float32View(this.pool.memory, region);
    const state = [users, items].flatMap((side) => [view(side.factors.region), view(side.bias)]);
    const shape = shapeOf(this.data);
    const checkpoints = new Checkpoints(context, [this.kind.id, this.hyperparameters, shape], state);
    const finished = checkpoints.restore();
    if (finished === 0) await this.start(context);
    for (const side of [users, items]) this.fillPenalties(side);
    const { sweeps } = this.kind;
    const [itemHalf, userHalf] = [this.prepare(items, users, sweeps), this.prepare(users, items, sweeps)];
    const lastHalf = sweeps > 0 ? this.prepare(users, items, lastSweeps) : userHalf;
    const epochs = numberOf(this.hyperparameters, "epochs");
    const factor = ratingFactor(this.data.scale);
    for (let epoch = finished + 1; epoch <= epochs; epoch++) {
      await this.half(items, users, itemHalf);
      const { loss, penalty } = await this.half(users, items, epoch === epochs ? lastHalf : userHalf);
      const rmse = Math.sqrt(Math.max(0, loss - penalty) / shape.ratings) / factor;
      if (!Number.isFinite(rmse)) throw diverged(epoch);
      context.onEpoch({ epoch, seconds: checkpoints.seconds, values: { "train-rmse": rmse } });
      context.onProgress({ done: epoch, total: epochs, unit: "epochs", message: `train RMSE ${rmse.toFixed(4)}` });
      if (await checkpoints.afterEpoch(epoch, model)) return;
    }
  }

  private async start(context: FitContext): Promise<void> {
    const { users, items } = this.memory;
    const { factors } = this;
    const scaled = Math.sqrt(ratingFactor(this.data.scale));
    const deviation = numberOf(this.hyperparameters, "initialDeviation") / Math.sqrt(factors);
    const mean = this.kind.startMean;
    await startFactors(this.pool, [users, items], { factors, deviation, mean }, context);
    const warm = warmFactors(context.warmStart ?? null, users.factors.rows, items.factors.rows, factors);
    if (warm === null || context.warmStart?.form !== "factors") return;
    for (const side of [users, items]) {
      const values = float32View(this.pool.memory, side.factors.region);
      values.forEach((value, at) => (values[at] = value * scaled));
    }
    const given = [context.warmStart.userBias, context.warmStart.itemBias];
    [users, items].forEach((side, n) => {
      if (this.constant > 0) float32View(this.pool.memory, side.bias).set(given[n]?.map((b) => b * scaled ** 2) ?? []);
    });
  }

  private fillPenalties(side: RatedSide): void {
    const start = int32View(this.pool.memory, side.ratings.start);
    const penalty = float64View(this.pool.memory, side.penalty);
    const regularization = numberOf(this.hyperparameters, "regularization");
    for (let row = 0; row < penalty.length; row++) penalty[row] = regularization * (start[row + 1]! - start[row]!);
  }

  private prepare(target: RatedSide, source: RatedSide, sweeps: number): ProgramId {
    const { goals, spectrum, solver } = this.memory;
    const { ratings, weights } = target;
    const { steps, mean } = this.kind;
    const width = source.factors.columns;
    const leave = evenRanges(ratings.columns.length, entriesPerCall).map(({ from, to }) =>
      kernelCall(
        "residualGoals",
        ratings.values.offset,
        ratings.columns.offset,
        source.bias.offset,
        ratingFactor(this.data.scale),
        mean,
        from,
        to,
        goals.offset,
      ),
    );
    const dualLimit = steps === 0 ? width : Math.min(width, 8 * (steps + 1));
    const roots = weights?.values ?? null;
    const half = { target, source, solver, goals, weights: roots, spectrum, steps, sweeps, dualLimit };
    return this.pool.prepare([leave, solveSide(this.pool.memory, half)]);
  }

  private async half(target: RatedSide, source: RatedSide, program: ProgramId) {
    const { factors, constant } = this;
    const { memory } = this.pool;
    const setColumn = (side: RatedSide, value: (row: number) => number): void => {
      const { region, rows, columns } = side.factors;
      const values = float32View(memory, region);
      for (let row = 0; row < rows; row++) values[row * columns + factors] = value(row);
    };
    const targetBias = float32View(memory, target.bias);
    setColumn(source, () => constant);
    setColumn(target, (row) => (constant === 0 ? 0 : targetBias[row]! / constant));
    float64View(memory, target.sums).fill(0);
    await this.pool.run(program);
    const solved = float32View(memory, target.factors.region);
    for (let row = 0; row < targetBias.length; row++) {
      targetBias[row] = constant * solved[row * target.factors.columns + factors]!;
    }
    return sumsOfSide(memory, target);
  }
}

function servable(
  memory: WebAssembly.Memory,
  { users, items }: RatingsMemory,
  factors: number,
  data: TrainingSet,
  { mean, biasRegularization, foldIn }: RatingAlternation,
  read: typeof copyFactors,
): FactorModel {
  const factor = ratingFactor(data.scale);
  const biasOf = (side: RatedSide): Float32Array => float32View(memory, side.bias).map((bias) => bias / factor);
  const factorsOf = (side: RatedSide): Float32Array => {
    const rows = read(memory, side.factors, factors).map((value) => value / Math.sqrt(factor));
    if (biasRegularization === null) averageSilentRows(rows, int32View(memory, side.ratings.start), factors);
    return rows;
  };
  return {
    form: "factors",
    users: data.users,
    items: data.items,
    factors,
    globalMean: mean,
    userBias: biasOf(users),
    itemBias: biasOf(items),
    userFactors: factorsOf(users),
    itemFactors: factorsOf(items),
    foldIn,
    predictsRatings: true,
    scale: data.scale,
  };
}

/** Without a mean and biases zero factors would predict a zero; rows without a rating get the average row instead. */
function averageSilentRows(rows: Float32Array, start: Int32Array, factors: number): void {
  const average = new Float64Array(factors);
  let rated = 0;
  const silent: number[] = [];
  for (let row = 0; row + 1 < start.length; row++) {
    if (start[row] === start[row + 1]) silent.push(row);
    else {
      rated++;
      for (let f = 0; f < factors; f++) average[f]! += rows[row * factors + f]!;
    }
  }
  for (const row of silent)
    rows.set(
      average.map((sum) => sum / rated),
      row * factors,
    );
}

function diverged(epoch: number): ReelbenchError {
  return new ReelbenchError(
    "RB_TRAIN_DIVERGED",
    `Epoch ${String(epoch)} left numbers that are not finite. Raise the regularization.`,
    { details: { epoch } },
  );
}
