import type { Hyperparameters } from "../contract/entities.ts";
import { kernelCall } from "../compute/kernels.ts";
import { MemoryLayout, float32View } from "../compute/memory-layout.ts";
import type { Region } from "../compute/memory-layout.ts";
import { openComputePoolWhile } from "../compute/pool.ts";
import type { ComputePool, ProgramId } from "../compute/pool.ts";
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
import {
  forgetSilentUsers,
  forgetUnratedItems,
  itemCounts,
  ratingFactor,
  rateOf,
  requireFinite,
} from "./gradient-descent.ts";
import { numberOf } from "./hyperparameters.ts";
import { descendRatings, randomFactors, strideOf } from "./rating-descent.ts";
import type { FactorModel } from "./servable.ts";
import { svdppInfo } from "./svdpp-info.ts";
import { meanRating, modelBytes, requireFits, requireRatings, shapeOf, trainingSetBytes } from "./training-limits.ts";
import { startRows, warmModelOf } from "./warm-start.ts";

/** r̂(u, i) = μ + b_u + b_i + q_i·(p_u + |N(u)|^-½ Σ_N(u) y_j), N(u) what u has rated (Koren 2008). */
export const svdpp: Algorithm<FactorModel> = {
  info: svdppInfo,
  estimateCost: (shape, hyperparameters) => {
    const factors = numberOf(hyperparameters, "factors");
    return {
      bytes: trainingSetBytes(shape) + plan(shape, factors).layout.bytes + modelBytes(shape, factors),
      flops: numberOf(hyperparameters, "epochs") * shape.ratings * (12 * factors + 12),
    };
  },
  fit,
};

interface SvdppRegions {
  readonly byUser: SparseRegions;
  readonly order: Region;
  /** [users × stride], without the implicit part. */
  readonly userFactors: Region;
  readonly userBias: Region;
  readonly itemFactors: SharedRows;
  readonly implicitFactors: SharedRows;
  readonly itemBias: SharedRows;
  readonly step: Region;
  /** Two rows for each shard. */
  readonly scratch: Region;
  /** [rounds × shards] */
  readonly slots: Region;
}

function plan(shape: Shape, factors: number): { layout: MemoryLayout; regions: SvdppRegions } {
  const layout = new MemoryLayout();
  const stride = strideOf(factors);
  const regions = {
    byUser: planSparse(layout, shape.users, shape.ratings),
    order: layout.int32(shape.users),
    userFactors: layout.float32(shape.users * stride),
    userBias: layout.float32(shape.users),
    itemFactors: planSharedRows(layout, shape.items, stride),
    implicitFactors: planSharedRows(layout, shape.items, stride),
    itemBias: planSharedRows(layout, shape.items, 1),
    step: layout.float32(8),
    scratch: layout.float32(shards * 2 * stride),
    slots: layout.float64(roundsOf(shape) * shards),
  };
  return { layout, regions };
}

async function fit(data: TrainingSet, hyperparameters: Hyperparameters, context: FitContext): Promise<FactorModel> {
  requireRatings(data);
  const shape = shapeOf(data);
  const factors = numberOf(hyperparameters, "factors");
  requireFits(shape, factors, (count) => plan(shape, count).layout.bytes);
  const { layout, regions } = plan(shape, factors);
  const total = numberOf(hyperparameters, "epochs");
  context.onProgress({ done: 0, total, unit: "epochs", message: "Dealing out the users" });
  const { pool, prepared } = await openComputePoolWhile(
    { bytes: layout.bytes, threads: Math.min(context.threads, shards), signal: context.signal },
    (memory) => prepare(memory, regions, data, hyperparameters),
  );
  try {
    const model = () => servable(data, prepared.mean, hyperparameters, pool.memory, regions);
    await descend({ pool, regions, ...prepared, data, hyperparameters, context, model });
    return model();
  } finally {
    await pool.close();
  }
}

type Ranges = ReturnType<typeof dealShards>;

