import { kernelCall } from "../compute/kernels.ts";
import { padColumns } from "../compute/dense-matrix.ts";
import type { DenseRegion } from "../compute/dense-matrix.ts";
import { float32View, float64View, int32View } from "../compute/memory-layout.ts";
import type { MemoryLayout, Region } from "../compute/memory-layout.ts";
import type { ComputePool } from "../compute/pool.ts";
import { evenRanges, rowRanges } from "../compute/program.ts";
import type { Phase } from "../compute/program.ts";
import { planPlaces, planSparse } from "../compute/ratings-matrix.ts";
import type { SparseRegions } from "../compute/ratings-matrix.ts";
import type { RowSolver } from "../compute/row-solver.ts";
import type { FitContext } from "./algorithm.ts";
import type { FactorModel } from "./servable.ts";

const entriesPerCall = 4096;
const rowsPerFill = 1024;

/** Users or items of alternating least squares: their factors, their ratings, and what their half of an epoch needs. */
export interface Side {
  readonly ratings: SparseRegions;
  /** [rows × width], the columns beyond the factors zero. */
  readonly factors: DenseRegion;
  /** [rows] what stands before ‖row‖². */
  readonly penalty: Region;
  /** Two for each range of rows: loss, and Σ penalty · ‖row‖². */
  readonly sums: Region;
}

/** `valued`: whether the ratings' values are needed, or only where they are. */
export function planSide(layout: MemoryLayout, rows: number, entries: number, columns: number, valued: boolean): Side {
  const width = padColumns(columns);
  return {
    ratings: valued ? planSparse(layout, rows, entries) : planPlaces(layout, rows, entries),
    factors: { region: layout.float32(rows * width), rows, columns: width },
    penalty: layout.float64(rows),
    // A range holds, but for the last, at least `entriesPerCall` entries and rows.
    sums: layout.float64(2 * (Math.ceil((entries + rows) / entriesPerCall) + 1)),
  };
}

/** Ranges of a side's rows, one call each; a range's share of the sums is at `sums + range · 16`. */
export function sideRanges(memory: WebAssembly.Memory, { ratings }: Side): readonly { from: number; to: number }[] {
  return rowRanges(int32View(memory, ratings.start), entriesPerCall);
}

/** The calls that solve every row of `target` against the rows of `source`: see `ialsRows` in core/compute/assembly/ials.ts. */
export function solveSide(
  memory: WebAssembly.Memory,
  half: {
    readonly target: Side;
    readonly source: Side;
    readonly solver: RowSolver;
    /** [entries] of the target's ratings; null: all 1. */
    readonly goals: Region | null;
    /** [entries] roots of the ratings' weights; null: all 1. */
    readonly weights: Region | null;
    readonly spectrum: Region;
    /** Conjugate gradient steps; 0: none. */
    readonly steps: number;
    /** Columns of a subspace, a multiple of 8; 0: none. Without steps and subspaces rows are solved exactly. */
    readonly block?: number;
    /** Sweeps of non-negative coordinate descent; 0: none, and numbers of either sign. */
    readonly sweeps?: number;
    readonly dualLimit: number;
  },
): Phase {
  const { target, source, solver, goals, weights, spectrum, steps, block = 0, sweeps = 0, dualLimit } = half;
  return sideRanges(memory, target).map(({ from, to }, range) =>
    kernelCall(
      "ialsRows",
      target.ratings.start.offset,
      target.ratings.columns.offset,
      goals?.offset ?? 0,
      weights?.offset ?? 0,
      from,
      to,
      source.factors.region.offset,
      target.factors.region.offset,
      source.factors.columns,
      spectrum.offset,
      target.penalty.offset,
      steps,
      block,
      sweeps,
      dualLimit,
      solver.flags.offset,
      solver.slots,
      solver.scratch.offset,
      solver.bytes,
      solver.capacity,
      solver.longest,
      target.sums.offset + range * 16,
    ),
  );
}

/** Over all rows: Σ loss, Σ penalty · ‖row‖². */
export function sumsOfSide(
  memory: WebAssembly.Memory,
  side: Side,
): { readonly loss: number; readonly penalty: number } {
  const sums = float64View(memory, side.sums);
  let [loss, penalty] = [0, 0];
  for (let at = 0; at < sums.length; at += 2) {
    loss += sums[at] ?? 0;
    penalty += sums[at + 1] ?? 0;
  }
  return { loss, penalty };
}

/**
 * Where a fit starts. With a finished model of the same shape to start from, its factors; else random ones about a mean of
 * `mean` deviations.
 */
export async function startFactors(
  pool: ComputePool,
  sides: readonly [users: Side, items: Side],
  start: { readonly factors: number; readonly deviation: number; readonly mean: number },
  { seed, warmStart }: FitContext,
): Promise<void> {
  const { factors, deviation, mean } = start;
  const warm = warmFactors(warmStart ?? null, sides[0].factors.rows, sides[1].factors.rows, factors);
  if (warm !== null) {
    sides.forEach(({ factors: matrix }, n) =>
      writeFactors(pool.memory, matrix, factors, warm[n] ?? new Float32Array()),
    );
    return;
  }
  const fill = sides.flatMap(({ factors: { region, rows, columns } }, stream) =>
    evenRanges(rows, rowsPerFill).map(({ from, to }) =>
      kernelCall("fillNearNormal", region.offset, from, to, factors, columns, seed, stream + 1, deviation),
    ),
  );
  await pool.run(pool.prepare([fill]));
  if (mean === 0) return;
  for (const { factors: matrix } of sides) {
    const values = float32View(pool.memory, matrix.region);
    for (let row = 0; row < matrix.rows; row++) {
      for (let f = 0; f < factors; f++) values[row * matrix.columns + f]! += mean * deviation;
    }
  }
}

/** The factors of a model to start from, users' and items'; null when there is none, or its shape is another. */
export function warmFactors(
  model: (FitContext["warmStart"] & object) | null,
  users: number,
  items: number,
  factors: number,
): readonly [Float32Array, Float32Array] | null {
  if (model === null || model.form !== "factors") return null;
  if (model.users !== users || model.items !== items || model.factors !== factors) return null;
  return [model.userFactors, model.itemFactors];
}

/** [rows × factors], a copy; the matrix stays as it is. */
export function copyFactors(
  memory: WebAssembly.Memory,
  { region, rows, columns }: DenseRegion,
  factors: number,
): Float32Array {
  const values = float32View(memory, region);
  const copy = new Float32Array(rows * factors);
  for (let row = 0; row < rows; row++) copy.set(values.subarray(row * columns, row * columns + factors), row * factors);
  return copy;
}

function writeFactors(
  memory: WebAssembly.Memory,
  { region, rows, columns }: DenseRegion,
  k: number,
  from: Float32Array,
) {
  const out = float32View(memory, region);
  for (let row = 0; row < rows; row++) out.set(from.subarray(row * k, (row + 1) * k), row * columns);
}

/**
 * [rows × factors]: what is left of the matrix, in its place, when the columns that pad it have been taken out. Nothing is
 * copied, so the pool's memory stays as long as this does; nobody may compute with the matrix any more.
 */
export function packFactors(
  memory: WebAssembly.Memory,
  { region, rows, columns }: DenseRegion,
  factors: number,
): FactorModel["userFactors"] {
  const values = float32View(memory, region);
  if (factors < columns) {
    for (let row = 1; row < rows; row++) {
      values.copyWithin(row * factors, row * columns, row * columns + factors);
    }
  }
  return values.subarray(0, rows * factors);
}
