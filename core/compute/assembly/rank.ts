// Rankings for evaluation: exact lists and areas under the ROC curve of a user from the approximate scores that `scoreTiles`
// left (./scan.ts). Approximations settle nearly everything; what lies within their error is scored exactly, in float64 and in
// the order of operations of core/recommend/dense.ts, so that the bits are those of serving.

const CHUNK = 8; // keys that insertion sorts before runs are merged
const CUT_BINS = 512;
const BINS = 2048; // as in ../scan-index.ts

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
      // Loops: a call that copies costs more than these few.
      for (; a < middle; a += 8, out += 8) store<u64>(out, load<u64>(a));
      for (; b < end; b += 8, out += 8) store<u64>(out, load<u64>(b));
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

/**
 * A score that at least `n` places reach, and few more: the n-th largest of the maxima of groups, or a little less. The
 * lowest of all where groups would be too small. `maxima`: f32 [places]; `counts`: i32 [CUT_BINS].
 */
function lowerBound(row: usize, places: i32, n: i32, maxima: usize, counts: usize): f32 {
  // Groups are lanes of every so many-th vector: neighbours are much alike, and would crowd few groups with the best.
  const groups = (n * 9) / 16 + 8;
  if ((places >> 2) < 2 * groups) return -f32.MAX_VALUE;
  const step = (<usize>groups) << 4;
  const end = row + ((<usize>places) << 2);
  let to = maxima;
  let highest = f32x4.splat(-f32.MAX_VALUE);
  let lowest = f32x4.splat(f32.MAX_VALUE);
  for (let from = row; from < row + step; from += 16) {
    let most = v128.load(from);
    for (let at = from + step; at < end; at += step) most = f32x4.max(most, v128.load(at));
    v128.store(to, most);
    to += 16;
    highest = f32x4.max(highest, most);
    // Groups of which nothing may be listed say nothing about the range.
    lowest = f32x4.min(lowest, v128.bitselect(most, lowest, f32x4.gt(most, f32x4.splat(-f32.MAX_VALUE))));
  }
  const top = max(
    max(f32x4.extract_lane(highest, 0), f32x4.extract_lane(highest, 1)),
    max(f32x4.extract_lane(highest, 2), f32x4.extract_lane(highest, 3)),
  );
  const bottom = min(
    min(f32x4.extract_lane(lowest, 0), f32x4.extract_lane(lowest, 1)),
    min(f32x4.extract_lane(lowest, 2), f32x4.extract_lane(lowest, 3)),
  );
  const scale = <f32>CUT_BINS / (top - bottom);
  if (!(scale > 0 && scale < f32.MAX_VALUE)) return -f32.MAX_VALUE;
  for (let at: usize = 0; at < 4 * CUT_BINS; at += 16) v128.store(counts + at, i32x4.splat(0));
  for (let at = maxima; at < to; at += 4) {
    const bin = counts + ((<usize>cutBin(load<f32>(at), bottom, scale)) << 2);
    store<i32>(bin, load<i32>(bin) + 1);
  }
  let reached = 0;
  let bin = CUT_BINS - 1;
  for (; bin > 0; bin--) {
    reached += load<i32>(counts + ((<usize>bin) << 2));
    if (reached >= n) break;
  }
  if (bin === 0) return -f32.MAX_VALUE;
  let cut = f32.MAX_VALUE;
  for (let at = maxima; at < to; at += 4) {
    const value = load<f32>(at);
    if (cutBin(value, bottom, scale) >= bin) cut = min(cut, value);
  }
  return cut;
}

