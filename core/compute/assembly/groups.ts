// Entries' factors gathered for passes that read them again and again: groups of eight entries, each group its factors in
// chunks of four, each chunk the eight entries' 16 bytes one after another. A pass is then one stream with constant offsets.

/** Entries whose sums stay in f32 before they join an f64 sum; a multiple of eight. */
export const BLOCK: i32 = 128;

// @ts-ignore: decorator
@inline
function entryRow(columns: usize, n: i32, count: i32, source: usize, rowBytes: usize, none: usize): usize {
  return n < count ? source + <usize>load<i32>(columns + ((<usize>n) << 2)) * rowBytes : none;
}

/**
 * Gathers the factors of `count` ≤ BLOCK entries, times `scale` [width] f32, into groups; missing entries of the last one are
 * zero. `none` is a row of `width` zeros. With `weights` ≠ 0, entry n is also multiplied by weights[n] (f32).
 */
export function gatherGroups(
  columns: usize, count: i32, source: usize, width: i32, scale: usize, weights: usize, none: usize, out: usize,
): void {
  const rowBytes = (<usize>width) << 2;
  let to = out;
  for (let n = 0; n < count; n += 4) {
    const a = entryRow(columns, n, count, source, rowBytes, none);
    const b = entryRow(columns, n + 1, count, source, rowBytes, none);
    const c = entryRow(columns, n + 2, count, source, rowBytes, none);
    const d = entryRow(columns, n + 3, count, source, rowBytes, none);
    let at = to;
    if (weights === 0) {
      for (let k: usize = 0; k < rowBytes; k += 16) {
        const s = v128.load(scale + k);
        v128.store(at, f32x4.mul(s, v128.load(a + k)));
        v128.store(at, f32x4.mul(s, v128.load(b + k)), 16);
        v128.store(at, f32x4.mul(s, v128.load(c + k)), 32);
        v128.store(at, f32x4.mul(s, v128.load(d + k)), 48);
        at += 128;
      }
    } else {
      const w = weights + ((<usize>n) << 2);
      const wa = f32x4.splat(load<f32>(w));
      const wb = f32x4.splat(n + 1 < count ? load<f32>(w, 4) : 0);
      const wc = f32x4.splat(n + 2 < count ? load<f32>(w, 8) : 0);
      const wd = f32x4.splat(n + 3 < count ? load<f32>(w, 12) : 0);
      for (let k: usize = 0; k < rowBytes; k += 16) {
        const s = v128.load(scale + k);
        v128.store(at, f32x4.mul(f32x4.mul(s, wa), v128.load(a + k)));
        v128.store(at, f32x4.mul(f32x4.mul(s, wb), v128.load(b + k)), 16);
        v128.store(at, f32x4.mul(f32x4.mul(s, wc), v128.load(c + k)), 32);
        v128.store(at, f32x4.mul(f32x4.mul(s, wd), v128.load(d + k)), 48);
        at += 128;
      }
    }
    // The second half of a group lies beside the first.
    to += (n & 4) === 0 ? 64 : (rowBytes << 3) - 64;
  }
  if (((count + 3) & 4) !== 0) {
    for (let k: usize = 0; k < rowBytes; k += 16) {
      const zero = f32x4.splat(0);
      v128.store(to, zero);
      v128.store(to, zero, 16);
      v128.store(to, zero, 32);
      v128.store(to, zero, 48);
      to += 128;
    }
  }
}

/** The sums of a, b, c and d's lanes. */
// @ts-ignore: decorator
@inline
export function sumsOfFour(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

// @ts-ignore: decorator
@inline
export function lanesSum(v: v128): f64 {
  const pairs = f64x2.add(f64x2.promote_low_f32x4(v), f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3)));
  return f64x2.extract_lane(pairs, 0) + f64x2.extract_lane(pairs, 1);
}

/**
 * For the gathered entries z_n of `groups` groups: e_n = goals[n] − z_n·v (with `goals` 0: −z_n·v); returns Σ e², and, unless
 * `partial` is 0, adds Σ e_n z_n to it (f32 [width]).
 */
export function groupsPass(at: usize, groups: i32, width: i32, v: usize, goals: usize, partial: usize): f64 {
  const rowBytes = (<usize>width) << 2;
  let squares: f64 = 0;
  for (let group = 0; group < groups; group++) {
    let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
    let s4 = f32x4.splat(0), s5 = f32x4.splat(0), s6 = f32x4.splat(0), s7 = f32x4.splat(0);
    let from = at;
    for (let k: usize = 0; k < rowBytes; k += 16) {
      const part = v128.load(v + k);
      s0 = f32x4.add(s0, f32x4.mul(v128.load(from), part));
      s1 = f32x4.add(s1, f32x4.mul(v128.load(from, 16), part));
      s2 = f32x4.add(s2, f32x4.mul(v128.load(from, 32), part));
      s3 = f32x4.add(s3, f32x4.mul(v128.load(from, 48), part));
      s4 = f32x4.add(s4, f32x4.mul(v128.load(from, 64), part));
      s5 = f32x4.add(s5, f32x4.mul(v128.load(from, 80), part));
      s6 = f32x4.add(s6, f32x4.mul(v128.load(from, 96), part));
      s7 = f32x4.add(s7, f32x4.mul(v128.load(from, 112), part));
      from += 128;
    }
    let low = f32x4.neg(sumsOfFour(s0, s1, s2, s3));
    let high = f32x4.neg(sumsOfFour(s4, s5, s6, s7));
    if (goals !== 0) {
      low = f32x4.add(low, v128.load(goals));
      high = f32x4.add(high, v128.load(goals, 16));
      goals += 32;
    }
    squares += lanesSum(f32x4.add(f32x4.mul(low, low), f32x4.mul(high, high)));
    if (partial !== 0) {
      const w0 = v128.shuffle<f32>(low, low, 0, 0, 0, 0), w1 = v128.shuffle<f32>(low, low, 1, 1, 1, 1);
      const w2 = v128.shuffle<f32>(low, low, 2, 2, 2, 2), w3 = v128.shuffle<f32>(low, low, 3, 3, 3, 3);
      const w4 = v128.shuffle<f32>(high, high, 0, 0, 0, 0), w5 = v128.shuffle<f32>(high, high, 1, 1, 1, 1);
      const w6 = v128.shuffle<f32>(high, high, 2, 2, 2, 2), w7 = v128.shuffle<f32>(high, high, 3, 3, 3, 3);
      from = at;
      for (let k: usize = 0; k < rowBytes; k += 16) {
        const a = f32x4.add(f32x4.mul(w0, v128.load(from)), f32x4.mul(w1, v128.load(from, 16)));
        const b = f32x4.add(f32x4.mul(w2, v128.load(from, 32)), f32x4.mul(w3, v128.load(from, 48)));
        const c = f32x4.add(f32x4.mul(w4, v128.load(from, 64)), f32x4.mul(w5, v128.load(from, 80)));
        const d = f32x4.add(f32x4.mul(w6, v128.load(from, 96)), f32x4.mul(w7, v128.load(from, 112)));
        v128.store(partial + k, f32x4.add(v128.load(partial + k), f32x4.add(f32x4.add(a, b), f32x4.add(c, d))));
        from += 128;
      }
    }
    at += rowBytes << 3;
  }
  return squares;
}
