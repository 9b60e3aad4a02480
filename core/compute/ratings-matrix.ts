import type { TrainingSet } from "../models/algorithm.ts";
import { kernelCall } from "./kernels.ts";
import { float32View, int32View } from "./memory-layout.ts";
import type { MemoryLayout, Region } from "./memory-layout.ts";
import type { ComputePool } from "./pool.ts";
import { rowRanges } from "./program.ts";

/** A compressed sparse matrix in shared memory: rows, their columns, their values. */
export interface SparseRegions {
  readonly rows: number;
  readonly start: Region;
  readonly columns: Region;
  /** Empty, at 0, where only the places of entries are kept. */
  readonly values: Region;
}

export interface Shape {
  readonly users: number;
  readonly items: number;
  readonly ratings: number;
}

/** Fixed, so that the transposed order of entries does not depend on the number of threads. */
const transposeParts = 16;

export function planSparse(layout: MemoryLayout, rows: number, entries: number): SparseRegions {
  return { rows, start: layout.int32(rows + 1), columns: layout.int32(entries), values: layout.float32(entries) };
}

/** A matrix of which only the places of entries are kept. */
export function planPlaces(layout: MemoryLayout, rows: number, entries: number): SparseRegions {
  return {
    rows,
    start: layout.int32(rows + 1),
    columns: layout.int32(entries),
    values: { offset: 0, length: 0 },
  };
}

export function planTransposeCursors(layout: MemoryLayout, items: number): Region {
  return layout.int32(transposeParts * items);
}

/** Copies the ratings, by user, into the pool's memory; without their values where there is no place for them. */
export function loadByUser(memory: WebAssembly.Memory, byUser: SparseRegions, data: TrainingSet): void {
  int32View(memory, byUser.start).set(data.userStart);
  int32View(memory, byUser.columns).set(data.item);
  if (byUser.values.length > 0) float32View(memory, byUser.values).set(data.rating);
}

/** Fills `byItem` with the transpose of `byUser`, each item's entries in order of the user. */
export async function transpose(
  pool: ComputePool,
  byUser: SparseRegions,
  byItem: SparseRegions,
  cursors: Region,
): Promise<void> {
  const { memory } = pool;
  const rowStart = int32View(memory, byUser.start);
  const items = byItem.rows;
  const entries = byUser.columns.length;
  const parts = rowRanges(rowStart, Math.ceil((entries + byUser.rows) / transposeParts) + 1).map((range, part) => ({
    ...range,
    cursor: cursors.offset + part * items * 4,
  }));
  const counts = int32View(memory, cursors).fill(0);
  await pool.run(
    pool.prepare([
      parts.map(({ from, to, cursor }) =>
        kernelCall("countColumns", byUser.columns.offset, rowStart[from] ?? 0, rowStart[to] ?? 0, cursor),
      ),
    ]),
  );
  countsToPositions(counts, parts.length, int32View(memory, byItem.start));
  await pool.run(
    pool.prepare([
      parts.map(({ from, to, cursor }) =>
        kernelCall(
          "scatterRows",
          byUser.start.offset,
          byUser.columns.offset,
          byUser.values.offset,
          from,
          to,
          cursor,
          byItem.columns.offset,
          byItem.values.offset,
        ),
      ),
    ]),
  );
}

/** Turns counts [parts × items] into the position of each part's first entry of each item, and writes the item starts. */
function countsToPositions(counts: Int32Array, parts: number, itemStart: Int32Array): void {
  const items = itemStart.length - 1;
  let position = 0;
  for (let item = 0; item < items; item++) {
    itemStart[item] = position;
    for (let part = 0; part < parts; part++) {
      const count = counts[part * items + item] ?? 0;
      counts[part * items + item] = position;
      position += count;
    }
  }
  itemStart[items] = position;
}
