/**
 * The kernels of assembly/small.ts, normal-equations.ts, cholesky.ts and eigen.ts in plain TypeScript: see reference.ts. Matrices are
 * row-major in float64.
 */

/** A·B for A [rows × n], B [n × k]; terms added in their order. */
export function multiplyF64(a: Float64Array, n: number, b: Float64Array, k: number): Float64Array {
  return Float64Array.from({ length: (a.length / n) * k }, (_, at) => {
    const [row, column] = [Math.floor(at / k), at % k];
    let sum = 0;
    for (let j = 0; j < n; j++) sum += (a[row * n + j] ?? NaN) * (b[j * k + column] ?? NaN);
    return sum;
  });
}

/** XᵀY for X and Y [n × k]. */
export function crossF64(x: Float64Array, y: Float64Array, k: number): Float64Array {
  return multiplyF64(transposed(x, k), x.length / k, y, k);
}

function transposed(x: Float64Array, k: number): Float64Array {
  const n = x.length / k;
  return Float64Array.from({ length: x.length }, (_, at) => x[(at % n) * k + Math.floor(at / n)] ?? NaN);
}

/** Adds Σ z zᵀ over the rows of `rows` [count × n], row after row, to a matrix [n × n]. */
export function addOuterProducts(matrix: Float64Array, n: number, rows: Float64Array): void {
  for (let from = 0; from < rows.length; from += n)
    for (let a = 0; a < n; a++)
      for (let b = 0; b < n; b++)
        matrix[a * n + b] = (matrix[a * n + b] ?? NaN) + (rows[from + a] ?? NaN) * (rows[from + b] ?? NaN);
}

/** U of UᵀU = the matrix, of which the upper triangle is read; pivots are `smallestPivot` at least. Zero below the diagonal. */
export function choleskyUpper(matrix: Float64Array, n: number, smallestPivot: number): Float64Array {
  const u = new Float64Array(n * n);
  for (let row = 0; row < n; row++) {
    for (let b = row; b < n; b++) {
      let rest = matrix[row * n + b] ?? NaN;
      for (let t = 0; t < row; t++) rest -= (u[t * n + row] ?? NaN) * (u[t * n + b] ?? NaN);
      u[row * n + b] = b === row ? Math.sqrt(Math.max(rest, smallestPivot)) : rest / (u[row * n + row] ?? NaN);
    }
  }
  return u;
}

/** L of LLᵀ = the matrix, of which the lower triangle is read. Zero above the diagonal. */
export function cholesky(matrix: Float64Array, n: number): Float64Array {
  return transposed(choleskyUpper(transposed(matrix, n), n, 0), n);
}

/** x of LLᵀx = right. */
export function choleskySolve(factor: Float64Array, n: number, right: Float64Array): Float64Array {
  const x = right.slice();
  for (let i = 0; i < n; i++) {
    for (let t = 0; t < i; t++) x[i] = (x[i] ?? NaN) - (factor[i * n + t] ?? NaN) * (x[t] ?? NaN);
    x[i] = (x[i] ?? NaN) / (factor[i * n + i] ?? NaN);
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let t = i + 1; t < n; t++) x[i] = (x[i] ?? NaN) - (factor[t * n + i] ?? NaN) * (x[t] ?? NaN);
    x[i] = (x[i] ?? NaN) / (factor[i * n + i] ?? NaN);
  }
  return x;
}

/** The lower triangle to the upper, or (`back`) the upper to the lower. */
export function mirror(matrix: Float64Array, n: number, back: boolean): Float64Array {
  return matrix.map((value, at) => {
    const [a, b] = [Math.floor(at / n), at % n];
    return back ? (b < a ? (matrix[b * n + a] ?? NaN) : value) : b > a ? (matrix[b * n + a] ?? NaN) : value;
  });
}

export interface Tridiagonal {
  /** [n] */
  readonly diagonal: Float64Array;
  /** [n] T's entries beside the diagonal, the last 0. */
  readonly beside: Float64Array;
  /** Of the reflections I − factor·v vᵀ, whose product is Q. */
  readonly reflections: readonly { readonly factor: number; readonly v: Float64Array }[];
}

