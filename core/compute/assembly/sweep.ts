import { cholesky } from "./cholesky";

// The inverse of a symmetric positive definite matrix by symmetric sweeps of blocks: n³ operations, almost all of them in one
// tile of products (`subtractTile`). The matrix A [n × n] f32, n a multiple of the block's `width`, width of 16 (of 32 for sums of parts), lies in panels of
// eight columns: panel p holds A[i][8p … 8p + 7] for the rows i from 8p to n − 1, one row after another. Only i ≥ j is kept, and
// what a tile touches is one stretch of memory, which the processor fetches ahead.
//
// A sweep of block K (the rows and columns [K·width, (K + 1)·width)), with P = A_KK⁻¹ and V = A_·K:
//   U = V P,  A_ij −= U_i V_jᵀ for i, j not in K,  A_iK = U_i,  A_KK = −P.
// After all blocks A holds −A⁻¹. V and U lie in panels of eight rows: [n / 8][width][8]. `state` holds K.
//
// The products U_i V_jᵀ of two different blocks may be made by Strassen's method (1969), twice: each block in 4 × 4 parts, 49 products of
// parts in place of 64. The 49 sums of parts that go into them are made once a sweep for each block (`sweepCombine`).

/** Where A[row][8p … 8p + 7] stands, row ≥ 8p. */
// @ts-ignore: decorator
@inline
export function panelRow(matrix: usize, n: usize, panel: usize, row: usize): usize {
  return matrix + ((panel * n - ((panel * (panel - 1)) << 2) + (row - (panel << 3))) << 5);
}

/** a·b + c; one rounding in the relaxed build, two in the plain one. */
// @ts-ignore: decorator
@inline
function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<f32>(a, b, c);
  return f32x4.add(c, f32x4.mul(a, b));
}

/**
 * C [8 × 8] −= Σ_k u[k][0 … 7] · v[k][0 … 7], as `subtractTile`, for the relaxed build, where V8 makes one register of 256 bits of each pair of sums (`kernels.ts` asks it to)
 * and these fit; sums of 128 bits would not.
 */
// @ts-ignore: decorator
@inline
function subtractWideTile(c: usize, u: usize, v: usize, depth: usize): void {
  let a00 = f32x4.splat(0), a01 = f32x4.splat(0), a10 = f32x4.splat(0), a11 = f32x4.splat(0);
  let a20 = f32x4.splat(0), a21 = f32x4.splat(0), a30 = f32x4.splat(0), a31 = f32x4.splat(0);
  let a40 = f32x4.splat(0), a41 = f32x4.splat(0), a50 = f32x4.splat(0), a51 = f32x4.splat(0);
  let a60 = f32x4.splat(0), a61 = f32x4.splat(0), a70 = f32x4.splat(0), a71 = f32x4.splat(0);
  const end = u + (depth << 5);
  while (u < end) {
    const b0 = v128.load(v), b1 = v128.load(v, 16);
    let s = v128.load32_splat(u, 0);
    a00 = multiplyAdd(s, b0, a00);
    a01 = multiplyAdd(s, b1, a01);
    s = v128.load32_splat(u, 4);
    a10 = multiplyAdd(s, b0, a10);
    a11 = multiplyAdd(s, b1, a11);
    s = v128.load32_splat(u, 8);
    a20 = multiplyAdd(s, b0, a20);
    a21 = multiplyAdd(s, b1, a21);
    s = v128.load32_splat(u, 12);
    a30 = multiplyAdd(s, b0, a30);
    a31 = multiplyAdd(s, b1, a31);
    s = v128.load32_splat(u, 16);
    a40 = multiplyAdd(s, b0, a40);
    a41 = multiplyAdd(s, b1, a41);
    s = v128.load32_splat(u, 20);
    a50 = multiplyAdd(s, b0, a50);
    a51 = multiplyAdd(s, b1, a51);
    s = v128.load32_splat(u, 24);
    a60 = multiplyAdd(s, b0, a60);
    a61 = multiplyAdd(s, b1, a61);
    s = v128.load32_splat(u, 28);
    a70 = multiplyAdd(s, b0, a70);
    a71 = multiplyAdd(s, b1, a71);
    u += 32;
    v += 32;
  }
  subtractRow(c, a00, a01);
  subtractRow(c + 32, a10, a11);
  subtractRow(c + 64, a20, a21);
  subtractRow(c + 96, a30, a31);
  subtractRow(c + 128, a40, a41);
  subtractRow(c + 160, a50, a51);
  subtractRow(c + 192, a60, a61);
  subtractRow(c + 224, a70, a71);
}

