import { MemoryLayout, allocateShared, float64View } from "../compute/memory-layout.ts";
import type { Region } from "../compute/memory-layout.ts";
import { instantiateNormalKernels } from "../compute/normal-kernels.ts";
import type { NormalKernels } from "../compute/normal-kernels.ts";
import * as plain from "./dense.ts";

/**
 * `addOuterProducts` and `choleskyInPlace` of ./dense.ts with the same bits, in SIMD where the matrix is large enough to be worth its
 * way into the kernels' memory and back.
 */
export function addOuterProducts(matrix: Float64Array, n: number, rows: Float64Array, count: number): void {
  if (n < smallest || n > largest) return plain.addOuterProducts(matrix, n, rows, count);
  const bench = benchFor(n);
  enter(bench, matrix, n);
  bench.kernels.mirror(bench.matrix.offset, n, bench.stride, 0);
  for (let from = 0; from < count; from += rowsAtOnce) {
    const to = Math.min(from + rowsAtOnce, count);
    for (let j = from; j < to; j++) bench.rowNumbers.set(rows.subarray(j * n, (j + 1) * n), (j - from) * bench.stride);
    bench.kernels.addOuterProducts(bench.matrix.offset, bench.stride, bench.rows.offset, to - from);
  }
  leave(bench, matrix, n);
}

export function choleskyInPlace(matrix: Float64Array, n: number): void {
  if (n < smallest || n > largest) return plain.choleskyInPlace(matrix, n);
  const bench = benchFor(n);
  enter(bench, matrix, n);
  bench.kernels.mirror(bench.matrix.offset, n, bench.stride, 0);
  bench.kernels.choleskyUpper(bench.matrix.offset, n, bench.stride, plain.smallestPivot(matrix, n));
  leave(bench, matrix, n);
}

/** Orders below are done before the copying would be; above, the memory would be large for what is seldom asked. */
const smallest = 24;
const largest = 1024;
const rowsAtOnce = 128;

interface Bench {
  readonly stride: number;
  readonly kernels: NormalKernels;
  readonly matrix: Region;
  readonly rows: Region;
  readonly numbers: Float64Array;
  readonly rowNumbers: Float64Array;
}

/** One a thread and order: a model has one, seldom two. */
const benches = new Map<number, Bench>();

function benchFor(n: number): Bench {
  const known = benches.get(n);
  if (known !== undefined) return known;
  const stride = 4 * Math.ceil(n / 4);
  const layout = new MemoryLayout();
  const matrix = layout.float64(stride * stride);
  const rows = layout.float64(rowsAtOnce * stride);
  const memory = allocateShared(layout.bytes);
  const kernels = instantiateNormalKernels(memory);
  const bench = { stride, kernels, matrix, rows };
  const whole = { ...bench, numbers: float64View(memory, matrix), rowNumbers: float64View(memory, rows) };
  if (benches.size >= 4) benches.clear();
  benches.set(n, whole);
  return whole;
}

function enter({ numbers, stride }: Bench, matrix: Float64Array, n: number): void {
  for (let a = 0; a < n; a++) numbers.set(matrix.subarray(a * n, a * n + a + 1), a * stride);
}

/** Only the lower triangle: what stands above the diagonal is the caller's. */
function leave({ kernels, matrix: place, numbers, stride }: Bench, matrix: Float64Array, n: number): void {
  kernels.mirror(place.offset, n, stride, 1);
  for (let a = 0; a < n; a++) matrix.set(numbers.subarray(a * stride, a * stride + a + 1), a * n);
}
