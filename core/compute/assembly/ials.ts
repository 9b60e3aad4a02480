import { cholesky, choleskySolve } from "./cholesky";
import { denseTimesSmall } from "./dense";

/** Entries of a long row whose products are summed in f32 before they join the f64 sum. */
const CHUNK: i32 = 128;
/** Rows rotated at a time: their room in `scratch` is that of a chunk. */
const ROTATED: i32 = 64;

/** Takes a free scratch for this call. There are as many as threads, so one is free. What it holds decides nothing. */
function takeScratch(flags: usize, count: i32): i32 {
  while (true) {
    for (let slot = 0; slot < count; slot++) {
      if (atomic.cmpxchg<i32>(flags + ((<usize>slot) << 2), 0, 1) === 0) return slot;
    }
  }
}

function freeScratch(flags: usize, slot: i32): void {
  atomic.store<i32>(flags + ((<usize>slot) << 2), 0);
}

/** X ← X·T in place for the rows [from, to); T [width × width] row-major f32, width a multiple of 16. */
export function rotateRows(
  x: usize, width: i32, t: usize, from: i32, to: i32, flags: usize, slots: i32, scratch: usize, scratchBytes: i32,
): void {
  const slot = takeScratch(flags, slots);
  const out = scratch + (<usize>slot) * (<usize>scratchBytes);
  const rowBytes = (<usize>width) << 2;
  for (let row = from; row < to; row += ROTATED) {
    const count = min(ROTATED, to - row);
    const at = x + (<usize>row) * rowBytes;
    denseTimesSmall(at, width, t, width, out, 0, count);
    memory.copy(at, out, (<usize>count) * rowBytes);
  }
  freeScratch(flags, slot);
}

// @ts-ignore: decorator
@inline
function addPromoted(out: usize, v: v128): void {
  v128.store(out, f64x2.add(v128.load(out), f64x2.promote_low_f32x4(v)));
  v128.store(out, f64x2.add(v128.load(out, 16), f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3))), 16);
}

/**
 * out += MᵀM (lower triangle; blocks on the diagonal whole) for M [count × 8·panels] f32 in panels of eight columns: the eight
 * numbers of a row lie together, rows 32 bytes apart, panels `panelBytes` apart. Out f64, row-major, 8·panels a row.
 * Sums over the call's rows in f32: keep count ≤ 128.
 */
function addPanelGram(m: usize, panels: i32, count: i32, panelBytes: usize, out: usize): void {
  const outBytes = (<usize>panels) << 6;
  const bytes = (<usize>count) << 5;
  for (let i = 0; i < panels * 2; i++) {
    const left = m + (<usize>(i >> 1)) * panelBytes + ((<usize>(i & 1)) << 4);
    const outRow = out + (<usize>i) * 4 * outBytes;
    for (let j = 0; j <= i >> 1; j++) {
      const right = m + (<usize>j) * panelBytes;
      let s00 = f32x4.splat(0), s01 = f32x4.splat(0), s10 = f32x4.splat(0), s11 = f32x4.splat(0);
      let s20 = f32x4.splat(0), s21 = f32x4.splat(0), s30 = f32x4.splat(0), s31 = f32x4.splat(0);
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
      const to = outRow + ((<usize>j) << 6);
      addPromoted(to, s00);
      addPromoted(to + 32, s01);
      addPromoted(to + outBytes, s10);
      addPromoted(to + outBytes + 32, s11);
      addPromoted(to + 2 * outBytes, s20);
      addPromoted(to + 2 * outBytes + 32, s21);
      addPromoted(to + 3 * outBytes, s30);
      addPromoted(to + 3 * outBytes + 32, s31);
    }
  }
}

/**
 * Primal: (Σ yyᵀ + D) x = Σ y by Cholesky, D diagonal. Leaves x (f64) in `x`; returns the row's loss n − bᵀx, b = Σ y.
 * Scratch: system [width²] f64, panels [CHUNK × width] f32, right [width] f64.
 */