// @ts-ignore: decorator
@inline
function cutBin(value: f32, bottom: f32, scale: f32): i32 {
  // Saturating, so that −∞ lands in the lowest.
  const position = i32x4.extract_lane(i32x4.trunc_sat_f32x4_s(f32x4.splat((value - bottom) * scale)), 0);
  return min(max(position, 0), CUT_BINS - 1);
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

/** `exactScore` of two, side by side: their sums wait for each other less. */
function exactPair(first: i32, second: i32, constant: f64, query: usize, k: i32, factors: usize, biases: usize, out: usize): void {
  const rowBytes = (<usize>k) << 2;
  const p = factors + (<usize>first) * rowBytes;
  const q = factors + (<usize>second) * rowBytes;
  let pab = f64x2.splat(0), pcd = f64x2.splat(0), qab = f64x2.splat(0), qcd = f64x2.splat(0);
  const whole = k & ~3;
  for (let f: usize = 0; f < <usize>whole; f += 4) {
    const at = f << 2;
    const ab = v128.load(query + (f << 3));
    const cd = v128.load(query + (f << 3), 16);
    pab = f64x2.add(pab, f64x2.mul(ab, f64x2.promote_low_f32x4(v128.load64_zero(p + at))));
    pcd = f64x2.add(pcd, f64x2.mul(cd, f64x2.promote_low_f32x4(v128.load64_zero(p + at, 8))));
    qab = f64x2.add(qab, f64x2.mul(ab, f64x2.promote_low_f32x4(v128.load64_zero(q + at))));
    qcd = f64x2.add(qcd, f64x2.mul(cd, f64x2.promote_low_f32x4(v128.load64_zero(q + at, 8))));
  }
  let pa = f64x2.extract_lane(pab, 0);
  let qa = f64x2.extract_lane(qab, 0);
  for (let f = <usize>whole; f < <usize>k; f++) {
    const weight = load<f64>(query + (f << 3));
    pa += weight * <f64>load<f32>(p + (f << 2));
    qa += weight * <f64>load<f32>(q + (f << 2));
  }
  const pSum = pa + f64x2.extract_lane(pab, 1) + (f64x2.extract_lane(pcd, 0) + f64x2.extract_lane(pcd, 1));
  const qSum = qa + f64x2.extract_lane(qab, 1) + (f64x2.extract_lane(qcd, 0) + f64x2.extract_lane(qcd, 1));
  store<f64>(out, constant + <f64>load<f32>(biases + ((<usize>first) << 2)) + pSum);
  store<f64>(out, constant + <f64>load<f32>(biases + ((<usize>second) << 2)) + qSum, 8);
}

/** Exact scores of items [count], to out f64 [count]. */
function exactScores(
  items: usize, count: i32, constant: f64, query: usize, k: i32, factors: usize, biases: usize, out: usize,
): void {
  let at: usize = 0;
  for (; at + 1 < <usize>count; at += 2) {
    const pair = items + (at << 2);
    exactPair(load<i32>(pair), load<i32>(pair, 4), constant, query, k, factors, biases, out + (at << 3));
  }
  if (at < <usize>count) {
    const item = load<i32>(items + (at << 2));
    store<f64>(out + (at << 3), exactScore(item, constant, query, k, factors, biases));
  }
}

/** One pass of Shell's sort; gives up after so many moves and says how many were left. */
function sortGap(scores: usize, items: usize, count: i32, step: usize, moves: i32): i32 {
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
      moves--;
    }
    if (to === at) continue;
    store<f64>(scores + (to << 3), score);
    store<i32>(items + (to << 2), item);
    if (moves < 0) return moves;
  }
  return moves;
}

/** By score, largest first, lower item first among equals: one pass for what is nearly in order, Shell's sort for the rest. */
function sortScored(scores: usize, items: usize, count: i32): void {
  if (sortGap(scores, items, count, 1, 16 * count) >= 0) return;
  for (let gap = 1093; gap > 0; gap /= 3) sortGap(scores, items, count, gap, i32.MAX_VALUE);
}

/**
 * The best `n` items of a row of approximate scores, exactly; returns how many there are.
 *
 * `row`: f32 [places], −∞ where nothing may be listed; `places`: a multiple of 4; `itemAt`: i32 [places]; `margin`: f32, how far
 * below the n-th best approximate score an item of the list can lie; `query`: f64 [k]; `factors`: f32 [items × k]; `biases`: f32 [items];
 * `constant`: what all scores have in common; `keys`, `spare`: u64 [places]; `items`: i32 [places], the list; `counts`: i32 [CUT_BINS].
 */
