import type { TrainingSet } from "../models/algorithm.ts";
import type { MemoryLayout, Region } from "./memory-layout.ts";
import type { ComputePool } from "./pool.ts";
import { loadByUser, planSparse, planTransposeCursors, transpose } from "./ratings-matrix.ts";
import type { Shape, SparseRegions } from "./ratings-matrix.ts";

/** A sparse matrix [users × items] in shared memory, by user and by item. */
export interface Interactions {
  readonly byUser: SparseRegions;
  readonly byItem: SparseRegions;
  readonly cursors: Region;
}

export function planInteractions(layout: MemoryLayout, shape: Shape): Interactions {
  return {
    byUser: planSparse(layout, shape.users, shape.ratings),
    byItem: planSparse(layout, shape.items, shape.ratings),
    cursors: planTransposeCursors(layout, shape.items),
  };
}

export async function loadInteractions(
  pool: ComputePool,
  { byUser, byItem, cursors }: Interactions,
  data: TrainingSet,
): Promise<void> {
  loadByUser(pool.memory, byUser, data);
  await transpose(pool, byUser, byItem, cursors);
}

/** The first six arguments of the kernels in assembly/item-gram.ts. */
export function pointersOf({
  byUser,
  byItem,
}: Interactions): readonly [number, number, number, number, number, number] {
  return [
    byUser.start.offset,
    byUser.columns.offset,
    byUser.values.offset,
    byItem.start.offset,
    byItem.columns.offset,
    byItem.values.offset,
  ];
}

/**
 * Cuts items into ranges whose rows of the gramian cost about the same: Σ over an item's users of what those rated. From the
 * data alone. No range has more than `longest` items.
 */
export function gramRanges(
  data: TrainingSet,
  work: number,
  longest: number,
): { readonly from: number; readonly to: number }[] {
  const cost = new Float64Array(data.items);
  for (let u = 0; u < data.users; u++) {
    const [from, to] = [data.userStart[u] ?? 0, data.userStart[u + 1] ?? 0];
    for (let n = from; n < to; n++) {
      const i = data.item[n] ?? 0;
      cost[i] = (cost[i] ?? 0) + (to - from);
    }
  }
  const ranges: { from: number; to: number }[] = [];
  let from = 0;
  let sum = 0;
  for (let i = 0; i < data.items; i++) {
    sum += (cost[i] ?? 0) + data.items / 8;
    if (sum < work && i + 1 - from < longest && i + 1 < data.items) continue;
    ranges.push({ from, to: i + 1 });
    [from, sum] = [i + 1, 0];
  }
  return ranges;
}
