import { lanesSum, sumsOfFour } from "./groups";
import { solveSystem } from "./ials-exact";
import { CHUNK, addToDiagonal, gramPacked, packedBytes } from "./panels";

/** errors[n] −= weights[n] · x·y_n for a row's entries, x f32 [width]. */
function subtractPredictions(
  columns: usize, count: i32, source: usize, width: i32, weights: usize, x: usize, errors: usize,
): void {
  const rowBytes = (<usize>width) << 2;
  for (let n = 0; n < count; n += 4) {
    const at = columns + ((<usize>n) << 2);
    const left = count - n;
    const a = source + <usize>load<i32>(at) * rowBytes;
    const b = left > 1 ? source + <usize>load<i32>(at, 4) * rowBytes : a;
    const c = left > 2 ? source + <usize>load<i32>(at, 8) * rowBytes : a;
    const d = left > 3 ? source + <usize>load<i32>(at, 12) * rowBytes : a;
    let sa = f32x4.splat(0), sb = f32x4.splat(0), sc = f32x4.splat(0), sd = f32x4.splat(0);
    for (let k: usize = 0; k < rowBytes; k += 16) {
      const part = v128.load(x + k);
      sa = f32x4.add(sa, f32x4.mul(v128.load(a + k), part));
      sb = f32x4.add(sb, f32x4.mul(v128.load(b + k), part));
      sc = f32x4.add(sc, f32x4.mul(v128.load(c + k), part));
      sd = f32x4.add(sd, f32x4.mul(v128.load(d + k), part));
    }
    const sums = sumsOfFour(sa, sb, sc, sd);
    let own = errors + ((<usize>n) << 2);
    let w = weights === 0 ? 0 : weights + ((<usize>n) << 2);
    for (let lane = 0; lane < min(4, left); lane++) {
      let value: f32 = f32x4.extract_lane(sums, 0);
      if (lane === 1) value = f32x4.extract_lane(sums, 1);
      if (lane === 2) value = f32x4.extract_lane(sums, 2);
      if (lane === 3) value = f32x4.extract_lane(sums, 3);
      if (w !== 0) {
        value *= load<f32>(w);
        w += 4;
      }
      store<f32>(own, load<f32>(own) - value);
      own += 4;
    }
  }
}

/** `size` columns of up to CHUNK entries' factors, times scale and weight, into panels of eight columns; CHUNK rows each. */
function gatherColumns(
  columns: usize, count: i32, source: usize, rowBytes: usize, size: i32, scale: usize, weights: usize, out: usize,
): void {
  const bytes = (<usize>size) << 2;
  for (let row: usize = 0; row < <usize>count; row++) {
    const from = source + <usize>load<i32>(columns + (row << 2)) * rowBytes;
    const w = f32x4.splat(weights === 0 ? 1 : load<f32>(weights + (row << 2)));
    let to = out + (row << 5);
    for (let k: usize = 0; k < bytes; k += 32) {
      v128.store(to, f32x4.mul(w, f32x4.mul(v128.load(scale + k), v128.load(from + k))));
      v128.store(to, f32x4.mul(w, f32x4.mul(v128.load(scale + k, 16), v128.load(from + k, 16))), 16);
      to += (<usize>CHUNK) << 5;
    }
  }
}

/** errors[n] −= z_n·v for a chunk's rows in panels. The rows beyond `count` to the next multiple of four are read and dropped. */
function subtractProducts(gathered: usize, panels: i32, count: i32, v: usize, errors: usize): void {
  for (let n = 0; n < count; n += 4) {
    let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
    let at = gathered + ((<usize>n) << 5);
    for (let panel: usize = 0; panel < <usize>panels; panel++) {
      const low = v128.load(v + (panel << 5)), high = v128.load(v + (panel << 5), 16);
      s0 = f32x4.add(s0, f32x4.add(f32x4.mul(low, v128.load(at)), f32x4.mul(high, v128.load(at, 16))));
      s1 = f32x4.add(s1, f32x4.add(f32x4.mul(low, v128.load(at, 32)), f32x4.mul(high, v128.load(at, 48))));
      s2 = f32x4.add(s2, f32x4.add(f32x4.mul(low, v128.load(at, 64)), f32x4.mul(high, v128.load(at, 80))));
      s3 = f32x4.add(s3, f32x4.add(f32x4.mul(low, v128.load(at, 96)), f32x4.mul(high, v128.load(at, 112))));
      at += (<usize>CHUNK) << 5;
    }
    const own = errors + ((<usize>n) << 2);
    const sums = f32x4.sub(v128.load(own), sumsOfFour(s0, s1, s2, s3));
    if (n + 4 <= count) {
      v128.store(own, sums);
    } else {
      store<f32>(own, f32x4.extract_lane(sums, 0));
      if (n + 1 < count) store<f32>(own, f32x4.extract_lane(sums, 1), 4);
      if (n + 2 < count) store<f32>(own, f32x4.extract_lane(sums, 2), 8);
    }
  }
}

