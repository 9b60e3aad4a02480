import type { Hyperparameters } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { padColumns } from "../compute/dense-matrix.ts";
import { eigenbasis, eigenbasisProgram, planEigenbasis, readEigenbasis } from "../compute/eigenbasis.ts";
import type { EigenRegions } from "../compute/eigenbasis.ts";
import { MemoryLayout, float32View, float64View, int32View } from "../compute/memory-layout.ts";
import type { Region } from "../compute/memory-layout.ts";
import { openComputePool } from "../compute/pool.ts";
import type { ComputePool, ProgramId } from "../compute/pool.ts";
import type { Phase } from "../compute/program.ts";
import { loadByUser, planTransposeCursors, transpose } from "../compute/ratings-matrix.ts";
import type { Shape } from "../compute/ratings-matrix.ts";
import { planRowSolver, planTallGram, rotation, setRotation, sumTallGram, tallGram } from "../compute/row-solver.ts";
import type { RowSolver } from "../compute/row-solver.ts";
import type { Algorithm, FitContext, TrainingSet } from "./algorithm.ts";
import { copyFactors, packFactors, planSide, solveSide, startFactors, sumsOfSide } from "./alternating.ts";
import type { Side } from "./alternating.ts";
import { Checkpoints } from "./checkpoint.ts";
import { numberOf } from "./hyperparameters.ts";
import { ialsInfo } from "./ials-info.ts";
import type { FactorModel } from "./servable.ts";
import { modelBytes, requireFits, requireRatings, shapeOf, trainingSetBytes } from "./training-limits.ts";

/**
 * The random factors' mean, in their deviations: what all rows have in common, popularity, is then there from the first half on,
 * which saves about four of eight epochs (measured on the loss, at ν = 0 and 1). A larger mean drowns what rows differ in: at 3
 * the loss after eight epochs is higher on MovieLens 20M's shape, lower on a tenth of it.
 */
const startMean = 2;
/** Threads whose scratch the estimate counts; a fit plans for as many as it is given. */
const estimatedThreads = 8;

/**
 * x_u·y_i by alternating least squares on (Rendle et al. 2022, eq. 1–3, every rating a positive of value 1 and its weight w, 1 unless the
 * training set says otherwise)
 *   Σ_rated w (1 − x_u·y_i)² + α₀ Σ_all (x_u·y_i)² + λ Σ_u (|I_u| + α₀|I|)^ν ‖x_u‖² + λ Σ_i (|U_i| + α₀|U|)^ν ‖y_i‖².
 */
export const ials: Algorithm<FactorModel> = {
  info: ialsInfo,
  estimateCost: (shape, hyperparameters) => {
    const factors = numberOf(hyperparameters, "factors");
    const { layout } = plan(shape, factors, estimatedThreads, hyperparameters, false);
    const half = (rows: number): number => halfEpochFlops(shape.ratings, rows, hyperparameters);
    return {
      bytes: trainingSetBytes(shape) + layout.bytes + modelBytes(shape, factors),
      flops: numberOf(hyperparameters, "epochs") * (half(shape.users) + half(shape.items)),
    };
  },
  fit,
};

/** Columns that the subspace solver takes at a time, rounded up to what its kernel can; 0 for the other solvers. */
function subspaceOf(hyperparameters: Hyperparameters): number {
  if (hyperparameters["solver"] !== "subspace") return 0;
  const width = padColumns(numberOf(hyperparameters, "factors"));
  return Math.min(width, Math.ceil(numberOf(hyperparameters, "blockSize") / 8) * 8);
}

/** As if all rows had equally many entries. */
function halfEpochFlops(ratings: number, rows: number, hyperparameters: Hyperparameters): number {
  const factors = numberOf(hyperparameters, "factors");
  const entries = ratings / Math.max(1, rows);
  const [smaller, larger] = [Math.min(entries, factors), Math.max(entries, factors)];
  const exact = smaller * smaller * larger + smaller ** 3 / 3;
  const descent = 4 * (numberOf(hyperparameters, "conjugateSteps") + 1) * entries * factors;
  const sweep = (numberOf(hyperparameters, "blockSize") + 6) * entries * factors;
  const solvers = { exact, "conjugate-gradient": descent, subspace: sweep };
  const solve = Math.min(exact, solvers[hyperparameters["solver"] as keyof typeof solvers]);
  return rows * (solve + 3 * factors * factors) + 10 * factors ** 3;
}

interface Half {
  readonly gram: ProgramId;
  readonly eigen: ProgramId;
  readonly solve: ProgramId;
}

interface IalsMemory {
  /** Of both sides, the ratings' values are the roots of their weights; where all weigh the same, there are none. */
  readonly users: Side;
  readonly items: Side;
  readonly cursors: Region;
  readonly gram: Region;
  readonly eigen: EigenRegions;
  readonly rotation: Region;
  /** [width] α₀ · eigenvalues of the other side's gramian. */
  readonly spectrum: Region;
  readonly solver: RowSolver;
}

