// Matrices of f32 in panels of eight columns: the eight numbers of a row lie together, rows 32 bytes apart. One 4 × 8 tile then
// serves gram matrices and, read the other way, Cholesky's updates.
//
// A symmetric [8p × 8p] matrix, or an upper triangular one, is stored packed: panel q holds the rows 0 … 8q + 7 only, and begins
// 128·q·(q + 1) bytes on.

/** Rows whose products are summed in f32 before they join another sum. */
export const CHUNK: i32 = 128;

// @ts-ignore: decorator
@inline
export function packedPanel(matrix: usize, panel: i32): usize {
  return matrix + (((<usize>panel) * (<usize>panel + 1)) << 7);
}

export function packedBytes(panels: i32): usize {
  return ((<usize>panels) * (<usize>panels + 1)) << 7;
}

/** out (packed) = MᵀM, or += where `add`, for M [count × 8·panels] in panels `panelBytes` apart. Keep count ≤ CHUNK. */
export function gramPacked(m: usize, panels: i32, count: i32, panelBytes: usize, out: usize, add: bool): void {
  const bytes = (<usize>count) << 5;
  for (let j = 0; j < panels; j++) {
    const right = m + (<usize>j) * panelBytes;
    let to = packedPanel(out, j);
    for (let i = 0; i < 2 * j + 2; i++) {
      const left = m + (<usize>(i >> 1)) * panelBytes + ((<usize>(i & 1)) << 4);
      let s00 = f32x4.splat(0), s01 = f32x4.splat(0), s10 = f32x4.splat(0), s11 = f32x4.splat(0);
      let s20 = f32x4.splat(0), s21 = f32x4.splat(0), s30 = f32x4.splat(0), s31 = f32x4.splat(0);
      if (add) {
        s00 = v128.load(to);
        s01 = v128.load(to, 16);
        s10 = v128.load(to, 32);
        s11 = v128.load(to, 48);
        s20 = v128.load(to, 64);
        s21 = v128.load(to, 80);
        s30 = v128.load(to, 96);
        s31 = v128.load(to, 112);
      }
      for (let row: usize = 0; row < bytes; row += 32) {
        const b0 = v128.load(right + row);
        const b1 = v128.load(right + row, 16);
        let a = v128.load32_splat(left + row);
        s00 = f32x4.add(s00, f32x4.mul(a, b0));
        s01 = f32x4.add(s01, f32x4.mul(a, b1));
        a = v128.load32_splat(left + row, 4);
        s10 = f32x4.add(s10, f32x4.mul(a, b0));
        s11 = f32x4.add(s11, f32x4.mul(a, b1));
        a = v128.load32_splat(left + row, 8);
        s20 = f32x4.add(s20, f32x4.mul(a, b0));
        s21 = f32x4.add(s21, f32x4.mul(a, b1));
        a = v128.load32_splat(left + row, 12);
        s30 = f32x4.add(s30, f32x4.mul(a, b0));
        s31 = f32x4.add(s31, f32x4.mul(a, b1));
      }
      v128.store(to, s00);
      v128.store(to, s01, 16);
      v128.store(to, s10, 32);
      v128.store(to, s11, 48);
      v128.store(to, s20, 64);
      v128.store(to, s21, 80);
      v128.store(to, s30, 96);
      v128.store(to, s31, 112);
      to += 128;
    }
  }
}

/** Adds `value` to the diagonal of a packed matrix and returns the trace. */
export function addToDiagonal(matrix: usize, panels: i32, value: f32): f64 {
  let trace: f64 = 0;
  for (let panel = 0; panel < panels; panel++) {
    const block = packedPanel(matrix, panel) + ((<usize>panel) << 8);
    for (let c: usize = 0; c < 8; c++) {
      const at = block + c * 36;
      const sum = load<f32>(at) + value;
      trace += <f64>sum;
      store<f32>(at, sum);
    }
  }
  return trace;
}

/** Adds a packed f32 matrix to the lower triangle of a row-major f64 one [8·panels]². */
export function addPackedToLower(packed: usize, panels: i32, out: usize): void {
  const stride = (<usize>panels) << 6;
  for (let panel = 0; panel < panels; panel++) {
    const from = packedPanel(packed, panel);
    for (let c: usize = 0; c < 8; c++) {
      const column: usize = ((<usize>panel) << 3) + c;
      const to = out + column * stride;
      for (let row: usize = 0; row <= column; row++) {
        const at = to + (row << 3);
        store<f64>(at, load<f64>(at) + <f64>load<f32>(from + (row << 5) + (c << 2)));
      }
    }
  }
}

