import type { KernelCall } from "./kernels.ts";

/** Calls that write to disjoint places: any worker may take any of them in any order. */
export type Phase = readonly KernelCall[];

/** Phases run one after the other; a phase starts when every call of the one before it has returned. */
export type Program = readonly Phase[];

/**
 * Cuts rows into ranges of about `target` entries (a single row is never cut). Depends on the data alone, never on the
 * number of workers: that is what makes sums over ranges reproducible. Ranges are short because V8 replaces slow code
 * by fast between calls, not within one, and because cancelling takes effect between calls.
 */
export function rowRanges(rowStart: Int32Array, target: number): { readonly from: number; readonly to: number }[] {
  const rows = rowStart.length - 1;
  const ranges: { from: number; to: number }[] = [];
  let from = 0;
  for (let row = 1; row <= rows; row++) {
    // A row costs something even when it is empty.
    const weight = (rowStart[row] ?? 0) - (rowStart[from] ?? 0) + (row - from);
    if (weight < target && row < rows) continue;
    ranges.push({ from, to: row });
    from = row;
  }
  return ranges;
}

/** Cuts 0 … length − 1 into ranges of `size`. */
export function evenRanges(length: number, size: number): { readonly from: number; readonly to: number }[] {
  const ranges: { from: number; to: number }[] = [];
  for (let from = 0; from < length; from += size) ranges.push({ from, to: Math.min(from + size, length) });
  return ranges;
}
