import type { DenseRegion } from "./dense-matrix.ts";
import { kernelCall } from "./kernels.ts";
import { float32View, float64View } from "./memory-layout.ts";
import type { MemoryLayout, Region } from "./memory-layout.ts";
import { evenRanges } from "./program.ts";
import type { Phase } from "./program.ts";

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

/**
 * `longest`: entries of the longest row there can be; `subspace`: columns solved for at a time by the subspace solver, a multiple
 * of 8, or 0.
 */
export function planRowSolver(
  layout: MemoryLayout,
  width: number,
  longest: number,
  slots: number,
  subspace = 0,
): RowSolver {
  const padded = Math.ceil(longest / 8) * 8;
  const capacity =
    block * Math.max(1, Math.min(Math.floor(gatheredFloats / width / block), Math.ceil(longest / block)));
  const panels = width / 8;
  // As solvePrimal and solveDual divide it: f64 system and vector, two packed f32 systems, gathered panels, two vectors.
  const exact =
    (width * width + width) * 8 + 2 * 128 * panels * (panels + 1) + (Math.max(block, width) + 2) * width * 4;
  const descent = (capacity + descentVectors) * width * 4;
  // As sweepSubspaces divides it: f64 system and vector, two packed f32 systems, two vectors, gathered columns.
  const packed = 256 * (subspace / 8) * (subspace / 8 + 1);
  const sweep = subspace * (subspace + 1) * 8 + packed + subspace * 8 + capacity * width * 4;
  const bytes = Math.ceil((width * 12 + padded * 4 + Math.max(exact, descent, sweep)) / 64) * 64;
  return {
    flags: layout.int32(slots),
    scratch: layout.float64((slots * bytes) / 8),
    slots,
    bytes,
    capacity,
    longest: padded,
  };
}

/** Fixed, so that the order of additions does not depend on the number of threads. */
const gramSlots = 16;
const rowsPerRotation = 1024;

/** [columns²] for each of the ranges that are summed apart. */
export function planTallGram(layout: MemoryLayout, columns: number): Region {
  return layout.float64(gramSlots * columns * columns);
}

/** The calls that leave the shares of XᵀX (lower triangles) in `slots`, for `sumTallGram`. */
export function tallGram({ region, rows, columns }: DenseRegion, slots: Region, solver: RowSolver): Phase {
  return evenRanges(rows, Math.max(1, Math.ceil(rows / gramSlots))).map(({ from, to }, slot) =>
    kernelCall(
      "gramTall",
      region.offset,
      columns,
      from,
      to,
      slots.offset + slot * columns * columns * 8,
      solver.flags.offset,
      solver.slots,
      solver.scratch.offset,
      solver.bytes,
    ),
  );
}

/** XᵀX [columns × columns], both triangles. */
export function sumTallGram(memory: WebAssembly.Memory, { rows, columns }: DenseRegion, slots: Region): Float64Array {
  const used = evenRanges(rows, Math.max(1, Math.ceil(rows / gramSlots))).length;
  const parts = float64View(memory, slots);
  const size = columns * columns;
  const gram = new Float64Array(size);
  for (let slot = 0; slot < used; slot++) {
    for (let a = 0; a < columns; a++) {
      for (let b = 0; b <= a; b++)
        gram[a * columns + b] = gram[a * columns + b]! + parts[slot * size + a * columns + b]!;
    }
  }
  for (let a = 0; a < columns; a++) for (let b = 0; b < a; b++) gram[b * columns + a] = gram[a * columns + b]!;
  return gram;
}

/** The calls that turn X into X·T, T as `setRotation` left it. */
export function rotation({ region, rows, columns }: DenseRegion, t: Region, solver: RowSolver): Phase {
  return evenRanges(rows, rowsPerRotation).map(({ from, to }) =>
    kernelCall(
      "rotateRows",
      region.offset,
      columns,
      t.offset,
      from,
      to,
      solver.flags.offset,
      solver.slots,
      solver.scratch.offset,
      solver.bytes,
    ),
  );
}

/** Lays T [columns × columns] row-major down as `rotateRows` reads it: in panels of eight columns. */
export function setRotation(memory: WebAssembly.Memory, region: Region, t: Float64Array, columns: number): void {
  const panels = float32View(memory, region);
  t.forEach((value, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    panels[(column >> 3) * columns * 8 + row * 8 + (column & 7)] = value;
  });
}