export function rankRow(
  row: usize, places: i32, itemAt: usize, n: i32, margin: f32, constant: f64, query: usize, k: i32, factors: usize,
  biases: usize, keys: usize, spare: usize, items: usize, counts: usize,
): i32 {
  const cut = lowerBound(row, places, n, spare, counts);
  let count = collectKeys(row, places, max(cut - margin, -f32.MAX_VALUE), itemAt, keys);
  const sorted = sortKeys(keys, spare, count);
  if (count > n) {
    const limit = scoreOf(load<u64>(sorted + ((<usize>(n - 1)) << 3))) - margin;
    let kept = n;
    while (kept < count && scoreOf(load<u64>(sorted + ((<usize>kept) << 3))) >= limit) kept++;
    count = kept;
  }
  const scores = sorted === keys ? spare : keys;
  for (let at: usize = 0; at < <usize>count; at++) store<i32>(items + (at << 2), itemOf(load<u64>(sorted + (at << 3))));
  exactScores(items, count, constant, query, k, factors, biases, scores);
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
 * score can be off; `exact`, `spare`: f64 [count]; `table`: i32 [BINS]; the others as for `rankRow`.
 */
export function relevantAbove(
  row: usize, itemAt: usize, relevant: usize, count: i32, tiers: usize, tierCount: i32, constant: f64, query: usize,
  k: i32, factors: usize, biases: usize, exact: usize, spare: usize, table: usize,
): f64 {
  exactScores(relevant, count, constant, query, k, factors, biases, exact);
  for (let at: usize = 0; at < <usize>count; at++) {
    const bits = reinterpret<i64>(load<f64>(exact + (at << 3)) + 0);
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

  // table[b]: how many scores are above all values of bin b; where that depends on the value, −1 − the first score that is not below.
  const width = (last - first + 2 * most) / <f64>(BINS - 3);
  const low = f32x4.splat(<f32>(first - constant - most - width));
  const perBin = f32x4.splat(<f32>(1 / width));
  let bin = 0;
  for (let at = 0; at < count; at++) {
    const score = load<f64>(sorted + ((<usize>at) << 3)) - constant;
    const from = i32x4.extract_lane(binsOf(f32x4.splat(<f32>(score - most)), low, perBin), 0);
    const to = i32x4.extract_lane(binsOf(f32x4.splat(<f32>(score + most)), low, perBin), 0);
    for (; bin < from; bin++) store<i32>(table + ((<usize>bin) << 2), count - at);
    for (; bin <= to; bin++) store<i32>(table + ((<usize>bin) << 2), -1 - at);
  }
  for (; bin < BINS; bin++) store<i32>(table + ((<usize>bin) << 2), 0);

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
      const bins = i32x4.shl(binsOf(values, low, perBin), 2);
      const a = load<i32>(table + <usize>i32x4.extract_lane(bins, 0));
      const b = load<i32>(table + <usize>i32x4.extract_lane(bins, 1));
      const c = load<i32>(table + <usize>i32x4.extract_lane(bins, 2));
      const d = load<i32>(table + <usize>i32x4.extract_lane(bins, 3));
      if ((a | b | c | d) >= 0) {
        won += a + b + c + d;
        continue;
      }
      for (let lane: usize = 0; lane < 4; lane++) {
        let above = lane === 0 ? a : lane === 1 ? b : lane === 2 ? c : d;
        if (above >= 0) {
          won += above;
          continue;
        }
        above = -1 - above;
        const value = <f64>load<f32>(row + ((place + lane) << 2)) + constant;
        while (above < count && load<f64>(sorted + ((<usize>above) << 3)) < value - error) above++;
        if (above === count || load<f64>(sorted + ((<usize>above) << 3)) > value + error) {
          won += count - above;
          continue;
        }
        const item = load<i32>(itemAt + ((place + lane) << 2));
        wonExactly += beaten(sorted, count, exactScore(item, constant, query, k, factors, biases));
      }
    }
  }
  return wonExactly + <f64>won + <f64>below * <f64>count;
}

/**
 * Adds the directions (factors × inverse length) of the list's places [from, to) to sum f64 [k], in their order; returns how
 * many have one. `inverse`: f64 [items], 0 for items without.
 */
export function addDirections(
  items: usize, from: i32, to: i32, factors: usize, k: i32, inverse: usize, sum: usize,
): i32 {
  const rowBytes = (<usize>k) << 2;
  const start = items + ((<usize>from) << 2);
  const end = items + ((<usize>to) << 2);
  let known = 0;
  for (let at = start; at < end; at += 4) known += i32(load<f64>(inverse + ((<usize>load<i32>(at)) << 3)) !== 0);
  let f: usize = 0;
  for (; f + 8 <= <usize>k; f += 8) {
    const out = sum + (f << 3);
    let s0 = v128.load(out), s1 = v128.load(out, 16), s2 = v128.load(out, 32), s3 = v128.load(out, 48);
    for (let at = start; at < end; at += 4) {
      const item = <usize>load<i32>(at);
      const scale = v128.load64_splat(inverse + (item << 3));
      const row = factors + item * rowBytes + (f << 2);
      if (f64x2.extract_lane(scale, 0) === 0) continue;
      s0 = f64x2.add(s0, f64x2.mul(f64x2.promote_low_f32x4(v128.load64_zero(row)), scale));
      s1 = f64x2.add(s1, f64x2.mul(f64x2.promote_low_f32x4(v128.load64_zero(row, 8)), scale));
      s2 = f64x2.add(s2, f64x2.mul(f64x2.promote_low_f32x4(v128.load64_zero(row, 16)), scale));
      s3 = f64x2.add(s3, f64x2.mul(f64x2.promote_low_f32x4(v128.load64_zero(row, 24)), scale));
    }
    v128.store(out, s0);
    v128.store(out, s1, 16);
    v128.store(out, s2, 32);
    v128.store(out, s3, 48);
  }
  for (; f < <usize>k; f++) {
    let total = load<f64>(sum + (f << 3));
    for (let at = start; at < end; at += 4) {
      const item = <usize>load<i32>(at);
      const scale = load<f64>(inverse + (item << 3));
      if (scale !== 0) total += <f64>load<f32>(factors + item * rowBytes + (f << 2)) * scale;
    }
    store<f64>(sum + (f << 3), total);
  }
  return known;
}
