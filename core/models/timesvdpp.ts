import type { Hyperparameters } from "../contract/entities.ts";
import { kernelCall } from "../compute/kernels.ts";
import { MemoryLayout, float32View, int32View } from "../compute/memory-layout.ts";
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
import { addImplicit, scaledRows, startSvdpp } from "./svdpp.ts";
import { advance } from "./time-effects.ts";
import type { TimeSvdEffects } from "./time-effects.ts";
import { ratingTimes } from "./rating-times.ts";
import type { RatingTimes } from "./rating-times.ts";
import { timeSvdppInfo } from "./timesvdpp-info.ts";
import { meanRating, modelBytes, requireFits, requireRatings, shapeOf, trainingSetBytes } from "./training-limits.ts";
import { startRows, warmModelOf } from "./warm-start.ts";

/**
 * SVD++ whose biases and user factors change with time (Koren 2009): see `TimeSvdEffects` for the formulas. Ratings without a
 * time are predicted, and learnt from, by what does not change; without any time the model is SVD++.
 */
export const timeSvdpp: Algorithm<FactorModel> = {
  info: timeSvdppInfo,
  estimateCost: (shape, hyperparameters) => {
    const factors = numberOf(hyperparameters, "factors");
    const bins = numberOf(hyperparameters, "itemBins");
    const effects = (shape.items * bins + shape.users * (factors + 3) + 2 * shape.ratings) * 4;
    // At most one day for each rating.
    const { layout } = plan(shape, factors, bins, shape.ratings);
    return {
      bytes: trainingSetBytes(shape) + shape.ratings * 8 + layout.bytes + modelBytes(shape, factors) + effects,
      flops: numberOf(hyperparameters, "epochs") * shape.ratings * (20 * factors + 30),
    };
  },
  fit,
};

interface TimeSvdRegions {
  readonly byUser: SparseRegions;
  readonly order: Region;
  /** [users × stride], without the implicit part. */
  readonly userFactors: Region;
  readonly userBias: Region;
  readonly userSlope: Region;
  /** [users × stride] */
  readonly factorSlopes: Region;
  readonly dayBias: Region;
  readonly itemFactors: SharedRows;
  readonly implicitFactors: SharedRows;
  readonly itemBias: SharedRows;
  /** [items × bins] */
  readonly itemBins: SharedRows;
  /** [ratings] each rating's deviation, place among the bins, place among the days. */
  readonly deviation: Region;
  readonly bin: Region;
  readonly day: Region;
  /** [shards × placesPerShard]: see `timeSvdUsers`. */
  readonly places: Region;
  readonly step: Region;
  /** Two rows for each shard. */
  readonly scratch: Region;
  /** [rounds × shards] */
  readonly slots: Region;
}

const placesPerShard = 16;