function plan(
  shape: Shape,
  factors: number,
  threads: number,
  hyperparameters: Hyperparameters,
  weighted: boolean,
): { layout: MemoryLayout; memory: IalsMemory } {
  const layout = new MemoryLayout();
  const width = padColumns(factors);
  const memory = {
    users: planSide(layout, shape.users, shape.ratings, factors, weighted),
    items: planSide(layout, shape.items, shape.ratings, factors, weighted),
    cursors: planTransposeCursors(layout, shape.items),
    gram: planTallGram(layout, width),
    eigen: planEigenbasis(layout, width),
    rotation: layout.float32(width * width),
    spectrum: layout.float64(width),
    solver: planRowSolver(layout, width, Math.max(shape.users, shape.items), threads, subspaceOf(hyperparameters)),
  };
  return { layout, memory };
}

async function fit(given: TrainingSet, hyperparameters: Hyperparameters, context: FitContext): Promise<FactorModel> {
  requireRatings(given);
  const positiveFrom = lowestPositive(given.scale, numberOf(hyperparameters, "threshold"));
  const data = positives(given, positiveFrom);
  const shape = shapeOf(data);
  const factors = numberOf(hyperparameters, "factors");
  const threads = Math.max(1, context.threads);
  const weighted = (data.weight ?? null) !== null;
  requireFits(shape, factors, (count) => plan(shape, count, threads, hyperparameters, weighted).layout.bytes);
  const { layout, memory } = plan(shape, factors, threads, hyperparameters, weighted);
  const pool = await openComputePool({ bytes: layout.bytes, threads, signal: context.signal });
  try {
    const { users, items } = memory;
    loadByUser(pool.memory, users.ratings, { ...data, rating: data.weight ?? data.rating });
    takeRoots(float32View(pool.memory, users.ratings.values));
    await transpose(pool, users.ratings, items.ratings, memory.cursors);
    fillPenalties(pool.memory, users, shape.items, hyperparameters);
    fillPenalties(pool.memory, items, shape.users, hyperparameters);
    const model = (read: typeof copyFactors): FactorModel => ({
      form: "factors",
      users: data.users,
      items: data.items,
      factors,
      globalMean: 0,
      userBias: new Float32Array(data.users),
      itemBias: new Float32Array(data.items),
      userFactors: read(pool.memory, users.factors, factors),
      itemFactors: read(pool.memory, items.factors, factors),
      foldIn: {
        kind: "implicit",
        unobservedWeight: numberOf(hyperparameters, "unobservedWeight"),
        regularization: numberOf(hyperparameters, "regularization"),
        frequencyExponent: numberOf(hyperparameters, "frequencyExponent"),
        items: data.items,
        positiveFrom,
      },
      predictsRatings: false,
      scale: data.scale,
    });
    await alternate(pool, memory, hyperparameters, context, () => model(copyFactors));
    return model(packFactors);
  } finally {
    await pool.close();
  }
}

function lowestPositive({ minimum, maximum }: TrainingSet["scale"], threshold: number): number {
  return minimum + threshold * (maximum - minimum);
}

/** The ratings that count. @throws ReelbenchError RB_SPLIT_EMPTY when none does. */
function positives(data: TrainingSet, positiveFrom: number): TrainingSet {
  let count = 0;
  for (let n = 0; n < data.rating.length; n++) if (data.rating[n]! >= positiveFrom) count++;
  if (count === data.rating.length) return data;
  if (count === 0)
    throw new ReelbenchError(
      "RB_SPLIT_EMPTY",
      `No rating for training is ${String(positiveFrom)} or higher. Lower the threshold.`,
    );
  const userStart = new Int32Array(data.users + 1);
  const item = new Int32Array(count);
  const rating = new Float32Array(count);
  const weight = data.weight ? new Float32Array(count) : null;
  let kept = 0;
  for (let u = 0; u < data.users; u++) {
    for (let n = data.userStart[u]!; n < data.userStart[u + 1]!; n++) {
      if (data.rating[n]! < positiveFrom) continue;
      item[kept] = data.item[n]!;
      rating[kept] = data.rating[n]!;
      if (weight !== null) weight[kept] = data.weight![n]!;
      kept++;
    }
    userStart[u + 1] = kept;
  }
  return { ...data, userStart, item, rating, weight, time: null };
}

function takeRoots(values: Float32Array): void {
  for (let n = 0; n < values.length; n++) values[n] = Math.sqrt(values[n]!);
}

function fillPenalties(
  memory: WebAssembly.Memory,
  side: Side,
  otherRows: number,
  hyperparameters: Hyperparameters,
): void {
  const start = int32View(memory, side.ratings.start);
  const penalty = float64View(memory, side.penalty);
  const regularization = numberOf(hyperparameters, "regularization");
  const exponent = numberOf(hyperparameters, "frequencyExponent");
  const unobserved = numberOf(hyperparameters, "unobservedWeight") * otherRows;
  for (let row = 0; row < penalty.length; row++) {
    penalty[row] = regularization * ((start[row + 1] ?? 0) - (start[row] ?? 0) + unobserved) ** exponent;
  }
}

