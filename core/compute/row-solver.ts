import type { MemoryLayout, Region } from "./memory-layout.ts";

/** What `ialsRows` and `rotateRows` need beside the matrices: a scratch for every thread. */
export interface RowSolver {
  readonly flags: Region;
  readonly scratch: Region;
  readonly slots: number;
  /** Bytes of one slot. */
  readonly bytes: number;
  /** Entries whose factors are gathered once for all conjugate gradient steps. */
  readonly capacity: number;
  /** Room for the longest row's entries. */
  readonly longest: number;
}

/** Floats of factors a thread gathers of one row: more would leave the processor's cache. */
const gatheredFloats = 2 ** 20;
const block = 128;
const descentVectors = 6;

/** `longest`: entries of the longest row there can be. */
export function planRowSolver(layout: MemoryLayout, width: number, longest: number, slots: number): RowSolver {
  const padded = Math.ceil(longest / 8) * 8;
  const capacity = block * Math.max(1, Math.min(Math.floor(gatheredFloats / width / block), Math.ceil(longest / block)));
  const panels = width / 8;
  // As solvePrimal and solveDual divide it: f64 system and vector, two packed f32 systems, gathered panels, two vectors.
  const exact = (width * width + width) * 8 + 2 * 128 * panels * (panels + 1) + (Math.max(block, width) + 2) * width * 4;
  const descent = (capacity + descentVectors) * width * 4;
  const bytes = Math.ceil((width * 12 + padded * 4 + Math.max(exact, descent)) / 64) * 64;
  return {
    flags: layout.int32(slots),
    scratch: layout.float64((slots * bytes) / 8),
    slots,
    bytes,
    capacity,
    longest: padded,
  };
}