/**
 * One sweep over subspaces of `block` columns (iALS++, Rendle et al. 2021): each is solved exactly while the others stay, on the
 * whitened system (I + ZᵀZ) z = Zᵀg, Z = Y·scale, x = scale·z, from the x (f32 [width]) that is there. Returns the row's loss
 * Σ e² + ‖z‖². `goals` [count rounded up to 8] are left as the errors e = g − Zz. `block` divides into 8s; the last may be
 * shorter. Scratch, in `work`: see planRowSolver in ../row-solver.ts; `gatheredFloats` of it for gathered columns.
 */
export function sweepSubspaces(
  columns: usize, count: i32, source: usize, width: i32, scale: usize, weights: usize, goals: usize, block: i32,
  work: usize, gatheredFloats: i32, x: usize,
): f64 {
  const size = <usize>block;
  const wide = work;
  const wideX = wide + (size * size << 3);
  const system = wideX + (size << 3);
  const u = system + packedBytes(block >> 3);
  const inverse = u + packedBytes(block >> 3);
  const step = inverse + (size << 2);
  const gathered = step + (size << 2);
  const rowBytes = (<usize>width) << 2;
  subtractPredictions(columns, count, source, width, weights, x, goals);
  for (let k: usize = 0; k < rowBytes; k += 16) v128.store(x + k, f32x4.div(v128.load(x + k), v128.load(scale + k)));
  const chunks = (count + CHUNK - 1) / CHUNK;
  for (let first = 0; first < width; first += block) {
    const own = min(block, width - first);
    const panels = own >> 3;
    const offset = (<usize>first) << 2;
    const chunkBytes = <usize>CHUNK * <usize>own << 2;
    const resident = chunks * CHUNK * own <= gatheredFloats;
    const z = x + offset;
    memory.fill(step, 0, <usize>own << 2);
    for (let chunk = 0; chunk < chunks; chunk++) {
      const from = chunk * CHUNK;
      const at = (<usize>from) << 2;
      const rows = min(CHUNK, count - from);
      const to = resident ? gathered + <usize>chunk * chunkBytes : gathered;
      gatherColumns(columns + at, rows, source + offset, rowBytes, own, scale + offset, weights === 0 ? <usize>0 : weights + at, to);
      gramPacked(to, panels, rows, <usize>CHUNK << 5, system, chunk > 0);
      for (let panel: usize = 0; panel < <usize>panels; panel++) {
        const column = to + panel * (<usize>CHUNK << 5);
        let low = v128.load(step + (panel << 5)), high = v128.load(step + (panel << 5), 16);
        for (let row: usize = 0; row < <usize>rows; row++) {
          const e = v128.load32_splat(goals + at + (row << 2));
          low = f32x4.add(low, f32x4.mul(e, v128.load(column + (row << 5))));
          high = f32x4.add(high, f32x4.mul(e, v128.load(column + (row << 5), 16)));
        }
        v128.store(step + (panel << 5), low);
        v128.store(step + (panel << 5), high, 16);
      }
    }
    for (let k: usize = 0; k < <usize>own << 2; k += 16) {
      v128.store(step + k, f32x4.sub(v128.load(step + k), v128.load(z + k)));
    }
    const trace = addToDiagonal(system, panels, 1);
    solveSystem(system, panels, trace, u, inverse, wide, wideX, step);
    for (let k: usize = 0; k < <usize>own << 2; k += 16) {
      v128.store(z + k, f32x4.add(v128.load(z + k), v128.load(step + k)));
    }
    for (let chunk = 0; chunk < chunks; chunk++) {
      const from = chunk * CHUNK;
      const at = (<usize>from) << 2;
      const rows = min(CHUNK, count - from);
      const to = resident ? gathered + <usize>chunk * chunkBytes : gathered;
      if (!resident) {
        gatherColumns(columns + at, rows, source + offset, rowBytes, own, scale + offset, weights === 0 ? <usize>0 : weights + at, to);
      }
      subtractProducts(to, panels, rows, step, goals + at);
    }
  }
  let loss: f64 = 0;
  for (let n: usize = 0; n < <usize>count; n++) {
    const e = <f64>load<f32>(goals + (n << 2));
    loss += e * e;
  }
  for (let k: usize = 0; k < rowBytes; k += 16) {
    const z = v128.load(x + k);
    loss += lanesSum(f32x4.mul(z, z));
    v128.store(x + k, f32x4.mul(z, v128.load(scale + k)));
  }
  return loss;
}