/** Both halves are loaded before either is stored: V8 joins them only so. */
// @ts-ignore: decorator
@inline
function subtractRow(c: usize, low: v128, high: v128): void {
  const c0 = v128.load(c), c1 = v128.load(c, 16);
  v128.store(c, f32x4.sub(c0, low));
  v128.store(c, f32x4.sub(c1, high), 16);
}

/** Parts in each direction, and products of their sums. */
const PARTS: usize = 4;
const PRODUCTS: usize = 49;

// Strassen's seven products, a byte each, lowest first; two bits for each of the four quarters: 0 not in it, 1 added, 2 subtracted.
// U's quarters in the order (rows, depth) 00 01 10 11, V's (columns, depth) 00 01 10 11, those of the product (rows, columns).
const IN_U: u64 = 0x84_12_05_40_01_50_41;
const IN_V: u64 = 0x44_11_40_06_90_01_41;
const OF_PRODUCT: u64 = 0x01_40_06_11_44_90_41;

// @ts-ignore: decorator
@inline
function signOf(table: u64, product: usize, quarter: usize): i32 {
  return <i32>(table >> (((<u64>product) << 3) + ((<u64>quarter) << 1))) & 3;
}

/** What two levels make of their signs: 0, 1 or 2 as above. */
// @ts-ignore: decorator
@inline
function bothSigns(outer: i32, inner: i32): i32 {
  if (outer === 0 || inner === 0) return 0;
  return outer === inner ? 1 : 2;
}

/** Bytes of one block's sums. */
// @ts-ignore: decorator
@inline
function sumsBytes(width: usize): usize {
  const part = width / PARTS;
  return PRODUCTS * part * part * 4;
}

// @ts-ignore: decorator
@inline
function signed(sum: v128, from: usize, sign: i32): v128 {
  if (from === 0) return sum;
  return sign === 1 ? f32x4.add(sum, v128.load(from)) : f32x4.sub(sum, v128.load(from));
}

/** out = ± a ± b ± c ± d, `bytes` of each; 0 where there are fewer. */
function sumOf(out: usize, bytes: usize, a: usize, sa: i32, b: usize, sb: i32, c: usize, sc: i32, d: usize, sd: i32): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    let sum = signed(f32x4.splat(0), a + at, sa);
    if (b !== 0) sum = signed(sum, b + at, sb);
    if (c !== 0) sum = signed(sum, c + at, sc);
    if (d !== 0) sum = signed(sum, d + at, sd);
    v128.store(out + at, sum);
  }
}

/**
 * Fourth step, for one block: the sums of parts of its V (`ofU` 0) or U (1) that go into the products: [49][part / 8][part][8]
 * with part = width / 4, a block's sums after another's.
 */
export function sweepCombine(width: i32, state: usize, block: i32, panels: usize, ofU: i32, sums: usize): void {
  // The relaxed build multiplies parts as they are.
  if (ASC_FEATURE_RELAXED_SIMD || block === load<i32>(state)) return;
  const depth = <usize>width, part = depth / PARTS, partPanels = part >> 3;
  const table = ofU === 1 ? IN_U : IN_V;
  const own = panels + (((<usize>block) * depth * depth) << 2);
  let out = sums + (<usize>block) * sumsBytes(depth);
  const bytes = part << 5;
  for (let product: usize = 0; product < PRODUCTS; product++) {
    const outer = product / 7, inner = product % 7;
    for (let panel: usize = 0; panel < partPanels; panel++) {
      let a: usize = 0, b: usize = 0, c: usize = 0, d: usize = 0;
      let sa = 0, sb = 0, sc = 0, sd = 0;
      for (let quarters: usize = 0; quarters < 16; quarters++) {
        const high = quarters >> 2, low = quarters & 3;
        const sign = bothSigns(signOf(table, outer, high), signOf(table, inner, low));
        if (sign === 0) continue;
        const row = ((high >> 1) << 1) + (low >> 1), column = ((high & 1) << 1) + (low & 1);
        const from = own + (((row * partPanels + panel) * depth + column * part) << 5);
        if (a === 0) {
          a = from;
          sa = sign;
        } else if (b === 0) {
          b = from;
          sb = sign;
        } else if (c === 0) {
          c = from;
          sc = sign;
        } else {
          d = from;
          sd = sign;
        }
      }
      sumOf(out, bytes, a, sa, b, sb, c, sc, d, sd);
      out += bytes;
    }
  }
}

