/** counts[block of item] += 1 for every rating of the users order[from … to − 1]. */
export function countCells(
  order: usize, rowStart: usize, items: usize, itemBlock: usize, from: i32, to: i32, counts: usize,
): void {
  for (let position = from; position < to; position++) {
    const row = rowStart + ((<usize>load<i32>(order + ((<usize>position) << 2))) << 2);
    const end = load<i32>(row, 4);
    for (let n = load<i32>(row); n < end; n++) {
      const block = <usize>load<u8>(itemBlock + <usize>load<i32>(items + ((<usize>n) << 2)));
      const counter = counts + (block << 2);
      store<i32>(counter, load<i32>(counter) + 1);
    }
  }
}

/**
 * Deals the ratings of the users order[from … to − 1] into their cells: a rating of an item in block b goes to entry
 * cursors[b]++ of outUsers/outItems/outRatings, in internal numbers. A cell is therefore ordered by user, and a user's
 * ratings in it stand together, which is what lets `sgdCell` take four of them at a time.
 */
export function fillCells(
  order: usize, rowStart: usize, items: usize, ratings: usize, itemBlock: usize, itemRank: usize,
  from: i32, to: i32, cursors: usize, outUsers: usize, outItems: usize, outRatings: usize,
): void {
  for (let position = from; position < to; position++) {
    const row = rowStart + ((<usize>load<i32>(order + ((<usize>position) << 2))) << 2);
    const end = load<i32>(row, 4);
    for (let n = load<i32>(row); n < end; n++) {
      const at = (<usize>n) << 2;
      const item = <usize>load<i32>(items + at);
      const cursor = cursors + ((<usize>load<u8>(itemBlock + item)) << 2);
      const write = load<i32>(cursor);
      const out = (<usize>write) << 2;
      store<i32>(outUsers + out, position);
      store<i32>(outItems + out, load<i32>(itemRank + (item << 2)));
      store<f32>(outRatings + out, load<f32>(ratings + at));
      store<i32>(cursor, write + 1);
    }
  }
}

