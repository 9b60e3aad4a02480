import { freeScratch, takeScratch } from "./scratch";
import { panelRow } from "./sweep";

// Rows of the gramian XᵀX of a sparse matrix X [users × items] that is there both by user and by item (f32 values): row i is the
// sum of x_ui · (row u of X) over the users u of item i. One row at a time stays in cache, and calls over disjoint rows share nothing.

/** row[j] for j ≤ last. */
export function gramRow(
  item: usize, last: i32, userStart: usize, userItems: usize, userValues: usize,
  itemStart: usize, itemUsers: usize, itemValues: usize, row: usize,
): void {
  memory.fill(row, 0, ((<usize>last) + 1) << 2);
  const end = load<i32>(itemStart + (item << 2), 4);
  for (let n = load<i32>(itemStart + (item << 2)); n < end; n++) {
    const u = <usize>load<i32>(itemUsers + ((<usize>n) << 2));
    const x = load<f32>(itemValues + ((<usize>n) << 2));
    const stop = (<usize>load<i32>(userStart + (u << 2), 4)) << 2;
    for (let at = (<usize>load<i32>(userStart + (u << 2))) << 2; at < stop; at += 4) {
      const j = load<i32>(userItems + at);
      if (j > last) break;
      const cell = row + ((<usize>j) << 2);
      store<f32>(cell, load<f32>(cell) + x * load<f32>(userValues + at));
    }
  }
}

/**
 * The rows [from, to) of XᵀX, its diagonal times `growth` plus `ridge`, columns up to the diagonal, into the panels of `sweep.ts`.
 * Rows from `items` on are padding: 1 on the diagonal.
 */
export function gramToPanels(
  userStart: usize, userItems: usize, userValues: usize, itemStart: usize, itemUsers: usize, itemValues: usize,
  items: i32, from: i32, to: i32, growth: f32, ridge: f32, matrix: usize, n: i32,
  flags: usize, slots: i32, scratch: usize, scratchBytes: i32,
): void {
  const slot = takeScratch(flags, slots);
  const row = scratch + <usize>slot * <usize>scratchBytes;
  for (let i = from; i < to; i++) {
    const rowEnd = ((<usize>i) | 7) + 1;
    if (i < items) {
      gramRow(i, i, userStart, userItems, userValues, itemStart, itemUsers, itemValues, row);
      const diagonal = row + ((<usize>i) << 2);
      store<f32>(diagonal, load<f32>(diagonal) * growth + ridge);
    } else {
      memory.fill(row, 0, rowEnd << 2);
      store<f32>(row + ((<usize>i) << 2), 1);
    }
    // What an earlier row left beyond the diagonal.
    memory.fill(row + (((<usize>i) + 1) << 2), 0, (rowEnd - <usize>i - 1) << 2);
    for (let j: usize = 0; j < rowEnd; j += 8) {
      const out = panelRow(matrix, <usize>n, j >> 3, i);
      v128.store(out, v128.load(row + (j << 2)));
      v128.store(out, v128.load(row + (j << 2), 16), 16);
    }
  }
  freeScratch(flags, slot);
}

/** The rows [from, to) of XᵀX, whole, to `out` [rows × items]. */
export function gramToRows(
  userStart: usize, userItems: usize, userValues: usize, itemStart: usize, itemUsers: usize, itemValues: usize,
  items: i32, from: i32, to: i32, out: usize,
): void {
  for (let i = from; i < to; i++) {
    gramRow(
      i, items - 1, userStart, userItems, userValues, itemStart, itemUsers, itemValues,
      out + (((<usize>(i - from)) * <usize>items) << 2),
    );
  }
}