// @ts-ignore: decorator
@inline
function accumulate(
  c: usize, sign: i32, a00: v128, a01: v128, a10: v128, a11: v128, a20: v128, a21: v128, a30: v128, a31: v128,
): void {
  if (sign === 1) {
    v128.store(c, f32x4.sub(v128.load(c), a00));
    v128.store(c, f32x4.sub(v128.load(c, 16), a01), 16);
    v128.store(c, f32x4.sub(v128.load(c, 32), a10), 32);
    v128.store(c, f32x4.sub(v128.load(c, 48), a11), 48);
    v128.store(c, f32x4.sub(v128.load(c, 64), a20), 64);
    v128.store(c, f32x4.sub(v128.load(c, 80), a21), 80);
    v128.store(c, f32x4.sub(v128.load(c, 96), a30), 96);
    v128.store(c, f32x4.sub(v128.load(c, 112), a31), 112);
  } else {
    v128.store(c, f32x4.add(v128.load(c), a00));
    v128.store(c, f32x4.add(v128.load(c, 16), a01), 16);
    v128.store(c, f32x4.add(v128.load(c, 32), a10), 32);
    v128.store(c, f32x4.add(v128.load(c, 48), a11), 48);
    v128.store(c, f32x4.add(v128.load(c, 64), a20), 64);
    v128.store(c, f32x4.add(v128.load(c, 80), a21), 80);
    v128.store(c, f32x4.add(v128.load(c, 96), a30), 96);
    v128.store(c, f32x4.add(v128.load(c, 112), a31), 112);
  }
}

/**
 * Σ_k u[k][0 … 3] · v[k][0 … 7], taken from (sign 1) or given to (2) up to four places [4 × 8]: the first at least, the others where they
 * are not 0. k strides 32 bytes in both, rows of a place 32 bytes. Not unrolled here: the optimiser would join the steps of each sum and
 * run out of registers, while V8 unrolls the loop as it stands.
 */
function subtractTile(
  u: usize, v: usize, depth: usize, c: usize, sc: i32, d: usize, sd: i32, e: usize, se: i32, f: usize, sf: i32,
): void {
  let a00 = f32x4.splat(0), a01 = f32x4.splat(0), a10 = f32x4.splat(0), a11 = f32x4.splat(0);
  let a20 = f32x4.splat(0), a21 = f32x4.splat(0), a30 = f32x4.splat(0), a31 = f32x4.splat(0);
  const end = u + (depth << 5);
  while (u < end) {
    const b0 = v128.load(v), b1 = v128.load(v, 16);
    let s = v128.load32_splat(u);
    a00 = multiplyAdd(s, b0, a00);
    a01 = multiplyAdd(s, b1, a01);
    s = v128.load32_splat(u, 4);
    a10 = multiplyAdd(s, b0, a10);
    a11 = multiplyAdd(s, b1, a11);
    s = v128.load32_splat(u, 8);
    a20 = multiplyAdd(s, b0, a20);
    a21 = multiplyAdd(s, b1, a21);
    s = v128.load32_splat(u, 12);
    a30 = multiplyAdd(s, b0, a30);
    a31 = multiplyAdd(s, b1, a31);
    u += 32;
    v += 32;
  }
  accumulate(c, sc, a00, a01, a10, a11, a20, a21, a30, a31);
  if (d !== 0) accumulate(d, sd, a00, a01, a10, a11, a20, a21, a30, a31);
  if (e !== 0) accumulate(e, se, a00, a01, a10, a11, a20, a21, a30, a31);
  if (f !== 0) accumulate(f, sf, a00, a01, a10, a11, a20, a21, a30, a31);
}