function solvePrimal(
  columns: usize, count: i32, source: usize, width: i32, diagonal: usize,
  system: usize, panels: usize, right: usize, x: usize,
): f64 {
  const size = <usize>width;
  const rowBytes = size << 2;
  const panelCount = width >> 3;
  const panelBytes: usize = (<usize>CHUNK) << 5;
  memory.fill(system, 0, size * size << 3);
  memory.fill(right, 0, size << 3);
  for (let first = 0; first < count; first += CHUNK) {
    const rows = min(CHUNK, count - first);
    for (let row = 0; row < rows; row++) {
      const from = source + <usize>load<i32>(columns + ((<usize>(first + row)) << 2)) * rowBytes;
      let to = panels + ((<usize>row) << 5);
      for (let k: usize = 0; k < rowBytes; k += 32) {
        v128.store(to, v128.load(from + k));
        v128.store(to, v128.load(from + k, 16), 16);
        to += panelBytes;
      }
    }
    addPanelGram(panels, panelCount, rows, panelBytes, system);
    const bytes = (<usize>rows) << 5;
    for (let panel = 0; panel < panelCount; panel++) {
      const at = panels + (<usize>panel) * panelBytes;
      let s0 = f32x4.splat(0), s1 = f32x4.splat(0);
      for (let row: usize = 0; row < bytes; row += 32) {
        s0 = f32x4.add(s0, v128.load(at + row));
        s1 = f32x4.add(s1, v128.load(at + row, 16));
      }
      addPromoted(right + ((<usize>panel) << 6), s0);
      addPromoted(right + ((<usize>panel) << 6) + 32, s1);
    }
  }
  for (let f: usize = 0; f < size; f++) {
    const at = system + (f * size + f << 3);
    store<f64>(at, load<f64>(at) + load<f64>(diagonal + (f << 3)));
  }
  memory.copy(x, right, size << 3);
  cholesky(system, width);
  choleskySolve(system, width, x);
  let explained: f64 = 0;
  for (let f: usize = 0; f < size << 3; f += 8) explained += load<f64>(right + f) * load<f64>(x + f);
  return <f64>count - explained;
}

/**
 * Dual, for rows with few entries: with Z = Y D^(−1/2) [n × width], (I + ZZᵀ) c = 1 and x = D^(−1/2) Zᵀc (Woodbury). The
 * prediction for entry i is 1 − c_i, so that the row's loss is Σ c. Scratch: system [n²] f64, panels [n × width] f32, c [n] f64,
 * n rounded up to a multiple of 8; scale [width] f32 holds D^(−1/2).
 */
function solveDual(
  columns: usize, count: i32, source: usize, width: i32, scale: usize,
  system: usize, panels: usize, c: usize, x: usize,
): f64 {
  const rowBytes = (<usize>width) << 2;
  const panelCount = (count + 7) >> 3;
  const padded = panelCount << 3;
  const panelBytes = (<usize>width) << 5;
  for (let panel = 0; panel < panelCount; panel++) {
    for (let half = 0; half < 8; half += 4) {
      const first = panel * 8 + half;
      const present = min(4, max(0, count - first));
      const at = columns + ((<usize>first) << 2);
      const row0 = present > 0 ? source + <usize>load<i32>(at) * rowBytes : 0;
      const row1 = present > 1 ? source + <usize>load<i32>(at, 4) * rowBytes : 0;
      const row2 = present > 2 ? source + <usize>load<i32>(at, 8) * rowBytes : 0;
      const row3 = present > 3 ? source + <usize>load<i32>(at, 12) * rowBytes : 0;
      let to = panels + (<usize>panel) * panelBytes + ((<usize>half) << 2);
      const zero = f32x4.splat(0);
      for (let k: usize = 0; k < rowBytes; k += 16) {
        const s = v128.load(scale + k);
        const a = row0 === 0 ? zero : f32x4.mul(s, v128.load(row0 + k));
        const b = row1 === 0 ? zero : f32x4.mul(s, v128.load(row1 + k));
        const e = row2 === 0 ? zero : f32x4.mul(s, v128.load(row2 + k));
        const d = row3 === 0 ? zero : f32x4.mul(s, v128.load(row3 + k));
        const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5), ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
        const ed0 = v128.shuffle<f32>(e, d, 0, 4, 1, 5), ed1 = v128.shuffle<f32>(e, d, 2, 6, 3, 7);
        v128.store(to, v128.shuffle<f32>(ab0, ed0, 0, 1, 4, 5));
        v128.store(to, v128.shuffle<f32>(ab0, ed0, 2, 3, 6, 7), 32);
        v128.store(to, v128.shuffle<f32>(ab1, ed1, 0, 1, 4, 5), 64);
        v128.store(to, v128.shuffle<f32>(ab1, ed1, 2, 3, 6, 7), 96);
        to += 128;
      }
    }
  }
  memory.fill(system, 0, (<usize>padded) * (<usize>padded) << 3);
  for (let first = 0; first < width; first += CHUNK) {
    addPanelGram(panels + ((<usize>first) << 5), panelCount, min(CHUNK, width - first), panelBytes, system);
  }
  for (let i: usize = 0; i < <usize>padded; i++) {
    const at = system + (i * <usize>padded + i << 3);
    store<f64>(at, load<f64>(at) + 1);
    store<f64>(c + (i << 3), i < <usize>count ? 1 : 0);
  }
  cholesky(system, padded);
  choleskySolve(system, padded, c);
  for (let f: usize = 0; f < <usize>width; f++) {
    let sums = f64x2.splat(0);
    for (let panel: usize = 0; panel < <usize>panelCount; panel++) {
      const z = panels + panel * panelBytes + (f << 5);
      const weights = c + (panel << 6);
      const low = v128.load(z), high = v128.load(z, 16);
      sums = f64x2.add(sums, f64x2.mul(f64x2.promote_low_f32x4(low), v128.load(weights)));
      sums = f64x2.add(sums, f64x2.mul(f64x2.promote_low_f32x4(v128.shuffle<f32>(low, low, 2, 3, 2, 3)), v128.load(weights, 16)));
      sums = f64x2.add(sums, f64x2.mul(f64x2.promote_low_f32x4(high), v128.load(weights, 32)));
      sums = f64x2.add(sums, f64x2.mul(f64x2.promote_low_f32x4(v128.shuffle<f32>(high, high, 2, 3, 2, 3)), v128.load(weights, 48)));
    }
    const value = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
    store<f64>(x + (f << 3), value * <f64>load<f32>(scale + (f << 2)));
  }
  let loss: f64 = 0;
  for (let i: usize = 0; i < <usize>count; i++) loss += load<f64>(c + (i << 3));
  return loss;
}

