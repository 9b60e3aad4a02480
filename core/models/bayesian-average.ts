import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { multiplySmall, orthonormalizer, padColumns } from "../compute/dense-matrix.ts";
import type { DenseRegion } from "../compute/dense-matrix.ts";
import { float32View, float64View } from "../compute/memory-layout.ts";
import type { MemoryLayout, Region } from "../compute/memory-layout.ts";
import { kernelCall } from "../compute/kernels.ts";
import type { ComputePool } from "../compute/pool.ts";
import { evenRanges } from "../compute/program.ts";

const subspaceIterations = 1;
/** Fixed, so that the order of additions does not depend on the number of threads. */
const gramSlots = 8;

/**
 * The sum of products of factors over the kept sweeps, Σ_s X_s Y_sᵀ [left rows × right rows], as LRᵀ of bounded rank: kept sweeps queue
 * up beside the columns that there are, and when the room is full the best rank-`kept` approximation of it all takes their place.
 * Rows are weighted by the square root of their ratings, so that the approximation is best where ratings are.
 */
export interface AverageMemory {
  /** Columns that stay after a compression, a multiple of 16. */
  readonly kept: number;
  /** Sweeps that find room beside them. */
  readonly queue: number;
  /** [rows × (kept + queue · factors, padded)] */
  readonly left: DenseRegion;
  readonly right: DenseRegion;
  /** A gramian for each slot; afterwards room for small matrices. */
  readonly gram: Region;
  readonly panels: Region;
  /** [columns × kept] */
  readonly small: Region;
  /** [rows of the larger side × kept] */
  readonly spare: Region;
}

export function planAverage(
  layout: MemoryLayout,
  leftRows: number,
  rightRows: number,
  factors: number,
  kept: number,
): AverageMemory {
  const stays = padColumns(kept);
  const queue = Math.max(1, Math.floor(stays / factors));
  const columns = padColumns(stays + queue * factors);
  const dense = (rows: number): DenseRegion => ({ region: layout.float32(rows * columns), rows, columns });
  return {
    kept: stays,
    queue,
    left: dense(leftRows),
    right: dense(rightRows),
    gram: layout.float64(gramSlots * columns * columns),
    panels: layout.float32(gramSlots * 128 * columns),
    small: layout.float64(columns * stays),
    spare: layout.float32(Math.max(leftRows, rightRows) * stays),
  };
}

/** Rows of factors where the sampler leaves them: `width` floats a row, the first `factors` of which count. */
export interface FactorRows {
  readonly values: Float32Array;
  readonly width: number;
  /** [rows] √(ratings + 1) */
  readonly scale: Float64Array;
}

/** Appends one sweep's products; `waiting` sweeps are in the queue already. */
export function enqueue(
  memory: WebAssembly.Memory,
  average: AverageMemory,
  waiting: number,
  factors: number,
  left: readonly FactorRows[],
  right: readonly FactorRows[],
): void {
  const column = average.kept + waiting * factors;
  const append = (side: DenseRegion, parts: readonly FactorRows[]): void => {
    const out = float32View(memory, side.region);
    let row = 0;
    for (const { values, width, scale } of parts) {
      for (let own = 0; own < scale.length; own++, row++) {
        const weight = scale[own] ?? 0;
        const to = row * side.columns + column;
        for (let f = 0; f < factors; f++) out[to + f] = weight * (values[own * width + f] ?? 0);
      }
    }
  };
  append(average.left, left);
  append(average.right, right);
}

/**
 * LRᵀ ← its best approximation of rank `kept`, columns as singular vectors times √σ, largest first. Subspace iteration from the columns kept
 * so far, in the coordinates of L and R: with V = R·T, (LRᵀ)ᵀ(LRᵀ)V = R·(G_L G_R T), G the gramians.
 */
export async function compress(pool: ComputePool, average: AverageMemory, last: boolean): Promise<void> {
  const { left, right, kept } = average;
  const small = smallAlgebra(pool, average);
  const columns = left.columns;
  const gramLeft = await gramian(pool, left, average);
  const gramRight = await gramian(pool, right, average);
  // Columns that hold something, those kept before the queued ones.
  const filled = Array.from({ length: columns }, (_, at) => at).filter((at) => (gramRight[at * columns + at] ?? 0) > 0);
  let basis = new Float64Array(columns * kept);
  filled.slice(0, kept).forEach((at, n) => (basis[at * kept + n] = 1));
  let image = await small.multiply(gramRight, columns, basis);
  for (let iteration = 0; iteration < subspaceIterations; iteration++) {
    basis = await small.multiply(gramLeft, columns, image);
    image = await small.multiply(gramRight, columns, basis);
    const turn = orthonormalizer(await small.cross(basis, image), kept);
    basis = await small.multiply(basis, kept, turn);
    image = await small.multiply(image, kept, turn);
  }
  // The projection on V: L Rᵀ V Vᵀ = (L·G_R T)(R·T)ᵀ.
  if (last) {
    // Rayleigh–Ritz: the gramian of L·(G_R T) has the squared singular values as its eigenvalues.
    const { vectors, values } = sortedEigen(
      await small.cross(image, await small.multiply(gramLeft, columns, image)),
      kept,
    );
    basis = await small.multiply(basis, kept, vectors);
    image = await small.multiply(image, kept, vectors);
    balance(basis, image, values, kept);
  }
  await replace(pool, average, left, image);
  await replace(pool, average, right, basis);
}