/** A_ij −= U_i V_jᵀ of two different blocks, from the sums of their parts. */
function subtractProduct(
  matrix: usize, n: usize, width: usize, rows: usize, columns: usize, sumsOfU: usize, sumsOfV: usize,
): void {
  const part = width / PARTS, partPanels = part >> 3, panelBytes = part << 5, partBytes = part * panelBytes >> 3;
  let left = sumsOfU + rows * sumsBytes(width), right = sumsOfV + columns * sumsBytes(width);
  for (let product: usize = 0; product < PRODUCTS; product++) {
    const outer = product / 7, inner = product % 7;
    // Where it goes: rows and columns of parts, and signs.
    let count = 0;
    let places: u32 = 0, signs: u32 = 0;
    for (let quarters: usize = 0; quarters < 16; quarters++) {
      const high = quarters >> 2, low = quarters & 3;
      const sign = bothSigns(signOf(OF_PRODUCT, outer, high), signOf(OF_PRODUCT, inner, low));
      if (sign === 0) continue;
      const row = ((high >> 1) << 1) + (low >> 1), column = ((high & 1) << 1) + (low & 1);
      places |= <u32>((row << 2) | column) << (<u32>count << 2);
      signs |= <u32>sign << (<u32>count << 2);
      count++;
    }
    for (let panel: usize = 0; panel < partPanels; panel++) {
      const first = (columns * PARTS * partPanels) + panel, top = rows * width;
      let c = placeOf(matrix, n, first, top, places, 0, part, partPanels);
      let d = count > 1 ? placeOf(matrix, n, first, top, places, 4, part, partPanels) : 0;
      let e = count > 2 ? placeOf(matrix, n, first, top, places, 8, part, partPanels) : 0;
      let f = count > 3 ? placeOf(matrix, n, first, top, places, 12, part, partPanels) : 0;
      const sc = <i32>(signs & 15), sd = <i32>((signs >> 4) & 15), se = <i32>((signs >> 8) & 15), sf = <i32>((signs >> 12) & 15);
      const v = right + panel * panelBytes;
      for (let u = left; u < left + partBytes; u += panelBytes) {
        subtractTile(u, v, part, c, sc, d, sd, e, se, f, sf);
        subtractTile(
          u + 16, v, part, c + 128, sc, d === 0 ? 0 : d + 128, sd, e === 0 ? 0 : e + 128, se, f === 0 ? 0 : f + 128, sf,
        );
        c += 256;
        if (d !== 0) d += 256;
        if (e !== 0) e += 256;
        if (f !== 0) f += 256;
      }
    }
    left += partBytes;
    right += partBytes;
  }
}

// @ts-ignore: decorator
@inline
function placeOf(
  matrix: usize, n: usize, first: usize, top: usize, places: u32, shift: u32, part: usize, partPanels: usize,
): usize {
  const row = (<usize>(places >> (shift + 2))) & 3, column = (<usize>(places >> shift)) & 3;
  return panelRow(matrix, n, first + column * partPanels, top + row * part);
}

/** Two rows of eight transposed into eight columns: t[c][r] for r < 8 from rows of 8 with a stride of 32 bytes. */
// @ts-ignore: decorator
@inline
function transposeQuarter(from: usize, to: usize): void {
  const r0 = v128.load(from), r1 = v128.load(from, 32), r2 = v128.load(from, 64), r3 = v128.load(from, 96);
  const l01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), h01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const l23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), h23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(l01, l23, 0, 1, 4, 5));
  v128.store(to, v128.shuffle<f32>(l01, l23, 2, 3, 6, 7), 32);
  v128.store(to, v128.shuffle<f32>(h01, h23, 0, 1, 4, 5), 64);
  v128.store(to, v128.shuffle<f32>(h01, h23, 2, 3, 6, 7), 96);
}