/** The upper Cholesky factor of the 4 × 4 block at `block` (rows 32 bytes apart), in place; reciprocals of its diagonal to `inverse`. */
function factorBlock(block: usize, inverse: usize): void {
  for (let j: usize = 0; j < 4; j++) {
    let pivot = load<f32>(block + (j << 5) + (j << 2));
    for (let t: usize = 0; t < j; t++) {
      const value = load<f32>(block + (t << 5) + (j << 2));
      pivot -= value * value;
    }
    // The matrix is I + MᵀM: what falls below a half was eaten by rounding.
    const reciprocal: f32 = 1 / Mathf.sqrt(pivot > 0.5 ? pivot : 0.5);
    store<f32>(inverse + (j << 2), reciprocal);
    for (let i = j + 1; i < 4; i++) {
      let sum = load<f32>(block + (j << 5) + (i << 2));
      for (let t: usize = 0; t < j; t++) sum -= load<f32>(block + (t << 5) + (j << 2)) * load<f32>(block + (t << 5) + (i << 2));
      store<f32>(block + (j << 5) + (i << 2), sum * reciprocal);
    }
  }
}

/**
 * U (packed, upper) with UᵀU = A for a packed A = I + MᵀM; `inverse` [8·panels] f32 receives 1/U_jj. U's own diagonal and what is
 * below it mean nothing. In f32: for matrices of moderate trace.
 */
export function choleskyPacked(a: usize, panels: i32, u: usize, inverse: usize): void {
  for (let i = 0; i < 2 * panels; i++) {
    const own = i >> 1;
    const half = (<usize>(i & 1)) << 4;
    const left = packedPanel(u, own) + half;
    const bytes = (<usize>i) << 7;
    const block = left + bytes;
    const reciprocals = inverse + ((<usize>i) << 4);
    for (let j = own; j < panels; j++) {
      const right = packedPanel(u, j);
      const from = packedPanel(a, j) + bytes;
      let s00 = v128.load(from), s01 = v128.load(from, 16), s10 = v128.load(from, 32), s11 = v128.load(from, 48);
      let s20 = v128.load(from, 64), s21 = v128.load(from, 80), s30 = v128.load(from, 96), s31 = v128.load(from, 112);
      for (let row: usize = 0; row < bytes; row += 32) {
        const b0 = v128.load(right + row);
        const b1 = v128.load(right + row, 16);
        let l = v128.load32_splat(left + row);
        s00 = f32x4.sub(s00, f32x4.mul(l, b0));
        s01 = f32x4.sub(s01, f32x4.mul(l, b1));
        l = v128.load32_splat(left + row, 4);
        s10 = f32x4.sub(s10, f32x4.mul(l, b0));
        s11 = f32x4.sub(s11, f32x4.mul(l, b1));
        l = v128.load32_splat(left + row, 8);
        s20 = f32x4.sub(s20, f32x4.mul(l, b0));
        s21 = f32x4.sub(s21, f32x4.mul(l, b1));
        l = v128.load32_splat(left + row, 12);
        s30 = f32x4.sub(s30, f32x4.mul(l, b0));
        s31 = f32x4.sub(s31, f32x4.mul(l, b1));
      }
      const to = right + bytes;
      if (j === own) {
        v128.store(to, s00);
        v128.store(to, s01, 16);
        v128.store(to, s10, 32);
        v128.store(to, s11, 48);
        v128.store(to, s20, 64);
        v128.store(to, s21, 80);
        v128.store(to, s30, 96);
        v128.store(to, s31, 112);
        factorBlock(block, reciprocals);
        if (half !== 0) continue;
      }
      let d = v128.load32_splat(reciprocals);
      s00 = f32x4.mul(s00, d);
      s01 = f32x4.mul(s01, d);
      let r = v128.load32_splat(block, 4);
      d = v128.load32_splat(reciprocals, 4);
      s10 = f32x4.mul(f32x4.sub(s10, f32x4.mul(r, s00)), d);
      s11 = f32x4.mul(f32x4.sub(s11, f32x4.mul(r, s01)), d);
      r = v128.load32_splat(block, 8);
      s20 = f32x4.sub(s20, f32x4.mul(r, s00));
      s21 = f32x4.sub(s21, f32x4.mul(r, s01));
      r = v128.load32_splat(block, 40);
      d = v128.load32_splat(reciprocals, 8);
      s20 = f32x4.mul(f32x4.sub(s20, f32x4.mul(r, s10)), d);
      s21 = f32x4.mul(f32x4.sub(s21, f32x4.mul(r, s11)), d);
      r = v128.load32_splat(block, 12);
      s30 = f32x4.sub(s30, f32x4.mul(r, s00));
      s31 = f32x4.sub(s31, f32x4.mul(r, s01));
      r = v128.load32_splat(block, 44);
      s30 = f32x4.sub(s30, f32x4.mul(r, s10));
      s31 = f32x4.sub(s31, f32x4.mul(r, s11));
      r = v128.load32_splat(block, 76);
      d = v128.load32_splat(reciprocals, 12);
      s30 = f32x4.mul(f32x4.sub(s30, f32x4.mul(r, s20)), d);
      s31 = f32x4.mul(f32x4.sub(s31, f32x4.mul(r, s21)), d);
      // The block on the diagonal stands already; of its tile only the second half is new.
      if (j !== own) {
        v128.store(to, s00);
        v128.store(to, s10, 32);
        v128.store(to, s20, 64);
        v128.store(to, s30, 96);
      }
      v128.store(to, s01, 16);
      v128.store(to, s11, 48);
      v128.store(to, s21, 80);
      v128.store(to, s31, 112);
    }
  }
}

