import { setImmediate } from "node:timers/promises";
import type { Hyperparameters } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { gramRanges, loadInteractions, planInteractions, pointersOf } from "../compute/interactions.ts";
import type { Interactions } from "../compute/interactions.ts";
import { kernelCall } from "../compute/kernels.ts";
import { MemoryLayout, float32View, inGiB, largestMemory } from "../compute/memory-layout.ts";
import type { Region } from "../compute/memory-layout.ts";
import { openComputePool, throwIfCancelled } from "../compute/pool.ts";
import type { ComputePool } from "../compute/pool.ts";
import { evenRanges } from "../compute/program.ts";
import type { Shape } from "../compute/ratings-matrix.ts";
import { invertSymmetric, panelIndex, planSymmetric } from "../compute/symmetric-inverse.ts";
import type { SymmetricRegions } from "../compute/symmetric-inverse.ts";
import type { Algorithm, FitContext, TrainingSet } from "./algorithm.ts";
import { easeInfo } from "./ease-info.ts";
import { asInputs, historyInputOf } from "./history-input.ts";
import { numberOf } from "./hyperparameters.ts";
import { collectWeights, largestDense } from "./item-weights.ts";
import type { DenseWeights, ItemWeightModel, SparseWeights } from "./servable.ts";
import { requireRatings, shapeOf, trainingSetBytes } from "./training-limits.ts";

/** Multiply-adds of the gramian in one call: some ten milliseconds, which is how soon a fit can be cancelled. */
const gramWork = 8e6;
const gramRowsPerCall = 512;
/** Rows of the inverse that leave the shared memory together. */
const stagedRows = 256;
const rowsPerCall = 16;
const estimatedThreads = 8;

/**
 * Steck 2019, eq. 8: with P = (XᵀX + λI)⁻¹ the weight from item j to item i is −P_ji / P_ii, 0 for i = j: the minimum of
 * ‖X − XB‖² + λ‖B‖² over all B with a zero diagonal. With dropout p, λI becomes λI + p/(1 − p) diag(XᵀX) (Steck 2020, eq. 7 and 10):
 * the minimum of what is expected when each entry of the input X is dropped with probability p. Rows of X may count
 * differently: XᵀDX in place of XᵀX.
 */
export const ease: Algorithm<ItemWeightModel> = {
  info: easeInfo,
  estimateCost: (shape, hyperparameters) => {
    const { items } = shape;
    const perItem = numberOf(hyperparameters, "weightsPerItem");
    // Kept weights are collected as they come, each item's in arrays of its own, and then put in the model's order.
    const model = perItem === 0 ? 4 * items * items : 16 * items * Math.min(perItem, items) + 512 * items;
    // What counts of the ratings, and what each person's weigh: copies of the values.
    const copies = shape.ratings * (numberOf(hyperparameters, "activityExponent") === 0 ? 4 : 8) + shape.users * 4;
    return {
      bytes: trainingSetBytes(shape) + copies + plan(shape, estimatedThreads).layout.bytes + model,
      flops: items ** 3 + (shape.ratings ** 2 / Math.max(1, shape.users)) * 4,
    };
  },
  fit,
};

interface EaseMemory {
  readonly interactions: Interactions;
  readonly symmetric: SymmetricRegions;
  readonly flags: Region;
  readonly scratch: Region;
  readonly scratchBytes: number;
  readonly scale: Region;
  readonly staged: Region;
}

function plan(shape: Shape, threads: number): { layout: MemoryLayout; memory: EaseMemory } {
  const layout = new MemoryLayout();
  const interactions = planInteractions(layout, shape);
  const symmetric = planSymmetric(layout, shape.items);
  const scratchBytes = symmetric.n * 4;
  const memory = {
    interactions,
    symmetric,
    flags: layout.int32(threads),
    scratch: layout.float32((threads * scratchBytes) / 4),
    scratchBytes,
    scale: layout.float32(symmetric.n),
    staged: layout.float32(stagedRows * shape.items),
  };
  return { layout, memory };
}