/** An 8 × 8 block, rows of 32 bytes, to its transpose. */
// @ts-ignore: decorator
@inline
function transposeBlock(from: usize, to: usize): void {
  transposeQuarter(from, to);
  transposeQuarter(from + 16, to + 128);
  transposeQuarter(from + 128, to + 16);
  transposeQuarter(from + 144, to + 144);
}

/**
 * First step of a sweep, for one block of rows: V of that block, gathered; for block K itself the Cholesky factor of A_KK in f64
 * into `square` [width × width].
 */
export function sweepGather(matrix: usize, n: i32, width: i32, state: usize, block: i32, v: usize, square: usize): void {
  const size = <usize>n, depth = <usize>width;
  const pivot = load<i32>(state);
  const first = (<usize>pivot) * depth;
  if (block === pivot) {
    for (let row: usize = 0; row < depth; row++) {
      for (let column: usize = 0; column <= row; column++) {
        const at = first + column;
        const value = load<f32>(panelRow(matrix, size, at >> 3, first + row) + ((at & 7) << 2));
        store<f64>(square + ((row * depth + column) << 3), <f64>value);
      }
    }
    cholesky(square, width);
    return;
  }
  const from = (<usize>block) * depth, to = from + depth;
  for (let row = from; row < to; row += 8) {
    const out = v + (((row >> 3) * depth) << 5);
    if (block > pivot) {
      for (let k: usize = 0; k < depth; k += 8)
        transposeBlock(panelRow(matrix, size, (first + k) >> 3, row), out + (k << 5));
    } else {
      // A_jK lies as A_Kj: already columns of eight.
      memory.copy(out, panelRow(matrix, size, row >> 3, first), depth << 5);
    }
  }
}

/** Columns of P that are solved for at a time: a row of them is one stretch of 64 bytes. */
const SOLVED: usize = 8;
const SOLVED_BYTES: usize = SOLVED << 3;

/**
 * Second step: the columns [from, to) of P = A_KK⁻¹ from the factor in `square`, for `sweepScale` in panels of four:
 * [width / 4][width][4]; from and to multiples of 8. `columns`: [width][8] f64 of this call's own.
 */
export function sweepInvert(square: usize, width: i32, from: i32, to: i32, p: usize, columns: usize): void {
  const depth = <usize>width;
  for (let first = <usize>from; first < <usize>to; first += SOLVED) {
    solveUnits(square, depth, first, columns);
    for (let c: usize = 0; c < SOLVED; c++) {
      const at = first + c;
      const out = p + (((at >> 2) * depth) << 4) + ((at & 3) << 2);
      const values = columns + (c << 3);
      for (let k: usize = 0; k < depth; k++) store<f32>(out + (k << 4), <f32>load<f64>(values + k * SOLVED_BYTES));
    }
  }
}

