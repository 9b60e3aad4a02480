import type { Hyperparameters } from "../contract/entities.ts";
import { kernelCall } from "../compute/kernels.ts";
import { float32View, float64View } from "../compute/memory-layout.ts";
import type { Region } from "../compute/memory-layout.ts";
import type { ComputePool, ProgramId } from "../compute/pool.ts";
import { evenRanges } from "../compute/program.ts";
import type { Phase } from "../compute/program.ts";
import type { Shape } from "../compute/ratings-matrix.ts";
import type { FitContext, TrainingSet } from "./algorithm.ts";
import { Checkpoints } from "./checkpoint.ts";
import { ratingFactor, requireConvergence } from "./gradient-descent.ts";
import { numberOf } from "./hyperparameters.ts";
import type { ServableModel } from "./servable.ts";

/** What biased SVD, SVD++ and timeSVD++ have in common: epochs of gradient descent over ratings in a pool's memory. */
export interface RatingDescent {
  /** Of the algorithm, in the key of its checkpoints. */
  readonly id: string;
  readonly pool: ComputePool;
  readonly shape: Shape;
  readonly scale: TrainingSet["scale"];
  readonly hyperparameters: Hyperparameters;
  readonly context: FitContext;
  /** What a checkpoint keeps; float32. */
  readonly state: readonly Region[];
  /** Where a step's numbers stand, and the sums of squared errors that the calls of an epoch leave (float64). */
  readonly step: Region;
  readonly slots: Region;
  /** Random rows, then what a warm start puts in their place. Not called where a checkpoint is gone on from. */
  readonly begin: () => Promise<void>;
  /** Called once, when the state stands. */
  readonly prepareEpoch: () => ProgramId;
  readonly stepOf: (epoch: number) => readonly number[];
  readonly model: () => ServableModel;
}

/** @throws ReelbenchError RB_TRAIN_DIVERGED, RB_CANCELLED */
export async function descendRatings(descent: RatingDescent): Promise<void> {
  const { id, pool, shape, scale, hyperparameters, context } = descent;
  const epochs = numberOf(hyperparameters, "epochs");
  const state = descent.state.map((region) => float32View(pool.memory, region));
  const checkpoints = new Checkpoints(context, [id, hyperparameters, shape, scale], state);
  const finished = checkpoints.restore();
  if (finished === 0) await descent.begin();
  const program = descent.prepareEpoch();
  const step = float32View(pool.memory, descent.step);
  const losses = float64View(pool.memory, descent.slots);
  for (let epoch = finished + 1; epoch <= epochs; epoch++) {
    step.set(descent.stepOf(epoch));
    await pool.run(program);
    const rmse = Math.sqrt(losses.reduce((sum, loss) => sum + loss, 0) / shape.ratings) / ratingFactor(scale);
    requireConvergence(rmse, epoch, scale);
    context.onEpoch({ epoch, seconds: checkpoints.seconds, values: { "train-rmse": rmse } });
    context.onProgress({ done: epoch, total: epochs, unit: "epochs", message: `train RMSE ${rmse.toFixed(4)}` });
    if (await checkpoints.afterEpoch(epoch, descent.model)) return;
  }
}

/** Floats of a row of so many factors. */
export const strideOf = (factors: number): number => Math.ceil(factors / 4) * 4;

const rowsPerFill = 1024;

/** Near-normal rows of all users and items, `strideOf` floats each. */
export function randomFactors(
  userFactors: Region,
  itemFactors: Region,
  shape: Shape,
  hyperparameters: Hyperparameters,
  seed: number,
): Phase {
  const factors = numberOf(hyperparameters, "factors");
  const deviation = numberOf(hyperparameters, "initialDeviation");
  const fill = (region: Region, rows: number, stream: number) =>
    evenRanges(rows, rowsPerFill).map(({ from, to }) =>
      kernelCall("fillNearNormal", region.offset, from, to, factors, strideOf(factors), seed, stream, deviation),
    );
  return [...fill(userFactors, shape.users, 1), ...fill(itemFactors, shape.items, 2)];
}
