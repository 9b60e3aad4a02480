// Rankings for evaluation: exact lists and areas under the ROC curve of a user from the approximate scores that `scoreTiles`
// left (./scan.ts). Approximations settle nearly everything; what lies within their error is scored exactly, in float64 and in
// the order of operations of core/recommend/dense.ts, so that the bits are those of serving.

const CHUNK = 8; // keys that insertion sorts before runs are merged
const SAMPLED = 256; // scores that the first cut of a list is guessed from
const BINS = 512; // as in ../scan-index.ts

/** Ordered as the scores are, in the upper half; the lower half is the item's complement: of equal scores the lower item is larger. */
// @ts-ignore: decorator
@inline
function keyOf(score: f32, item: i32): u64 {
  const bits = reinterpret<i32>(score + 0);
  const ordered = <u32>(bits ^ ((bits >> 31) | (<i32>0x80000000)));
  return ((<u64>ordered) << 32) | <u64>(~(<u32>item));
}

// @ts-ignore: decorator
@inline
function itemOf(key: u64): i32 {
  return <i32>~(<u32>key);
}

// @ts-ignore: decorator
@inline
function scoreOf(key: u64): f32 {
  const ordered = <i32>(key >> 32);
  return reinterpret<f32>(ordered ^ (((~ordered) >> 31) | (<i32>0x80000000)));
}

/** Sorts `count` keys, largest first; returns where they are then: `keys` or `spare`. Merging goes without branches on keys. */
function sortKeys(keys: usize, spare: usize, count: i32): usize {
  for (let from = 0; from < count; from += CHUNK) {
    const start = keys + ((<usize>from) << 3);
    const end = keys + ((<usize>min(from + CHUNK, count)) << 3);
    for (let at = start + 8; at < end; at += 8) {
      const key = load<u64>(at);
      let to = at;
      for (; to > start && load<u64>(to - 8) < key; to -= 8) store<u64>(to, load<u64>(to - 8));
      store<u64>(to, key);
    }
  }
  let source = keys;
  let target = spare;
  for (let width = CHUNK; width < count; width <<= 1) {
    for (let from = 0; from < count; from += 2 * width) {
      let a = source + ((<usize>from) << 3);
      const middle = source + ((<usize>min(from + width, count)) << 3);
      const end = source + ((<usize>min(from + 2 * width, count)) << 3);
      let b = middle;
      let out = target + ((<usize>from) << 3);
      while (a < middle && b < end) {
        const left = load<u64>(a);
        const right = load<u64>(b);
        const takeLeft = <usize>(left >= right);
        store<u64>(out, select(left, right, takeLeft));
        a += takeLeft << 3;
        b += (takeLeft ^ 1) << 3;
        out += 8;
      }
      memory.copy(out, a, middle - a);
      memory.copy(out + (middle - a), b, end - b);
    }
    const other = source;
    source = target;
    target = other;
  }
  return source;
}

/** Keys of the places whose score is at least `cut`; −∞ (what may not be listed) never is. */
function collectKeys(row: usize, places: i32, cut: f32, itemAt: usize, keys: usize): i32 {
  const wanted = f32x4.splat(cut);
  let to = keys;
  for (let place: usize = 0; place < <usize>places; place += 4) {
    const at = row + (place << 2);
    for (let left = i32x4.bitmask(f32x4.ge(v128.load(at), wanted)); left !== 0; left &= left - 1) {
      const lane = (<usize>ctz(left)) << 2;
      store<u64>(to, keyOf(load<f32>(at + lane), load<i32>(itemAt + (place << 2) + lane)));
      to += 8;
    }
  }
  return <i32>((to - keys) >> 3);
}

/** A score that probably a few more than n places reach, by a sample; the lowest of all where that would not pay. */
function guessCut(row: usize, places: i32, n: i32, keys: usize, spare: usize): f32 {
  const expected = (<f64>n) * SAMPLED / <f64>places;
  const rank = <i32>(expected + 3 * sqrt(expected) + 2);
  if (places < 4 * SAMPLED || rank >= SAMPLED) return -f32.MAX_VALUE;
  const step = (<usize>(places / SAMPLED)) << 4;
  for (let at: usize = 0; at < <usize>SAMPLED; at += 4) {
    const four = row + (at >> 2) * step;
    for (let lane: usize = 0; lane < 4; lane++) {
      store<u64>(keys + ((at + lane) << 3), keyOf(load<f32>(four + (lane << 2)), 0));
    }
  }
  const score = scoreOf(load<u64>(sortKeys(keys, spare, SAMPLED) + ((<usize>(rank - 1)) << 3)));
  return max(score, -f32.MAX_VALUE);
}

