/** Lanes of the round-robin below. Must equal `laneCount` in ../reference.ts. */
const LANES: i32 = 8;

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
 * Writes the cell (users order[from … to − 1]) × (items of `block`) to outUsers/outItems/outRatings from entry `out` on,
 * in internal numbers. Order: eight users at a time, one rating of each in turn; a lane whose user is finished takes the
 * next. Consecutive updates then touch different user rows and the processor overlaps them (measured: a third faster
 * than sorted by user, half the time of random order).
 * `lanes` is scratch of 3 × LANES int32 owned by this call.
 */
export function fillCells(
  order: usize, rowStart: usize, items: usize, ratings: usize, itemBlock: usize, itemRank: usize,
  from: i32, to: i32, block: i32, out: i32, outUsers: usize, outItems: usize, outRatings: usize, lanes: usize,
): void {
  let next = from;
  let active = 0;
  for (let lane = 0; lane < LANES; lane++) {
    store<i32>(lanes + ((<usize>lane) << 2), -1);
  }
  let write = <usize>out << 2;
  do {
    active = 0;
    for (let lane = 0; lane < LANES; lane++) {
      const state = lanes + ((<usize>lane) << 2);
      let user = load<i32>(state);
      let n = load<i32>(state, LANES << 2);
      let end = load<i32>(state, LANES << 3);
      // The next rating of this lane that lies in the block, opening users until one has such a rating.
      while (true) {
        if (user < 0) {
          if (next >= to) break;
          user = next++;
          const row = rowStart + ((<usize>load<i32>(order + ((<usize>user) << 2))) << 2);
          n = load<i32>(row);
          end = load<i32>(row, 4);
        }
        while (n < end && <i32>load<u8>(itemBlock + <usize>load<i32>(items + ((<usize>n) << 2))) != block) n++;
        if (n < end) break;
        user = -1;
      }
      if (user >= 0) {
        const item = load<i32>(items + ((<usize>n) << 2));
        store<i32>(outUsers + write, user);
        store<i32>(outItems + write, load<i32>(itemRank + ((<usize>item) << 2)));
        store<f32>(outRatings + write, load<f32>(ratings + ((<usize>n) << 2)));
        write += 4;
        n++;
        active++;
      }
      store<i32>(state, user);
      store<i32>(state, n, LANES << 2);
      store<i32>(state, end, LANES << 3);
    }
  } while (active > 0);
}

// @ts-ignore: decorator
@inline
function sumLanes(v: v128): f32 {
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

/**
 * Stochastic gradient descent over the entries [from, to) of one cell (Koren, Bell, Volinsky 2009, eq. 5):
 *   e = scale·r − mean − b_u − b_i − p·q,   b ← b + γ_b (e − λ_b b),   p ← p + γ (e q − λ p),   q ← q + γ (e p − λ q).
 * `step` holds eight f32: scale, mean, γ, 1 − γλ (users), 1 − γλ (items), γ_b, 1 − γ_b λ_b (users), 1 − γ_b λ_b (items).
 * Rows are `stride` floats, stride a multiple of 4, padding zero (it stays zero). `slot` (f64) receives Σ e², each e
 * taken before its own update: the learning curve's train error costs nothing.
 *
 * Two neighbouring entries that share neither user nor item are computed side by side, which gives the same bits as one
 * after the other: a row's update is longer than the processor looks ahead, so alone it would wait for its own dot product.
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
  const rowBytes = (<usize>stride) << 2;
  const wideBytes = rowBytes & ~63;
  let loss: f64 = 0;
  let n = from;
  while (n < to) {
    const at = (<usize>n) << 2;
    const user = <usize>load<i32>(users + at);
    const item = <usize>load<i32>(items + at);
    const p = userFactors + user * rowBytes;
    const q = itemFactors + item * rowBytes;
    const bu = load<f32>(userBias + (user << 2));
    const bi = load<f32>(itemBias + (item << 2));
    const rest = scale * load<f32>(ratings + at) - mean - bu - bi;
    if (n + 1 < to) {
      const user1 = <usize>load<i32>(users + at, 4);
      const item1 = <usize>load<i32>(items + at, 4);
      if (user1 != user && item1 != item) {
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
