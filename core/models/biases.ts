import type { Hyperparameters } from "../contract/entities.ts";
import { kernelCall } from "../compute/kernels.ts";
import { MemoryLayout, float64View, int32View } from "../compute/memory-layout.ts";
import type { Region } from "../compute/memory-layout.ts";
import { openComputePool } from "../compute/pool.ts";
import { rowRanges } from "../compute/program.ts";
import type { Phase } from "../compute/program.ts";
import { loadByUser, planSparse, planTransposeCursors, transpose } from "../compute/ratings-matrix.ts";
import type { Shape, SparseRegions } from "../compute/ratings-matrix.ts";
import type { Algorithm, FitContext, TrainingSet } from "./algorithm.ts";
import { Checkpoints } from "./checkpoint.ts";
import { numberOf } from "./hyperparameters.ts";
import type { FactorModel } from "./servable.ts";
import { meanRating, modelBytes, requireFits, requireRatings, shapeOf, trainingSetBytes } from "./training-limits.ts";

const ratingsPerCall = 32_768;

/** r̂(u, i) = μ + b_u + b_i by alternating least squares. */
export const biases: Algorithm<FactorModel> = {
  info: {
    id: "biases",
    name: "Biases",
    summary:
      "Mean rating + how generous the person is + how liked the item is, each shrunk towards zero where there is little evidence.",
    whenToUse:
      "As the baseline of rating prediction (RMSE, MAE): what is left after it is what a personal model can explain. Its ranking is the same for everyone: best liked first.",
    paper: {
      citation:
        "Y. Koren. Factor in the neighbors: scalable and accurate collaborative filtering. ACM TKDD 4(1), 2010, §2.1.",
      url: "https://doi.org/10.1145/1644873.1644874",
    },
    predictsRatings: true,
    iterative: true,
    uses: ["rating-values"],
    offers: ["warm-start", "fold-in", "explain"],
    hyperparameters: [
      {
        name: "epochs",
        label: "Epochs",
        description: "Rounds of alternating least squares: all items, then all users. Ten are enough on most data.",
        kind: "integer",
        default: 10,
        minimum: 1,
        maximum: 1000,
        logarithmic: true,
      },
      {
        name: "itemRegularization",
        label: "Item shrinkage λ₂",
        description: "b_i = Σ (r − μ − b_u) / (λ₂ + n_i): ratings' worth of evidence for an item being average.",
        kind: "real",
        default: 5,
        minimum: 0,
        maximum: 10_000,
      },
      {
        name: "userRegularization",
        label: "User shrinkage λ₃",
        description: "b_u = Σ (r − μ − b_i) / (λ₃ + n_u): ratings' worth of evidence for a person being average.",
        kind: "real",
        default: 5,
        minimum: 0,
        maximum: 10_000,
      },
    ],
  },
  estimateCost: (shape, hyperparameters) => ({
    bytes: trainingSetBytes(shape) + plan(shape).layout.bytes + modelBytes(shape, 0),
    flops: numberOf(hyperparameters, "epochs") * shape.ratings * 10,
  }),
  fit,
};

interface BiasRegions {
  readonly byUser: SparseRegions;
  readonly byItem: SparseRegions;
  readonly cursors: Region;
  readonly userBias: Region;
  readonly itemBias: Region;
  readonly userSlots: Region;
  readonly itemSlots: Region;
}

function plan(shape: Shape): { layout: MemoryLayout; regions: BiasRegions } {
  const layout = new MemoryLayout();
  // A range holds at least one row and, but for the last, at least `ratingsPerCall` entries and rows.
  const slots = (rows: number) => Math.ceil((shape.ratings + rows) / ratingsPerCall) + 1;
  const regions = {
    byUser: planSparse(layout, shape.users, shape.ratings),
    byItem: planSparse(layout, shape.items, shape.ratings),
    cursors: planTransposeCursors(layout, shape.items),
    userBias: layout.float64(shape.users),
    itemBias: layout.float64(shape.items),
    userSlots: layout.float64(slots(shape.users)),
    itemSlots: layout.float64(slots(shape.items)),
  };
  return { layout, regions };
}

async function fit(data: TrainingSet, hyperparameters: Hyperparameters, context: FitContext): Promise<FactorModel> {
  requireRatings(data);
  const shape = shapeOf(data);
  requireFits(shape, 0, () => plan(shape).layout.bytes);
  const { layout, regions } = plan(shape);
  const epochs = numberOf(hyperparameters, "epochs");
  const mean = meanRating(data);
  const pool = await openComputePool({ bytes: layout.bytes, threads: context.threads, signal: context.signal });
  try {
    const { memory } = pool;
    loadByUser(memory, regions.byUser, data);
    await transpose(pool, regions.byUser, regions.byItem, regions.cursors);
    const userBias = float64View(memory, regions.userBias);
    const itemBias = float64View(memory, regions.itemBias);
    // An epoch begins with the items', so those of the users are all there is to start from.
    if (context.warmStart?.form === "factors") userBias.set(context.warmStart.userBias);
    const checkpoints = new Checkpoints(context, ["biases", hyperparameters, shape], [userBias, itemBias]);
    const byItem = sweep(
      memory,
      regions.byItem,
      regions.userBias,
      regions.itemBias,
      regions.itemSlots,
      mean,
      numberOf(hyperparameters, "itemRegularization"),
    );
    const byUser = sweep(
      memory,
      regions.byUser,
      regions.itemBias,
      regions.userBias,
      regions.userSlots,
      mean,
      numberOf(hyperparameters, "userRegularization"),
    );
    const program = pool.prepare([byItem, byUser]);
    const losses = float64View(memory, regions.userSlots);
    for (let epoch = checkpoints.restore() + 1; epoch <= epochs; epoch++) {
      await pool.run(program);
      const rmse = Math.sqrt(losses.reduce((sum, loss) => sum + loss, 0) / shape.ratings);
      context.onEpoch({ epoch, seconds: checkpoints.seconds, values: { "train-rmse": rmse } });
      context.onProgress({ done: epoch, total: epochs, unit: "epochs", message: `train RMSE ${rmse.toFixed(4)}` });
      await checkpoints.afterEpoch(epoch);
    }
    return {
      form: "factors",
      users: data.users,
      items: data.items,
      factors: 0,
      globalMean: mean,
      userBias: Float32Array.from(userBias),
      itemBias: Float32Array.from(itemBias),
      userFactors: new Float32Array(0),
      itemFactors: new Float32Array(0),
      foldIn: {
        kind: "ridge",
        regularization: 0,
        biasRegularization: 0,
        biasShrinkage: numberOf(hyperparameters, "userRegularization"),
      },
      predictsRatings: true,
      scale: data.scale,
    };
  } finally {
    await pool.close();
  }
}

function sweep(
  memory: WebAssembly.Memory,
  matrix: SparseRegions,
  columnBias: Region,
  rowBias: Region,
  slots: Region,
  mean: number,
  shrinkage: number,
): Phase {
  return rowRanges(int32View(memory, matrix.start), ratingsPerCall).map(({ from, to }, slot) =>
    kernelCall(
      "biasSweep",
      matrix.start.offset,
      matrix.columns.offset,
      matrix.values.offset,
      columnBias.offset,
      rowBias.offset,
      mean,
      shrinkage,
      from,
      to,
      slots.offset + slot * 8,
    ),
  );
}