async function fit(
  given: TrainingSet,
  hyperparameters: Hyperparameters,
  context: FitContext,
): Promise<ItemWeightModel> {
  requireRatings(given);
  const input = historyInputOf(given.scale, hyperparameters);
  const data = weighUsers(asInputs(given, input), numberOf(hyperparameters, "activityExponent"));
  const threads = Math.max(1, context.threads);
  const perItem = numberOf(hyperparameters, "weightsPerItem");
  requireRoom(shapeOf(data), perItem, threads);
  const { layout, memory } = plan(shapeOf(data), threads);
  const pool = await openComputePool({ bytes: layout.bytes, threads, signal: context.signal });
  try {
    await loadInteractions(pool, memory.interactions, data);
    context.onProgress({ done: 0, total: null, unit: "items", message: "Counting what goes with what" });
    await gramian(pool, memory, data, hyperparameters, threads);
    const { items } = data;
    await invertSymmetric(pool, memory.symmetric, (done, total) => {
      // Each block is the same work, the last may be padding in part.
      context.onProgress({
        done: Math.round((items * done) / total),
        total: items,
        unit: "items",
        message: "Inverting",
      });
    });
    return {
      form: "item-weights",
      users: data.users,
      items,
      input,
      weights: await (perItem === 0
        ? allWeights(pool, memory, context)
        : largestWeights(pool, memory, perItem, context)),
      predictsRatings: false,
      scale: data.scale,
    };
  } finally {
    await pool.close();
  }
}

/** x_u times √d_u, with d_u = c_u^−a for c_u choices, brought to a mean of 1 over all choices so that λ keeps its size. */
function weighUsers(data: TrainingSet, exponent: number): TrainingSet {
  if (exponent === 0) return data;
  const choices = (u: number): number => (data.userStart[u + 1] ?? 0) - (data.userStart[u] ?? 0);
  let sum = 0;
  for (let u = 0; u < data.users; u++) if (choices(u) > 0) sum += choices(u) ** (1 - exponent);
  const mean = sum / data.item.length;
  const rating = new Float32Array(data.rating.length);
  for (let u = 0; u < data.users; u++) {
    const root = Math.sqrt(choices(u) ** -exponent / mean);
    for (let n = data.userStart[u] ?? 0; n < (data.userStart[u + 1] ?? 0); n++)
      rating[n] = (data.rating[n] ?? 0) * root;
  }
  return { ...data, rating };
}

/** @throws ReelbenchError RB_TRAIN_TOO_LARGE saying how many items would fit, or how few weights. */
function requireRoom(shape: Shape, perItem: number, threads: number): void {
  const bytesWith = (items: number): number => plan({ ...shape, items }, threads).layout.bytes;
  const size = `${shape.items.toLocaleString("en")} items`;
  const bytes = bytesWith(shape.items);
  if (bytes > largestMemory) {
    let fitting = 0;
    for (let step = 2 ** 16; step >= 1; step /= 2) if (bytesWith(fitting + step) <= largestMemory) fitting += step;
    throw new ReelbenchError(
      "RB_TRAIN_TOO_LARGE",
      `The weights between ${size} need ${inGiB(bytes)} in one memory, which holds ${inGiB(largestMemory)}. ` +
        (fitting > 0
          ? `With ${fitting.toLocaleString("en")} items or fewer it fits: raise the minimum count of ratings for an item.`
          : "The ratings alone fill it: train on a smaller snapshot."),
      { details: { bytes, limit: largestMemory, items: shape.items, largestItems: fitting } },
    );
  }
  const dense = 4 * shape.items * shape.items;
  if (perItem === 0 && dense > largestDense) {
    const largestPerItem = Math.floor(largestDense / (8 * shape.items));
    throw new ReelbenchError(
      "RB_TRAIN_TOO_LARGE",
      `All weights between ${size} are a model of ${inGiB(dense)}; ${inGiB(largestDense)} can be kept in one. ` +
        `Keep ${largestPerItem.toLocaleString("en")} weights for each item or fewer (weightsPerItem).`,
      { details: { bytes: dense, limit: largestDense, items: shape.items, largestWeightsPerItem: largestPerItem } },
    );
  }
}

