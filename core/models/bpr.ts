import type { Hyperparameters } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { kernelCall } from "../compute/kernels.ts";
import { MemoryLayout, float32View, float64View, int32View } from "../compute/memory-layout.ts";
import type { Region } from "../compute/memory-layout.ts";
import { openComputePoolWhile } from "../compute/pool.ts";
import type { ComputePool, ProgramId } from "../compute/pool.ts";
import { evenRanges } from "../compute/program.ts";
import type { Phase } from "../compute/program.ts";
import { loadByUser, planSparse } from "../compute/ratings-matrix.ts";
import type { Shape, SparseRegions } from "../compute/ratings-matrix.ts";
import {
  blendByCounts,
  copyOffset,
  dealShards,
  mergeCalls,
  planSharedRows,
  roundsOf,
  shards,
  spreadCopies,
} from "../compute/user-shards.ts";
import type { SharedRows } from "../compute/user-shards.ts";
import type { Algorithm, FitContext, TrainingSet } from "./algorithm.ts";
import { bprInfo } from "./bpr-info.ts";
import { sumsToVectors } from "./bpr-fold-in.ts";
import { Checkpoints } from "./checkpoint.ts";
import { forgetSilentUsers, itemCounts, rateOf, requireFinite } from "./gradient-descent.ts";
import { asInputs } from "./history-input.ts";
import { numberOf } from "./hyperparameters.ts";
import type { FactorModel } from "./servable.ts";
import { scaledRows } from "./svdpp.ts";
import { allFinite, modelBytes, requireFits, requireRatings, shapeOf, trainingSetBytes } from "./training-limits.ts";
import { startRows, warmModelOf } from "./warm-start.ts";

/** b_i + p_u·q_i, fitted so that what a person rated stands above what they did not (Rendle et al. 2009). */
export const bpr: Algorithm<FactorModel> = {
  info: bprInfo,
  estimateCost: (shape, hyperparameters) => {
    const factors = numberOf(hyperparameters, "factors");
    return {
      // Fewer ratings than all may be positives; at most a second copy of them is made.
      bytes: 2 * trainingSetBytes(shape) + plan(shape, factors).layout.bytes + modelBytes(shape, factors),
      flops: numberOf(hyperparameters, "epochs") * shape.ratings * (13 * factors + 40),
    };
  },
  fit,
};

const rowsPerFill = 1024;

interface BprRegions {
  readonly byUser: SparseRegions;
  readonly order: Region;
  /** [users × stride] */
  readonly userFactors: Region;
  readonly itemFactors: SharedRows;
  readonly itemBias: SharedRows;
  readonly step: Region;
  /** Two u32: the run's seed and the epoch. */
  readonly seed: Region;
  /** [rounds × shards × 2] */
  readonly slots: Region;
}

const strideOf = (factors: number): number => Math.ceil(factors / 4) * 4;

function plan(shape: Shape, factors: number): { layout: MemoryLayout; regions: BprRegions } {
  const layout = new MemoryLayout();
  const stride = strideOf(factors);
  const regions = {
    byUser: planSparse(layout, shape.users, shape.ratings),
    order: layout.int32(shape.users),
    userFactors: layout.float32(shape.users * stride),
    itemFactors: planSharedRows(layout, shape.items, stride),
    itemBias: planSharedRows(layout, shape.items, 1),
    step: layout.float32(4),
    seed: layout.int32(2),
    slots: layout.float64(roundsOf(shape) * shards * 2),
  };
  return { layout, regions };
}

async function fit(given: TrainingSet, hyperparameters: Hyperparameters, context: FitContext): Promise<FactorModel> {
  requireRatings(given);
  const { minimum, maximum } = given.scale;
  const positiveFrom = minimum + numberOf(hyperparameters, "threshold") * (maximum - minimum);
  const data = asInputs(given, { kind: "binary", positiveFrom });
  const shape = shapeOf(data);
  const factors = numberOf(hyperparameters, "factors");
  requireFits(shape, factors, (count) => plan(shape, count).layout.bytes);
  const { layout, regions } = plan(shape, factors);
  const total = numberOf(hyperparameters, "epochs");
  context.onProgress({ done: 0, total, unit: "epochs", message: "Dealing out the users" });
  const { pool, prepared } = await openComputePoolWhile(
    { bytes: layout.bytes, threads: Math.min(context.threads, shards), signal: context.signal },
    (memory) => prepare(memory, regions, data, numberOf(hyperparameters, "learningRate")),
  );
  try {
    const model = () => servable(data, factors, positiveFrom, pool.memory, regions);
    await descend({ pool, regions, ranges: prepared, data, hyperparameters, context, model });
    return model();
  } finally {
    await pool.close();
  }
}

type Ranges = ReturnType<typeof dealShards>;

function prepare(memory: WebAssembly.Memory, regions: BprRegions, data: TrainingSet, rate: number): Ranges {
  loadByUser(memory, regions.byUser, data);
  const rounds = roundsOf(shapeOf(data));
  // An item is stepped on as a positive, and about as often as any other as a negative.
  const negatives = data.item.length / data.items;
  const counts = itemCounts(data).map((count) => count + negatives);
  blendByCounts(memory, regions.itemFactors, counts, rounds, rate);
  blendByCounts(memory, regions.itemBias, counts, rounds, rate);
  return dealShards(memory, regions.byUser, regions.order, rounds);
}

interface Descent {
  readonly pool: ComputePool;
  readonly regions: BprRegions;
  readonly ranges: Ranges;
  readonly data: TrainingSet;
  readonly hyperparameters: Hyperparameters;
  readonly context: FitContext;
  readonly model: () => FactorModel;
}

