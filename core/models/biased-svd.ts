import type { Hyperparameters } from "../contract/entities.ts";
import { kernelCall } from "../compute/kernels.ts";
import { MemoryLayout } from "../compute/memory-layout.ts";
import type { Region } from "../compute/memory-layout.ts";
import { openComputePoolWhile } from "../compute/pool.ts";
import type { ComputePool, ProgramId } from "../compute/pool.ts";
import { loadByUser, planSparse } from "../compute/ratings-matrix.ts";
import type { Shape, SparseRegions } from "../compute/ratings-matrix.ts";
import { buildStrata, dealStrata, gatherRows, gridOf, inversePermutation, planStrata } from "../compute/strata.ts";
import type { Strata, StrataRegions } from "../compute/strata.ts";
import type { Algorithm, FitContext, TrainingSet } from "./algorithm.ts";
import { biasedSvdInfo } from "./biased-svd-info.ts";
import { forgetSilentUsers, forgetUnratedItems, ratingFactor, rateOf, requireFinite } from "./gradient-descent.ts";
import { numberOf } from "./hyperparameters.ts";
import { descendRatings, randomFactors, strideOf } from "./rating-descent.ts";
import type { FactorModel } from "./servable.ts";
import { meanRating, modelBytes, requireFits, requireRatings, shapeOf, trainingSetBytes } from "./training-limits.ts";
import { startRows, warmModelOf } from "./warm-start.ts";

/** r̂(u, i) = μ + b_u + b_i + p_u·q_i by stochastic gradient descent on the observed ratings. */
export const biasedSvd: Algorithm<FactorModel> = {
  info: biasedSvdInfo,
  estimateCost: (shape, hyperparameters) => {
    const factors = numberOf(hyperparameters, "factors");
    return {
      bytes: trainingSetBytes(shape) + plan(shape, factors).layout.bytes + modelBytes(shape, factors),
      flops: numberOf(hyperparameters, "epochs") * shape.ratings * (8 * factors + 12),
    };
  },
  fit,
};

interface SvdRegions {
  readonly byUser: SparseRegions;
  readonly strata: StrataRegions;
  /** [users × stride], [items × stride], in the strata's order. */
  readonly userFactors: Region;
  readonly itemFactors: Region;
  readonly userBias: Region;
  readonly itemBias: Region;
  readonly step: Region;
  readonly slots: Region;
}

function plan(shape: Shape, factors: number): { layout: MemoryLayout; regions: SvdRegions } {
  const layout = new MemoryLayout();
  const stride = strideOf(factors);
  const regions = {
    byUser: planSparse(layout, shape.users, shape.ratings),
    strata: planStrata(layout, shape),
    userFactors: layout.float32(shape.users * stride),
    itemFactors: layout.float32(shape.items * stride),
    userBias: layout.float32(shape.users),
    itemBias: layout.float32(shape.items),
    step: layout.float32(8),
    slots: layout.float64(gridOf(shape.ratings) ** 2),
  };
  return { layout, regions };
}

async function fit(data: TrainingSet, hyperparameters: Hyperparameters, context: FitContext): Promise<FactorModel> {
  requireRatings(data);
  const shape = shapeOf(data);
  const factors = numberOf(hyperparameters, "factors");
  requireFits(shape, factors, (count) => plan(shape, count).layout.bytes);
  const { layout, regions } = plan(shape, factors);
  context.onProgress({
    done: 0,
    total: numberOf(hyperparameters, "epochs"),
    unit: "epochs",
    message: "Sorting the ratings",
  });
  const threads = Math.min(context.threads, gridOf(shape.ratings));
  const { pool, prepared } = await openComputePoolWhile(
    { bytes: layout.bytes, threads, signal: context.signal },
    (memory) => {
      loadByUser(memory, regions.byUser, data);
      return { deal: dealStrata(memory, regions.byUser, regions.strata), mean: meanRating(data) };
    },
  );
  try {
    const { deal, mean } = prepared;
    const strata = await buildStrata(pool, regions.byUser, regions.strata, deal);
    const model = () => servable(data, mean, factors, hyperparameters, pool.memory, regions, strata);
    await descend({ pool, regions, strata, shape, mean, scale: data.scale, hyperparameters, context, model });
    return model();
  } finally {
    await pool.close();
  }
}

interface Descent {
  readonly pool: ComputePool;
  readonly regions: SvdRegions;
  readonly strata: Strata;
  readonly shape: Shape;
  readonly mean: number;
  readonly scale: TrainingSet["scale"];
  readonly hyperparameters: Hyperparameters;
  readonly context: FitContext;
  readonly model: () => FactorModel;
}

