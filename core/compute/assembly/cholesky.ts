// @ts-ignore: decorator
@inline
function sumPair(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

/** A[i][j], A[i][j + 1] −= Σ_{t < j0} L[i][t] · L[j][t] for four rows i and the columns j, j + 1. */
// @ts-ignore: decorator
@inline
function subtractProducts(rows: usize, pair: usize, stride: usize, terms: usize, out: usize): void {
  let s00 = f64x2.splat(0), s01 = f64x2.splat(0), s10 = f64x2.splat(0), s11 = f64x2.splat(0);
  let s20 = f64x2.splat(0), s21 = f64x2.splat(0), s30 = f64x2.splat(0), s31 = f64x2.splat(0);
  const row1 = rows + stride, row2 = row1 + stride, row3 = row2 + stride, pair1 = pair + stride;
  for (let t: usize = 0; t < terms; t += 16) {
    const b0 = v128.load(pair + t);
    const b1 = v128.load(pair1 + t);
    let a = v128.load(rows + t);
    s00 = f64x2.add(s00, f64x2.mul(a, b0));
    s01 = f64x2.add(s01, f64x2.mul(a, b1));
    a = v128.load(row1 + t);
    s10 = f64x2.add(s10, f64x2.mul(a, b0));
    s11 = f64x2.add(s11, f64x2.mul(a, b1));
    a = v128.load(row2 + t);
    s20 = f64x2.add(s20, f64x2.mul(a, b0));
    s21 = f64x2.add(s21, f64x2.mul(a, b1));
    a = v128.load(row3 + t);
    s30 = f64x2.add(s30, f64x2.mul(a, b0));
    s31 = f64x2.add(s31, f64x2.mul(a, b1));
  }
  store<f64>(out, load<f64>(out) - sumPair(s00));
  store<f64>(out, load<f64>(out, 8) - sumPair(s01), 8);
  const out1 = out + stride, out2 = out1 + stride, out3 = out2 + stride;
  store<f64>(out1, load<f64>(out1) - sumPair(s10));
  store<f64>(out1, load<f64>(out1, 8) - sumPair(s11), 8);
  store<f64>(out2, load<f64>(out2) - sumPair(s20));
  store<f64>(out2, load<f64>(out2, 8) - sumPair(s21), 8);
  store<f64>(out3, load<f64>(out3) - sumPair(s30));
  store<f64>(out3, load<f64>(out3, 8) - sumPair(s31), 8);
}

/** The 4 × 4 block on the diagonal, its products with columns before it already taken off. */
function factorBlock(block: usize, stride: usize, smallest: f64): void {
  for (let j: usize = 0; j < 4; j++) {
    const rowJ = block + j * stride;
    let pivot = load<f64>(rowJ + (j << 3));
    for (let t: usize = 0; t < j; t++) {
      const value = load<f64>(rowJ + (t << 3));
      pivot -= value * value;
    }
    const diagonal = Math.sqrt(pivot > smallest ? pivot : smallest);
    store<f64>(rowJ + (j << 3), diagonal);
    for (let i = j + 1; i < 4; i++) {
      const rowI = block + i * stride;
      let sum = load<f64>(rowI + (j << 3));
      for (let t: usize = 0; t < j; t++) sum -= load<f64>(rowI + (t << 3)) * load<f64>(rowJ + (t << 3));
      store<f64>(rowI + (j << 3), sum / diagonal);
    }
  }
}

/** Four rows of four columns below the block on the diagonal: L[i][j] = (A[i][j] − Σ L[i][t] L[j][t]) / L[j][j]. */
// @ts-ignore: decorator
@inline
function solveBlock(rows: usize, diagonal: usize, stride: usize): void {
  const row1 = diagonal + stride, row2 = row1 + stride, row3 = row2 + stride;
  const d0 = 1 / load<f64>(diagonal), d1 = 1 / load<f64>(row1, 8), d2 = 1 / load<f64>(row2, 16), d3 = 1 / load<f64>(row3, 24);
  const l10 = load<f64>(row1), l20 = load<f64>(row2), l21 = load<f64>(row2, 8);
  const l30 = load<f64>(row3), l31 = load<f64>(row3, 8), l32 = load<f64>(row3, 16);
  for (let i: usize = 0; i < 4; i++) {
    const row = rows + i * stride;
    const x0 = load<f64>(row) * d0;
    const x1 = (load<f64>(row, 8) - l10 * x0) * d1;
    const x2 = (load<f64>(row, 16) - l20 * x0 - l21 * x1) * d2;
    const x3 = (load<f64>(row, 24) - l30 * x0 - l31 * x1 - l32 * x2) * d3;
    store<f64>(row, x0);
    store<f64>(row, x1, 8);
    store<f64>(row, x2, 16);
    store<f64>(row, x3, 24);
  }
}

/**
 * The Cholesky factor L (lower) of a symmetric positive definite [n × n] f64 matrix, in place; n a multiple of 4, rows one
 * after another, only the lower triangle read. What the upper holds afterwards means nothing. A pivot that rounding has
 * eaten is replaced by a tiny positive one, so that no NaN leaves here.
 */
export function cholesky(matrix: usize, n: i32): void {
  const size = <usize>n;
  const stride = size << 3;
  let largest: f64 = 0;
  for (let j: usize = 0; j < size; j++) {
    const value = load<f64>(matrix + j * stride + (j << 3));
    if (value > largest) largest = value;
  }
  const smallest = largest > 0 ? largest * 1e-14 : 1;
  for (let j: usize = 0; j < size; j += 4) {
    const pivotRows = matrix + j * stride;
    const terms = j << 3;
    for (let i = j; i < size; i += 4) {
      const rows = matrix + i * stride;
      subtractProducts(rows, pivotRows, stride, terms, rows + terms);
      subtractProducts(rows, pivotRows + 2 * stride, stride, terms, rows + terms + 16);
      if (i === j) factorBlock(rows + terms, stride, smallest);
      else solveBlock(rows + terms, pivotRows + terms, stride);
    }
  }
}

/** Solves L Lᵀ x = x in place for the factor that `cholesky` left. */
export function choleskySolve(factor: usize, n: i32, x: usize): void {
  const size = <usize>n;
  const stride = size << 3;
  for (let i: usize = 0; i < size; i++) {
    const row = factor + i * stride;
    const pairs = (i & ~1) << 3;
    let sums = f64x2.splat(0);
    for (let t: usize = 0; t < pairs; t += 16) sums = f64x2.add(sums, f64x2.mul(v128.load(row + t), v128.load(x + t)));
    let sum = load<f64>(x + (i << 3)) - sumPair(sums);
    if (i & 1) sum -= load<f64>(row + pairs) * load<f64>(x + pairs);
    store<f64>(x + (i << 3), sum / load<f64>(row + (i << 3)));
  }
  for (let i = size; i > 0;) {
    i--;
    const row = factor + i * stride;
    const value = load<f64>(x + (i << 3)) / load<f64>(row + (i << 3));
    store<f64>(x + (i << 3), value);
    const pairs = (i & ~1) << 3;
    const splat = f64x2.splat(value);
    for (let t: usize = 0; t < pairs; t += 16)
      v128.store(x + t, f64x2.sub(v128.load(x + t), f64x2.mul(v128.load(row + t), splat)));
    if (i & 1) store<f64>(x + pairs, load<f64>(x + pairs) - load<f64>(row + pairs) * value);
  }
}