// @ts-ignore: decorator
@inline
function sumLanes(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

/**
 * out = Σ (start − y·v) y over the row's entries (out f64, partial f32 scratch, both [width]); returns Σ (start − y·v)².
 * The entries' factors are gathered at `rows` one after another, or, with `rows` 0, stand where `columns` says in `source`.
 * Four entries a pass; sums of at most CHUNK terms in f32.
 */
function weightedSum(
  rows: usize, columns: usize, count: i32, source: usize, width: i32, v: usize, start: f32, partial: usize, out: usize,
): f64 {
  const rowBytes = (<usize>width) << 2;
  memory.fill(out, 0, (<usize>width) << 3);
  let squares: f64 = 0;
  for (let first = 0; first < count; first += CHUNK) {
    const last = min(count, first + CHUNK);
    memory.fill(partial, 0, rowBytes);
    for (let n = first; n < last; n += 4) {
      const present = last - n;
      let a: usize, b: usize, c: usize, d: usize;
      if (rows !== 0) {
        a = rows + (<usize>n) * rowBytes;
        b = present > 1 ? a + rowBytes : a;
        c = present > 2 ? a + 2 * rowBytes : a;
        d = present > 3 ? a + 3 * rowBytes : a;
      } else {
        const at = columns + ((<usize>n) << 2);
        a = source + <usize>load<i32>(at) * rowBytes;
        b = present > 1 ? source + <usize>load<i32>(at, 4) * rowBytes : a;
        c = present > 2 ? source + <usize>load<i32>(at, 8) * rowBytes : a;
        d = present > 3 ? source + <usize>load<i32>(at, 12) * rowBytes : a;
      }
      let sa = f32x4.splat(0), sb = f32x4.splat(0), sc = f32x4.splat(0), sd = f32x4.splat(0);
      for (let k: usize = 0; k < rowBytes; k += 32) {
        let part = v128.load(v + k);
        sa = f32x4.add(sa, f32x4.mul(v128.load(a + k), part));
        sb = f32x4.add(sb, f32x4.mul(v128.load(b + k), part));
        sc = f32x4.add(sc, f32x4.mul(v128.load(c + k), part));
        sd = f32x4.add(sd, f32x4.mul(v128.load(d + k), part));
        part = v128.load(v + k, 16);
        sa = f32x4.add(sa, f32x4.mul(v128.load(a + k, 16), part));
        sb = f32x4.add(sb, f32x4.mul(v128.load(b + k, 16), part));
        sc = f32x4.add(sc, f32x4.mul(v128.load(c + k, 16), part));
        sd = f32x4.add(sd, f32x4.mul(v128.load(d + k, 16), part));
      }
      const wa = start - sumLanes(sa);
      const wb: f32 = present > 1 ? start - sumLanes(sb) : 0;
      const wc: f32 = present > 2 ? start - sumLanes(sc) : 0;
      const wd: f32 = present > 3 ? start - sumLanes(sd) : 0;
      squares += <f64>wa * <f64>wa + <f64>wb * <f64>wb + (<f64>wc * <f64>wc + <f64>wd * <f64>wd);
      const va = f32x4.splat(wa), vb = f32x4.splat(wb), vc = f32x4.splat(wc), vd = f32x4.splat(wd);
      for (let k: usize = 0; k < rowBytes; k += 32) {
        const ab0 = f32x4.add(f32x4.mul(va, v128.load(a + k)), f32x4.mul(vb, v128.load(b + k)));
        const cd0 = f32x4.add(f32x4.mul(vc, v128.load(c + k)), f32x4.mul(vd, v128.load(d + k)));
        v128.store(partial + k, f32x4.add(v128.load(partial + k), f32x4.add(ab0, cd0)));
        const ab1 = f32x4.add(f32x4.mul(va, v128.load(a + k, 16)), f32x4.mul(vb, v128.load(b + k, 16)));
        const cd1 = f32x4.add(f32x4.mul(vc, v128.load(c + k, 16)), f32x4.mul(vd, v128.load(d + k, 16)));
        v128.store(partial + k, f32x4.add(v128.load(partial + k, 16), f32x4.add(ab1, cd1)), 16);
      }
    }
    for (let k: usize = 0; k < rowBytes; k += 16) addPromoted(out + (k << 1), v128.load(partial + k));
  }
  return squares;
}

/**
 * `steps` of conjugate gradients on the whitened system (I + ZᵀZ) z = Zᵀ1, Z = Y D^(−1/2), x = D^(−1/2) z, from the x that is
 * there. Returns the row's loss: Σ (1 − y·x)² + xᵀDx at the start, less a·rᵀr with every step.
 * Scratch: five f64 vectors (z in `x`), two f32 ones, and `gathered` [capacity × width] f32: a row of no more entries than that is
 * read from all over `source` once, and not with every step.
 */
function descendConjugate(
  columns: usize, count: i32, source: usize, width: i32, diagonal: usize, scale: usize, steps: i32,
  gathered: usize, capacity: i32, x: usize, r: usize, p: usize, q: usize, v: usize, partial: usize,
): f64 {
  const size = <usize>width;
  let rows: usize = 0;
  if (count <= capacity) {
    rows = gathered;
    for (let n: usize = 0; n < <usize>count; n++) {
      const from = source + <usize>load<i32>(columns + (n << 2)) * (size << 2);
      const to = gathered + n * (size << 2);
      for (let k: usize = 0; k < size << 2; k += 32) {
        v128.store(to + k, v128.load(from + k));
        v128.store(to + k, v128.load(from + k, 16), 16);
      }
    }
  }
  let loss: f64 = 0;
  for (let f: usize = 0; f < size; f++) store<f32>(v + (f << 2), <f32>load<f64>(x + (f << 3)));
  loss += weightedSum(rows, columns, count, source, width, v, 1, partial, r);
  let norm: f64 = 0;
  for (let f: usize = 0; f < size; f++) {
    const s = <f64>load<f32>(scale + (f << 2));
    const z = load<f64>(x + (f << 3)) * Math.sqrt(load<f64>(diagonal + (f << 3)));
    const residual = s * load<f64>(r + (f << 3)) - z;
    loss += z * z;
    norm += residual * residual;
    store<f64>(x + (f << 3), z);
    store<f64>(r + (f << 3), residual);
    store<f64>(p + (f << 3), residual);
  }
  const enough = norm * 1e-14;
  for (let step = 0; step < steps && norm > enough; step++) {
    for (let f: usize = 0; f < size; f++) {
      store<f32>(v + (f << 2), load<f32>(scale + (f << 2)) * <f32>load<f64>(p + (f << 3)));
    }
    weightedSum(rows, columns, count, source, width, v, 0, partial, q);
    let curvature: f64 = 0;
    for (let f: usize = 0; f < size; f++) {
      const direction = load<f64>(p + (f << 3));
      const value = direction - <f64>load<f32>(scale + (f << 2)) * load<f64>(q + (f << 3));
      store<f64>(q + (f << 3), value);
      curvature += direction * value;
    }
    const length = norm / curvature;
    loss -= length * norm;
    let next: f64 = 0;
    for (let f: usize = 0; f < size << 3; f += 8) {
      store<f64>(x + f, load<f64>(x + f) + length * load<f64>(p + f));
      const residual = load<f64>(r + f) - length * load<f64>(q + f);
      store<f64>(r + f, residual);
      next += residual * residual;
    }
    const keep = next / norm;
    for (let f: usize = 0; f < size << 3; f += 8) store<f64>(p + f, load<f64>(r + f) + keep * load<f64>(p + f));
    norm = next;
  }
  for (let f: usize = 0; f < size; f++) {
    const at = x + (f << 3);
    store<f64>(at, load<f64>(at) / Math.sqrt(load<f64>(diagonal + (f << 3))));
  }
  return loss;
}

/**
 * One half of an iALS epoch for the rows [from, to): each row x of `target` becomes the minimiser of
 *   Σ_{its entries} (1 − x·y)² + xᵀ D x,   D = diag(spectrum) + penalty[row]·I,
 * where the rows y of `source` are given in the eigenbasis of their gramian YᵀY, so that α₀ YᵀY is the diagonal `spectrum`
 * (f64). Rows of at most `dualLimit` entries (≤ width) are solved through their n × n system, longer ones by Cholesky, or
 * by `steps` > 0 steps of conjugate gradients from the x that is there. Both matrices [rows × width] f32, width a multiple of 16.
 * `sums` (two f64) receives the rows' loss and Σ penalty·‖x‖².
 * Scratch: width² · 8 + max(128, width) · width · 4 + width · 64 bytes for each of `slots`, `flags` int32 zeros.
 */
export function ialsRows(
  rowStart: usize, columns: usize, from: i32, to: i32, source: usize, target: usize, width: i32,
  spectrum: usize, penalty: usize, steps: i32, dualLimit: i32,
  flags: usize, slots: i32, scratch: usize, scratchBytes: i32, sums: usize,
): void {
  const slot = takeScratch(flags, slots);
  const size = <usize>width;
  const system = scratch + (<usize>slot) * (<usize>scratchBytes);
  const panels = system + (size * size << 3);
  const x = panels + (size * <usize>max(CHUNK, width) << 2);
  const diagonal = x + (size << 3);
  const scale = diagonal + (size << 3);
  const first = scale + (size << 3);
  const second = first + (size << 3);
  const third = second + (size << 3);
  const v = third + (size << 3);
  const partial = v + (size << 2);
  let loss: f64 = 0;
  let penalties: f64 = 0;
  for (let row = from; row < to; row++) {
    const start = load<i32>(rowStart + ((<usize>row) << 2));
    const count = load<i32>(rowStart + ((<usize>row) << 2), 4) - start;
    const out = target + (<usize>row) * (size << 2);
    if (count === 0) {
      memory.fill(out, 0, size << 2);
      continue;
    }
    const entries = columns + ((<usize>start) << 2);
    const own = load<f64>(penalty + ((<usize>row) << 3));
    for (let f: usize = 0; f < size; f++) {
      const value = load<f64>(spectrum + (f << 3)) + own;
      store<f64>(diagonal + (f << 3), value);
      store<f32>(scale + (f << 2), <f32>(1 / Math.sqrt(value)));
    }
    if (count <= dualLimit) {
      loss += solveDual(entries, count, source, width, scale, system, panels, first, x);
    } else if (steps === 0) {
      loss += solvePrimal(entries, count, source, width, diagonal, system, panels, first, x);
    } else {
      for (let f: usize = 0; f < size; f++) store<f64>(x + (f << 3), <f64>load<f32>(out + (f << 2)));
      loss += descendConjugate(entries, count, source, width, diagonal, scale, steps, panels, max(CHUNK, width), x, first, second, third, v, partial);
    }
    let squares: f64 = 0;
    for (let f: usize = 0; f < size; f++) {
      const value = <f32>load<f64>(x + (f << 3));
      squares += <f64>value * <f64>value;
      store<f32>(out + (f << 2), value);
    }
    penalties += own * squares;
  }
  freeScratch(flags, slot);
  store<f64>(sums, loss);
  store<f64>(sums, penalties, 8);
}
