import { setImmediate } from "node:timers/promises";
import { ReelbenchError } from "../contract/errors.ts";
import type { Hyperparameters } from "../contract/entities.ts";
import { gramRanges, loadInteractions, planInteractions, pointersOf } from "../compute/interactions.ts";
import type { Interactions } from "../compute/interactions.ts";
import { kernelCall } from "../compute/kernels.ts";
import { MemoryLayout, float32View, inGiB, largestMemory } from "../compute/memory-layout.ts";
import type { Region } from "../compute/memory-layout.ts";
import { openComputePool, throwIfCancelled } from "../compute/pool.ts";
import type { ComputePool } from "../compute/pool.ts";
import { evenRanges } from "../compute/program.ts";
import type { Shape } from "../compute/ratings-matrix.ts";
import type { Algorithm, FitContext, TrainingSet } from "./algorithm.ts";
import { asInputs, historyInputOf } from "./history-input.ts";
import { numberOf } from "./hyperparameters.ts";
import { collectWeights } from "./item-weights.ts";
import type { ItemWeightModel } from "./servable.ts";
import { slimInfo } from "./slim-info.ts";
import { requireRatings, shapeOf, trainingSetBytes } from "./training-limits.ts";

const gramWork = 8e6;
const gramRowsPerCall = 64;
/** Items whose weights leave the shared memory together. */
const stagedRows = 64;
/** Passes over all coordinates; a handful is the rule. */
const largestSweeps = 100;
/** Of the estimate: coordinates other than zero, and passes. */
const usualActive = 200;
const usualPasses = 6;
const estimatedThreads = 8;

/** Ning & Karypis 2011, eq. 3, in terms of the gramian; each item's weights are a problem of their own. */
export const slim: Algorithm<ItemWeightModel> = {
  info: slimInfo,
  estimateCost: (shape) => ({
    bytes: trainingSetBytes(shape) + plan(shape, estimatedThreads).layout.bytes + shape.items * usualActive * 12,
    flops:
      2 * usualPasses * Math.min(usualActive, shape.items) * shape.items ** 2 +
      (shape.ratings ** 2 / Math.max(1, shape.users)) * 4,
  }),
  fit,
};

interface SlimMemory {
  readonly interactions: Interactions;
  /** [items × items] XᵀX */
  readonly gram: Region;
  readonly staged: Region;
  readonly flags: Region;
  readonly scratch: Region;
  readonly scratchBytes: number;
}

function plan(shape: Shape, threads: number): { layout: MemoryLayout; memory: SlimMemory } {
  const layout = new MemoryLayout();
  const scratchBytes = 16 * shape.items;
  const memory = {
    interactions: planInteractions(layout, shape),
    gram: layout.float32(shape.items * shape.items),
    staged: layout.float32(stagedRows * shape.items),
    flags: layout.int32(threads),
    scratch: layout.float32((threads * scratchBytes) / 4),
    scratchBytes,
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
  const data = asInputs(given, input);
  const threads = Math.max(1, context.threads);
  requireRoom(shapeOf(data), threads);
  const { layout, memory } = plan(shapeOf(data), threads);
  const pool = await openComputePool({ bytes: layout.bytes, threads, signal: context.signal });
  try {
    await loadInteractions(pool, memory.interactions, data);
    context.onProgress({ done: 0, total: data.items, unit: "items", message: "Counting what goes with what" });
    await gramian(pool, memory, data);
    return {
      form: "item-weights",
      users: data.users,
      items: data.items,
      input,
      weights: await descend(pool, memory, data.items, threads, hyperparameters, context),
      predictsRatings: false,
      scale: data.scale,
    };
  } finally {
    await pool.close();
  }
}

/** @throws ReelbenchError RB_TRAIN_TOO_LARGE saying how many items would fit. */
function requireRoom(shape: Shape, threads: number): void {
  const bytesWith = (items: number): number => plan({ ...shape, items }, threads).layout.bytes;
  const bytes = bytesWith(shape.items);
  if (bytes <= largestMemory) return;
  let fitting = 0;
  for (let step = 2 ** 16; step >= 1; step /= 2) if (bytesWith(fitting + step) <= largestMemory) fitting += step;
  throw new ReelbenchError(
    "RB_TRAIN_TOO_LARGE",
    `The gramian of ${shape.items.toLocaleString("en")} items needs ${inGiB(bytes)} in one memory, which holds ${inGiB(largestMemory)}. ` +
      (fitting > 0
        ? `With ${fitting.toLocaleString("en")} items or fewer it fits: raise the minimum count of ratings for an item.`
        : "The ratings alone fill it: train on a smaller snapshot."),
    { details: { bytes, limit: largestMemory, items: shape.items, largestItems: fitting } },
  );
}

async function gramian(pool: ComputePool, { interactions, gram }: SlimMemory, data: TrainingSet): Promise<void> {
  const calls = gramRanges(data, gramWork, gramRowsPerCall).map(({ from, to }) =>
    kernelCall("gramToRows", ...pointersOf(interactions), data.items, from, to, gram.offset + from * data.items * 4),
  );
  await pool.run(pool.prepare([calls]));
}

async function descend(
  pool: ComputePool,
  memory: SlimMemory,
  items: number,
  threads: number,
  hyperparameters: Hyperparameters,
  { onProgress, signal }: FitContext,
): Promise<ItemWeightModel["weights"]> {
  const { gram, staged, flags, scratch, scratchBytes } = memory;
  const perItem = numberOf(hyperparameters, "weightsPerItem");
  const collector = collectWeights(items, perItem === 0 ? items : perItem);
  const rows = float32View(pool.memory, staged);
  for (const { from, to } of evenRanges(items, stagedRows)) {
    const calls = evenRanges(to - from, 1).map((range) =>
      kernelCall(
        "slimItems",
        gram.offset,
        items,
        from + range.from,
        from + range.to,
        numberOf(hyperparameters, "l1"),
        numberOf(hyperparameters, "l2"),
        hyperparameters["nonNegative"] === true ? 1 : 0,
        numberOf(hyperparameters, "tolerance"),
        largestSweeps,
        staged.offset + range.from * items * 4,
        flags.offset,
        threads,
        scratch.offset,
        scratchBytes,
      ),
    );
    await pool.run(pool.prepare([calls]));
    for (let i = from; i < to; i++) collector.add(i, rows.subarray((i - from) * items, (i - from + 1) * items));
    onProgress({ done: to, total: items, unit: "items", message: "Finding each item's weights" });
    await setImmediate();
    throwIfCancelled(signal);
  }
  return collector.finish();
}
