import { cholesky, choleskySolve } from "./cholesky";
import { lanesSum, sumsOfFour } from "./groups";
import { CHUNK, addPackedToLower, addToDiagonal, choleskyPacked, gramPacked, packedBytes, solvePacked } from "./panels";

/** Entries whose products may stay in an f32 system. A longer row is summed and factored in f64. */
const SHORT: i32 = 1024;
/** Up to this trace f32 rounding moves I + MᵀM by less than a thousandth of its smallest eigenvalue, 1. */
const MODERATE: f64 = 4096;

/** Solves A x = x in place for a packed A = I + MᵀM of that trace, both f32, in f32 or, when that would not do, in f64. */
export function solveSystem(a: usize, panels: i32, trace: f64, u: usize, inverse: usize, wide: usize, wideX: usize, x: usize): void {
  if (trace <= MODERATE) {
    choleskyPacked(a, panels, u, inverse);
    solvePacked(u, panels, inverse, x);
    return;
  }
  const n = panels << 3;
  memory.fill(wide, 0, (<usize>n) * (<usize>n) << 3);
  addPackedToLower(a, panels, wide);
  solveWide(wide, n, wideX, x);
}

function solveWide(wide: usize, n: i32, wideX: usize, x: usize): void {
  for (let f: usize = 0; f < <usize>n; f++) store<f64>(wideX + (f << 3), <f64>load<f32>(x + (f << 2)));
  cholesky(wide, n);
  choleskySolve(wide, n, wideX);
  for (let f: usize = 0; f < <usize>n; f++) store<f32>(x + (f << 2), <f32>load<f64>(wideX + (f << 3)));
}

/** Entries' factors, times scale and weight, into panels of eight columns, CHUNK rows each. */
export function gatherPanels(
  columns: usize, count: i32, source: usize, width: i32, scale: usize, weights: usize, out: usize,
): void {
  const rowBytes = (<usize>width) << 2;
  const panelBytes: usize = (<usize>CHUNK) << 5;
  for (let row: usize = 0; row < <usize>count; row++) {
    const from = source + <usize>load<i32>(columns + (row << 2)) * rowBytes;
    const w = f32x4.splat(weights === 0 ? 1 : load<f32>(weights + (row << 2)));
    let to = out + (row << 5);
    for (let k: usize = 0; k < rowBytes; k += 32) {
      v128.store(to, f32x4.mul(w, f32x4.mul(v128.load(scale + k), v128.load(from + k))));
      v128.store(to, f32x4.mul(w, f32x4.mul(v128.load(scale + k, 16), v128.load(from + k, 16))), 16);
      to += panelBytes;
    }
  }
}

/**
 * (I + ZᵀZ) z = Zᵀg by Cholesky, Z = Y·scale, x = scale·z, all f32 [width]; returns the row's loss gᵀg − (Zᵀg)ᵀz. `goals` [count].
 * Scratch: see planRowSolver in
 * ../row-solver.ts.
 */
export function solvePrimal(
  columns: usize, count: i32, source: usize, width: i32, scale: usize, weights: usize, goals: usize, scratch: usize, x: usize,
): f64 {
  const size = <usize>width;
  const panels = width >> 3;
  const panelBytes: usize = (<usize>CHUNK) << 5;
  const wide = scratch;
  const wideX = wide + (size * size << 3);
  const system = wideX + (size << 3);
  const u = system + packedBytes(panels);
  const gathered = u + packedBytes(panels);
  const inverse = gathered + (<usize>max(CHUNK, width) * size << 2);
  const right = inverse + (size << 2);
  const long = count > SHORT;
  if (long) memory.fill(wide, 0, size * size << 3);
  memory.fill(right, 0, size << 2);
  let squares: f64 = 0;
  for (let first = 0; first < count; first += CHUNK) {
    const rows = min(CHUNK, count - first);
    const given: usize = weights === 0 ? 0 : weights + ((<usize>first) << 2);
    gatherPanels(columns + ((<usize>first) << 2), rows, source, width, scale, given, gathered);
    const from = first % SHORT;
    gramPacked(gathered, panels, rows, panelBytes, system, from !== 0);
    if (long && (from + CHUNK === SHORT || first + CHUNK >= count)) addPackedToLower(system, panels, wide);
    const own = goals + ((<usize>first) << 2);
    const bytes = (<usize>rows) << 5;
    for (let panel: usize = 0; panel < <usize>panels; panel++) {
      const at = gathered + panel * panelBytes;
      let s0 = f32x4.splat(0), s1 = f32x4.splat(0);
      for (let row: usize = 0; row < bytes; row += 32) {
        const g = v128.load32_splat(own + (row >> 3));
        s0 = f32x4.add(s0, f32x4.mul(g, v128.load(at + row)));
        s1 = f32x4.add(s1, f32x4.mul(g, v128.load(at + row, 16)));
      }
      const to = right + (panel << 5);
      v128.store(to, f32x4.add(v128.load(to), s0));
      v128.store(to, f32x4.add(v128.load(to, 16), s1), 16);
    }
    for (let row: usize = 0; row < <usize>rows; row++) {
      const g = <f64>load<f32>(own + (row << 2));
      squares += g * g;
    }
  }
  memory.copy(x, right, size << 2);
  if (long) {
    for (let f: usize = 0; f < size; f++) {
      const at = wide + (f * size + f << 3);
      store<f64>(at, load<f64>(at) + 1);
    }
    solveWide(wide, width, wideX, x);
  } else {
    const trace = addToDiagonal(system, panels, 1);
    solveSystem(system, panels, trace, u, inverse, wide, wideX, x);
  }
  let explained: f64 = 0;
  for (let k: usize = 0; k < size << 2; k += 16) {
    const z = v128.load(x + k);
    explained += lanesSum(f32x4.mul(v128.load(right + k), z));
    v128.store(x + k, f32x4.mul(z, v128.load(scale + k)));
  }
  return squares - explained;
}