// @ts-ignore: decorator
@inline
export function sumLanes(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

// @ts-ignore: decorator
@inline
function dotProduct(p: usize, q: usize, rowBytes: usize, wideBytes: usize): f32 {
  let dot0 = f32x4.splat(0), dot1 = f32x4.splat(0), dot2 = f32x4.splat(0), dot3 = f32x4.splat(0);
  let k: usize = 0;
  for (; k < wideBytes; k += 64) {
    dot0 = f32x4.add(dot0, f32x4.mul(v128.load(p + k), v128.load(q + k)));
    dot1 = f32x4.add(dot1, f32x4.mul(v128.load(p + k, 16), v128.load(q + k, 16)));
    dot2 = f32x4.add(dot2, f32x4.mul(v128.load(p + k, 32), v128.load(q + k, 32)));
    dot3 = f32x4.add(dot3, f32x4.mul(v128.load(p + k, 48), v128.load(q + k, 48)));
  }
  for (; k < rowBytes; k += 16) dot0 = f32x4.add(dot0, f32x4.mul(v128.load(p + k), v128.load(q + k)));
  return sumLanes(f32x4.add(f32x4.add(dot0, dot1), f32x4.add(dot2, dot3)));
}

// @ts-ignore: decorator
@inline
export function singleDot(p: usize, q: usize, rowBytes: usize): f32 {
  return dotProduct(p, q, rowBytes, rowBytes & ~63);
}

/** p ← userDecay·p + pull·q, q ← itemDecay·q + pull·p, both from the old values. */
// @ts-ignore: decorator
@inline
function pullTogether(p: usize, q: usize, rowBytes: usize, wideBytes: usize, userDecay: v128, itemDecay: v128, pull: v128): void {
  let k: usize = 0;
  for (; k < wideBytes; k += 64) {
    const p0 = v128.load(p + k), p1 = v128.load(p + k, 16), p2 = v128.load(p + k, 32), p3 = v128.load(p + k, 48);
    const q0 = v128.load(q + k), q1 = v128.load(q + k, 16), q2 = v128.load(q + k, 32), q3 = v128.load(q + k, 48);
    v128.store(p + k, f32x4.add(f32x4.mul(userDecay, p0), f32x4.mul(pull, q0)));
    v128.store(p + k, f32x4.add(f32x4.mul(userDecay, p1), f32x4.mul(pull, q1)), 16);
    v128.store(p + k, f32x4.add(f32x4.mul(userDecay, p2), f32x4.mul(pull, q2)), 32);
    v128.store(p + k, f32x4.add(f32x4.mul(userDecay, p3), f32x4.mul(pull, q3)), 48);
    v128.store(q + k, f32x4.add(f32x4.mul(itemDecay, q0), f32x4.mul(pull, p0)));
    v128.store(q + k, f32x4.add(f32x4.mul(itemDecay, q1), f32x4.mul(pull, p1)), 16);
    v128.store(q + k, f32x4.add(f32x4.mul(itemDecay, q2), f32x4.mul(pull, p2)), 32);
    v128.store(q + k, f32x4.add(f32x4.mul(itemDecay, q3), f32x4.mul(pull, p3)), 48);
  }
  for (; k < rowBytes; k += 16) {
    const p0 = v128.load(p + k), q0 = v128.load(q + k);
    v128.store(p + k, f32x4.add(f32x4.mul(userDecay, p0), f32x4.mul(pull, q0)));
    v128.store(q + k, f32x4.add(f32x4.mul(itemDecay, q0), f32x4.mul(pull, p0)));
  }
}

/** Lanes: Σa, Σb, Σc, Σd. */
// @ts-ignore: decorator
@inline
function sumOfEach(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

/** The four lanes' products of one row with four others. */
// @ts-ignore: decorator
@inline
export function fourDots(p: usize, q0: usize, q1: usize, q2: usize, q3: usize, rowBytes: usize, wideBytes: usize): v128 {
  let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
  const wide = p + wideBytes, end = p + rowBytes;
  for (; p < wide; p += 64) {
    const p0 = v128.load(p, 0);
    s0 = f32x4.add(s0, f32x4.mul(p0, v128.load(q0, 0)));
    s1 = f32x4.add(s1, f32x4.mul(p0, v128.load(q1, 0)));
    s2 = f32x4.add(s2, f32x4.mul(p0, v128.load(q2, 0)));
    s3 = f32x4.add(s3, f32x4.mul(p0, v128.load(q3, 0)));
    const p1 = v128.load(p, 16);
    s0 = f32x4.add(s0, f32x4.mul(p1, v128.load(q0, 16)));
    s1 = f32x4.add(s1, f32x4.mul(p1, v128.load(q1, 16)));
    s2 = f32x4.add(s2, f32x4.mul(p1, v128.load(q2, 16)));
    s3 = f32x4.add(s3, f32x4.mul(p1, v128.load(q3, 16)));
    const p2 = v128.load(p, 32);
    s0 = f32x4.add(s0, f32x4.mul(p2, v128.load(q0, 32)));
    s1 = f32x4.add(s1, f32x4.mul(p2, v128.load(q1, 32)));
    s2 = f32x4.add(s2, f32x4.mul(p2, v128.load(q2, 32)));
    s3 = f32x4.add(s3, f32x4.mul(p2, v128.load(q3, 32)));
    const p3 = v128.load(p, 48);
    s0 = f32x4.add(s0, f32x4.mul(p3, v128.load(q0, 48)));
    s1 = f32x4.add(s1, f32x4.mul(p3, v128.load(q1, 48)));
    s2 = f32x4.add(s2, f32x4.mul(p3, v128.load(q2, 48)));
    s3 = f32x4.add(s3, f32x4.mul(p3, v128.load(q3, 48)));
    q0 += 64; q1 += 64; q2 += 64; q3 += 64;
  }
  for (; p < end; p += 16) {
    const p0 = v128.load(p);
    s0 = f32x4.add(s0, f32x4.mul(p0, v128.load(q0)));
    s1 = f32x4.add(s1, f32x4.mul(p0, v128.load(q1)));
    s2 = f32x4.add(s2, f32x4.mul(p0, v128.load(q2)));
    s3 = f32x4.add(s3, f32x4.mul(p0, v128.load(q3)));
    q0 += 16; q1 += 16; q2 += 16; q3 += 16;
  }
  return sumOfEach(s0, s1, s2, s3);
}

/** Four floats of each row: p ← userDecay·p + Σ aₙ·qₙ, qₙ ← itemDecay·qₙ + aₙ·p, all from the old values. */
// @ts-ignore: decorator
@inline
function updateFour(
  p: usize, q0: usize, q1: usize, q2: usize, q3: usize, at: usize,
  userDecay: v128, itemDecay: v128, a0: v128, a1: v128, a2: v128, a3: v128,
): void {
  const row = v128.load(p + at);
  const v0 = v128.load(q0 + at), v1 = v128.load(q1 + at);
  let next = f32x4.add(f32x4.mul(userDecay, row), f32x4.mul(a0, v0));
  v128.store(q0 + at, f32x4.add(f32x4.mul(itemDecay, v0), f32x4.mul(a0, row)));
  next = f32x4.add(next, f32x4.mul(a1, v1));
  v128.store(q1 + at, f32x4.add(f32x4.mul(itemDecay, v1), f32x4.mul(a1, row)));
  const v2 = v128.load(q2 + at), v3 = v128.load(q3 + at);
  next = f32x4.add(next, f32x4.mul(a2, v2));
  v128.store(q2 + at, f32x4.add(f32x4.mul(itemDecay, v2), f32x4.mul(a2, row)));
  next = f32x4.add(next, f32x4.mul(a3, v3));
  v128.store(q3 + at, f32x4.add(f32x4.mul(itemDecay, v3), f32x4.mul(a3, row)));
  v128.store(p + at, next);
}

/** Pulls one user row and four item rows together: see `updateFour`. */
// @ts-ignore: decorator
@inline
function pullFour(
  p: usize, q0: usize, q1: usize, q2: usize, q3: usize, rowBytes: usize, wideBytes: usize,
  userDecay: v128, itemDecay: v128, pull: v128,
): void {
  const a0 = v128.shuffle<f32>(pull, pull, 0, 0, 0, 0), a1 = v128.shuffle<f32>(pull, pull, 1, 1, 1, 1);
  const a2 = v128.shuffle<f32>(pull, pull, 2, 2, 2, 2), a3 = v128.shuffle<f32>(pull, pull, 3, 3, 3, 3);
  const wide = p + wideBytes, end = p + rowBytes;
  for (; p < wide; p += 64) {
    updateFour(p, q0, q1, q2, q3, 0, userDecay, itemDecay, a0, a1, a2, a3);
    updateFour(p, q0, q1, q2, q3, 16, userDecay, itemDecay, a0, a1, a2, a3);
    updateFour(p, q0, q1, q2, q3, 32, userDecay, itemDecay, a0, a1, a2, a3);
    updateFour(p, q0, q1, q2, q3, 48, userDecay, itemDecay, a0, a1, a2, a3);
    q0 += 64; q1 += 64; q2 += 64; q3 += 64;
  }
  for (; p < end; p += 16) {
    updateFour(p, q0, q1, q2, q3, 0, userDecay, itemDecay, a0, a1, a2, a3);
    q0 += 16; q1 += 16; q2 += 16; q3 += 16;
  }
}

// @ts-ignore: decorator
@inline
export function gatherFour(base: usize, i0: usize, i1: usize, i2: usize, i3: usize): v128 {
  let v = v128.load32_zero(base + (i0 << 2));
  v = v128.load_lane<f32>(base + (i1 << 2), v, 1);
  v = v128.load_lane<f32>(base + (i2 << 2), v, 2);
  return v128.load_lane<f32>(base + (i3 << 2), v, 3);
}

// @ts-ignore: decorator
@inline
export function scatterFour(base: usize, i0: usize, i1: usize, i2: usize, i3: usize, v: v128): void {
  v128.store_lane<f32>(base + (i0 << 2), v, 0);
  v128.store_lane<f32>(base + (i1 << 2), v, 1);
  v128.store_lane<f32>(base + (i2 << 2), v, 2);
  v128.store_lane<f32>(base + (i3 << 2), v, 3);
}

/** x⁴, of the decays of a step of four. */
// @ts-ignore: decorator
@inline
function toTheFourth(x: f32): f32 {
  return x * x * (x * x);
}

/**
 * Stochastic gradient descent over the entries [from, to) of one cell (Koren, Bell, Volinsky 2009, eq. 5):
 *   e = scale·r − mean − b_u − b_i − p·q,   b ← b + γ_b (e − λ_b b),   p ← p + γ (e q − λ p),   q ← q + γ (e p − λ q).
 * `step` holds eight f32: scale, mean, γ, 1 − γλ (users), 1 − γλ (items), γ_b, 1 − γ_b λ_b (users), 1 − γ_b λ_b (items).
 * Rows are `stride` floats, stride a multiple of 4, padding zero (it stays zero). `slot` (f64) receives Σ e², each e
 * taken before its own update: the learning curve's train error costs nothing.
 *
 * Four neighbouring entries of one user are one step: their errors are taken before any of the four updates, the user's
 * row and bias receive the sum of the four pulls and four decays. The user's row is then read and written once instead of
 * four times; the train error after 20 epochs on MovieLens 1M differs in the fifth digit, a quarter of the time is saved.
 * Of what remains, two neighbouring entries that share neither user nor item are computed side by side, which gives the same
 * bits as one after the other: a row's update is longer than the processor looks ahead, so alone it would wait for its own
 * dot product.
 */
export function sgdCell(
  users: usize, items: usize, ratings: usize, from: i32, to: i32,
  userFactors: usize, itemFactors: usize, userBias: usize, itemBias: usize, stride: i32, step: usize, slot: usize,
): void {
  const scale = load<f32>(step);
  const mean = load<f32>(step, 4);
  const rate = load<f32>(step, 8);
  const userDecay = v128.load32_splat(step, 12);
  const itemDecay = v128.load32_splat(step, 16);
  const biasRate = load<f32>(step, 20);
  const userBiasDecay = load<f32>(step, 24);
  const itemBiasDecay = load<f32>(step, 28);
  const userDecay4 = f32x4.splat(toTheFourth(load<f32>(step, 12)));
  const userBiasDecay4 = toTheFourth(userBiasDecay);
  const rowBytes = (<usize>stride) << 2;
  const wideBytes = rowBytes & ~63;
  let loss: f64 = 0;
  let n = from;
  while (n < to) {
    const at = (<usize>n) << 2;
    const user = <usize>load<i32>(users + at);
    const item = <usize>load<i32>(items + at);
    const p = userFactors + user * rowBytes;
    const bu = load<f32>(userBias + (user << 2));
    if (n + 3 < to && <usize>load<i32>(users + at, 12) == user) {
      const i1 = <usize>load<i32>(items + at, 4), i2 = <usize>load<i32>(items + at, 8), i3 = <usize>load<i32>(items + at, 12);
      const q0 = itemFactors + item * rowBytes, q1 = itemFactors + i1 * rowBytes;
      const q2 = itemFactors + i2 * rowBytes, q3 = itemFactors + i3 * rowBytes;
      const bias = gatherFour(itemBias, item, i1, i2, i3);
      const known = f32x4.add(f32x4.splat(mean + bu), f32x4.add(bias, fourDots(p, q0, q1, q2, q3, rowBytes, wideBytes)));
      const errors = f32x4.sub(f32x4.mul(f32x4.splat(scale), v128.load(ratings + at)), known);
      loss += <f64>sumLanes(f32x4.mul(errors, errors));
      store<f32>(userBias + (user << 2), userBiasDecay4 * bu + biasRate * sumLanes(errors));
      const pulledBias = f32x4.add(f32x4.mul(f32x4.splat(itemBiasDecay), bias), f32x4.mul(f32x4.splat(biasRate), errors));
      scatterFour(itemBias, item, i1, i2, i3, pulledBias);
      pullFour(p, q0, q1, q2, q3, rowBytes, wideBytes, userDecay4, itemDecay, f32x4.mul(f32x4.splat(rate), errors));
      n += 4;
      continue;
    }
    const q = itemFactors + item * rowBytes;
    const bi = load<f32>(itemBias + (item << 2));
    const rest = scale * load<f32>(ratings + at) - mean - bu - bi;
    if (n + 1 < to) {
      const user1 = <usize>load<i32>(users + at, 4);
      const item1 = <usize>load<i32>(items + at, 4);
      const opensFour = n + 4 < to && <usize>load<i32>(users + at, 16) == user1;
      if (user1 != user && item1 != item && !opensFour) {
        const p1 = userFactors + user1 * rowBytes;
        const q1 = itemFactors + item1 * rowBytes;
        const bu1 = load<f32>(userBias + (user1 << 2));
        const bi1 = load<f32>(itemBias + (item1 << 2));
        const rest1 = scale * load<f32>(ratings + at, 4) - mean - bu1 - bi1;
        const dot = dotProduct(p, q, rowBytes, wideBytes);
        const dot1 = dotProduct(p1, q1, rowBytes, wideBytes);
        const error = rest - dot;
        const error1 = rest1 - dot1;
        loss += <f64>error * <f64>error;
        loss += <f64>error1 * <f64>error1;
        store<f32>(userBias + (user << 2), userBiasDecay * bu + biasRate * error);
        store<f32>(itemBias + (item << 2), itemBiasDecay * bi + biasRate * error);
        store<f32>(userBias + (user1 << 2), userBiasDecay * bu1 + biasRate * error1);
        store<f32>(itemBias + (item1 << 2), itemBiasDecay * bi1 + biasRate * error1);
        pullTogether(p, q, rowBytes, wideBytes, userDecay, itemDecay, f32x4.splat(rate * error));
        pullTogether(p1, q1, rowBytes, wideBytes, userDecay, itemDecay, f32x4.splat(rate * error1));
        n += 2;
        continue;
      }
    }
    const error = rest - dotProduct(p, q, rowBytes, wideBytes);
    loss += <f64>error * <f64>error;
    store<f32>(userBias + (user << 2), userBiasDecay * bu + biasRate * error);
    store<f32>(itemBias + (item << 2), itemBiasDecay * bi + biasRate * error);
    pullTogether(p, q, rowBytes, wideBytes, userDecay, itemDecay, f32x4.splat(rate * error));
    n++;
  }
  store<f64>(slot, loss);
}
