import { kernelCall } from "./kernels.ts";
import { float32View, float64View } from "./memory-layout.ts";
import type { MemoryLayout, Region } from "./memory-layout.ts";
import type { ComputePool } from "./pool.ts";
import { evenRanges } from "./program.ts";

/** Fixed, so that the order of additions does not depend on the number of threads. */
const gramSlots = 16;
const gramBand = 16;
const rowsPerProduct = 512;

/** A row-major float32 matrix in shared memory. `columns` is a multiple of 16; unused ones are zero. */
export interface DenseRegion {
  readonly region: Region;
  readonly rows: number;
  readonly columns: number;
}

export const padColumns = (columns: number): number => Math.ceil(columns / 16) * 16;

export function planGram(layout: MemoryLayout, columns: number): Region {
  return layout.float64(gramSlots * columns * columns);
}

/** Columns of a panel: with 32 bytes a row, a panel of 30,000 rows and another of what becomes of it fit a core's own cache. */
export const panelColumns = 8;

/** X's columns eight by eight, one panel [rows × 8] after the other, into `panels`, which is as large as X. */
export function toPanels(memory: WebAssembly.Memory, x: DenseRegion, panels: Region): void {
  const [from, to] = [float32View(memory, x.region), float32View(memory, panels)];
  let at = 0;
  for (let panel = 0; panel < x.columns; panel += panelColumns) {
    for (let row = panel; row < from.length; row += x.columns) {
      for (let k = 0; k < panelColumns; k++) to[at++] = from[row + k] ?? 0;
    }
  }
}

/** And back. */
export function fromPanels(memory: WebAssembly.Memory, panels: Region, x: DenseRegion): void {
  const [from, to] = [float32View(memory, panels), float32View(memory, x.region)];
  let at = 0;
  for (let panel = 0; panel < x.columns; panel += panelColumns) {
    for (let row = panel; row < to.length; row += x.columns) {
      for (let k = 0; k < panelColumns; k++) to[row + k] = from[at++] ?? 0;
    }
  }
}

/** XᵀX in float64, [columns × columns] row-major, both triangles. */
export async function gramMatrix(pool: ComputePool, x: DenseRegion, slots: Region): Promise<Float64Array> {
  const { rows, columns } = x;
  const size = columns * columns;
  const ranges = evenRanges(rows, Math.ceil(rows / gramSlots));
  const bands = evenRanges(columns, gramBand);
  await pool.run(
    pool.prepare([
      ranges.flatMap(({ from, to }, slot) =>
        bands.map((band) =>
          kernelCall("gram", x.region.offset, columns, from, to, band.from, band.to, slots.offset + slot * size * 8),
        ),
      ),
    ]),
  );
  const parts = float64View(pool.memory, slots);
  const gram = new Float64Array(size);
  for (let a = 0; a < columns; a++) {
    for (let b = a; b < columns; b++) {
      let sum = 0;
      for (let slot = 0; slot < ranges.length; slot++) sum += parts[slot * size + a * columns + b] ?? 0;
      gram[a * columns + b] = sum;
      gram[b * columns + a] = sum;
    }
  }
  return gram;
}

/** Y = X·T; T is [x.columns × y.columns] row-major and is rounded to float32 in `scratch`. */
export async function multiplySmall(
  pool: ComputePool,
  x: DenseRegion,
  t: Float64Array,
  scratch: Region,
  y: DenseRegion,
): Promise<void> {
  float32View(pool.memory, scratch).set(t);
  await pool.run(
    pool.prepare([
      evenRanges(x.rows, rowsPerProduct).map(({ from, to }) =>
        kernelCall("denseTimesSmall", x.region.offset, x.columns, scratch.offset, y.columns, y.region.offset, from, to),
      ),
    ]),
  );
}

/**
 * T with (X T)ᵀ(X T) = I, from G = XᵀX = LLᵀ: T = L⁻ᵀ (Cholesky QR). A column that depends on those before it, to float32's
 * precision, becomes a zero column: the rank is then smaller than the number of columns. Run it twice for
 * orthogonality to the last bits (Yamamoto et al. 2015).
 */
export function orthonormalizer(gram: Float64Array, n: number): Float64Array {
  const lower = new Float64Array(n * n);
  const kept = new Uint8Array(n);
  for (let j = 0; j < n; j++) {
    let pivot = gram[j * n + j] ?? 0;
    for (let t = 0; t < j; t++) pivot -= (lower[j * n + t] ?? 0) ** 2;
    if (!(pivot > (gram[j * n + j] ?? 0) * 1e-10)) continue;
    kept[j] = 1;
    const diagonal = Math.sqrt(pivot);
    lower[j * n + j] = diagonal;
    for (let i = j + 1; i < n; i++) {
      let sum = gram[i * n + j] ?? 0;
      for (let t = 0; t < j; t++) sum -= (lower[i * n + t] ?? 0) * (lower[j * n + t] ?? 0);
      lower[i * n + j] = sum / diagonal;
    }
  }
  // Column j of T solves Lᵀ t = e_j, back substitution over the kept columns.
  const inverse = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    if (kept[j] === 0) continue;
    for (let i = j; i >= 0; i--) {
      if (kept[i] === 0) continue;
      let sum = i === j ? 1 : 0;
      for (let t = i + 1; t <= j; t++) sum -= (lower[t * n + i] ?? 0) * (inverse[t * n + j] ?? 0);
      inverse[i * n + j] = sum / (lower[i * n + i] ?? 1);
    }
  }
  return inverse;
}
