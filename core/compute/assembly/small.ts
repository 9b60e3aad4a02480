/**
 * OUT = A·B for the rows [from, to) of A [rows × n], B [n × k], all row-major f64, k a multiple of 8 and rows of 4: four rows and eight
 * columns at a time in registers.
 */
export function multiplyF64(a: usize, n: i32, b: usize, k: i32, out: usize, from: i32, to: i32): void {
  const rowA = (<usize>n) << 3;
  const rowB = (<usize>k) << 3;
  for (let i = from; i < to; i += 4) {
    const a0 = a + (<usize>i) * rowA;
    for (let column: usize = 0; column < rowB; column += 32) {
      let s00 = f64x2.splat(0), s01 = f64x2.splat(0), s10 = f64x2.splat(0), s11 = f64x2.splat(0);
      let s20 = f64x2.splat(0), s21 = f64x2.splat(0), s30 = f64x2.splat(0), s31 = f64x2.splat(0);
      let right = b + column;
      for (let j: usize = 0; j < rowA; j += 8) {
        const b0 = v128.load(right), b1 = v128.load(right, 16);
        let v = v128.load64_splat(a0 + j);
        s00 = f64x2.add(s00, f64x2.mul(v, b0));
        s01 = f64x2.add(s01, f64x2.mul(v, b1));
        v = v128.load64_splat(a0 + rowA + j);
        s10 = f64x2.add(s10, f64x2.mul(v, b0));
        s11 = f64x2.add(s11, f64x2.mul(v, b1));
        v = v128.load64_splat(a0 + 2 * rowA + j);
        s20 = f64x2.add(s20, f64x2.mul(v, b0));
        s21 = f64x2.add(s21, f64x2.mul(v, b1));
        v = v128.load64_splat(a0 + 3 * rowA + j);
        s30 = f64x2.add(s30, f64x2.mul(v, b0));
        s31 = f64x2.add(s31, f64x2.mul(v, b1));
        right += rowB;
      }
      storeTile(out + (<usize>i) * rowB + column, rowB, s00, s01, s10, s11, s20, s21, s30, s31);
    }
  }
}

/** OUT = XᵀY for the rows [from, to) of OUT, X [n × k] and Y [n × k] row-major f64, k a multiple of 8. */
export function crossF64(x: usize, y: usize, n: i32, k: i32, out: usize, from: i32, to: i32): void {
  const rowBytes = (<usize>k) << 3;
  const end = (<usize>n) * rowBytes;
  for (let i = from; i < to; i += 4) {
    const left = x + ((<usize>i) << 3);
    for (let column: usize = 0; column < rowBytes; column += 32) {
      let s00 = f64x2.splat(0), s01 = f64x2.splat(0), s10 = f64x2.splat(0), s11 = f64x2.splat(0);
      let s20 = f64x2.splat(0), s21 = f64x2.splat(0), s30 = f64x2.splat(0), s31 = f64x2.splat(0);
      const right = y + column;
      for (let r: usize = 0; r < end; r += rowBytes) {
        const b0 = v128.load(right + r), b1 = v128.load(right + r, 16);
        let v = v128.load64_splat(left + r);
        s00 = f64x2.add(s00, f64x2.mul(v, b0));
        s01 = f64x2.add(s01, f64x2.mul(v, b1));
        v = v128.load64_splat(left + r, 8);
        s10 = f64x2.add(s10, f64x2.mul(v, b0));
        s11 = f64x2.add(s11, f64x2.mul(v, b1));
        v = v128.load64_splat(left + r, 16);
        s20 = f64x2.add(s20, f64x2.mul(v, b0));
        s21 = f64x2.add(s21, f64x2.mul(v, b1));
        v = v128.load64_splat(left + r, 24);
        s30 = f64x2.add(s30, f64x2.mul(v, b0));
        s31 = f64x2.add(s31, f64x2.mul(v, b1));
      }
      storeTile(out + (<usize>i) * rowBytes + column, rowBytes, s00, s01, s10, s11, s20, s21, s30, s31);
    }
  }
}

// @ts-ignore: decorator
@inline
function storeTile(
  out: usize, rowBytes: usize, s00: v128, s01: v128, s10: v128, s11: v128, s20: v128, s21: v128, s30: v128, s31: v128,
): void {
  v128.store(out, s00);
  v128.store(out, s01, 16);
  v128.store(out + rowBytes, s10);
  v128.store(out + rowBytes, s11, 16);
  v128.store(out + 2 * rowBytes, s20);
  v128.store(out + 2 * rowBytes, s21, 16);
  v128.store(out + 3 * rowBytes, s30);
  v128.store(out + 3 * rowBytes, s31, 16);
}