async function descend(descent: Descent): Promise<void> {
  const { pool, regions, data, hyperparameters, context } = descent;
  const { memory } = pool;
  const shape = shapeOf(data);
  const epochs = numberOf(hyperparameters, "epochs");
  const shared = [regions.itemFactors, regions.itemBias];
  const state = [regions.userFactors, ...shared.map(({ common }) => common)].map((region) =>
    float32View(memory, region),
  );
  const checkpoints = new Checkpoints(context, ["bpr", hyperparameters, shape, data.scale], state);
  const finished = checkpoints.restore();
  if (finished === 0) {
    await pool.run(pool.prepare([initialFactors(regions, shape, hyperparameters, context.seed)]));
    startWarm(descent, shape);
  }
  for (const matrix of shared) spreadCopies(memory, matrix);
  const program = prepareEpoch(descent, shared);
  const slots = float64View(memory, regions.slots);
  for (let epoch = finished + 1; epoch <= epochs; epoch++) {
    const rate = rateOf(hyperparameters, epoch);
    const keep = 1 - rate * numberOf(hyperparameters, "regularization");
    const biasKeep = 1 - rate * numberOf(hyperparameters, "biasRegularization");
    float32View(memory, regions.step).set([rate, keep, biasKeep]);
    int32View(memory, regions.seed).set([context.seed, epoch]);
    await pool.run(program);
    requireSettled(float32View(memory, regions.itemBias.common), epoch);
    const auc = rightShare(slots);
    context.onEpoch({ epoch, seconds: checkpoints.seconds, values: { "train-auc": auc } });
    context.onProgress({ done: epoch, total: epochs, unit: "epochs", message: `train AUC ${auc.toFixed(4)}` });
    if (await checkpoints.afterEpoch(epoch, descent.model)) return;
  }
}

/** Of the pairs drawn, those that stood the right way round: an estimate of the AUC. Without any pair, one half. */
function rightShare(slots: Float64Array): number {
  let [right, pairs] = [0, 0];
  for (let n = 0; n < slots.length; n += 2) {
    right += slots[n] ?? 0;
    pairs += slots[n + 1] ?? 0;
  }
  return pairs === 0 ? 0.5 : right / pairs;
}

function requireSettled(itemBias: Float32Array, epoch: number): void {
  if (allFinite(itemBias)) return;
  throw new ReelbenchError(
    "RB_TRAIN_DIVERGED",
    `After epoch ${String(epoch)} the model holds numbers that are not finite. Lower the learning rate or the regularization.`,
    { details: { epoch } },
  );
}

function startWarm({ pool, regions, hyperparameters, context }: Descent, shape: Shape): void {
  const width = numberOf(hyperparameters, "factors");
  const model = warmModelOf(context, shape, width);
  if (model === null) return;
  const row = { stride: strideOf(width), width };
  startRows(pool.memory, regions.userFactors, row, model.userFactors, 1);
  startRows(pool.memory, regions.itemFactors.common, row, model.itemFactors, 1);
  startRows(pool.memory, regions.itemBias.common, { stride: 1, width: 1 }, model.itemBias, 1);
}

function initialFactors(regions: BprRegions, shape: Shape, hyperparameters: Hyperparameters, seed: number): Phase {
  const factors = numberOf(hyperparameters, "factors");
  const deviation = numberOf(hyperparameters, "initialDeviation");
  const fill = (region: Region, rows: number, stream: number) =>
    evenRanges(rows, rowsPerFill).map(({ from, to }) =>
      kernelCall("fillNearNormal", region.offset, from, to, factors, strideOf(factors), seed, stream, deviation),
    );
  return [...fill(regions.userFactors, shape.users, 1), ...fill(regions.itemFactors.common, shape.items, 2)];
}

function prepareEpoch(
  { pool, regions, ranges, data, hyperparameters }: Descent,
  shared: readonly SharedRows[],
): ProgramId {
  const stride = strideOf(numberOf(hyperparameters, "factors"));
  const merge = shared.flatMap(mergeCalls);
  return pool.prepare(
    ranges.flatMap((cells, round) => [
      cells.map(({ from, to }, shard) =>
        kernelCall(
          "bprUsers",
          regions.order.offset,
          regions.byUser.start.offset,
          regions.byUser.columns.offset,
          from,
          to,
          data.items,
          regions.userFactors.offset,
          copyOffset(regions.itemFactors, shard),
          copyOffset(regions.itemBias, shard),
          stride,
          regions.step.offset,
          regions.seed.offset,
          regions.slots.offset + (round * shards + shard) * 16,
        ),
      ),
      merge,
    ]),
  );
}

/** Items that nobody chose keep what they learnt as negatives: that they are not chosen is what is known of them. */
function servable(
  data: TrainingSet,
  factors: number,
  positiveFrom: number,
  memory: WebAssembly.Memory,
  regions: BprRegions,
): FactorModel {
  const stride = strideOf(factors);
  const userFactors = scaledRows(memory, regions.userFactors, stride, factors, 1);
  const itemFactors = scaledRows(memory, regions.itemFactors.common, stride, factors, 1);
  const itemBias = scaledRows(memory, regions.itemBias.common, 1, 1, 1);
  forgetSilentUsers(data, userFactors, factors);
  requireFinite([userFactors, itemFactors, itemBias]);
  return {
    form: "factors",
    users: data.users,
    items: data.items,
    factors,
    globalMean: 0,
    userBias: new Float32Array(data.users),
    itemBias,
    userFactors,
    itemFactors,
    implicitFactors: sumsToVectors(data, userFactors, itemFactors, factors),
    foldIn: { kind: "implicit-sum", positiveFrom },
    predictsRatings: false,
    scale: data.scale,
  };
}