function plan(
  shape: Shape,
  factors: number,
  bins: number,
  days: number,
): { layout: MemoryLayout; regions: TimeSvdRegions } {
  const layout = new MemoryLayout();
  const stride = strideOf(factors);
  const regions = {
    byUser: planSparse(layout, shape.users, shape.ratings),
    order: layout.int32(shape.users),
    userFactors: layout.float32(shape.users * stride),
    userBias: layout.float32(shape.users),
    userSlope: layout.float32(shape.users),
    factorSlopes: layout.float32(shape.users * stride),
    dayBias: layout.float32(days),
    itemFactors: planSharedRows(layout, shape.items, stride),
    implicitFactors: planSharedRows(layout, shape.items, stride),
    itemBias: planSharedRows(layout, shape.items, 1),
    itemBins: planSharedRows(layout, shape.items * bins, 1),
    deviation: layout.float32(shape.ratings),
    bin: layout.int32(shape.ratings),
    day: layout.int32(shape.ratings),
    places: layout.int32(shards * placesPerShard),
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
  const bins = numberOf(hyperparameters, "itemBins");
  const times = ratingTimes(data, bins);
  requireFits(shape, factors, (count) => plan(shape, count, bins, times.day.length).layout.bytes);
  const { layout, regions } = plan(shape, factors, bins, times.day.length);
  const total = numberOf(hyperparameters, "epochs");
  context.onProgress({ done: 0, total, unit: "epochs", message: "Dealing out the users" });
  const { pool, prepared } = await openComputePoolWhile(
    { bytes: layout.bytes, threads: Math.min(context.threads, shards), signal: context.signal },
    (memory) => prepare(memory, regions, data, times, hyperparameters),
  );
  try {
    const model = () => servable(data, times, prepared.mean, hyperparameters, pool.memory, regions);
    await descend({ pool, regions, ...prepared, data, hyperparameters, context, model });
    return model();
  } finally {
    await pool.close();
  }
}

type Ranges = ReturnType<typeof dealShards>;

function prepare(
  memory: WebAssembly.Memory,
  regions: TimeSvdRegions,
  data: TrainingSet,
  times: RatingTimes,
  hyperparameters: Hyperparameters,
): { ranges: Ranges; mean: number } {
  loadByUser(memory, regions.byUser, data);
  const rounds = roundsOf(shapeOf(data));
  const counts = itemCounts(data);
  const rate = numberOf(hyperparameters, "learningRate");
  blendByCounts(memory, regions.itemFactors, counts, rounds, rate);
  blendByCounts(memory, regions.itemBias, counts, rounds, rate);
  blendByCounts(memory, regions.itemBins, countsOf(times.bin, regions.itemBins.rows), rounds, rate);
  float32View(memory, regions.deviation).set(times.deviation);
  int32View(memory, regions.bin).set(times.bin);
  int32View(memory, regions.day).set(times.dayOfRating);
  int32View(memory, regions.places).set(Array.from({ length: shards }, (_, shard) => placesOf(regions, shard)).flat());
  // A person's step moves all their items' implicit factors together, and with them every next person's sum: what is
  // common to all settles within each shard and must not be added up.
  float32View(memory, regions.implicitFactors.blend).fill(1);
  return { ranges: dealShards(memory, regions.byUser, regions.order, rounds), mean: meanRating(data) };
}

interface Descent {
  readonly pool: ComputePool;
  readonly regions: TimeSvdRegions;
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
  const { userFactors, userBias, userSlope, factorSlopes, dayBias } = regions;
  const { itemFactors, implicitFactors, itemBias, itemBins } = regions;
  const shared = [itemFactors, implicitFactors, itemBias, itemBins];
  const own = [userFactors, userBias, userSlope, factorSlopes, dayBias];
  await descendRatings({
    id: "timesvdpp",
    ...{ pool, shape, hyperparameters, context, model, scale: data.scale, step: regions.step, slots: regions.slots },
    state: [...own, ...shared.map(({ common }) => common)],
    begin: async () => {
      // All else stays zero: it has no symmetry to break.
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

/** What `servable` reads out, back in its place; of a model without effects of the same times, what does not change. */
function startWarm({ pool, regions, data, hyperparameters, context }: Descent, factor: number): void {
  const width = numberOf(hyperparameters, "factors");
  const model = warmModelOf(context, shapeOf(data), width);
  if (model === null) return;
  const { memory } = pool;
  const root = Math.sqrt(factor);
  const [row, one] = [
    { stride: strideOf(width), width },
    { stride: 1, width: 1 },
  ];
  const stored = {
    userBias: model.userBias.slice(),
    itemBias: model.itemBias.slice(),
    userFactors: model.userFactors.slice(),
  };
  const { timeEffects: effects } = model;
  if (effects?.kind === "time-svd" && effects.itemBins.length === regions.itemBins.rows) {
    advance(effects, stored, width, -1);
    startRows(memory, regions.itemBins.common, one, effects.itemBins, factor);
    startRows(memory, regions.userSlope, one, effects.userSlope, factor);
    startRows(memory, regions.factorSlopes, row, effects.factorSlopes, root);
    if (effects.dayBias.length === regions.dayBias.length)
      startRows(memory, regions.dayBias, one, effects.dayBias, factor);
  }
  startSvdpp(memory, regions, { ...model, ...stored }, data, factor);
}

function prepareEpoch({ pool, regions, ranges, hyperparameters }: Descent, shared: readonly SharedRows[]): ProgramId {
  const stride = strideOf(numberOf(hyperparameters, "factors"));
  const merge = shared.flatMap(mergeCalls);
  return pool.prepare(
    ranges.flatMap((cells, round) => [
      cells.map(({ from, to }, shard) =>
        kernelCall(
          "timeSvdUsers",
          regions.order.offset,
          regions.byUser.start.offset,
          from,
          to,
          regions.places.offset + shard * placesPerShard * 4,
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

/** The numbers that `timeSvdUsers` reads. */
function stepOf(hyperparameters: Hyperparameters, epoch: number, factor: number, mean: number): number[] {
  const rate = rateOf(hyperparameters, epoch);
  const decay = 1 - rate * numberOf(hyperparameters, "regularization");
  const biasDecay = 1 - rate * numberOf(hyperparameters, "biasRegularization");
  const timeDecay = 1 - rate * numberOf(hyperparameters, "timeRegularization");
  return [factor, mean * factor, rate, decay, biasDecay, timeDecay];
}

function placesOf(regions: TimeSvdRegions, shard: number): number[] {
  const { byUser, deviation, bin, day, userFactors, userBias, userSlope, factorSlopes, dayBias } = regions;
  const mine = [
    byUser.columns,
    byUser.values,
    deviation,
    bin,
    day,
    userFactors,
    userBias,
    userSlope,
    factorSlopes,
    dayBias,
  ];
  const shared = [regions.itemFactors, regions.implicitFactors, regions.itemBias, regions.itemBins];
  const places = [...mine.map(({ offset }) => offset), ...shared.map((rows) => copyOffset(rows, shard))];
  // Offsets beyond 2 GiB are negative as int32; the kernel reads them as unsigned.
  return [...places, ...new Array<number>(placesPerShard - places.length).fill(0)].map((offset) => offset | 0);
}

function countsOf(index: Int32Array, length: number): Int32Array {
  const counts = new Int32Array(length);
  for (let n = 0; n < index.length; n++) {
    const at = index[n] ?? -1;
    if (at >= 0) counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts;
}

/** Stored biases and factors are those at serving time; what changes stands beside them. */
function servable(
  data: TrainingSet,
  times: RatingTimes,
  mean: number,
  hyperparameters: Hyperparameters,
  memory: WebAssembly.Memory,
  regions: TimeSvdRegions,
): FactorModel {
  const factors = numberOf(hyperparameters, "factors");
  const factor = ratingFactor(data.scale);
  const root = 1 / Math.sqrt(factor);
  const rows = (region: Region, width: number, times_: number) =>
    width === 1 ? scaledRows(memory, region, 1, 1, times_) : scaledRows(memory, region, strideOf(width), width, times_);
  const itemFactors = rows(regions.itemFactors.common, factors, root);
  const implicitFactors = rows(regions.implicitFactors.common, factors, root);
  const userFactors = rows(regions.userFactors, factors, root);
  const factorSlopes = rows(regions.factorSlopes, factors, root);
  forgetSilentUsers(data, userFactors, factors);
  forgetUnratedItems(data, itemFactors, factors);
  addImplicit(data, userFactors, implicitFactors, factors);
  const userBias = rows(regions.userBias, 1, 1 / factor);
  const itemBias = rows(regions.itemBias.common, 1, 1 / factor);
  const timeEffects: TimeSvdEffects = {
    ...times.span,
    itemBins: rows(regions.itemBins.common, 1, 1 / factor),
    userMean: times.userMean,
    userSlope: rows(regions.userSlope, 1, 1 / factor),
    factorSlopes,
    dayStart: times.dayStart,
    day: times.day,
    dayBias: rows(regions.dayBias, 1, 1 / factor),
  };
  advance(timeEffects, { userBias, itemBias, userFactors }, factors);
  const model: FactorModel = {
    form: "factors",
    users: data.users,
    items: data.items,
    factors,
    globalMean: mean,
    userBias,
    itemBias,
    userFactors,
    itemFactors,
    implicitFactors,
    timeEffects,
    foldIn: {
      kind: "ridge",
      // As in biased SVD: on the data's own scale λ is divided by the factor.
      regularization: numberOf(hyperparameters, "regularization") / factor,
      biasRegularization: numberOf(hyperparameters, "biasRegularization"),
    },
    predictsRatings: true,
    scale: data.scale,
  };
  requireFinite([userBias, itemBias, userFactors, itemFactors, implicitFactors, factorSlopes]);
  requireFinite([timeEffects.itemBins, timeEffects.userSlope, timeEffects.dayBias]);
  return model;
}
