// @ts-ignore: decorator
@inline
function high(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3));
}

/**
 * A band of the gram matrix XᵀX over the rows [from, to): entries (a, b) with bandFrom ≤ a < bandTo and b ≥ ⌊a/4⌋·4 are
 * written to `slot`, a [width × width] f64 matrix. X is row-major f32 with `width` columns, width and band multiples of 4.
 * Products and sums in f64: what follows is a factorisation.
 */
export function gram(x: usize, width: i32, from: i32, to: i32, bandFrom: i32, bandTo: i32, slot: usize): void {
  const rowBytes = (<usize>width) << 2;
  const first = x + (<usize>from) * rowBytes;
  const last = x + (<usize>to) * rowBytes;
  for (let a = bandFrom; a < bandTo; a += 4) {
    for (let b = a; b < width; b += 4) {
      let s00 = f64x2.splat(0), s01 = f64x2.splat(0), s10 = f64x2.splat(0), s11 = f64x2.splat(0);
      let s20 = f64x2.splat(0), s21 = f64x2.splat(0), s30 = f64x2.splat(0), s31 = f64x2.splat(0);
      for (let row = first; row < last; row += rowBytes) {
        const right = v128.load(row + ((<usize>b) << 2));
        const b0 = f64x2.promote_low_f32x4(right);
        const b1 = high(right);
        const left = row + ((<usize>a) << 2);
        let l = f64x2.splat(<f64>load<f32>(left));
        s00 = f64x2.add(s00, f64x2.mul(l, b0));
        s01 = f64x2.add(s01, f64x2.mul(l, b1));
        l = f64x2.splat(<f64>load<f32>(left, 4));
        s10 = f64x2.add(s10, f64x2.mul(l, b0));
        s11 = f64x2.add(s11, f64x2.mul(l, b1));
        l = f64x2.splat(<f64>load<f32>(left, 8));
        s20 = f64x2.add(s20, f64x2.mul(l, b0));
        s21 = f64x2.add(s21, f64x2.mul(l, b1));
        l = f64x2.splat(<f64>load<f32>(left, 12));
        s30 = f64x2.add(s30, f64x2.mul(l, b0));
        s31 = f64x2.add(s31, f64x2.mul(l, b1));
      }
      const outBytes = (<usize>width) << 3;
      const out = slot + (<usize>a) * outBytes + ((<usize>b) << 3);
      v128.store(out, s00);
      v128.store(out, s01, 16);
      v128.store(out + outBytes, s10);
      v128.store(out + outBytes, s11, 16);
      v128.store(out + 2 * outBytes, s20);
      v128.store(out + 2 * outBytes, s21, 16);
      v128.store(out + 3 * outBytes, s30);
      v128.store(out + 3 * outBytes, s31, 16);
    }
  }
}

/** Y = X·T for the rows [from, to). X [rows × widthIn], T [widthIn × widthOut], all row-major f32; widthOut % 16 = 0. */
export function denseTimesSmall(
  x: usize, widthIn: i32, t: usize, widthOut: i32, y: usize, from: i32, to: i32,
): void {
  const inBytes = (<usize>widthIn) << 2;
  const outBytes = (<usize>widthOut) << 2;
  for (let row = from; row < to; row++) {
    const left = x + (<usize>row) * inBytes;
    const out = y + (<usize>row) * outBytes;
    for (let panel: usize = 0; panel < outBytes; panel += 64) {
      let a0 = f32x4.splat(0), a1 = f32x4.splat(0), a2 = f32x4.splat(0), a3 = f32x4.splat(0);
      let right = t + panel;
      for (let k: usize = 0; k < inBytes; k += 4) {
        const v = v128.load32_splat(left + k);
        a0 = f32x4.add(a0, f32x4.mul(v, v128.load(right)));
        a1 = f32x4.add(a1, f32x4.mul(v, v128.load(right, 16)));
        a2 = f32x4.add(a2, f32x4.mul(v, v128.load(right, 32)));
        a3 = f32x4.add(a3, f32x4.mul(v, v128.load(right, 48)));
        right += outBytes;
      }
      v128.store(out + panel, a0);
      v128.store(out + panel, a1, 16);
      v128.store(out + panel, a2, 32);
      v128.store(out + panel, a3, 48);
    }
  }
}
