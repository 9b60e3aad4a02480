import type { Hyperparameters } from "../contract/entities.ts";
import { gramRanges, loadInteractions, planInteractions, pointersOf } from "../compute/interactions.ts";
import type { Interactions } from "../compute/interactions.ts";
import { kernelCall } from "../compute/kernels.ts";
import { MemoryLayout, float32View, float64View, int32View } from "../compute/memory-layout.ts";
import type { Region } from "../compute/memory-layout.ts";
import { openComputePool, throwIfCancelled } from "../compute/pool.ts";
import type { ComputePool } from "../compute/pool.ts";
import type { Shape } from "../compute/ratings-matrix.ts";
import type { Algorithm, FitContext, TrainingSet } from "./algorithm.ts";
import { asInputs, historyInputOf } from "./history-input.ts";
import { numberOf } from "./hyperparameters.ts";
import { itemKnnInfo } from "./item-knn-info.ts";
import { bySource } from "./item-weights.ts";
import type { ItemWeightModel, SparseWeights } from "./servable.ts";
import { requirePairs, requireRatings, requireRoom, shapeOf, trainingSetBytes } from "./training-limits.ts";

const gramWork = 8e6;
const rowsPerCall = 64;
/** Items between two reports of progress. */
const rowsPerRun = 4096;
const estimatedThreads = 8;

/** W[j → i] = s(i, j) = x_i·x_j / (‖x_i‖^2a ‖x_j‖^2(1−a) + shrinkage) for the k items j most similar to i. */
export const itemKnn: Algorithm<ItemWeightModel> = {
  info: itemKnnInfo,
  estimateCost: (shape, hyperparameters) => {
    const keep = Math.min(numberOf(hyperparameters, "neighbours"), shape.items);
    return {
      bytes: trainingSetBytes(shape) + plan(shape, keep, estimatedThreads).layout.bytes + 12 * keep * shape.items,
      // As if people had rated alike much; long histories cost more.
      flops: (shape.ratings ** 2 / Math.max(1, shape.users)) * 8 + shape.items ** 2,
    };
  },
  fit,
};

interface KnnMemory {
  readonly interactions: Interactions;
  /** [items] ‖x‖^2a and ‖x‖^2(1−a). */
  readonly left: Region;
  readonly right: Region;
  /** [items × k] */
  readonly outItems: Region;
  readonly outWeights: Region;
  readonly counts: Region;
  readonly flags: Region;
  readonly scratch: Region;
  readonly scratchBytes: number;
}

function plan(shape: Shape, keep: number, threads: number): { layout: MemoryLayout; memory: KnnMemory } {
  const layout = new MemoryLayout();
  const { items } = shape;
  const memory = {
    interactions: planInteractions(layout, shape),
    left: layout.float64(items),
    right: layout.float64(items),
    outItems: layout.int32(items * keep),
    outWeights: layout.float32(items * keep),
    counts: layout.int32(items),
    flags: layout.int32(threads),
    scratch: layout.float32(threads * items),
    scratchBytes: items * 4,
  };
  return { layout, memory };
}

async function fit(
  given: TrainingSet,
  hyperparameters: Hyperparameters,
  context: FitContext,
): Promise<ItemWeightModel> {
  requireRatings(given);
  requirePairs(given.userStart, given.items, { rows: "users", columns: "items" });
  const input = historyInputOf(given.scale, hyperparameters);
  const plain = asInputs(given, input);
  const data = hyperparameters["userWeighting"] === "tf-idf" ? weighUsers(plain) : plain;
  const threads = Math.max(1, context.threads);
  const keep = Math.min(numberOf(hyperparameters, "neighbours"), data.items);
  requireRoom(
    shapeOf(data),
    { name: "neighbours", value: keep },
    (count) => plan(shapeOf(data), count, threads).layout.bytes,
  );
  const { layout, memory } = plan(shapeOf(data), keep, threads);
  const pool = await openComputePool({ bytes: layout.bytes, threads, signal: context.signal });
  try {
    await loadInteractions(pool, memory.interactions, data);
    fillNorms(pool.memory, memory, data, numberOf(hyperparameters, "asymmetry"));
    await findNeighbours(pool, memory, data, keep, threads, numberOf(hyperparameters, "shrinkage"), context);
    return {
      form: "item-weights",
      users: data.users,
      items: data.items,
      input,
      weights: weightsOf(pool.memory, memory, data.items, keep),
      predictsRatings: false,
      scale: data.scale,
    };
  } finally {
    await pool.close();
  }
}

/** √x · ln(items / (1 + ratings of the user)), not below 0. */
function weighUsers(data: TrainingSet): TrainingSet {
  const rating = new Float32Array(data.rating.length);
  for (let u = 0; u < data.users; u++) {
    const [from, to] = [data.userStart[u] ?? 0, data.userStart[u + 1] ?? 0];
    const weight = Math.max(0, Math.log(data.items / (1 + to - from)));
    for (let n = from; n < to; n++) rating[n] = Math.sqrt(Math.max(0, data.rating[n] ?? 0)) * weight;
  }
  return { ...data, rating };
}

function fillNorms(memory: WebAssembly.Memory, regions: KnnMemory, data: TrainingSet, asymmetry: number): void {
  const squares = new Float64Array(data.items);
  data.item.forEach((i, n) => (squares[i] = (squares[i] ?? 0) + (data.rating[n] ?? 0) ** 2));
  float64View(memory, regions.left).set(squares.map((square) => square ** asymmetry));
  float64View(memory, regions.right).set(squares.map((square) => square ** (1 - asymmetry)));
}

async function findNeighbours(
  pool: ComputePool,
  memory: KnnMemory,
  data: TrainingSet,
  keep: number,
  threads: number,
  shrinkage: number,
  { onProgress, signal }: FitContext,
): Promise<void> {
  const { items } = data;
  const calls = gramRanges(data, gramWork, rowsPerCall).map(({ from, to }) => ({
    to,
    call: kernelCall(
      "itemNeighbours",
      ...pointersOf(memory.interactions),
      items,
      from,
      to,
      memory.left.offset,
      memory.right.offset,
      shrinkage,
      keep,
      memory.outItems.offset,
      memory.outWeights.offset,
      memory.counts.offset,
      memory.flags.offset,
      threads,
      memory.scratch.offset,
      memory.scratchBytes,
    ),
  }));
  for (let done = 0; done < items; done += rowsPerRun) {
    const due = calls.filter(({ to }) => to > done && to <= done + rowsPerRun);
    await pool.run(pool.prepare([due.map(({ call }) => call)]));
    onProgress({
      done: Math.min(items, done + rowsPerRun),
      total: items,
      unit: "items",
      message: "Finding neighbours",
    });
    throwIfCancelled(signal);
  }
}

function weightsOf(memory: WebAssembly.Memory, regions: KnnMemory, items: number, keep: number): SparseWeights {
  const [from, weight] = [int32View(memory, regions.outItems), float32View(memory, regions.outWeights)];
  const counts = int32View(memory, regions.counts);
  return bySource(
    items,
    Array.from({ length: items }, (_, i) => {
      const end = i * keep + (counts[i] ?? 0);
      return { from: from.subarray(i * keep, end), weight: weight.subarray(i * keep, end) };
    }),
  );
}