async function descend(descent: Descent): Promise<void> {
  const { pool, regions, shape, mean, scale, hyperparameters, context, model } = descent;
  const factor = ratingFactor(scale);
  const { userFactors, itemFactors, userBias, itemBias, step, slots } = regions;
  await descendRatings({
    id: "biased-svd",
    ...{ pool, shape, scale, hyperparameters, context, model, step, slots },
    state: [userFactors, itemFactors, userBias, itemBias],
    begin: async () => {
      await pool.run(pool.prepare([randomFactors(userFactors, itemFactors, shape, hyperparameters, context.seed)]));
      startWarm(descent, factor);
    },
    prepareEpoch: () => prepareEpoch(descent),
    stepOf: (epoch) => stepOf(hyperparameters, epoch, factor, mean),
  });
}

/** What `servable` reads out, back in its place. */
function startWarm({ pool, regions, strata, shape, hyperparameters, context }: Descent, factor: number): void {
  const width = numberOf(hyperparameters, "factors");
  const model = warmModelOf(context, shape, width);
  if (model === null) return;
  const root = Math.sqrt(factor);
  const userPosition = inversePermutation(strata.userOrder);
  const [row, one] = [
    { stride: strideOf(width), width },
    { stride: 1, width: 1 },
  ];
  startRows(pool.memory, regions.userFactors, row, model.userFactors, root, userPosition);
  startRows(pool.memory, regions.itemFactors, row, model.itemFactors, root, strata.itemRank);
  startRows(pool.memory, regions.userBias, one, model.userBias, factor, userPosition);
  startRows(pool.memory, regions.itemBias, one, model.itemBias, factor, strata.itemRank);
}

function prepareEpoch({ pool, regions, strata, hyperparameters }: Descent): ProgramId {
  const stride = strideOf(numberOf(hyperparameters, "factors"));
  const { users, items, ratings } = regions.strata;
  return pool.prepare(
    strata.rounds.map((cells, round) =>
      cells.map(({ from, to }, a) =>
        kernelCall(
          "sgdCell",
          users.offset,
          items.offset,
          ratings.offset,
          from,
          to,
          regions.userFactors.offset,
          regions.itemFactors.offset,
          regions.userBias.offset,
          regions.itemBias.offset,
          stride,
          regions.step.offset,
          regions.slots.offset + (round * regions.strata.grid + a) * 8,
        ),
      ),
    ),
  );
}

/** The eight numbers that `sgdCell` reads. */
function stepOf(hyperparameters: Hyperparameters, epoch: number, factor: number, mean: number): number[] {
  const rate = rateOf(hyperparameters, epoch);
  const weightDecay = 1 - rate * numberOf(hyperparameters, "regularization");
  const biasDecay = 1 - rate * numberOf(hyperparameters, "biasRegularization");
  return [factor, mean * factor, rate, weightDecay, weightDecay, rate, biasDecay, biasDecay];
}

function servable(
  data: TrainingSet,
  mean: number,
  factors: number,
  hyperparameters: Hyperparameters,
  memory: WebAssembly.Memory,
  regions: SvdRegions,
  strata: Strata,
): FactorModel {
  const factor = ratingFactor(data.scale);
  const stride = strideOf(factors);
  const userPosition = inversePermutation(strata.userOrder);
  const userFactors = gatherRows(memory, regions.userFactors, stride, factors, userPosition, 1 / Math.sqrt(factor));
  const itemFactors = gatherRows(memory, regions.itemFactors, stride, factors, strata.itemRank, 1 / Math.sqrt(factor));
  forgetSilentUsers(data, userFactors, factors);
  forgetUnratedItems(data, itemFactors, factors);
  const model: FactorModel = {
    form: "factors",
    users: data.users,
    items: data.items,
    factors,
    globalMean: mean,
    userBias: gatherRows(memory, regions.userBias, 1, 1, userPosition, 1 / factor),
    itemBias: gatherRows(memory, regions.itemBias, 1, 1, strata.itemRank, 1 / factor),
    userFactors,
    itemFactors,
    // Σ (f·e)² + nλ‖√f p‖² = f² (Σ e² + n (λ/f) ‖p‖²); for biases both terms scale by f².
    foldIn: {
      kind: "ridge",
      regularization: numberOf(hyperparameters, "regularization") / factor,
      biasRegularization: numberOf(hyperparameters, "biasRegularization"),
    },
    predictsRatings: true,
    scale: data.scale,
  };
  requireFinite([model.userFactors, model.itemFactors, model.userBias, model.itemBias]);
  return model;
}