/** The factors of up to eight entries, times `scale` (and weight), turned: [width] rows of the eight entries' numbers. */
function gatherTurned(
  columns: usize, present: i32, source: usize, width: i32, scale: usize, weights: usize, out: usize,
): void {
  const rowBytes = (<usize>width) << 2;
  for (let half = 0; half < 8; half += 4) {
    const left = present - half;
    const at = columns + ((<usize>half) << 2);
    const row0 = left > 0 ? source + <usize>load<i32>(at) * rowBytes : 0;
    const row1 = left > 1 ? source + <usize>load<i32>(at, 4) * rowBytes : 0;
    const row2 = left > 2 ? source + <usize>load<i32>(at, 8) * rowBytes : 0;
    const row3 = left > 3 ? source + <usize>load<i32>(at, 12) * rowBytes : 0;
    let w = f32x4.splat(1);
    if (weights !== 0 && left > 0) {
      const own = weights + ((<usize>half) << 2);
      w = f32x4.splat(load<f32>(own));
      if (left > 1) w = f32x4.replace_lane(w, 1, load<f32>(own, 4));
      if (left > 2) w = f32x4.replace_lane(w, 2, load<f32>(own, 8));
      if (left > 3) w = f32x4.replace_lane(w, 3, load<f32>(own, 12));
    }
    let to = out + ((<usize>half) << 2);
    const zero = f32x4.splat(0);
    for (let k: usize = 0; k < rowBytes; k += 16) {
      const s = v128.load(scale + k);
      const a = row0 === 0 ? zero : f32x4.mul(s, v128.load(row0 + k));
      const b = row1 === 0 ? zero : f32x4.mul(s, v128.load(row1 + k));
      const e = row2 === 0 ? zero : f32x4.mul(s, v128.load(row2 + k));
      const d = row3 === 0 ? zero : f32x4.mul(s, v128.load(row3 + k));
      const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5), ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
      const ed0 = v128.shuffle<f32>(e, d, 0, 4, 1, 5), ed1 = v128.shuffle<f32>(e, d, 2, 6, 3, 7);
      v128.store(to, f32x4.mul(w, v128.shuffle<f32>(ab0, ed0, 0, 1, 4, 5)));
      v128.store(to, f32x4.mul(w, v128.shuffle<f32>(ab0, ed0, 2, 3, 6, 7)), 32);
      v128.store(to, f32x4.mul(w, v128.shuffle<f32>(ab1, ed1, 0, 1, 4, 5)), 64);
      v128.store(to, f32x4.mul(w, v128.shuffle<f32>(ab1, ed1, 2, 3, 6, 7)), 96);
      to += 128;
    }
  }
}

/**
 * For rows with few entries (count ≤ width): (I + ZZᵀ) c = g and z = Zᵀc (Woodbury). What the row leaves of entry i's goal is c_i, so
 * that its loss is Σ c g. `goals` [count rounded up to 8], zero beyond count. Otherwise as `solvePrimal`.
 */
export function solveDual(
  columns: usize, count: i32, source: usize, width: i32, scale: usize, weights: usize, goals: usize, scratch: usize, x: usize,
): f64 {
  const size = <usize>width;
  const panels = (count + 7) >> 3;
  const padded = (<usize>panels) << 3;
  const panelBytes = size << 5;
  const wide = scratch;
  const wideX = wide + (size * size << 3);
  const system = wideX + (size << 3);
  const u = system + packedBytes(width >> 3);
  const gathered = u + packedBytes(width >> 3);
  const inverse = gathered + (<usize>max(CHUNK, width) * size << 2);
  const c = inverse + (size << 2);
  for (let panel = 0; panel < panels; panel++) {
    const first = (<usize>panel) << 5;
    const given: usize = weights === 0 ? 0 : weights + first;
    gatherTurned(columns + first, min(8, count - panel * 8), source, width, scale, given, gathered + (<usize>panel) * panelBytes);
  }
  for (let first = 0; first < width; first += CHUNK) {
    gramPacked(gathered + ((<usize>first) << 5), panels, min(CHUNK, width - first), panelBytes, system, first !== 0);
  }
  const trace = addToDiagonal(system, panels, 1);
  memory.copy(c, goals, padded << 2);
  solveSystem(system, panels, trace, u, inverse, wide, wideX, c);
  for (let f: usize = 0; f < size; f += 4) {
    let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
    let z = gathered + (f << 5);
    for (let panel: usize = 0; panel < <usize>panels; panel++) {
      const low = v128.load(c + (panel << 5)), high = v128.load(c + (panel << 5), 16);
      s0 = f32x4.add(s0, f32x4.add(f32x4.mul(low, v128.load(z)), f32x4.mul(high, v128.load(z, 16))));
      s1 = f32x4.add(s1, f32x4.add(f32x4.mul(low, v128.load(z, 32)), f32x4.mul(high, v128.load(z, 48))));
      s2 = f32x4.add(s2, f32x4.add(f32x4.mul(low, v128.load(z, 64)), f32x4.mul(high, v128.load(z, 80))));
      s3 = f32x4.add(s3, f32x4.add(f32x4.mul(low, v128.load(z, 96)), f32x4.mul(high, v128.load(z, 112))));
      z += panelBytes;
    }
    v128.store(x + (f << 2), f32x4.mul(v128.load(scale + (f << 2)), sumsOfFour(s0, s1, s2, s3)));
  }
  let loss: f64 = 0;
  for (let i: usize = 0; i < <usize>count; i++) loss += <f64>load<f32>(c + (i << 2)) * <f64>load<f32>(goals + (i << 2));
  return loss;
}
