import { kernelCall } from "./kernels.ts";
import { float32View, int32View, uint8View } from "./memory-layout.ts";
import type { MemoryLayout, Region } from "./memory-layout.ts";
import type { ComputePool } from "./pool.ts";
import type { Shape, SparseRegions } from "./ratings-matrix.ts";

/**
 * Stratified SGD (Gemulla et al. 2011; Chin et al. 2015, FPSG): users and items are dealt into as many blocks each; the
 * cells (a, a + r mod blocks) of round r share no user and no item, so they may run at the same time. The grid follows from
 * the number of ratings, never from the number of threads: that is why any number gives the same bytes. It bounds useful
 * threads. A coarse grid leaves more of a user's ratings side by side, which is what makes SGD fast (see `sgdCell`); with
 * many ratings there are enough of them for a fine one.
 */
export function gridOf(ratings: number): number {
  return ratings < 16_000_000 ? 8 : 16;
}

export interface StrataRegions {
  /** Blocks of users, and blocks of items. */
  readonly grid: number;
  /** [users] user at each internal position; block a is positions userBlockStart[a] … userBlockStart[a + 1] − 1. */
  readonly userOrder: Region;
  /** [items] */
  readonly itemBlock: Region;
  /** [items] internal position of each item. */
  readonly itemRank: Region;
  /** [grid × grid] ratings of each cell while counting, then where its next one goes. */
  readonly counts: Region;
  /** [ratings] internal user, internal item and rating, cell after cell. */
  readonly users: Region;
  readonly items: Region;
  readonly ratings: Region;
}

/** Entries [from, to) of the strata's arrays. */
export interface Cell {
  readonly from: number;
  readonly to: number;
}

export interface Strata {
  /** [round][a] */
  readonly rounds: readonly (readonly Cell[])[];
  readonly userOrder: Int32Array;
  readonly itemRank: Int32Array;
}

export function planStrata(layout: MemoryLayout, shape: Shape): StrataRegions {
  const grid = gridOf(shape.ratings);
  return {
    grid,
    userOrder: layout.int32(shape.users),
    itemBlock: layout.uint8(shape.items),
    itemRank: layout.int32(shape.items),
    counts: layout.int32(grid * grid),
    users: layout.int32(shape.ratings),
    items: layout.int32(shape.ratings),
    ratings: layout.float32(shape.ratings),
  };
}

export interface Deal {
  /** [rows] the block of each row. */
  readonly block: Uint8Array;
  /** [rows] the row at each position; a block's rows stand together. */
  readonly order: Int32Array;
  /** [blocks + 1] */
  readonly start: Int32Array;
}

/** Deals rows into blocks of about equal numbers of ratings: the busiest first, each to the block with least so far. */
export function dealIntoBlocks(counts: Int32Array, blocks: number): Deal {
  const busiestFirst = busiest(counts);
  const load = new Float64Array(blocks);
  const size = new Int32Array(blocks);
  const block = new Uint8Array(counts.length);
  for (const row of busiestFirst) {
    let lightest = 0;
    for (let candidate = 1; candidate < blocks; candidate++) {
      if ((load[candidate] ?? 0) < (load[lightest] ?? 0)) lightest = candidate;
    }
    block[row] = lightest;
    // + 1: rows without ratings are spread, too.
    load[lightest] = (load[lightest] ?? 0) + (counts[row] ?? 0) + 1;
    size[lightest] = (size[lightest] ?? 0) + 1;
  }
  const start = new Int32Array(blocks + 1);
  for (let b = 0; b < blocks; b++) start[b + 1] = (start[b] ?? 0) + (size[b] ?? 0);
  const next = start.slice();
  const order = new Int32Array(counts.length);
  for (const row of busiestFirst) {
    const b = block[row] ?? 0;
    order[next[b] ?? 0] = row;
    next[b] = (next[b] ?? 0) + 1;
  }
  return { block, order, start };
}

/** Rows by falling count, equal counts by rising row: as one number each, because numbers sort without calls to a comparison. */
function busiest(counts: Int32Array): Int32Array {
  const rows = counts.length;
  const keys = new Float64Array(rows);
  for (let row = 0; row < rows; row++) keys[row] = row - (counts[row] ?? 0) * rows;
  keys.sort();
  const order = new Int32Array(rows);
  for (let n = 0; n < rows; n++) order[n] = (((keys[n] ?? 0) % rows) + rows) % rows;
  return order;
}

