import { kernelCall } from "./kernels.ts";
import { float32View, int32View, uint8View } from "./memory-layout.ts";
import type { MemoryLayout, Region } from "./memory-layout.ts";
import type { ComputePool } from "./pool.ts";
import type { Shape, SparseRegions } from "./ratings-matrix.ts";

/**
 * Stratified SGD (Gemulla et al. 2011; Chin et al. 2015, FPSG): users and items are dealt into 16 blocks each; the cells
 * (a, a + r mod 16) of round r share no user and no item, so they may run at the same time. The grid is fixed rather than
 * made from the number of threads: that is why any number gives the same bytes. It bounds useful threads to 16.
 */
export const blocks = 16;

const laneCells = 32;

export interface StrataRegions {
  /** [users] user at each internal position; block a is positions userBlockStart[a] … userBlockStart[a + 1] − 1. */
  readonly userOrder: Region;
  /** [items] */
  readonly itemBlock: Region;
  /** [items] internal position of each item. */
  readonly itemRank: Region;
  readonly counts: Region;
  readonly lanes: Region;
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
  return {
    userOrder: layout.int32(shape.users),
    itemBlock: layout.uint8(shape.items),
    itemRank: layout.int32(shape.items),
    counts: layout.int32(blocks * blocks),
    lanes: layout.int32(blocks * blocks * laneCells),
    users: layout.int32(shape.ratings),
    items: layout.int32(shape.ratings),
    ratings: layout.float32(shape.ratings),
  };
}

/** Deals rows into blocks of about equal numbers of ratings: the busiest first, each to the block with least so far. */
export function dealIntoBlocks(counts: Int32Array): {
  readonly block: Uint8Array;
  readonly order: Int32Array;
  readonly start: Int32Array;
} {
  const busiestFirst = Int32Array.from(counts.keys()).sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0) || a - b);
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

/** Sorts the ratings of `byUser` into cells, each in the order in which SGD runs fastest (see `fillCells`). */
export async function buildStrata(pool: ComputePool, byUser: SparseRegions, regions: StrataRegions): Promise<Strata> {
  const { memory } = pool;
  const users = dealIntoBlocks(countsOf(int32View(memory, byUser.start)));
  const itemCounts = new Int32Array(regions.itemBlock.length);
  for (const item of int32View(memory, byUser.columns)) itemCounts[item] = (itemCounts[item] ?? 0) + 1;
  const items = dealIntoBlocks(itemCounts);
  const itemRank = int32View(memory, regions.itemRank);
  items.order.forEach((item, rank) => (itemRank[item] = rank));
  int32View(memory, regions.userOrder).set(users.order);
  uint8View(memory, regions.itemBlock).set(items.block);

  const at = (a: number) => ({ from: users.start[a] ?? 0, to: users.start[a + 1] ?? 0 });
  const all = Array.from({ length: blocks }, (_, index) => index);
  await pool.run(
    pool.prepare([
      all.map((a) =>
        kernelCall(
          "countCells",
          regions.userOrder.offset,
          byUser.start.offset,
          byUser.columns.offset,
          regions.itemBlock.offset,
          at(a).from,
          at(a).to,
          regions.counts.offset + a * blocks * 4,
        ),
      ),
    ]),
  );
  const cells = cellsFrom(int32View(memory, regions.counts));
  await pool.run(
    pool.prepare([
      cells.map((cell, index) => {
        const a = Math.floor(index / blocks);
        return kernelCall(
          "fillCells",
          regions.userOrder.offset,
          byUser.start.offset,
          byUser.columns.offset,
          byUser.values.offset,
          regions.itemBlock.offset,
          regions.itemRank.offset,
          at(a).from,
          at(a).to,
          index % blocks,
          cell.from,
          regions.users.offset,
          regions.items.offset,
          regions.ratings.offset,
          regions.lanes.offset + index * laneCells * 4,
        );
      }),
    ]),
  );
  const rounds = all.map((round) => all.map((a) => cells[a * blocks + ((a + round) % blocks)] ?? { from: 0, to: 0 }));
  return { rounds, userOrder: users.order, itemRank: itemRank.slice() };
}

function countsOf(rowStart: Int32Array): Int32Array {
  return Int32Array.from({ length: rowStart.length - 1 }, (_, row) => (rowStart[row + 1] ?? 0) - (rowStart[row] ?? 0));
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
  positions.forEach((position, row) => {
    for (let k = 0; k < width; k++) out[row * width + k] = (source[position * stride + k] ?? 0) * factor;
  });
  return out;
}

/** positions[order[n]] = n */
export function inversePermutation(order: Int32Array): Int32Array {
  const positions = new Int32Array(order.length);
  order.forEach((row, position) => (positions[row] = position));
  return positions;
}
