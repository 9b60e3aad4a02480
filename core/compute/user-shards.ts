import { kernelCall } from "./kernels.ts";
import type { KernelCall } from "./kernels.ts";
import { float32View, int32View } from "./memory-layout.ts";
import type { MemoryLayout, Region } from "./memory-layout.ts";
import { evenRanges } from "./program.ts";
import type { Shape, SparseRegions } from "./ratings-matrix.ts";
import { dealIntoBlocks, rowCounts } from "./strata.ts";

/**
 * Gradient descent user after user, where one user's step touches many items' rows (SVD++, BPR), cannot be cut into strata.
 * Here users are dealt into rounds × 4 shards. In a round each shard goes through its users with a copy of the items'
 * matrices of its own; then the copies are brought together (`mergeRows`) and the next round begins with the result. The
 * number of shards is fixed, whatever the number of threads: that is why any number gives the same bytes. It bounds useful
 * threads to 4, and memory grows by 4 copies of the items' matrices.
 */
export const shards = 4;

/** Many rounds: copies stay close to each other. Few: little time goes into bringing them together. */
export function roundsOf(shape: Shape): number {
  return Math.max(4, Math.min(32, Math.round(shape.ratings / (shards * 8192))));
}

/** A matrix of items' rows that all shards change: the common one, a copy for each shard, and how changes are merged. */
export interface SharedRows {
  readonly rows: number;
  /** Floats in a row: 1, or a multiple of 4. */
  readonly stride: number;
  readonly common: Region;
  readonly copies: Region;
  /** [rows] 0: the shards' changes are added up; 1: averaged. */
  readonly blend: Region;
}

export function planSharedRows(layout: MemoryLayout, rows: number, stride: number): SharedRows {
  return {
    rows,
    stride,
    common: layout.float32(rows * stride),
    copies: layout.float32(shards * rows * stride),
    blend: layout.float32(rows),
  };
}

/** Where shard `shard` finds its copy. */
export function copyOffset(shared: SharedRows, shard: number): number {
  return shared.copies.offset + shard * shared.rows * shared.stride * 4;
}

/** Gives every shard the common matrix. */
export function spreadCopies(memory: WebAssembly.Memory, shared: SharedRows): void {
  const common = float32View(memory, shared.common);
  const copies = float32View(memory, shared.copies);
  for (let shard = 0; shard < shards; shard++) copies.set(common, shard * common.length);
}

/**
 * How each row's changes are merged, from how often a shard changes it in a round: few small steps add up; a row that gets
 * so many that each shard nearly settles it alone (about 1/rate of them) is averaged.
 */
export function blendByCounts(
  memory: WebAssembly.Memory,
  shared: SharedRows,
  counts: Int32Array,
  rounds: number,
  rate: number,
): void {
  const blend = float32View(memory, shared.blend);
  for (let row = 0; row < blend.length; row++) {
    const steps = ((counts[row] ?? 0) / (rounds * shards)) * rate;
    blend[row] = steps / (steps + 1);
  }
}

/** Deals users into rounds × shards; `order` receives them. Returns [round][shard], ranges of `order`. */
export function dealShards(
  memory: WebAssembly.Memory,
  byUser: SparseRegions,
  order: Region,
  rounds: number,
): { readonly from: number; readonly to: number }[][] {
  const deal = dealIntoBlocks(rowCounts(int32View(memory, byUser.start)), rounds * shards);
  int32View(memory, order).set(deal.order);
  return Array.from({ length: rounds }, (_round, round) =>
    Array.from({ length: shards }, (_shard, shard) => ({
      from: deal.start[round * shards + shard] ?? 0,
      to: deal.start[round * shards + shard + 1] ?? 0,
    })),
  );
}

/** The calls that bring a matrix together after a round; disjoint rows. */
export function mergeCalls(shared: SharedRows): KernelCall[] {
  const { common, copies, blend, rows, stride } = shared;
  const rowsPerCall = Math.max(64, Math.ceil(65_536 / stride));
  return evenRanges(rows, rowsPerCall).map(({ from, to }) =>
    stride === 1
      ? kernelCall("mergeScalars", common.offset, copies.offset, rows * 4, shards, blend.offset, from, to)
      : kernelCall(
          "mergeRows",
          common.offset,
          copies.offset,
          rows * stride * 4,
          shards,
          stride * 4,
          blend.offset,
          from,
          to,
        ),
  );
}
