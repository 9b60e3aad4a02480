/**
 * The small dense arithmetic of serving, in float64 and in one fixed order of operations, so that the same model gives the
 * same bits in workbench, evaluation and server.
 */

/** Dot product of `vector` [k] with row `row` of row-major `matrix` [rows × k]. Four partial sums, added pairwise. */
export function dotRow(vector: Float64Array, matrix: Float32Array, row: number): number {
  const k = vector.length;
  const start = row * k;
  const whole = k - (k % 4);
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  // Indices stay below k and rows × k, which the model's validation guarantees: `?? 0` would only hide a defect.
  for (let f = 0; f < whole; f += 4) {
    a += vector[f]! * matrix[start + f]!;
    b += vector[f + 1]! * matrix[start + f + 1]!;
    c += vector[f + 2]! * matrix[start + f + 2]!;
    d += vector[f + 3]! * matrix[start + f + 3]!;
  }
  for (let f = whole; f < k; f++) a += vector[f]! * matrix[start + f]!;
  return a + b + (c + d);
}

/**
 * Adds Σ_j z_j z_jᵀ over the rows z_j of row-major `rows` [count × n] to the lower triangle of `matrix` [n × n]. Each element's sum
 * goes in the order of the rows; two by four of them are under way at once, as a processor waits for no sum then.
 */
export function addOuterProducts(matrix: Float64Array, n: number, rows: Float64Array, count: number): void {
  const whole = count - (count % 4);
  for (let a = 0; a < n; a += 2) {
    // Of the last pair of an odd matrix there is only one row.
    const paired = a + 1 < n;
    const upper = a * n;
    const lower = paired ? upper + n : upper;
    const last = paired ? a + 1 : a;
    for (let j = 0; j < whole; j += 4) {
      const [j0, j1, j2, j3] = [j * n, (j + 1) * n, (j + 2) * n, (j + 3) * n];
      const [u0, u1, u2, u3] = [rows[j0 + a]!, rows[j1 + a]!, rows[j2 + a]!, rows[j3 + a]!];
      const [v0, v1, v2, v3] = [rows[j0 + last]!, rows[j1 + last]!, rows[j2 + last]!, rows[j3 + last]!];
      for (let b = 0; b <= a; b++) {
        const z0 = rows[j0 + b]!;
        const z1 = rows[j1 + b]!;
        const z2 = rows[j2 + b]!;
        const z3 = rows[j3 + b]!;
        const sum = matrix[lower + b]! + v0 * z0 + v1 * z1 + v2 * z2 + v3 * z3;
        matrix[upper + b] = matrix[upper + b]! + u0 * z0 + u1 * z1 + u2 * z2 + u3 * z3;
        if (paired) matrix[lower + b] = sum;
      }
      if (paired) matrix[lower + last] = matrix[lower + last]! + v0 * v0 + v1 * v1 + v2 * v2 + v3 * v3;
    }
    for (let j = whole * n; j < count * n; j += n) {
      for (let b = 0; b <= a; b++) matrix[upper + b]! += rows[j + a]! * rows[j + b]!;
      if (paired) for (let b = 0; b <= last; b++) matrix[lower + b]! += rows[j + last]! * rows[j + b]!;
    }
  }
}

/**
 * Cholesky factor L (lower, row-major [n × n]) of a symmetric positive definite matrix, in place; only its lower triangle
 * is read. Should rounding eat a pivot all the same, a tiny positive one stands in for it: no NaN ever leaves here.
 */
export function choleskyInPlace(matrix: Float64Array, n: number): void {
  const least = smallestPivot(matrix, n);
  for (let j = 0; j < n; j++) {
    const rowJ = j * n;
    let pivot = matrix[rowJ + j]!;
    for (let t = 0; t < j; t++) pivot -= matrix[rowJ + t]! ** 2;
    const diagonal = Math.sqrt(Math.max(pivot, least));
    matrix[rowJ + j] = diagonal;
    for (let i = j + 1; i < n; i++) {
      const rowI = i * n;
      let sum = matrix[rowI + j]!;
      for (let t = 0; t < j; t++) sum -= matrix[rowI + t]! * matrix[rowJ + t]!;
      matrix[rowI + j] = sum / diagonal;
    }
  }
}

/** What stands in for a pivot that rounding has eaten. */
export function smallestPivot(matrix: Float64Array, n: number): number {
  let largest = 0;
  for (let j = 0; j < n; j++) largest = Math.max(largest, matrix[j * n + j]!);
  return largest > 0 ? largest * 1e-14 : 1;
}

/** Solves L Lᵀ x = x in place for the factor that `choleskyInPlace` left. */
export function choleskySolveInPlace(factor: Float64Array, n: number, x: Float64Array): void {
  for (let i = 0; i < n; i++) {
    let sum = x[i]!;
    for (let t = 0; t < i; t++) sum -= factor[i * n + t]! * x[t]!;
    x[i] = sum / factor[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = x[i]!;
    for (let t = i + 1; t < n; t++) sum -= factor[t * n + i]! * x[t]!;
    x[i] = sum / factor[i * n + i]!;
  }
}
