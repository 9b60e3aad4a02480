import { fourDots, gatherFour, scatterFour, singleDot, sumLanes } from "./sgd";

/**
 * SVD++ by stochastic gradient descent (Koren 2008, eq. 15), user after user: those at order[from … to − 1].
 *   v = p + z, z = |N|^-½ Σ_N y,   e = scale·r − mean − b_u − b_i − q·v,   b ← b + γ_b (e − λ_b b),
 *   q ← q + γ (e v − λ q),   p ← p + γ (e q − λ p),   y_j ← y_j + γ (e |N|^-½ q − λ y_j) for every j in N.
 * The last line, done for all of N at every rating, would cost |N|² rows a user. It need not be: z then follows
 * z ← z + γ (e q − λ z), as p does, so v ← v + γ (2 e q − λ v); with G the pulls that p has received in all (decayed since),
 * v_end = dⁿ v_0 + 2 G, and at the end y_j ← dⁿ y_j + |N|^-½ G is what n updates one by one would have left.
 *
 * Errors are taken four ratings at a time, as in `sgdCell`. `step` holds eight f32: scale, mean, γ, 1 − γλ, γ_b,
 * 1 − γ_b λ_b. Rows are `stride` floats, a multiple of 4, padding zero. `scratch`: two rows. `slot` (f64) receives Σ e².
 */
export function svdppUsers(
  order: usize, rowStart: usize, items: usize, ratings: usize, from: i32, to: i32,
  userFactors: usize, userBias: usize, itemFactors: usize, implicitFactors: usize, itemBias: usize,
  stride: i32, step: usize, scratch: usize, slot: usize,
): void {
  const rowBytes = (<usize>stride) << 2;
  const decay = load<f32>(step, 12);
  const before = scratch + rowBytes;
  let loss: f64 = 0;
  for (let position = from; position < to; position++) {
    const user = <usize>load<i32>(order + ((<usize>position) << 2));
    const first = load<i32>(rowStart + (user << 2));
    const end = load<i32>(rowStart + (user << 2), 4);
    if (first == end) continue;
    const norm = <f32>1 / Mathf.sqrt(<f32>(end - first));
    const p = userFactors + user * rowBytes;
    implicitSum(items, first, end, implicitFactors, rowBytes, scratch);
    for (let k: usize = 0; k < rowBytes; k += 16) {
      const v = f32x4.add(v128.load(p + k), f32x4.mul(f32x4.splat(norm), v128.load(scratch + k)));
      v128.store(scratch + k, v);
      v128.store(before + k, v);
    }
    loss += descendUser(items, ratings, first, end, scratch, userBias + (user << 2), itemFactors, itemBias, rowBytes, step);
    let decayed: f32 = 1;
    for (let n = first; n < end; n++) decayed *= decay;
    for (let k: usize = 0; k < rowBytes; k += 16) {
      const start = f32x4.mul(f32x4.splat(decayed), v128.load(before + k));
      const pulls = f32x4.mul(f32x4.splat(0.5), f32x4.sub(v128.load(scratch + k), start));
      v128.store(p + k, f32x4.add(f32x4.mul(f32x4.splat(decayed), v128.load(p + k)), pulls));
      v128.store(before + k, f32x4.mul(f32x4.splat(norm), pulls));
    }
    spreadImplicit(items, first, end, implicitFactors, rowBytes, decayed, before);
  }
  store<f64>(slot, loss);
}

/** out = Σ rows of the items at entries [first, end). */
export function implicitSum(items: usize, first: i32, end: i32, factors: usize, rowBytes: usize, out: usize): void {
  memory.fill(out, 0, rowBytes);
  for (let n = first; n < end; n++) {
    const row = factors + <usize>load<i32>(items + ((<usize>n) << 2)) * rowBytes;
    for (let k: usize = 0; k < rowBytes; k += 16) v128.store(out + k, f32x4.add(v128.load(out + k), v128.load(row + k)));
  }
}

/** row ← decay · row + addend, for the rows of the items at entries [first, end). */
export function spreadImplicit(
  items: usize, first: i32, end: i32, factors: usize, rowBytes: usize, decay: f32, addend: usize,
): void {
  const keep = f32x4.splat(decay);
  for (let n = first; n < end; n++) {
    const row = factors + <usize>load<i32>(items + ((<usize>n) << 2)) * rowBytes;
    for (let k: usize = 0; k < rowBytes; k += 16) {
      v128.store(row + k, f32x4.add(f32x4.mul(keep, v128.load(row + k)), v128.load(addend + k)));
    }
  }
}