/** A = Q T Qᵀ by Householder's reflections of the whole matrix, one column after the other; v is 1 at its first place. */
export function tridiagonalise(matrix: Float64Array, n: number): Tridiagonal {
  let a = matrix;
  const beside = new Float64Array(n);
  const reflections = Array.from({ length: n }, (_, k) => {
    const v = new Float64Array(n);
    const first = k + 1 < n ? (a[k * n + k + 1] ?? NaN) : 0;
    let squares = 0;
    for (let j = k + 2; j < n; j++) squares += (a[k * n + j] ?? NaN) ** 2;
    beside[k] = first;
    if (k + 1 < n) v[k + 1] = 1;
    if (squares === 0) return { factor: 0, v };
    const length = Math.sqrt(first * first + squares);
    const reflected = first > 0 ? -length : length;
    for (let j = k + 2; j < n; j++) v[j] = (a[k * n + j] ?? NaN) / (first - reflected);
    beside[k] = reflected;
    const factor = (reflected - first) / reflected;
    const h = Float64Array.from(
      { length: n * n },
      (__, at) => (at % (n + 1) === 0 ? 1 : 0) - factor * (v[Math.floor(at / n)] ?? NaN) * (v[at % n] ?? NaN),
    );
    a = multiplyF64(multiplyF64(h, n, a, n), n, h, n);
    return { factor, v };
  });
  return { diagonal: Float64Array.from({ length: n }, (_, k) => a[k * n + k] ?? NaN), beside, reflections };
}

/** Eigenvalues of a tridiagonal matrix, ascending: how many lie below a number is how many signs its Sturm sequence changes. */
export function tridiagonalEigenvalues(diagonal: Float64Array, beside: Float64Array): number[] {
  const n = diagonal.length;
  const below = (x: number): number => {
    let [count, q] = [0, 1];
    for (let k = 0; k < n; k++) {
      const off = k === 0 ? 0 : (beside[k - 1] ?? NaN);
      q = (diagonal[k] ?? NaN) - x - (off === 0 ? 0 : off ** 2 / (q === 0 ? Number.MIN_VALUE : q));
      if (q < 0) count++;
    }
    return count;
  };
  const reach = Math.max(
    ...diagonal.map((value, k) => Math.abs(value) + Math.abs(beside[k] ?? 0) + Math.abs(beside[k - 1] ?? 0)),
  );
  return Array.from({ length: n }, (_, nth) => {
    let [low, high] = [-reach, reach];
    for (let step = 0; step < 200 && high > low; step++) {
      const middle = (low + high) / 2;
      if (below(middle) > nth) high = middle;
      else low = middle;
    }
    return (low + high) / 2;
  });
}

export interface Rotations {
  /** The vector that the first rotation turns together with the one before it; the next turns that one, and so on. */
  readonly start: number;
  readonly turns: readonly (readonly [cosine: number, sine: number])[];
}

/** Vectors [n][components] after a sweep of rotations, in place. */
export function rotate(vectors: readonly number[][], { start, turns }: Rotations): void {
  turns.forEach(([c, s], at) => {
    const [high, low] = [vectors[start - at] ?? [], vectors[start - at - 1] ?? []];
    high.forEach((value, component) => {
      const other = low[component] ?? NaN;
      high[component] = s * other + c * value;
      low[component] = c * other - s * value;
    });
  });
}

/** x − factor·(v·x)·v, from component `from` on. */
export function reflect(x: Float64Array, v: Float64Array, factor: number, from: number): Float64Array {
  const product = x.reduce((sum, value, k) => (k < from ? sum : sum + value * (v[k] ?? NaN)), 0);
  return x.map((value, k) => (k < from ? value : value - factor * product * (v[k] ?? NaN)));
}

/** row − (a·w + b·v) from `from` on, and its product with `next` there. */
export function updateAndMultiply(
  row: Float64Array,
  { v, w, next }: { readonly v: Float64Array; readonly w: Float64Array; readonly next: Float64Array },
  [a, b]: readonly [number, number],
  from: number,
): { readonly row: Float64Array; readonly product: number } {
  const updated = row.map((value, k) => (k < from ? value : value - (a * (w[k] ?? NaN) + b * (v[k] ?? NaN))));
  return {
    row: updated,
    product: updated.reduce((sum, value, k) => (k < from ? sum : sum + value * (next[k] ?? NaN)), 0),
  };
}
