import { ReelbenchError } from "../contract/errors.ts";
import { kernelCall } from "./kernels.ts";
import { float32View, int32View } from "./memory-layout.ts";
import type { MemoryLayout, Region } from "./memory-layout.ts";
import type { ComputePool } from "./pool.ts";
import { evenRanges } from "./program.ts";

/** Columns of a pivot block's inverse that one call takes, and that it solves for at a time (assembly/sweep.ts). */
const columnsPerCall = 16;
const solvedTogether = 8;
/** Parts of a block in each direction, and the sums of them that products are made from. */
const parts = 4;
const sumsOfParts = 49;

/** From so many items on, products of blocks are made from sums of their parts; that needs wide blocks. */
const largeItems = 6144;

/**
 * Rows and columns that one sweep takes. Wider: less traffic with memory, more work outside of the tile of products. Of the widths that
 * serve a large matrix as well as one another, the one that leaves the least padding.
 */
function blockWidth(items: number): number {
  if (items < largeItems) return 128;
  const padded = (width: number) => Math.ceil(items / width) * width;
  return [512, 480, 448, 416, 384].reduce((best, width) => (padded(width) < padded(best) ? width : best));
}

/** A symmetric matrix in panels (assembly/sweep.ts) and what sweeping it needs. */
export interface SymmetricRegions {
  /** Rows of the matrix itself; those from there to `n` are padding. */
  readonly items: number;
  /** A multiple of the block's width. */
  readonly n: number;
  readonly width: number;
  readonly matrix: Region;
  readonly gathered: Region;
  readonly scaled: Region;
  /** Sums of parts of what is gathered, and of what is scaled; null where blocks are multiplied as they are. */
  readonly sums: { readonly gathered: Region; readonly scaled: Region } | null;
  readonly pivot: Region;
  readonly square: Region;
  readonly columns: Region;
  readonly state: Region;
}

export function planSymmetric(
  layout: MemoryLayout,
  items: number,
  { width = blockWidth(items), fromSums = items >= largeItems } = {},
): SymmetricRegions {
  const n = Math.max(1, Math.ceil(items / width)) * width;
  const sums = (n / width) * sumsOfParts * (width / parts) ** 2;
  return {
    items,
    n,
    width,
    matrix: layout.float32((n * (n + 8)) / 2),
    gathered: layout.float32(n * width),
    scaled: layout.float32(n * width),
    sums: !fromSums ? null : { gathered: layout.float32(sums), scaled: layout.float32(sums) },
    pivot: layout.float32(width * width),
    square: layout.float64(width * width),
    columns: layout.float64((width / columnsPerCall) * width * solvedTogether),
    state: layout.int32(1),
  };
}

/** Element index of A[i][j], i ≥ j, in the region of the matrix. */
export function panelIndex(n: number, i: number, j: number): number {
  const panel = Math.floor(j / 8);
  return 8 * (panel * n - 4 * panel * (panel - 1) + (i - 8 * panel)) + (j - 8 * panel);
}

/**
 * Turns a symmetric positive definite matrix into minus its inverse, in place: n³ operations. The pivot blocks are factorised
 * in f64, the rest is f32. Deterministic for any number of threads. `onBlock(done, total)` after each block.
 * @throws ReelbenchError RB_CANCELLED; RB_TRAIN_DIVERGED when the matrix was not positive definite to this precision.
 */
export async function invertSymmetric(
  pool: ComputePool,
  regions: SymmetricRegions,
  onBlock: (done: number, total: number) => void,
): Promise<void> {
  const { n, width } = regions;
  const [matrix, state] = [regions.matrix.offset, regions.state.offset];
  const [v, u, p, square] = [regions.gathered, regions.scaled, regions.pivot, regions.square].map(
    ({ offset }) => offset,
  );
  if (v === undefined || u === undefined || p === undefined || square === undefined) return;
  const [sumsOfV, sumsOfU] =
    regions.sums === null ? [0, 0] : [regions.sums.gathered.offset, regions.sums.scaled.offset];
  const blocks = Array.from({ length: n / width }, (_, block) => block);
  const program = pool.prepare([
    blocks.map((block) => kernelCall("sweepGather", matrix, n, width, state, block, v, square)),
    evenRanges(width, columnsPerCall).map(({ from, to }, range) => {
      const columns = regions.columns.offset + range * width * solvedTogether * 8;
      return kernelCall("sweepInvert", square, width, from, to, p, columns);
    }),
    blocks.map((block) => kernelCall("sweepScale", matrix, n, width, state, block, v, p, u)),
    ...(regions.sums === null
      ? []
      : [
          blocks.flatMap((block) => [
            kernelCall("sweepCombine", width, state, block, v, 0, sumsOfV),
            kernelCall("sweepCombine", width, state, block, u, 1, sumsOfU),
          ]),
        ]),
    // The longest first, so that threads end together.
    blocks
      .toReversed()
      .map((block) => kernelCall("sweepUpdate", matrix, n, width, state, block, v, u, sumsOfV, sumsOfU)),
  ]);
  const cell = int32View(pool.memory, regions.state);
  for (const block of blocks) {
    cell[0] = block;
    await pool.run(program);
    onBlock(block + 1, blocks.length);
  }
  requireNegative(pool.memory, regions);
}

/** The diagonal of minus an inverse is negative; where rounding has eaten a pivot it is not, or no number at all. */
function requireNegative(memory: WebAssembly.Memory, { items, n, matrix }: SymmetricRegions): void {
  const values = float32View(memory, matrix);
  for (let i = 0; i < items; i++) {
    const value = values[panelIndex(n, i, i)] ?? NaN;
    if (!(value < 0 && Number.isFinite(value)))
      throw new ReelbenchError(
        "RB_TRAIN_DIVERGED",
        "The gramian of the items could not be inverted in float32. Raise the regularization.",
        { details: { item: i } },
      );
  }
}