/** XᵀX + p/(1 − p) diag(XᵀX) + λI into the panels. */
async function gramian(
  pool: ComputePool,
  memory: EaseMemory,
  data: TrainingSet,
  hyperparameters: Hyperparameters,
  threads: number,
): Promise<void> {
  const { symmetric, flags, scratch, scratchBytes } = memory;
  const { items, n } = symmetric;
  const dropout = numberOf(hyperparameters, "dropout");
  const ranges = gramRanges(data, gramWork, gramRowsPerCall);
  await pool.run(
    pool.prepare([
      [...ranges, { from: items, to: n }].map(({ from, to }) =>
        kernelCall(
          "gramToPanels",
          ...pointersOf(memory.interactions),
          items,
          from,
          to,
          1 + dropout / (1 - dropout),
          numberOf(hyperparameters, "regularization"),
          symmetric.matrix.offset,
          n,
          flags.offset,
          threads,
          scratch.offset,
          scratchBytes,
        ),
      ),
    ]),
  );
}

/** Of −P in the panels: W[j → i] = −P_ji / P_ii, row j of −P with each column over its own P_ii. */
async function allWeights(pool: ComputePool, memory: EaseMemory, context: FitContext): Promise<DenseWeights> {
  const { items } = memory.symmetric;
  const data = new Float32Array(new SharedArrayBuffer(4 * items * items));
  await inverseRows(pool, memory, inverseDiagonal(pool, memory), context, (from, rows) => data.set(rows, from * items));
  return { kind: "dense", data };
}

/** The largest of the weights to item i: row i of −P, which is symmetric, over its P_ii. */
async function largestWeights(
  pool: ComputePool,
  memory: EaseMemory,
  perItem: number,
  context: FitContext,
): Promise<SparseWeights> {
  const { items, n } = memory.symmetric;
  const collector = collectWeights(items, perItem);
  const inverse = inverseDiagonal(pool, memory);
  await inverseRows(pool, memory, new Float32Array(n).fill(1), context, (from, rows) => {
    for (let row = 0; row * items < rows.length; row++)
      collector.add(from + row, rows.subarray(row * items, (row + 1) * items), inverse[from + row]);
  });
  return collector.finish();
}

/** [n] 1 / P_ii */
function inverseDiagonal(pool: ComputePool, { symmetric: { n, matrix } }: EaseMemory): Float32Array {
  const values = float32View(pool.memory, matrix);
  return Float32Array.from({ length: n }, (_, i) => -1 / (values[panelIndex(n, i, i)] ?? NaN));
}

/** Gives the rows of −P, columns times `columnScale` and 0 on the diagonal, some at a time: `rows` starts with row `from`. */
async function inverseRows(
  pool: ComputePool,
  { symmetric: { items, n, matrix }, scale, staged }: EaseMemory,
  columnScale: Float32Array,
  { onProgress, signal }: FitContext,
  onRows: (from: number, rows: Float32Array) => void,
): Promise<void> {
  float32View(pool.memory, scale).set(columnScale);
  const rows = float32View(pool.memory, staged);
  for (const { from, to } of evenRanges(items, stagedRows)) {
    const calls = evenRanges(to - from, rowsPerCall).map((range) =>
      kernelCall(
        "sweepRows",
        matrix.offset,
        n,
        items,
        from + range.from,
        from + range.to,
        scale.offset,
        staged.offset + range.from * items * 4,
      ),
    );
    await pool.run(pool.prepare([calls]));
    onRows(from, rows.subarray(0, (to - from) * items));
    onProgress({ done: to, total: items, unit: "items", message: "Taking the weights" });
    await setImmediate();
    throwIfCancelled(signal);
  }
}