// @ts-ignore: decorator
@inline
function lanes(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

/** Solves UᵀU x = x in place, x [8·panels] f32, for the factor and reciprocals that `choleskyPacked` left. */
export function solvePacked(u: usize, panels: i32, inverse: usize, x: usize): void {
  for (let panel = 0; panel < panels; panel++) {
    const from = packedPanel(u, panel);
    const own = x + ((<usize>panel) << 5);
    let low = v128.load(own), high = v128.load(own, 16);
    let low2 = f32x4.splat(0), high2 = f32x4.splat(0);
    const rows = (<usize>panel) << 3;
    for (let t: usize = 0; t < rows; t += 2) {
      const at = from + (t << 5);
      const a = v128.load32_splat(x + (t << 2)), b = v128.load32_splat(x + (t << 2), 4);
      low = f32x4.sub(low, f32x4.mul(a, v128.load(at)));
      high = f32x4.sub(high, f32x4.mul(a, v128.load(at, 16)));
      low2 = f32x4.sub(low2, f32x4.mul(b, v128.load(at, 32)));
      high2 = f32x4.sub(high2, f32x4.mul(b, v128.load(at, 48)));
    }
    v128.store(own, f32x4.add(low, low2));
    v128.store(own, f32x4.add(high, high2), 16);
    const block = from + (rows << 5);
    for (let i: usize = 0; i < 8; i++) {
      let sum = load<f32>(own + (i << 2));
      for (let t: usize = 0; t < i; t++) sum -= load<f32>(block + (t << 5) + (i << 2)) * load<f32>(own + (t << 2));
      store<f32>(own + (i << 2), sum * load<f32>(inverse + (rows << 2) + (i << 2)));
    }
  }
  for (let panel = panels - 1; panel >= 0; panel--) {
    const from = packedPanel(u, panel);
    const own = x + ((<usize>panel) << 5);
    const rows = (<usize>panel) << 3;
    const block = from + (rows << 5);
    for (let i: usize = 8; i > 0;) {
      i--;
      let sum = load<f32>(own + (i << 2));
      for (let t = i + 1; t < 8; t++) sum -= load<f32>(block + (i << 5) + (t << 2)) * load<f32>(own + (t << 2));
      store<f32>(own + (i << 2), sum * load<f32>(inverse + (rows << 2) + (i << 2)));
    }
    const low = v128.load(own), high = v128.load(own, 16);
    for (let t: usize = 0; t < rows; t++) {
      const at = from + (t << 5);
      const product = f32x4.add(f32x4.mul(low, v128.load(at)), f32x4.mul(high, v128.load(at, 16)));
      store<f32>(x + (t << 2), load<f32>(x + (t << 2)) - lanes(product));
    }
  }
}
