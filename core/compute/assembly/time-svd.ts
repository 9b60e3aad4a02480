import { implicitSum, spreadImplicit } from "./svdpp";

/**
 * timeSVD++ by stochastic gradient descent (Koren 2009, §4.3), user after user: those at order[from … to − 1]. With d the
 * rating's deviation from the user's mean date, w = p + |N|^-½ Σ_N y + d·s:
 *   e = scale·r − mean − b_u − d·a_u − b_u,day − b_i − b_i,bin − q·w,
 *   b ← b + γ (e − λ_b b),   a ← a + γ (d e − λ_t a),   b_u,day, b_i,bin ← b + γ (e − λ_t b),
 *   q ← q + γ (e w − λ q),   s ← s + γ (d e q − λ_t s),   p and y as in `svdppUsers`.
 * `places` holds byte offsets (i32): items, ratings, deviation [f32], bin [i32], day [i32], all by rating (bin and day index
 * their biases; −1: unknown); p, b_u, a, s of the users; day biases; q, y, b_i, bin biases of this shard.
 * `step`: scale, mean, γ, 1 − γλ, 1 − γλ_b, 1 − γλ_t. `scratch`: two rows. `slot` (f64) receives Σ e².
 */
export function timeSvdUsers(
  order: usize, rowStart: usize, from: i32, to: i32, places: usize, stride: i32, step: usize, scratch: usize, slot: usize,
): void {
  const rowBytes = (<usize>stride) << 2;
  const decay = load<f32>(step, 12);
  const items = <usize>load<i32>(places);
  const implicitFactors = <usize>load<i32>(places, 44);
  const before = scratch + rowBytes;
  let loss: f64 = 0;
  for (let position = from; position < to; position++) {
    const user = <usize>load<i32>(order + ((<usize>position) << 2));
    const first = load<i32>(rowStart + (user << 2));
    const end = load<i32>(rowStart + (user << 2), 4);
    if (first == end) continue;
    const norm = <f32>1 / Mathf.sqrt(<f32>(end - first));
    const p = <usize>load<i32>(places, 20) + user * rowBytes;
    implicitSum(items, first, end, implicitFactors, rowBytes, scratch);
    for (let k: usize = 0; k < rowBytes; k += 16) {
      const v = f32x4.add(v128.load(p + k), f32x4.mul(f32x4.splat(norm), v128.load(scratch + k)));
      v128.store(scratch + k, v);
      v128.store(before + k, v);
    }
    let decayed: f32 = 1;
    for (let n = first; n < end; n++) {
      loss += timedStep(places, n, user, scratch, rowBytes, step);
      decayed *= decay;
    }
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

// @ts-ignore: decorator
@inline
function optional(bias: usize, index: i32): f32 {
  return index < 0 ? <f32>0 : load<f32>(bias + ((<usize>index) << 2));
}

// @ts-ignore: decorator
@inline
function pullOptional(bias: usize, index: i32, decay: f32, pull: f32): void {
  if (index < 0) return;
  const at = bias + ((<usize>index) << 2);
  store<f32>(at, decay * load<f32>(at) + pull);
}

/** One rating; returns e². */
function timedStep(places: usize, n: i32, user: usize, v: usize, rowBytes: usize, step: usize): f64 {
  const rate = load<f32>(step, 8);
  const decay = f32x4.splat(load<f32>(step, 12));
  const biasDecay = load<f32>(step, 16);
  const timeDecay = load<f32>(step, 20);
  const at = (<usize>n) << 2;
  const item = <usize>load<i32>(<usize>load<i32>(places) + at);
  const rating = load<f32>(<usize>load<i32>(places, 4) + at);
  const deviation = load<f32>(<usize>load<i32>(places, 8) + at);
  const bin = load<i32>(<usize>load<i32>(places, 12) + at);
  const day = load<i32>(<usize>load<i32>(places, 16) + at);
  const userBias = <usize>load<i32>(places, 24) + (user << 2);
  const slope = <usize>load<i32>(places, 28) + (user << 2);
  const s = <usize>load<i32>(places, 32) + user * rowBytes;
  const dayBias = <usize>load<i32>(places, 36);
  const q = <usize>load<i32>(places, 40) + item * rowBytes;
  const itemBias = <usize>load<i32>(places, 48) + (item << 2);
  const binBias = <usize>load<i32>(places, 52);
  const drift = f32x4.splat(deviation);
  let sum = f32x4.splat(0);
  for (let k: usize = 0; k < rowBytes; k += 16) {
    const w = f32x4.add(v128.load(v + k), f32x4.mul(drift, v128.load(s + k)));
    sum = f32x4.add(sum, f32x4.mul(w, v128.load(q + k)));
  }
  const dot =
    f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) + (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3));
  const bu = load<f32>(userBias), a = load<f32>(slope), bi = load<f32>(itemBias);
  const biases = bu + deviation * a + optional(dayBias, day) + bi + optional(binBias, bin);
  const e = load<f32>(step) * rating - load<f32>(step, 4) - biases - dot;
  const pull = rate * e;
  store<f32>(userBias, biasDecay * bu + pull);
  store<f32>(itemBias, biasDecay * bi + pull);
  store<f32>(slope, timeDecay * a + pull * deviation);
  pullOptional(dayBias, day, timeDecay, pull);
  pullOptional(binBias, bin, timeDecay, pull);
  const pulls = f32x4.splat(pull), driftPulls = f32x4.splat(pull * deviation), keepDrift = f32x4.splat(timeDecay);
  for (let k: usize = 0; k < rowBytes; k += 16) {
    const row = v128.load(v + k), x = v128.load(q + k), t = v128.load(s + k);
    const w = f32x4.add(row, f32x4.mul(drift, t));
    v128.store(q + k, f32x4.add(f32x4.mul(decay, x), f32x4.mul(pulls, w)));
    v128.store(v + k, f32x4.add(f32x4.mul(decay, row), f32x4.mul(f32x4.add(pulls, pulls), x)));
    v128.store(s + k, f32x4.add(f32x4.mul(keepDrift, t), f32x4.mul(driftPulls, x)));
  }
  return <f64>e * <f64>e;
}