function prepare(
  memory: WebAssembly.Memory,
  regions: SvdppRegions,
  data: TrainingSet,
  hyperparameters: Hyperparameters,
): { ranges: Ranges; mean: number } {
  loadByUser(memory, regions.byUser, data);
  const rounds = roundsOf(shapeOf(data));
  const counts = itemCounts(data);
  const rate = numberOf(hyperparameters, "learningRate");
  blendByCounts(memory, regions.itemFactors, counts, rounds, rate);
  blendByCounts(memory, regions.itemBias, counts, rounds, rate);
  // A person's step moves all their items' implicit factors together, and with them every next person's sum: what is
  // common to all settles within each shard and must not be added up.
  float32View(memory, regions.implicitFactors.blend).fill(1);
  return { ranges: dealShards(memory, regions.byUser, regions.order, rounds), mean: meanRating(data) };
}

interface Descent {
  readonly pool: ComputePool;
  readonly regions: SvdppRegions;
  readonly ranges: Ranges;
  readonly mean: number;
  readonly data: TrainingSet;
  readonly hyperparameters: Hyperparameters;
  readonly context: FitContext;
  readonly model: () => FactorModel;
}

async function descend(descent: Descent): Promise<void> {
  const { pool, regions, mean, data, hyperparameters, context, model } = descent;
  const shape = shapeOf(data);
  const factor = ratingFactor(data.scale);
  const { userFactors, userBias, itemFactors, implicitFactors, itemBias } = regions;
  const shared = [itemFactors, implicitFactors, itemBias];
  const own = [userFactors, userBias];
  await descendRatings({
    id: "svdpp",
    ...{ pool, shape, hyperparameters, context, model, scale: data.scale, step: regions.step, slots: regions.slots },
    state: [...own, ...shared.map(({ common }) => common)],
    begin: async () => {
      // y stays zero: it has no symmetry to break, and would be noise in everybody's sum.
      const random = randomFactors(userFactors, itemFactors.common, shape, hyperparameters, context.seed);
      await pool.run(pool.prepare([random]));
      startWarm(descent, factor);
    },
    prepareEpoch: () => {
      for (const matrix of shared) spreadCopies(pool.memory, matrix);
      return prepareEpoch(descent, shared);
    },
    stepOf: (epoch) => stepOf(hyperparameters, epoch, factor, mean),
  });
}

function startWarm({ pool, regions, data, hyperparameters, context }: Descent, factor: number): void {
  const width = numberOf(hyperparameters, "factors");
  const model = warmModelOf(context, shapeOf(data), width);
  if (model !== null) startSvdpp(pool.memory, regions, model, data, factor);
}

/** What `servable` reads out, back in its place. */
export function startSvdpp(
  memory: WebAssembly.Memory,
  regions: Pick<SvdppRegions, "userFactors" | "userBias" | "itemFactors" | "implicitFactors" | "itemBias">,
  model: FactorModel,
  data: TrainingSet,
  factor: number,
): void {
  const root = Math.sqrt(factor);
  const [row, one] = [
    { stride: strideOf(model.factors), width: model.factors },
    { stride: 1, width: 1 },
  ];
  startRows(memory, regions.userFactors, row, ownFactors(model, data), root);
  startRows(memory, regions.itemFactors.common, row, model.itemFactors, root);
  if (model.implicitFactors !== undefined)
    startRows(memory, regions.implicitFactors.common, row, model.implicitFactors, root);
  startRows(memory, regions.userBias, one, model.userBias, factor);
  startRows(memory, regions.itemBias.common, one, model.itemBias, factor);
}

/** A model's user factors without what `addImplicit` has added. */
function ownFactors({ userFactors, implicitFactors, factors }: FactorModel, data: TrainingSet): Float32Array {
  const own = userFactors.slice();
  if (implicitFactors !== undefined)
    addImplicit(
      data,
      own,
      implicitFactors.map((value) => -value),
      factors,
    );
  return own;
}

