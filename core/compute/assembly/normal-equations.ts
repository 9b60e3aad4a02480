// The k × k systems of a fold-in, in float64: sums of outer products and their Cholesky factor, four rows by four columns at a time.
// Every element's sum goes in the order of core/recommend/dense.ts, so that the bits are the same. Matrices are [n × stride],
// stride a multiple of four and at least n; the upper triangle is worked on, rows of it being what a vector holds two numbers of.

// @ts-ignore: decorator
@inline
function at(matrix: usize, stride: usize, row: i32, column: i32): usize {
  return matrix + (((<usize>row) * stride + <usize>column) << 3);
}

/** Adds Σ_j z_j z_jᵀ, `rows` [count × stride] with zeros after the n-th number, to the upper triangle. */
export function addOuterProducts(matrix: usize, stride: i32, rows: usize, count: i32): void {
  const width = <usize>stride;
  const bytes = width << 3;
  const end = rows + (<usize>count) * bytes;
  for (let a = 0; a < stride; a += 4) {
    for (let b = a; b < stride; b += 4) {
      const m0 = at(matrix, width, a, b), m1 = m0 + bytes, m2 = m1 + bytes, m3 = m2 + bytes;
      let s00 = v128.load(m0), s01 = v128.load(m0, 16), s10 = v128.load(m1), s11 = v128.load(m1, 16);
      let s20 = v128.load(m2), s21 = v128.load(m2, 16), s30 = v128.load(m3), s31 = v128.load(m3, 16);
      const left = (<usize>a) << 3;
      const right = (<usize>b) << 3;
      for (let row = rows; row < end; row += bytes) {
        const z0 = v128.load(row + right), z1 = v128.load(row + right, 16);
        let v = v128.load64_splat(row + left);
        s00 = f64x2.add(s00, f64x2.mul(v, z0));
        s01 = f64x2.add(s01, f64x2.mul(v, z1));
        v = v128.load64_splat(row + left, 8);
        s10 = f64x2.add(s10, f64x2.mul(v, z0));
        s11 = f64x2.add(s11, f64x2.mul(v, z1));
        v = v128.load64_splat(row + left, 16);
        s20 = f64x2.add(s20, f64x2.mul(v, z0));
        s21 = f64x2.add(s21, f64x2.mul(v, z1));
        v = v128.load64_splat(row + left, 24);
        s30 = f64x2.add(s30, f64x2.mul(v, z0));
        s31 = f64x2.add(s31, f64x2.mul(v, z1));
      }
      v128.store(m0, s00);
      v128.store(m0, s01, 16);
      v128.store(m1, s10);
      v128.store(m1, s11, 16);
      v128.store(m2, s20);
      v128.store(m2, s21, 16);
      v128.store(m3, s30);
      v128.store(m3, s31, 16);
    }
  }
}

/** The upper factor U, UᵀU the matrix, in place; what is added up in row `n` and after it means nothing. */
export function choleskyUpper(matrix: usize, n: i32, stride: i32, smallestPivot: f64): void {
  const width = <usize>stride;
  const bytes = width << 3;
  for (let j = 0; j < n; j += 4) {
    for (let b = j; b < stride; b += 4) {
      const m0 = at(matrix, width, j, b), m1 = m0 + bytes, m2 = m1 + bytes, m3 = m2 + bytes;
      let s00 = v128.load(m0), s01 = v128.load(m0, 16), s10 = v128.load(m1), s11 = v128.load(m1, 16);
      let s20 = v128.load(m2), s21 = v128.load(m2, 16), s30 = v128.load(m3), s31 = v128.load(m3, 16);
      let left = matrix + ((<usize>j) << 3);
      const end = at(matrix, width, j, j);
      const right = (<usize>(b - j)) << 3;
      for (; left < end; left += bytes) {
        const z0 = v128.load(left + right), z1 = v128.load(left + right, 16);
        let v = v128.load64_splat(left);
        s00 = f64x2.sub(s00, f64x2.mul(v, z0));
        s01 = f64x2.sub(s01, f64x2.mul(v, z1));
        v = v128.load64_splat(left, 8);
        s10 = f64x2.sub(s10, f64x2.mul(v, z0));
        s11 = f64x2.sub(s11, f64x2.mul(v, z1));
        v = v128.load64_splat(left, 16);
        s20 = f64x2.sub(s20, f64x2.mul(v, z0));
        s21 = f64x2.sub(s21, f64x2.mul(v, z1));
        v = v128.load64_splat(left, 24);
        s30 = f64x2.sub(s30, f64x2.mul(v, z0));
        s31 = f64x2.sub(s31, f64x2.mul(v, z1));
      }
      v128.store(m0, s00);
      v128.store(m0, s01, 16);
      v128.store(m1, s10);
      v128.store(m1, s11, 16);
      v128.store(m2, s20);
      v128.store(m2, s21, 16);
      v128.store(m3, s30);
      v128.store(m3, s31, 16);
    }
    const last = min(j + 4, n);
    for (let row = j; row < last; row++) {
      const own = at(matrix, width, row, 0);
      for (let t = j; t < row; t++) {
        const above = at(matrix, width, t, 0);
        const v = f64x2.splat(load<f64>(above + ((<usize>row) << 3)));
        for (let b = (<usize>j) << 3; b < bytes; b += 16)
          v128.store(own + b, f64x2.sub(v128.load(own + b), f64x2.mul(v, v128.load(above + b))));
      }
      const corner = own + ((<usize>row) << 3);
      const diagonal = sqrt<f64>(max<f64>(load<f64>(corner), smallestPivot));
      const by = f64x2.splat(diagonal);
      for (let b = (<usize>j) << 3; b < bytes; b += 16) v128.store(own + b, f64x2.div(v128.load(own + b), by));
      store<f64>(corner, diagonal);
    }
  }
}

/** Copies the lower triangle to the upper, or (`back`) the upper to the lower. */
export function mirror(matrix: usize, n: i32, stride: i32, back: bool): void {
  const width = <usize>stride;
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < a; b++) {
      const lower = at(matrix, width, a, b);
      const upper = at(matrix, width, b, a);
      if (back) store<f64>(lower, load<f64>(upper));
      else store<f64>(upper, load<f64>(lower));
    }
  }
}