/** The users' half comes last: the stored users are then exactly what fold-in makes of their ratings. */
async function alternate(
  pool: ComputePool,
  memory: IalsMemory,
  hyperparameters: Hyperparameters,
  context: FitContext,
  model: () => FactorModel,
): Promise<void> {
  const { users, items } = memory;
  const epochs = numberOf(hyperparameters, "epochs");
  const shape = { users: users.factors.rows, items: items.factors.rows, ratings: users.ratings.columns.length };
  const state = [users, items].map((side) => float32View(pool.memory, side.factors.region));
  const checkpoints = new Checkpoints(context, ["ials", hyperparameters, shape], state);
  const finished = checkpoints.restore();
  if (finished === 0) {
    const factors = numberOf(hyperparameters, "factors");
    const deviation = numberOf(hyperparameters, "initialDeviation") / Math.sqrt(factors);
    await startFactors(pool, [users, items], { factors, deviation, mean: startMean }, context);
  }
  const itemHalf = prepareHalf(pool, memory, items, users, hyperparameters);
  const userHalf = prepareHalf(pool, memory, users, items, hyperparameters);
  for (let epoch = finished + 1; epoch <= epochs; epoch++) {
    await runHalf(pool, memory, items, users, itemHalf, hyperparameters);
    await runHalf(pool, memory, users, items, userHalf, hyperparameters);
    const loss = lossOf(pool.memory, memory) / shape.ratings;
    if (!Number.isFinite(loss)) throw diverged(epoch);
    context.onEpoch({ epoch, seconds: checkpoints.seconds, values: { "train-loss": loss } });
    context.onProgress({ done: epoch, total: epochs, unit: "epochs", message: `train loss ${loss.toFixed(5)}` });
    if (await checkpoints.afterEpoch(epoch, model)) return;
  }
}

/**
 * Both sides turned into the eigenbasis of the source's gramian, where it is diagonal (scores do not see the turn), then
 * every row of the target solved.
 */
function prepareHalf(
  pool: ComputePool,
  memory: IalsMemory,
  target: Side,
  source: Side,
  hyperparameters: Hyperparameters,
): Half {
  const { spectrum, solver } = memory;
  const width = source.factors.columns;
  const exact = hyperparameters["solver"] === "exact";
  const steps = hyperparameters["solver"] === "conjugate-gradient" ? numberOf(hyperparameters, "conjugateSteps") : 0;
  const block = subspaceOf(hyperparameters);
  // Up to here the small system costs less than the descent, and is exact.
  const dualLimit = exact ? width : Math.min(width, block > 0 ? 2 * block : 8 * (steps + 1));
  const weights = target.ratings.values.length > 0 ? target.ratings.values : null;
  const solve = solveSide(pool.memory, {
    target,
    source,
    solver,
    goals: null,
    weights,
    spectrum,
    steps,
    block,
    dualLimit,
  });
  // The exact solve does not look at what the target was.
  const turn = (side: Side): Phase => rotation(side.factors, memory.rotation, solver);
  return {
    gram: pool.prepare([tallGram(source.factors, memory.gram, solver)]),
    eigen: pool.prepare(eigenbasisProgram(memory.eigen)),
    solve: pool.prepare([exact ? turn(source) : [...turn(source), ...turn(target)], solve]),
  };
}

async function runHalf(
  pool: ComputePool,
  { gram, eigen, rotation: turn, spectrum }: IalsMemory,
  target: Side,
  source: Side,
  half: Half,
  hyperparameters: Hyperparameters,
): Promise<void> {
  await pool.run(half.gram);
  const gramian = sumTallGram(pool.memory, source.factors, gram);
  float64View(pool.memory, eigen.matrix).set(gramian);
  await pool.run(half.eigen);
  const rank = numberOf(hyperparameters, "factors");
  const { values, vectors } =
    readEigenbasis(pool.memory, eigen, rank) ?? eigenbasis(gramian, source.factors.columns, rank);
  const unobservedWeight = numberOf(hyperparameters, "unobservedWeight");
  float64View(pool.memory, spectrum).set(values.map((value) => unobservedWeight * value));
  setRotation(pool.memory, turn, vectors, source.factors.columns);
  float64View(pool.memory, target.sums).fill(0);
  await pool.run(half.solve);
}

/** After the users' half: their rows' share holds everything but the items' penalty, which the items' half left. */
function lossOf(memory: WebAssembly.Memory, { users, items }: IalsMemory): number {
  return sumsOfSide(memory, users).loss + sumsOfSide(memory, items).penalty;
}

function diverged(epoch: number): ReelbenchError {
  return new ReelbenchError(
    "RB_TRAIN_DIVERGED",
    `Epoch ${String(epoch)} left numbers that are not finite. Raise the regularization.`,
    { details: { epoch } },
  );
}
