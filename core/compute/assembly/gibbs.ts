import { cholesky } from "./cholesky";
import { fillNormals, streamKey } from "./gaussian";
import { freeScratch, takeScratch } from "./scratch";

/** Entries whose products are summed in f32 before they join the f64 sum. */
const CHUNK: i32 = 128;
const PANEL: usize = (<usize>CHUNK) << 5;

// @ts-ignore: decorator
@inline
function addPromoted(out: usize, v: v128): void {
  v128.store(out, f64x2.add(v128.load(out), f64x2.promote_low_f32x4(v)));
  v128.store(out, f64x2.add(v128.load(out, 16), f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3))), 16);
}

// @ts-ignore: decorator
@inline
function sumLanes(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

/** out += ZᵀZ, lower triangle, for Z [count × 8·panels] in panels of eight columns; out f64, `outBytes` a row. */
function addGram(z: usize, panels: i32, count: i32, out: usize, outBytes: usize): void {
  const bytes = (<usize>count) << 5;
  for (let i = 0; i < panels * 2; i++) {
    const left = z + (<usize>(i >> 1)) * PANEL + ((<usize>(i & 1)) << 4);
    const outRow = out + (<usize>i) * 4 * outBytes;
    for (let j = 0; j <= i >> 1; j++) {
      const right = z + (<usize>j) * PANEL;
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
 * XᵀX over the rows [from, to) of X [rows × width] f32 row-major, width a multiple of 8: lower triangle into `out` [width × width]
 * f64. Sums of up to CHUNK products in f32. Scratch: 512 · width bytes of the call's own.
 */
export function gramOfRows(x: usize, width: i32, from: i32, to: i32, out: usize, scratch: usize): void {
  const panels = width >> 3;
  const rowBytes = (<usize>width) << 2;
  memory.fill(out, 0, (<usize>width) * (<usize>width) << 3);
  for (let first = from; first < to; first += CHUNK) {
    const count = min(CHUNK, to - first);
    for (let row = 0; row < count; row++) {
      const source = x + (<usize>(first + row)) * rowBytes;
      let place = scratch + ((<usize>row) << 5);
      for (let k: usize = 0; k < rowBytes; k += 32) {
        v128.store(place, v128.load(source + k));
        v128.store(place, v128.load(source + k, 16), 16);
        place += PANEL;
      }
    }
    addGram(scratch, panels, count, out, (<usize>width) << 3);
  }
}

/** sums += Σ s·z and weighted += Σ t·z over the entries of a chunk, both f64. */
function addSums(z: usize, panels: i32, count: i32, targets: usize, scales: usize, sums: usize, weighted: usize): void {
  const bytes = (<usize>count) << 5;
  for (let panel: usize = 0; panel < <usize>panels; panel++) {
    const at = z + panel * PANEL;
    let s0 = f32x4.splat(0), s1 = f32x4.splat(0), w0 = f32x4.splat(0), w1 = f32x4.splat(0);
    let target = targets, scale = scales;
    for (let row: usize = 0; row < bytes; row += 32) {
      const t = v128.load32_splat(target);
      const s = v128.load32_splat(scale);
      const low = v128.load(at + row);
      const high = v128.load(at + row, 16);
      s0 = f32x4.add(s0, f32x4.mul(s, low));
      s1 = f32x4.add(s1, f32x4.mul(s, high));
      w0 = f32x4.add(w0, f32x4.mul(t, low));
      w1 = f32x4.add(w1, f32x4.mul(t, high));
      target += 4;
      scale += 4;
    }
    addPromoted(sums + (panel << 6), s0);
    addPromoted(sums + (panel << 6) + 32, s1);
    addPromoted(weighted + (panel << 6), w0);
    addPromoted(weighted + (panel << 6) + 32, w1);
  }
}

/**
 * Gathers one chunk: z = a (+ b, where the second source is there) in panels, and t = rating − intercept − bias of a (− bias of b
 * − a·b), both times the scale s that `roots` has for a (1 where there are none). Returns Σ t²; Σ s·t goes to `total`, Σ s² to the
 * place after it.
 */
function gather(
  first: usize, second: usize, ratings: usize, count: i32, sourceA: usize, sourceB: usize, rowBytes: usize, panels: i32,
  intercept: f32, roots: usize, z: usize, targets: usize, scales: usize, total: usize,
): f64 {
  const biasAt = (<usize>panels) << 5;
  let squares: f64 = 0, sum: f64 = 0, weights: f64 = 0;
  for (let n: usize = 0; n < <usize>count; n++) {
    const row = <usize>load<i32>(first + (n << 2));
    const scale: f32 = roots === 0 ? 1 : load<f32>(roots + (row << 2));
    const s = f32x4.splat(scale);
    const a = sourceA + row * rowBytes;
    let target = load<f32>(ratings + (n << 2)) - intercept - load<f32>(a + biasAt);
    let to = z + (n << 5);
    if (second === 0) {
      for (let k: usize = 0; k < biasAt; k += 32) {
        v128.store(to, f32x4.mul(s, v128.load(a + k)));
        v128.store(to, f32x4.mul(s, v128.load(a + k, 16)), 16);
        to += PANEL;
      }
    } else {
      const b = sourceB + <usize>load<i32>(second + (n << 2)) * rowBytes;
      let products = f32x4.splat(0);
      for (let k: usize = 0; k < biasAt; k += 32) {
        const a0 = v128.load(a + k), a1 = v128.load(a + k, 16);
        const b0 = v128.load(b + k), b1 = v128.load(b + k, 16);
        products = f32x4.add(products, f32x4.add(f32x4.mul(a0, b0), f32x4.mul(a1, b1)));
        v128.store(to, f32x4.mul(s, f32x4.add(a0, b0)));
        v128.store(to, f32x4.mul(s, f32x4.add(a1, b1)), 16);
        to += PANEL;
      }
      target -= load<f32>(b + biasAt) + sumLanes(products);
    }
    target *= scale;
    store<f32>(targets + (n << 2), target);
    store<f32>(scales + (n << 2), scale);
    sum += <f64>scale * <f64>target;
    weights += <f64>scale * <f64>scale;
    squares += <f64>target * <f64>target;
  }
  store<f64>(total, load<f64>(total) + sum);
  store<f64>(total, load<f64>(total, 8) + weights, 8);
  return squares;
}

/** L y = x in place, L lower [n × n] f64. */
function forwardSolve(factor: usize, n: i32, x: usize): void {
  const stride = (<usize>n) << 3;
  for (let i: usize = 0; i < <usize>n; i++) {
    const row = factor + i * stride;
    const pairs = (i & ~1) << 3;
    let sums = f64x2.splat(0);
    for (let t: usize = 0; t < pairs; t += 16) sums = f64x2.add(sums, f64x2.mul(v128.load(row + t), v128.load(x + t)));
    let sum = load<f64>(x + (i << 3)) - (f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1));
    if (i & 1) sum -= load<f64>(row + pairs) * load<f64>(x + pairs);
    store<f64>(x + (i << 3), sum / load<f64>(row + (i << 3)));
  }
}

/** Lᵀ y = x in place. */
function backwardSolve(factor: usize, n: i32, x: usize): void {
  const stride = (<usize>n) << 3;
  for (let i = <usize>n; i > 0;) {
    i--;
    const row = factor + i * stride;
    const value = load<f64>(x + (i << 3)) / load<f64>(row + (i << 3));
    store<f64>(x + (i << 3), value);
    const pairs = (i & ~1) << 3;
    const splat = f64x2.splat(value);
    for (let t: usize = 0; t < pairs; t += 16)
      v128.store(x + t, f64x2.sub(v128.load(x + t), f64x2.mul(v128.load(row + t), splat)));
    if (i & 1) store<f64>(x + pairs, load<f64>(x + pairs) - load<f64>(row + pairs) * value);
  }
}

/**
 * One Gibbs step for the rows [from, to) of a factorisation machine with two or three modes: each row x = (factors, bias) of
 * `target` is drawn from its conditional distribution given all else,
 *   t_n | x ~ N(x·(z_n, 1), 1/α),  x ~ N(prior row, diag(λ)⁻¹),
 * z_n the row of `sourceA` named by first[n] (plus the row of `sourceB` named by second[n] where `sourceB` is not 0), t_n the rating less
 * everything that does not involve x: A = ZᵀZ + diag(λ)/α = LLᵀ, x = L⁻ᵀ(L⁻¹(Zᵀt + λm/α) + ξ/√α), ξ standard normal.
 * Where ratings have noise of different sizes, of precision α·w: `own` (f32 by row, or 0) has w of the rows that are drawn, `roots`
 * (f32 by row of `sourceA`, or 0) √w of the rows that they meet.
 * Matrices have `width` f32 a row: factors padded to a multiple of 8 with zeros, then the bias, then zeros.
 * `state` (f64): intercept, α, sweep, 1 if `mean` shall get the conditional means, λ [factors padded, then the bias].
 * `sums` (two f64): Σ w e² and Σ w e over the rows' entries with the new x, w by `roots`; `rowSquares` (f64 by row, or 0): Σ e² of each.
 * Scratch: n² · 8 + CHUNK · (n · 4 + 4) + 5 · n · 8 bytes, n = padded factors + 4, for each of `slots`.
 */
export function gibbsRows(
  rowStart: usize, first: usize, second: usize, ratings: usize, from: i32, to: i32, sourceA: usize, sourceB: usize,
  target: usize, prior: usize, mean: usize, width: i32, factors: i32, state: usize, seed: u32, stream: u32,
  flags: usize, slots: i32, scratch: usize, scratchBytes: i32, sums: usize, roots: usize, own: usize,
  rowSquares: usize,
): void {
  const slot = takeScratch(flags, slots);
  const panels = (factors + 7) >> 3;
  const biasIndex = (<usize>panels) << 3;
  const n = (panels << 3) + 4;
  const size = <usize>n;
  const rowBytes = (<usize>width) << 2;
  const systemBytes = size << 3;
  const system = scratch + (<usize>slot) * (<usize>scratchBytes);
  const totals = system + size * systemBytes;
  const right = totals + systemBytes;
  const noise = right + systemBytes;
  const x = noise + systemBytes;
  const z = x + systemBytes;
  const targets = z + (<usize>panels) * PANEL;
  const scales = targets + ((<usize>CHUNK) << 2);
  const intercept = <f32>load<f64>(state);
  const commonVariance = 1 / load<f64>(state, 8);
  const sweep = <u32>load<f64>(state, 16);
  const wantsMean = load<f64>(state, 24) !== 0;
  const precision = state + 32;
  let squares: f64 = 0, residuals: f64 = 0;

  for (let row = from; row < to; row++) {
    const start = <usize>load<i32>(rowStart + ((<usize>row) << 2));
    const count = load<i32>(rowStart + ((<usize>row) << 2), 4) - <i32>start;
    const out = target + (<usize>row) * rowBytes;
    const priorRow = prior + (<usize>row) * rowBytes;
    fillNormals(noise, factors + 1, streamKey(seed, stream, sweep, row));
    const biasNoise = load<f64>(noise + ((<usize>factors) << 3));
    for (let f = <usize>factors; f < size; f++) store<f64>(noise + (f << 3), 0);
    store<f64>(noise + (biasIndex << 3), biasNoise);

    if (count === 0) {
      for (let f: usize = 0; f <= biasIndex; f++) {
        const value = load<f32>(priorRow + (f << 2));
        const lambda = load<f64>(precision + (f << 3));
        if (wantsMean) store<f32>(mean + (<usize>row) * rowBytes + (f << 2), value);
        store<f32>(out + (f << 2), <f32>(<f64>value + load<f64>(noise + (f << 3)) / Math.sqrt(lambda)));
      }
      if (rowSquares !== 0) store<f64>(rowSquares + ((<usize>row) << 3), 0);
      continue;
    }

    const variance = own === 0 ? commonVariance : commonVariance / <f64>load<f32>(own + ((<usize>row) << 2));
    const deviation = Math.sqrt(variance);
    memory.fill(system, 0, size * systemBytes);
    memory.fill(totals, 0, 2 * systemBytes);
    const total = totals + (biasIndex << 3);
    let targetSquares: f64 = 0;
    for (let done = 0; done < count; done += CHUNK) {
      const entries = min(CHUNK, count - done);
      const at = (start + <usize>done) << 2;
      targetSquares += gather(
        first + at, second === 0 ? 0 : second + at, ratings + at, entries, sourceA, sourceB, rowBytes, panels, intercept,
        roots, z, targets, scales, right + (biasIndex << 3),
      );
      addGram(z, panels, entries, system, systemBytes);
      addSums(z, panels, entries, targets, scales, totals, right);
    }
    // Σ s² waited in the row's fill.
    store<f64>(total, load<f64>(right + ((biasIndex + 1) << 3)));
    store<f64>(right + ((biasIndex + 1) << 3), 0);
    memory.copy(system + biasIndex * systemBytes, totals, (biasIndex + 1) << 3);
    for (let f: usize = 0; f < size; f++) {
      const diagonal = system + f * systemBytes + (f << 3);
      const real = f < <usize>factors || f === biasIndex;
      const ridge = real ? load<f64>(precision + (f << 3)) * variance : 1;
      store<f64>(diagonal, load<f64>(diagonal) + ridge);
      const weighted = load<f64>(right + (f << 3));
      if (real) store<f64>(x + (f << 3), weighted + ridge * <f64>load<f32>(priorRow + (f << 2)));
      else store<f64>(x + (f << 3), 0);
    }
    cholesky(system, n);
    forwardSolve(system, n, x);
    if (wantsMean) {
      // `noise` waits in x's place: mean = L⁻ᵀ y, sample = mean + L⁻ᵀ ξ/√α would be two solves as well.
      const meanRow = mean + (<usize>row) * rowBytes;
      const solved = z;
      memory.copy(solved, x, systemBytes);
      backwardSolve(system, n, solved);
      for (let f: usize = 0; f <= biasIndex; f++) store<f32>(meanRow + (f << 2), <f32>load<f64>(solved + (f << 3)));
    }
    let quadratic: f64 = 0;
    for (let f: usize = 0; f < systemBytes; f += 8) {
      const value = load<f64>(x + f) + deviation * load<f64>(noise + f);
      quadratic += value * value;
      store<f64>(x + f, value);
    }
    backwardSolve(system, n, x);
    // Σ (t − x·z)² = Σ t² − 2 xᵀZᵀt + xᵀZᵀZx, and xᵀ(ZᵀZ + diag(λ)/α)x is the squared norm before the last solve.
    let error = targetSquares + quadratic;
    let residual = load<f64>(right + (biasIndex << 3));
    for (let f: usize = 0; f <= biasIndex; f++) {
      const value = load<f64>(x + (f << 3));
      error -= value * (2 * load<f64>(right + (f << 3)) + load<f64>(precision + (f << 3)) * variance * value);
      residual -= value * load<f64>(totals + (f << 3));
      store<f32>(out + (f << 2), <f32>value);
    }
    if (rowSquares !== 0) store<f64>(rowSquares + ((<usize>row) << 3), error);
    squares += error;
    residuals += residual;
  }
  freeScratch(flags, slot);
  store<f64>(sums, squares);
  store<f64>(sums, residuals, 8);
}

/**
 * One Gibbs sweep over the features [from, to) of rows whose prior mean is linear in them, M = μ + XB, for the sixteen columns from
 * `column` on: given the rows' latent P ~ N(M, diag(λ)⁻¹), each weight B[j][f] ~ N(0, 1/λ_B[f]) is drawn in turn and M follows at
 * once. X by feature (CSR: featureStart, rows, values). `weights` [features × width]. λ, λ_B f64 by column; `columns` real ones.
 */
export function gibbsFeatures(
  featureStart: usize, rows: usize, values: usize, from: i32, to: i32, latent: usize, prior: usize, weights: usize, width: i32,
  column: i32, rowPrecision: usize, weightPrecision: usize, state: usize, seed: u32, stream: u32,
  flags: usize, slots: i32, scratches: usize, scratchBytes: i32,
): void {
  const slot = takeScratch(flags, slots);
  const scratch = scratches + (<usize>slot) * (<usize>scratchBytes);
  const rowBytes = (<usize>width) << 2;
  const shift = (<usize>column) << 2;
  const sweep = <u32>load<f64>(state, 16);
  for (let j = from; j < to; j++) {
    const start = <usize>load<i32>(featureStart + ((<usize>j) << 2));
    const end = <usize>load<i32>(featureStart + ((<usize>j) << 2), 4);
    let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
    let squares: f64 = 0;
    for (let n = start; n < end; n++) {
      const at = <usize>load<i32>(rows + (n << 2)) * rowBytes + shift;
      const value = load<f32>(values + (n << 2));
      const x = f32x4.splat(value);
      const p = latent + at, m = prior + at;
      squares += <f64>value * <f64>value;
      s0 = f32x4.add(s0, f32x4.mul(x, f32x4.sub(v128.load(p), v128.load(m))));
      s1 = f32x4.add(s1, f32x4.mul(x, f32x4.sub(v128.load(p, 16), v128.load(m, 16))));
      s2 = f32x4.add(s2, f32x4.mul(x, f32x4.sub(v128.load(p, 32), v128.load(m, 32))));
      s3 = f32x4.add(s3, f32x4.mul(x, f32x4.sub(v128.load(p, 48), v128.load(m, 48))));
    }
    v128.store(scratch, s0);
    v128.store(scratch, s1, 16);
    v128.store(scratch, s2, 32);
    v128.store(scratch, s3, 48);
    const noise = scratch + 64;
    fillNormals(noise, 16, streamKey(seed, stream + <u32>column, sweep, j));
    const weight = weights + (<usize>j) * rowBytes + shift;
    for (let f: usize = 0; f < 16; f++) {
      const rowOwn = load<f64>(rowPrecision + ((<usize>column + f) << 3));
      // Columns that only fill up a row have no precision.
      if (rowOwn === 0) {
        store<f32>(scratch + (f << 2), 0);
        continue;
      }
      const old = load<f32>(weight + (f << 2));
      const precision = load<f64>(weightPrecision + ((<usize>column + f) << 3)) + rowOwn * squares;
      const centre = (rowOwn * (<f64>load<f32>(scratch + (f << 2)) + <f64>old * squares)) / precision;
      const drawn = <f32>(centre + load<f64>(noise + (f << 3)) / Math.sqrt(precision));
      store<f32>(weight + (f << 2), drawn);
      store<f32>(scratch + (f << 2), drawn - old);
    }
    s0 = v128.load(scratch);
    s1 = v128.load(scratch, 16);
    s2 = v128.load(scratch, 32);
    s3 = v128.load(scratch, 48);
    for (let n = start; n < end; n++) {
      const m = prior + <usize>load<i32>(rows + (n << 2)) * rowBytes + shift;
      const x = v128.load32_splat(values + (n << 2));
      v128.store(m, f32x4.add(v128.load(m), f32x4.mul(x, s0)));
      v128.store(m, f32x4.add(v128.load(m, 16), f32x4.mul(x, s1)), 16);
      v128.store(m, f32x4.add(v128.load(m, 32), f32x4.mul(x, s2)), 32);
      v128.store(m, f32x4.add(v128.load(m, 48), f32x4.mul(x, s3)), 48);
    }
  }
  freeScratch(flags, slot);
}
