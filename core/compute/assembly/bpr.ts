import { mix } from "./random";
import { singleDot } from "./sgd";

/** Draws of a negative before a positive is left out: only who has nearly everything needs more. */
const TRIES: i32 = 16;

/**
 * Bayesian personalised ranking (Rendle 2009, §4.3), user after user: those at order[from … to − 1], each rated item i against an
 * item j that the user has not rated, drawn evenly:
 *   x = b_i − b_j + p·(q_i − q_j),   σ = 1 / (1 + eˣ),   b_i, b_j ← b ± γσ − γλ_b b,
 *   p ← p + γ (σ (q_i − q_j) − λ p),   q_i ← q_i + γ (σ p − λ q_i),   q_j ← q_j + γ (−σ p − λ q_j), all from the old values.
 * A row's items are ascending. The draws of entry n follow from (seed, n) alone, so that any order and any number of threads
 * make the same ones; another epoch takes another seed. `step`: γ, 1 − γλ, 1 − γλ_b.
 * `slot` (two f64) receives the pairs ranked rightly (half for a tie) before their own update, and the pairs drawn.
 */
export function bprUsers(
  order: usize, rowStart: usize, items: usize, from: i32, to: i32, itemCount: i32,
  userFactors: usize, itemFactors: usize, itemBias: usize, stride: i32, step: usize, seed: usize, slot: usize,
): void {
  const rowBytes = (<usize>stride) << 2;
  const rate = load<f32>(step);
  const keep = f32x4.splat(load<f32>(step, 4));
  const biasKeep = load<f32>(step, 8);
  const base = mix(((<u64>load<u32>(seed)) << 32) | <u64>load<u32>(seed, 4));
  let right: f64 = 0;
  let pairs: f64 = 0;
  for (let position = from; position < to; position++) {
    const user = <usize>load<i32>(order + ((<usize>position) << 2));
    const first = load<i32>(rowStart + (user << 2));
    const end = load<i32>(rowStart + (user << 2), 4);
    const p = userFactors + user * rowBytes;
    for (let n = first; n < end; n++) {
      const j = unrated(items, first, end, itemCount, base + 0x9e3779b97f4a7c15 * (<u64>n * <u64>TRIES + 1));
      if (j < 0) continue;
      const i = <usize>load<i32>(items + ((<usize>n) << 2));
      const qi = itemFactors + i * rowBytes, qj = itemFactors + (<usize>j) * rowBytes;
      const biasI = itemBias + (i << 2), biasJ = itemBias + ((<usize>j) << 2);
      const bi = load<f32>(biasI), bj = load<f32>(biasJ);
      const x = bi - bj + (singleDot(p, qi, rowBytes) - singleDot(p, qj, rowBytes));
      right += x > 0 ? 1.0 : x == 0 ? 0.5 : 0.0;
      pairs += 1;
      const pull = rate / (<f32>1 + Mathf.exp(x));
      store<f32>(biasI, biasKeep * bi + pull);
      store<f32>(biasJ, biasKeep * bj - pull);
      const pulls = f32x4.splat(pull);
      for (let k: usize = 0; k < rowBytes; k += 16) {
        const row = v128.load(p + k), a = v128.load(qi + k), b = v128.load(qj + k);
        const towards = f32x4.mul(pulls, row);
        v128.store(p + k, f32x4.add(f32x4.mul(keep, row), f32x4.mul(pulls, f32x4.sub(a, b))));
        v128.store(qi + k, f32x4.add(f32x4.mul(keep, a), towards));
        v128.store(qj + k, f32x4.sub(f32x4.mul(keep, b), towards));
      }
    }
  }
  store<f64>(slot, right);
  store<f64>(slot, pairs, 8);
}

/** An item that is not among the entries [first, end), or −1 when chance has not found one. */
function unrated(items: usize, first: i32, end: i32, itemCount: i32, counter: u64): i32 {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const bits = mix(counter + 0x9e3779b97f4a7c15 * <u64>attempt);
    // The upper half times the count, its upper half: even but for one part in 2³² / count.
    const j = <i32>(((bits >> 32) * <u64>itemCount) >> 32);
    let low = first, high = end;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (load<i32>(items + ((<usize>middle) << 2)) < j) low = middle + 1;
      else high = middle;
    }
    if (low == end || load<i32>(items + ((<usize>low) << 2)) != j) return j;
  }
  return -1;
}