/** query [k] f64 · factors [k] f32: four partial sums, added pairwise (`dotRow`). */
// @ts-ignore: decorator
@inline
function dotRow(query: usize, factors: usize, k: i32): f64 {
  let ab = f64x2.splat(0), cd = f64x2.splat(0);
  const whole = k & ~3;
  for (let f: usize = 0; f < <usize>whole; f += 4) {
    const at = factors + (f << 2);
    const from = query + (f << 3);
    ab = f64x2.add(ab, f64x2.mul(v128.load(from), f64x2.promote_low_f32x4(v128.load64_zero(at))));
    cd = f64x2.add(cd, f64x2.mul(v128.load(from, 16), f64x2.promote_low_f32x4(v128.load64_zero(at, 8))));
  }
  let a = f64x2.extract_lane(ab, 0);
  for (let f = whole; f < k; f++) {
    a += load<f64>(query + ((<usize>f) << 3)) * <f64>load<f32>(factors + ((<usize>f) << 2));
  }
  return a + f64x2.extract_lane(ab, 1) + (f64x2.extract_lane(cd, 0) + f64x2.extract_lane(cd, 1));
}

// @ts-ignore: decorator
@inline
function exactScore(item: i32, constant: f64, query: usize, k: i32, factors: usize, biases: usize): f64 {
  const bias = <f64>load<f32>(biases + ((<usize>item) << 2));
  return constant + bias + dotRow(query, factors + (<usize>item) * ((<usize>k) << 2), k);
}

/** Shell's sort by score, largest first, lower item first among equals: for what is nearly in order already. */
function sortScored(scores: usize, items: usize, count: i32): void {
  for (let gap: i32 = count > 64 ? 57 : 23; gap > 0; gap = gap === 1 ? 0 : gap <= 4 ? 1 : gap <= 10 ? 4 : gap <= 23 ? 10 : 23) {
    const step = <usize>gap;
    for (let at = step; at < <usize>count; at++) {
      const score = load<f64>(scores + (at << 3));
      const item = load<i32>(items + (at << 2));
      let to = at;
      for (; to >= step; to -= step) {
        const other = load<f64>(scores + ((to - step) << 3));
        const otherItem = load<i32>(items + ((to - step) << 2));
        if (other > score || (other === score && otherItem < item)) break;
        store<f64>(scores + (to << 3), other);
        store<i32>(items + (to << 2), otherItem);
      }
      store<f64>(scores + (to << 3), score);
      store<i32>(items + (to << 2), item);
    }
  }
}

/**
 * The best `n` items of a row of approximate scores, exactly; returns how many there are.
 *
 * `row`: f32 [places], −∞ where nothing may be listed; `places`: a multiple of 4; `itemAt`: i32 [places]; `margin`: f32, how far
 * below the n-th best approximate score an item of the list can lie; `query`: f64 [k]; `factors`: f32 [items × k]; `biases`: f32 [items];
 * `constant`: what all scores have in common; `keys`, `spare`: u64 [places]; `items`: i32 [places], the list.
 */
export function rankRow(
  row: usize, places: i32, itemAt: usize, n: i32, margin: f32, constant: f64, query: usize, k: i32, factors: usize,
  biases: usize, keys: usize, spare: usize, items: usize,
): i32 {
  let cut = guessCut(row, places, n, keys, spare);
  let count = collectKeys(row, places, max(cut - margin, -f32.MAX_VALUE), itemAt, keys);
  let sorted = sortKeys(keys, spare, count);
  if (cut > -f32.MAX_VALUE && (count < n || scoreOf(load<u64>(sorted + ((<usize>(n - 1)) << 3))) < cut)) {
    count = collectKeys(row, places, -f32.MAX_VALUE, itemAt, keys);
    sorted = sortKeys(keys, spare, count);
  }
  if (count > n) {
    const limit = scoreOf(load<u64>(sorted + ((<usize>(n - 1)) << 3))) - margin;
    let kept = n;
    while (kept < count && scoreOf(load<u64>(sorted + ((<usize>kept) << 3))) >= limit) kept++;
    count = kept;
  }
  const scores = sorted === keys ? spare : keys;
  for (let at: usize = 0; at < <usize>count; at++) {
    const item = itemOf(load<u64>(sorted + (at << 3)));
    store<i32>(items + (at << 2), item);
    store<f64>(scores + (at << 3), exactScore(item, constant, query, k, factors, biases));
  }
  sortScored(scores, items, count);
  return min(count, n);
}

/** How many of the ascending scores are above the score, those equal to it half. */
function beaten(sorted: usize, count: i32, score: f64): f64 {
  let below = 0;
  let end = count;
  while (below < end) {
    const middle = (below + end) >> 1;
    if (load<f64>(sorted + ((<usize>middle) << 3)) < score) below = middle + 1;
    else end = middle;
  }
  let equal = 0;
  while (below + equal < count && load<f64>(sorted + ((<usize>(below + equal)) << 3)) === score) equal++;
  return <f64>(count - below) - 0.5 * <f64>equal;
}