/** X [n][8] with L Lᵀ X = the unit vectors first … first + 7. */
function solveUnits(factor: usize, n: usize, first: usize, x: usize): void {
  const stride = n << 3;
  memory.fill(x, 0, n * SOLVED_BYTES);
  for (let c: usize = 0; c < SOLVED; c++) store<f64>(x + (first + c) * SOLVED_BYTES + (c << 3), 1);
  // L Y = E: what is above a unit's own row stays 0.
  for (let row = first; row < n; row++) {
    const own = x + row * SOLVED_BYTES;
    const l = factor + row * stride;
    let s0 = v128.load(own), s1 = v128.load(own, 16), s2 = v128.load(own, 32), s3 = v128.load(own, 48);
    for (let k = first; k < row; k++) {
      const scale = v128.load64_splat(l + (k << 3));
      const other = x + k * SOLVED_BYTES;
      s0 = f64x2.sub(s0, f64x2.mul(scale, v128.load(other)));
      s1 = f64x2.sub(s1, f64x2.mul(scale, v128.load(other, 16)));
      s2 = f64x2.sub(s2, f64x2.mul(scale, v128.load(other, 32)));
      s3 = f64x2.sub(s3, f64x2.mul(scale, v128.load(other, 48)));
    }
    const inverse = f64x2.splat(1 / load<f64>(l + (row << 3)));
    v128.store(own, f64x2.mul(s0, inverse));
    v128.store(own, f64x2.mul(s1, inverse), 16);
    v128.store(own, f64x2.mul(s2, inverse), 32);
    v128.store(own, f64x2.mul(s3, inverse), 48);
  }
  // Lᵀ X = Y, from the last row on; each takes its share off the rows before it, so that L is read along its rows.
  for (let row = n; row > 0;) {
    row--;
    const own = x + row * SOLVED_BYTES;
    const l = factor + row * stride;
    const inverse = f64x2.splat(1 / load<f64>(l + (row << 3)));
    const s0 = f64x2.mul(v128.load(own), inverse), s1 = f64x2.mul(v128.load(own, 16), inverse);
    const s2 = f64x2.mul(v128.load(own, 32), inverse), s3 = f64x2.mul(v128.load(own, 48), inverse);
    v128.store(own, s0);
    v128.store(own, s1, 16);
    v128.store(own, s2, 32);
    v128.store(own, s3, 48);
    for (let k: usize = 0; k < row; k++) {
      const scale = v128.load64_splat(l + (k << 3));
      const other = x + k * SOLVED_BYTES;
      v128.store(other, f64x2.sub(v128.load(other), f64x2.mul(scale, s0)));
      v128.store(other, f64x2.sub(v128.load(other, 16), f64x2.mul(scale, s1)), 16);
      v128.store(other, f64x2.sub(v128.load(other, 32), f64x2.mul(scale, s2)), 32);
      v128.store(other, f64x2.sub(v128.load(other, 48), f64x2.mul(scale, s3)), 48);
    }
  }
}

/** Third step, for one block of rows: U = V P, which also takes V's place in A; for block K itself A_KK = −P. */
export function sweepScale(
  matrix: usize, n: i32, width: i32, state: usize, block: i32, v: usize, p: usize, u: usize,
): void {
  const size = <usize>n, depth = <usize>width;
  const pivot = load<i32>(state);
  const first = (<usize>pivot) * depth;
  if (block === pivot) {
    for (let column: usize = 0; column < depth; column++) {
      const at = first + column;
      const values = p + (((column >> 2) * depth) << 4) + ((column & 3) << 2);
      for (let row = column & ~7; row < depth; row++)
        store<f32>(panelRow(matrix, size, at >> 3, first + row) + ((at & 7) << 2), -load<f32>(values + (row << 4)));
    }
    return;
  }
  const from = (<usize>block) * depth, to = from + depth;
  for (let row = from; row < to; row += 8) {
    const rows = ((row >> 3) * depth) << 5;
    const out = u + rows;
    for (let c: usize = 0; c < depth; c += 4) scaleTile(out + (c << 5), p + ((c * depth) << 2), v + rows, depth);
    if (block > pivot) {
      for (let k: usize = 0; k < depth; k += 8)
        transposeBlock(out + (k << 5), panelRow(matrix, size, (first + k) >> 3, row));
    } else {
      memory.copy(panelRow(matrix, size, row >> 3, first), out, depth << 5);
    }
  }
}

/** C [4 × 8] = Σ_k p[k][0 … 3] · v[k][0 … 7]; k strides 16 bytes in p, 32 in v. */
// @ts-ignore: decorator
@inline
function scaleTile(c: usize, p: usize, v: usize, depth: usize): void {
  let a00 = f32x4.splat(0), a01 = f32x4.splat(0), a10 = f32x4.splat(0), a11 = f32x4.splat(0);
  let a20 = f32x4.splat(0), a21 = f32x4.splat(0), a30 = f32x4.splat(0), a31 = f32x4.splat(0);
  const end = p + (depth << 4);
  while (p < end) {
    const b0 = v128.load(v), b1 = v128.load(v, 16);
    let s = v128.load32_splat(p);
    a00 = multiplyAdd(s, b0, a00);
    a01 = multiplyAdd(s, b1, a01);
    s = v128.load32_splat(p, 4);
    a10 = multiplyAdd(s, b0, a10);
    a11 = multiplyAdd(s, b1, a11);
    s = v128.load32_splat(p, 8);
    a20 = multiplyAdd(s, b0, a20);
    a21 = multiplyAdd(s, b1, a21);
    s = v128.load32_splat(p, 12);
    a30 = multiplyAdd(s, b0, a30);
    a31 = multiplyAdd(s, b1, a31);
    p += 16;
    v += 32;
  }
  v128.store(c, a00);
  v128.store(c, a01, 16);
  v128.store(c, a10, 32);
  v128.store(c, a11, 48);
  v128.store(c, a20, 64);
  v128.store(c, a21, 80);
  v128.store(c, a30, 96);
  v128.store(c, a31, 112);
}