/** Gives both sides √σ of the singular value, which so far the left has alone. */
function balance(toRight: Float64Array, toLeft: Float64Array, values: Float64Array, kept: number): void {
  const largest = values[0] ?? 0;
  const roots = values.map((value) => Math.sqrt(Math.sqrt(Math.max(0, value))));
  for (let at = 0; at < toRight.length; at++) {
    const root = roots[at % kept] ?? 0;
    // Below float32's precision there is only rounding.
    const real = (values[at % kept] ?? 0) > largest * 1e-13;
    toRight[at] = real ? (toRight[at] ?? 0) * root : 0;
    toLeft[at] = real ? (toLeft[at] ?? 0) / root : 0;
  }
}

interface SmallAlgebra {
  /** A·X, A [columns × n], X [n × kept]. */
  multiply(a: Float64Array, n: number, x: Float64Array): Promise<Float64Array<ArrayBuffer>>;
  /** XᵀY, both [columns × kept]. */
  cross(x: Float64Array, y: Float64Array): Promise<Float64Array<ArrayBuffer>>;
}

/** Products of the small matrices in float64, by the pool. */
function smallAlgebra(pool: ComputePool, { kept, left, gram, small }: AverageMemory): SmallAlgebra {
  const { columns } = left;
  const [first, second] = [gram.offset, gram.offset + columns * columns * 8];
  const third = second + columns * kept * 8;
  const write = (offset: number, values: Float64Array): void =>
    float64View(pool.memory, { offset, length: values.length }).set(values);
  const read = (length: number): Float64Array<ArrayBuffer> =>
    new Float64Array(float64View(pool.memory, { offset: small.offset, length }));
  const rows = (count: number): { readonly from: number; readonly to: number }[] => evenRanges(count, 16);
  return {
    multiply: async (a, n, x) => {
      write(first, a);
      write(second, x);
      await pool.run(
        pool.prepare([
          rows(columns).map(({ from, to }) =>
            kernelCall("multiplyF64", first, n, second, kept, small.offset, from, to),
          ),
        ]),
      );
      return read(columns * kept);
    },
    cross: async (x, y) => {
      write(second, x);
      write(third, y);
      await pool.run(
        pool.prepare([
          rows(kept).map(({ from, to }) =>
            kernelCall("crossF64", second, third, columns, kept, small.offset, from, to),
          ),
        ]),
      );
      return read(kept * kept);
    },
  };
}

/** XᵀX in float64, both triangles. */
async function gramian(
  pool: ComputePool,
  { region, rows, columns }: DenseRegion,
  average: AverageMemory,
): Promise<Float64Array> {
  const size = columns * columns;
  const ranges = evenRanges(rows, Math.ceil(rows / gramSlots));
  const slots = average.gram.offset;
  await pool.run(
    pool.prepare([
      ranges.map(({ from, to }, slot) =>
        kernelCall(
          "gramOfRows",
          region.offset,
          columns,
          from,
          to,
          slots + slot * size * 8,
          average.panels.offset + slot * 512 * columns,
        ),
      ),
    ]),
  );
  const parts = float64View(pool.memory, average.gram);
  const gram = new Float64Array(size);
  for (let a = 0; a < columns; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let slot = 0; slot < ranges.length; slot++) sum += parts[slot * size + a * columns + b] ?? 0;
      gram[a * columns + b] = sum;
      gram[b * columns + a] = sum;
    }
  }
  return gram;
}

async function replace(
  pool: ComputePool,
  { kept, small, spare }: AverageMemory,
  side: DenseRegion,
  turn: Float64Array,
): Promise<void> {
  const result: DenseRegion = {
    region: { offset: spare.offset, length: side.rows * kept },
    rows: side.rows,
    columns: kept,
  };
  await multiplySmall(pool, side, turn, { offset: small.offset, length: turn.length }, result);
  const from = float32View(pool.memory, result.region);
  const to = float32View(pool.memory, side.region).fill(0);
  for (let row = 0; row < side.rows; row++) to.set(from.subarray(row * kept, (row + 1) * kept), row * side.columns);
}

function sortedEigen(symmetric: Float64Array, n: number): { values: Float64Array; vectors: Float64Array } {
  const even = new Matrix(n, n);
  for (let a = 0; a < n; a++)
    for (let b = 0; b < n; b++) even.set(a, b, ((symmetric[a * n + b] ?? 0) + (symmetric[b * n + a] ?? 0)) / 2);
  const decomposition = new EigenvalueDecomposition(even, { assumeSymmetric: true });
  const found = decomposition.realEigenvalues;
  const columns = decomposition.eigenvectorMatrix;
  const order = found.map((_, at) => at).sort((a, b) => (found[b] ?? 0) - (found[a] ?? 0) || a - b);
  const vectors = new Float64Array(n * n);
  order.forEach((source, column) => {
    for (let row = 0; row < n; row++) vectors[row * n + column] = columns.get(row, source);
  });
  return { values: Float64Array.from(order, (at) => found[at] ?? 0), vectors };
}