// @ts-ignore: decorator
@inline
function binsOf(values: v128, low: v128, perBin: v128): v128 {
  const bins = i32x4.trunc_sat_f32x4_s(f32x4.mul(f32x4.sub(values, low), perBin));
  return i32x4.max_s(i32x4.min_s(bins, i32x4.splat(BINS - 1)), i32x4.splat(0));
}

/**
 * Over all places, how many of the relevant items score higher, ties counted half. Places of −∞ are below all.
 *
 * `relevant`: i32 [count], count ≥ 1; `tiers`: for each stretch of places f64 until where and f64 by how much an approximate
 * score can be off; `exact`, `spare`: f64 [count]; `table`: i32 [BINS + 4]; the others as for `rankRow`.
 */
export function relevantAbove(
  row: usize, itemAt: usize, relevant: usize, count: i32, tiers: usize, tierCount: i32, constant: f64, query: usize,
  k: i32, factors: usize, biases: usize, exact: usize, spare: usize, table: usize,
): f64 {
  for (let at: usize = 0; at < <usize>count; at++) {
    const score = exactScore(load<i32>(relevant + (at << 2)), constant, query, k, factors, biases);
    const bits = reinterpret<i64>(score + 0);
    // Complemented: the largest key is the lowest score.
    store<u64>(exact + (at << 3), ~(<u64>(bits ^ ((bits >> 63) | i64.MIN_VALUE))));
  }
  const sorted = sortKeys(exact, spare, count);
  for (let at: usize = 0; at < <usize>count; at++) {
    const ordered = <i64>~load<u64>(sorted + (at << 3));
    store<f64>(sorted + (at << 3), reinterpret<f64>(ordered ^ (((~ordered) >> 63) | i64.MIN_VALUE)));
  }
  const first = load<f64>(sorted);
  const last = load<f64>(sorted + ((<usize>(count - 1)) << 3));
  // What rounding does to the comparisons below, to float32 with the constant taken off and in float64 with it.
  const rounding = 1e-6 * (abs(first - constant) + abs(last - constant)) + 1e-14 * (abs(first) + abs(last) + abs(constant));
  let most: f64 = 0;
  for (let tier: usize = 0; tier < <usize>tierCount; tier++) most = max(most, load<f64>(tiers + (tier << 4), 8));
  most += rounding;

  // A value of bin b lies above all scores of lower bins, whatever the error: table[b] says how many those are.
  const low = f32x4.splat(<f32>(first - constant));
  const perBin = f32x4.splat(<f32>((<f64>BINS) / (last - first + 2 * most)));
  let bin = 0;
  for (let at = 0; at < count; at++) {
    const value = <f32>(load<f64>(sorted + ((<usize>at) << 3)) - constant + most);
    const own = i32x4.extract_lane(binsOf(f32x4.splat(value), low, perBin), 0);
    for (; bin <= own; bin++) store<i32>(table + ((<usize>bin) << 2), at);
  }
  for (; bin < BINS; bin++) store<i32>(table + ((<usize>bin) << 2), count);

  let below: i64 = 0; // values below all scores
  let won: i64 = 0;
  let wonExactly: f64 = 0;
  let place: usize = 0;
  for (let tier: usize = 0; tier < <usize>tierCount; tier++) {
    const until = <usize>load<f64>(tiers + (tier << 4));
    const error = load<f64>(tiers + (tier << 4), 8) + rounding;
    const lowest = f32x4.splat(<f32>(first - constant - error - rounding));
    for (; place < until; place += 4) {
      const values = v128.load(row + (place << 2));
      if (i32x4.all_true(f32x4.lt(values, lowest))) {
        below += 4;
        continue;
      }
      const bins = binsOf(values, low, perBin);
      v128.store(table + 4 * BINS, bins);
      let undecided = 0;
      for (let lane: usize = 0; lane < 4; lane++) {
        const value = <f64>load<f32>(row + ((place + lane) << 2)) + constant;
        const lowEnd = value - error;
        let above = load<i32>(table + ((<usize>load<i32>(table + 4 * BINS + (lane << 2))) << 2));
        while (above < count && load<f64>(sorted + ((<usize>above) << 3)) < lowEnd) above++;
        if (above < count && load<f64>(sorted + ((<usize>above) << 3)) <= value + error) undecided |= 1 << <i32>lane;
        else won += count - above;
      }
      for (; undecided !== 0; undecided &= undecided - 1) {
        const item = load<i32>(itemAt + ((place + <usize>ctz(undecided)) << 2));
        wonExactly += beaten(sorted, count, exactScore(item, constant, query, k, factors, biases));
      }
    }
  }
  return wonExactly + <f64>won + <f64>below * <f64>count;
}