function prepareEpoch({ pool, regions, ranges, hyperparameters }: Descent, shared: readonly SharedRows[]): ProgramId {
  const stride = strideOf(numberOf(hyperparameters, "factors"));
  const { byUser, itemFactors, implicitFactors, itemBias } = regions;
  const merge = shared.flatMap(mergeCalls);
  return pool.prepare(
    ranges.flatMap((cells, round) => [
      cells.map(({ from, to }, shard) =>
        kernelCall(
          "svdppUsers",
          regions.order.offset,
          byUser.start.offset,
          byUser.columns.offset,
          byUser.values.offset,
          from,
          to,
          regions.userFactors.offset,
          regions.userBias.offset,
          copyOffset(itemFactors, shard),
          copyOffset(implicitFactors, shard),
          copyOffset(itemBias, shard),
          stride,
          regions.step.offset,
          regions.scratch.offset + shard * 2 * stride * 4,
          regions.slots.offset + (round * shards + shard) * 8,
        ),
      ),
      merge,
    ]),
  );
}

/** The numbers that `svdppUsers` reads. */
function stepOf(hyperparameters: Hyperparameters, epoch: number, factor: number, mean: number): number[] {
  const rate = rateOf(hyperparameters, epoch);
  const decay = 1 - rate * numberOf(hyperparameters, "regularization");
  const biasDecay = 1 - rate * numberOf(hyperparameters, "biasRegularization");
  return [factor, mean * factor, rate, decay, rate, biasDecay];
}

function servable(
  data: TrainingSet,
  mean: number,
  hyperparameters: Hyperparameters,
  memory: WebAssembly.Memory,
  regions: SvdppRegions,
): FactorModel {
  const factors = numberOf(hyperparameters, "factors");
  const factor = ratingFactor(data.scale);
  const rows = (region: Region, width: number, times: number) =>
    scaledRows(memory, region, width === 1 ? 1 : strideOf(width), width, times);
  const root = 1 / Math.sqrt(factor);
  const itemFactors = rows(regions.itemFactors.common, factors, root);
  const implicitFactors = rows(regions.implicitFactors.common, factors, root);
  const userFactors = rows(regions.userFactors, factors, root);
  forgetSilentUsers(data, userFactors, factors);
  forgetUnratedItems(data, itemFactors, factors);
  addImplicit(data, userFactors, implicitFactors, factors);
  const model: FactorModel = {
    form: "factors",
    users: data.users,
    items: data.items,
    factors,
    globalMean: mean,
    userBias: rows(regions.userBias, 1, 1 / factor),
    itemBias: rows(regions.itemBias.common, 1, 1 / factor),
    userFactors,
    itemFactors,
    implicitFactors,
    foldIn: {
      kind: "ridge",
      // As in biased SVD: on the data's own scale λ is divided by the factor.
      regularization: numberOf(hyperparameters, "regularization") / factor,
      biasRegularization: numberOf(hyperparameters, "biasRegularization"),
    },
    predictsRatings: true,
    scale: data.scale,
  };
  requireFinite([model.userFactors, model.itemFactors, implicitFactors, model.userBias, model.itemBias]);
  return model;
}

/** The first `width` of each row's `stride` floats, times `times`. */
export function scaledRows(
  memory: WebAssembly.Memory,
  region: Region,
  stride: number,
  width: number,
  times: number,
): Float32Array {
  const source = float32View(memory, region);
  const out = new Float32Array((source.length / stride) * width);
  for (let row = 0; row * stride < source.length; row++) {
    out.set(source.subarray(row * stride, row * stride + width), row * width);
  }
  if (times !== 1) for (let n = 0; n < out.length; n++) out[n] = (out[n] ?? 0) * times;
  return out;
}

/** p_u ← p_u + |N(u)|^-½ Σ y_j, in float64 and in the order of the items. */
export function addImplicit(
  data: TrainingSet,
  userFactors: Float32Array,
  implicitFactors: Float32Array,
  factors: number,
): void {
  const sum = new Float64Array(factors);
  for (let u = 0; u < data.users; u++) {
    const [first, end] = [data.userStart[u] ?? 0, data.userStart[u + 1] ?? 0];
    if (first === end) continue;
    sum.fill(0);
    for (let n = first; n < end; n++) {
      const row = (data.item[n] ?? 0) * factors;
      for (let k = 0; k < factors; k++) sum[k] = (sum[k] ?? 0) + (implicitFactors[row + k] ?? 0);
    }
    const norm = 1 / Math.sqrt(end - first);
    for (let k = 0; k < factors; k++) {
      userFactors[u * factors + k] = (userFactors[u * factors + k] ?? 0) + norm * (sum[k] ?? 0);
    }
  }
}
