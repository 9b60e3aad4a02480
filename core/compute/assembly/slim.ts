import { freeScratch, takeScratch } from "./scratch";

/** r −= delta · g, both [n] f32. */
// @ts-ignore: decorator
@inline
function subtractScaled(r: usize, g: usize, n: usize, delta: f32): void {
  const splat = f32x4.splat(delta);
  const whole = (n & ~3) << 2;
  let at: usize = 0;
  for (; at < whole; at += 16)
    v128.store(r + at, f32x4.sub(v128.load(r + at), f32x4.mul(splat, v128.load(g + at))));
  for (; at < n << 2; at += 4) store<f32>(r + at, load<f32>(r + at) - delta * load<f32>(g + at));
}

/** The w that minimises the objective in one coordinate: z = r + G_jj w. */
// @ts-ignore: decorator
@inline
function best(z: f32, diagonal: f32, l1: f32, l2: f32, positive: bool): f32 {
  if (z > l1) return (z - l1) / (diagonal + l2);
  if (positive || z >= -l1) return 0;
  return (z + l1) / (diagonal + l2);
}

/**
 * For the items [from, to): the w [items] with w_i = 0 (and ≥ 0 where `positive`) that minimises
 * ½ wᵀGw − G_i·w + l1 ‖w‖₁ + ½ l2 ‖w‖², by coordinate descent, into a row of `out` each. G [items × items] f32. Passes over all
 * coordinates alternate with passes over those other than zero, which need only their own part of G; until no coordinate moves
 * by more than `tolerance`, `sweeps` passes over all at most. Scratch: four arrays of [items] 4-byte numbers.
 */
export function slimItems(
  gram: usize, items: i32, from: i32, to: i32, l1: f32, l2: f32, positive: i32, tolerance: f32, sweeps: i32, out: usize,
  flags: usize, slots: i32, scratch: usize, scratchBytes: i32,
): void {
  const n = <usize>items;
  const rowBytes = n << 2;
  const slot = takeScratch(flags, slots);
  const r = scratch + <usize>slot * <usize>scratchBytes;
  const active = r + rowBytes, residual = active + rowBytes, moved = residual + rowBytes;
  for (let i = <usize>from; i < <usize>to; i++) {
    const w = out + (i - <usize>from) * rowBytes;
    memory.fill(w, 0, rowBytes);
    memory.copy(r, gram + i * rowBytes, rowBytes);
    for (let sweep = 0; sweep < sweeps; sweep++) {
      let largest: f32 = 0;
      let count: usize = 0;
      for (let j: usize = 0; j < n; j++) {
        const at = j << 2;
        const before = load<f32>(w + at);
        const diagonal = load<f32>(gram + j * rowBytes + at);
        const z = load<f32>(r + at) + diagonal * before;
        const after = j === i || diagonal + l2 === 0 ? <f32>0 : best(z, diagonal, l1, l2, positive !== 0);
        if (after !== before) {
          store<f32>(w + at, after);
          subtractScaled(r, gram + j * rowBytes, n, after - before);
          largest = max(largest, abs(after - before));
        }
        if (after !== 0) {
          store<i32>(active + (count << 2), <i32>j);
          count++;
        }
      }
      if (largest <= tolerance) break;
      // With many coordinates other than zero a whole pass, which goes straight through memory, costs less.
      if (count << 3 < n) settle(gram, n, w, r, active, residual, moved, count, l1, l2, positive !== 0, tolerance);
    }
  }
  freeScratch(flags, slot);
}

/** Descends over the `count` active coordinates until they rest, then brings r up to date for all. */
function settle(
  gram: usize, n: usize, w: usize, r: usize, active: usize, residual: usize, moved: usize, count: usize,
  l1: f32, l2: f32, positive: bool, tolerance: f32,
): void {
  const rowBytes = n << 2;
  for (let a: usize = 0; a < count; a++) {
    const at = (<usize>load<i32>(active + (a << 2))) << 2;
    store<f32>(residual + (a << 2), load<f32>(r + at));
    store<f32>(moved + (a << 2), 0);
  }
  for (let pass = 0; pass < 30; pass++) {
    let largest: f32 = 0;
    for (let a: usize = 0; a < count; a++) {
      const j = <usize>load<i32>(active + (a << 2));
      const row = gram + j * rowBytes;
      const before = load<f32>(w + (j << 2));
      const diagonal = load<f32>(row + (j << 2));
      const after = best(load<f32>(residual + (a << 2)) + diagonal * before, diagonal, l1, l2, positive);
      const delta = after - before;
      if (delta === 0) continue;
      store<f32>(w + (j << 2), after);
      store<f32>(moved + (a << 2), load<f32>(moved + (a << 2)) + delta);
      for (let b: usize = 0; b < count; b++) {
        const cell = residual + (b << 2);
        store<f32>(cell, load<f32>(cell) - delta * load<f32>(row + ((<usize>load<i32>(active + (b << 2))) << 2)));
      }
      largest = max(largest, abs(delta));
    }
    if (largest <= tolerance) break;
  }
  for (let a: usize = 0; a < count; a++) {
    const delta = load<f32>(moved + (a << 2));
    if (delta !== 0) subtractScaled(r, gram + (<usize>load<i32>(active + (a << 2))) * rowBytes, n, delta);
  }
}