/** All ratings of one user, whose vector is at `v`; returns Σ e². */
// @ts-ignore: decorator
@inline
function descendUser(
  items: usize, ratings: usize, first: i32, end: i32, v: usize, userBias: usize,
  itemFactors: usize, itemBias: usize, rowBytes: usize, step: usize,
): f64 {
  const scale = load<f32>(step);
  const mean = load<f32>(step, 4);
  const rate = load<f32>(step, 8);
  const decay = load<f32>(step, 12);
  const biasRate = load<f32>(step, 16);
  const biasDecay = load<f32>(step, 20);
  const decay2 = decay * decay, biasDecay2 = biasDecay * biasDecay;
  const wideBytes = rowBytes & ~63;
  let loss: f64 = 0;
  let n = first;
  for (; n + 3 < end; n += 4) {
    const at = (<usize>n) << 2;
    const i0 = <usize>load<i32>(items + at), i1 = <usize>load<i32>(items + at, 4);
    const i2 = <usize>load<i32>(items + at, 8), i3 = <usize>load<i32>(items + at, 12);
    const q0 = itemFactors + i0 * rowBytes, q1 = itemFactors + i1 * rowBytes;
    const q2 = itemFactors + i2 * rowBytes, q3 = itemFactors + i3 * rowBytes;
    const bu = load<f32>(userBias);
    const bias = gatherFour(itemBias, i0, i1, i2, i3);
    const known = f32x4.add(f32x4.splat(mean + bu), f32x4.add(bias, fourDots(v, q0, q1, q2, q3, rowBytes, wideBytes)));
    const errors = f32x4.sub(f32x4.mul(f32x4.splat(scale), v128.load(ratings + at)), known);
    loss += <f64>sumLanes(f32x4.mul(errors, errors));
    store<f32>(userBias, biasDecay2 * biasDecay2 * bu + biasRate * sumLanes(errors));
    const pulledBias = f32x4.add(f32x4.mul(f32x4.splat(biasDecay), bias), f32x4.mul(f32x4.splat(biasRate), errors));
    scatterFour(itemBias, i0, i1, i2, i3, pulledBias);
    const pull = f32x4.mul(f32x4.splat(rate), errors);
    const a0 = v128.shuffle<f32>(pull, pull, 0, 0, 0, 0), a1 = v128.shuffle<f32>(pull, pull, 1, 1, 1, 1);
    const a2 = v128.shuffle<f32>(pull, pull, 2, 2, 2, 2), a3 = v128.shuffle<f32>(pull, pull, 3, 3, 3, 3);
    const keepUser = f32x4.splat(decay2 * decay2), keepItem = f32x4.splat(decay), two = f32x4.splat(2);
    for (let k: usize = 0; k < rowBytes; k += 16) {
      const row = v128.load(v + k);
      const x0 = v128.load(q0 + k), x1 = v128.load(q1 + k), x2 = v128.load(q2 + k), x3 = v128.load(q3 + k);
      v128.store(q0 + k, f32x4.add(f32x4.mul(keepItem, x0), f32x4.mul(a0, row)));
      v128.store(q1 + k, f32x4.add(f32x4.mul(keepItem, x1), f32x4.mul(a1, row)));
      v128.store(q2 + k, f32x4.add(f32x4.mul(keepItem, x2), f32x4.mul(a2, row)));
      v128.store(q3 + k, f32x4.add(f32x4.mul(keepItem, x3), f32x4.mul(a3, row)));
      const pulls = f32x4.add(
        f32x4.add(f32x4.mul(a0, x0), f32x4.mul(a1, x1)),
        f32x4.add(f32x4.mul(a2, x2), f32x4.mul(a3, x3)),
      );
      v128.store(v + k, f32x4.add(f32x4.mul(keepUser, row), f32x4.mul(two, pulls)));
    }
  }
  for (; n < end; n++) {
    const at = (<usize>n) << 2;
    const item = <usize>load<i32>(items + at);
    const q = itemFactors + item * rowBytes;
    const bu = load<f32>(userBias);
    const bi = load<f32>(itemBias + (item << 2));
    const error = scale * load<f32>(ratings + at) - mean - bu - bi - singleDot(v, q, rowBytes);
    loss += <f64>error * <f64>error;
    store<f32>(userBias, biasDecay * bu + biasRate * error);
    store<f32>(itemBias + (item << 2), biasDecay * bi + biasRate * error);
    const pull = f32x4.splat(rate * error), keep = f32x4.splat(decay);
    for (let k: usize = 0; k < rowBytes; k += 16) {
      const row = v128.load(v + k), x = v128.load(q + k);
      v128.store(q + k, f32x4.add(f32x4.mul(keep, x), f32x4.mul(pull, row)));
      v128.store(v + k, f32x4.add(f32x4.mul(keep, row), f32x4.mul(f32x4.add(pull, pull), x)));
    }
  }
  return loss;
}