/** Rows of U that one thread keeps in its nearest cache while the columns of a block pass. */
const STRIP: usize = 64;

/**
 * Last step, for the rows of one block: A_ij −= U_i V_jᵀ for all j ≤ i not in K. The sums are those of `sweepCombine`; 0: blocks are
 * multiplied as they are.
 */
export function sweepUpdate(
  matrix: usize, n: i32, width: i32, state: usize, block: i32, v: usize, u: usize, sumsOfV: usize, sumsOfU: usize,
): void {
  const size = <usize>n, depth = <usize>width;
  const pivot = load<i32>(state);
  if (block === pivot) return;
  const panelBytes = depth << 5;
  const lastRow = ((<usize>block) + 1) * depth;
  for (let other = 0; other <= block; other++) {
    if (other === pivot) continue;
    if (!ASC_FEATURE_RELAXED_SIMD && sumsOfU !== 0 && other !== block) {
      subtractProduct(matrix, size, depth, <usize>block, <usize>other, sumsOfU, sumsOfV);
      continue;
    }
    const firstColumn = (<usize>other) * depth, lastColumn = firstColumn + depth;
    for (let top = (<usize>block) * depth; top < lastRow; top += STRIP) {
      const bottom = min(top + STRIP, lastRow);
      for (let column = firstColumn; column < lastColumn; column += 8) {
        const right = v + (column >> 3) * panelBytes;
        let row = other === block && column > top ? column : top;
        let c = panelRow(matrix, size, column >> 3, row);
        let left = u + (row >> 3) * panelBytes;
        for (; row < bottom; row += 8) {
          if (ASC_FEATURE_RELAXED_SIMD) {
            subtractWideTile(c, left, right, depth);
          } else {
            subtractTile(left, right, depth, c, 1, 0, 0, 0, 0, 0, 0);
            subtractTile(left + 16, right, depth, c + 128, 1, 0, 0, 0, 0, 0, 0);
          }
          c += 256;
          left += panelBytes;
        }
      }
    }
  }
}

/**
 * The rows [from, to) of the whole symmetric matrix times scale[column] (f32), 0 on the diagonal, into `out` [rows × items]
 * f32; `items` ≤ n, what is beyond is padding.
 */
export function sweepRows(matrix: usize, n: i32, items: i32, from: i32, to: i32, scale: usize, out: usize): void {
  const size = <usize>n, columns = <usize>items;
  for (let row = <usize>from; row < <usize>to; row++) {
    const target = out + (((row - <usize>from) * columns) << 2);
    const own = row & ~7;
    for (let j: usize = 0; j < own; j += 8) {
      const source = panelRow(matrix, size, j >> 3, row);
      v128.store(target + (j << 2), f32x4.mul(v128.load(source), v128.load(scale + (j << 2))));
      v128.store(target + (j << 2), f32x4.mul(v128.load(source, 16), v128.load(scale + (j << 2), 16)), 16);
    }
    // From its own panel on, the row stands as a column; within that panel both halves do.
    let source = panelRow(matrix, size, row >> 3, own) + ((row & 7) << 2);
    for (let j = own; j < columns; j++) {
      const value = j < row ? load<f32>(panelRow(matrix, size, row >> 3, row) + ((j & 7) << 2)) : load<f32>(source);
      store<f32>(target + (j << 2), value * load<f32>(scale + (j << 2)));
      source += 32;
    }
    store<f32>(target + (row << 2), 0);
  }
}