/** How users and items are dealt; in the memory beside it, where `buildStrata` reads it. */
export interface StrataPlan {
  readonly users: Deal;
  readonly itemRank: Int32Array;
}

/** Deals users and items of the ratings in `byUser`. Plain arithmetic, for the time in which threads start. */
export function dealStrata(memory: WebAssembly.Memory, byUser: SparseRegions, regions: StrataRegions): StrataPlan {
  const users = dealIntoBlocks(rowCounts(int32View(memory, byUser.start)), regions.grid);
  const itemCounts = new Int32Array(regions.itemBlock.length);
  const columns = int32View(memory, byUser.columns);
  for (let n = 0; n < columns.length; n++) {
    const item = columns[n] ?? 0;
    itemCounts[item] = (itemCounts[item] ?? 0) + 1;
  }
  const items = dealIntoBlocks(itemCounts, regions.grid);
  const itemRank = inversePermutation(items.order);
  int32View(memory, regions.itemRank).set(itemRank);
  int32View(memory, regions.userOrder).set(users.order);
  uint8View(memory, regions.itemBlock).set(items.block);
  return { users, itemRank };
}

/** Sorts the ratings of `byUser` into cells, each ordered by user (see `fillCells`). */
export async function buildStrata(
  pool: ComputePool,
  byUser: SparseRegions,
  regions: StrataRegions,
  { users, itemRank }: StrataPlan = dealStrata(pool.memory, byUser, regions),
): Promise<Strata> {
  const { grid, counts } = regions;
  const all = Array.from({ length: grid }, (_, index) => index);
  const rowsOf = (a: number) => ({ from: users.start[a] ?? 0, to: users.start[a + 1] ?? 0 });
  const cellCounts = int32View(pool.memory, counts).fill(0);
  const count = all.map((a) => {
    const { from, to } = rowsOf(a);
    const { userOrder, itemBlock } = regions;
    const [order, start, columns] = [userOrder.offset, byUser.start.offset, byUser.columns.offset];
    return kernelCall("countCells", order, start, columns, itemBlock.offset, from, to, counts.offset + a * grid * 4);
  });
  await pool.run(pool.prepare([count]));
  const cells = cellsFrom(cellCounts);
  cellCounts.set(cells.map(({ from }) => from));
  const fill = all.map((a) =>
    kernelCall(
      "fillCells",
      regions.userOrder.offset,
      byUser.start.offset,
      byUser.columns.offset,
      byUser.values.offset,
      regions.itemBlock.offset,
      regions.itemRank.offset,
      rowsOf(a).from,
      rowsOf(a).to,
      counts.offset + a * grid * 4,
      regions.users.offset,
      regions.items.offset,
      regions.ratings.offset,
    ),
  );
  await pool.run(pool.prepare([fill]));
  const rounds = all.map((round) => all.map((a) => cells[a * grid + ((a + round) % grid)] ?? { from: 0, to: 0 }));
  return { rounds, userOrder: users.order, itemRank };
}

export function rowCounts(rowStart: Int32Array): Int32Array {
  const counts = new Int32Array(rowStart.length - 1);
  for (let row = 0; row < counts.length; row++) counts[row] = (rowStart[row + 1] ?? 0) - (rowStart[row] ?? 0);
  return counts;
}

function cellsFrom(counts: Int32Array): Cell[] {
  let from = 0;
  return Array.from(counts, (count) => {
    const cell = { from, to: from + count };
    from += count;
    return cell;
  });
}

/** Undoes the strata's numbering: row `position(row)` of `stride` floats becomes row `row` of `width` floats × `factor`. */
export function gatherRows(
  memory: WebAssembly.Memory,
  region: Region,
  stride: number,
  width: number,
  positions: Int32Array,
  factor: number,
): Float32Array {
  const source = float32View(memory, region);
  const out = new Float32Array(positions.length * width);
  for (let row = 0; row < positions.length; row++) {
    const from = (positions[row] ?? 0) * stride;
    out.set(source.subarray(from, from + width), row * width);
  }
  if (factor !== 1) for (let n = 0; n < out.length; n++) out[n] = (out[n] ?? 0) * factor;
  return out;
}

/** positions[order[n]] = n */
export function inversePermutation(order: Int32Array): Int32Array {
  const positions = new Int32Array(order.length);
  for (let position = 0; position < order.length; position++) positions[order[position] ?? 0] = position;
  return positions;
}
