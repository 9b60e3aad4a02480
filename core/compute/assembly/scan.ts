// The scan for the best items: whole-number products in panels of 8 items × 4 queries, and a small pool of candidates for
// each query. What is kept is decided by bounds (../scan-index.ts), so that nothing that belongs in a list is ever dropped.

// What a group of four queries carries from block to block (bytes from its start; four lanes each).
const SCALE: usize = 0; // f32: from whole-number products to scores
const NORM: usize = 16; // f32: length of the query, rounded up
const CUT: usize = 32; // f32: an item whose approximate score is below it cannot be in the list
const MARGIN: usize = 48; // f32: how far below the n-th best approximate score the cut lies
const COUNT: usize = 64; // i32: candidates in the pool
const SPILL: usize = 80; // scratch
const STATE_BYTES: usize = 112;

/** The n-th largest of scores[0 … count), which it reorders together with `places` (Hoare's selection). */
function nthLargest(scores: usize, places: usize, count: i32, n: i32): f32 {
  let low = 0;
  let high = count - 1;
  const target = n - 1;
  while (low < high) {
    const pivot = load<f32>(scores + ((<usize>((low + high) >> 1)) << 2));
    let i = low;
    let j = high;
    while (i <= j) {
      while (load<f32>(scores + ((<usize>i) << 2)) > pivot) i++;
      while (load<f32>(scores + ((<usize>j) << 2)) < pivot) j--;
      if (i > j) break;
      const a = (<usize>i) << 2;
      const b = (<usize>j) << 2;
      const score = load<f32>(scores + a);
      store<f32>(scores + a, load<f32>(scores + b));
      store<f32>(scores + b, score);
      const place = load<i32>(places + a);
      store<i32>(places + a, load<i32>(places + b));
      store<i32>(places + b, place);
      i++;
      j--;
    }
    if (target <= j) high = j;
    else if (target >= i) low = i;
    else break;
  }
  return load<f32>(scores + ((<usize>target) << 2));
}

/** Raises the cut to the n-th best score less the margin, and keeps what reaches it. */
function tighten(state: usize, lane: usize, pool: usize, capacity: i32, n: i32): void {
  const counter = state + COUNT + lane;
  const count = load<i32>(counter);
  if (count < n || load<f32>(state + CUT + lane) === f32.MAX_VALUE) return;
  const scores = pool;
  const places = pool + ((<usize>capacity) << 2);
  const cut = nthLargest(scores, places, count, n) - load<f32>(state + MARGIN + lane);
  if (cut > load<f32>(state + CUT + lane)) store<f32>(state + CUT + lane, cut);
  const limit = load<f32>(state + CUT + lane);
  let kept = 0;
  for (let at = 0; at < count; at++) {
    const score = load<f32>(scores + ((<usize>at) << 2));
    if (score < limit) continue;
    store<f32>(scores + ((<usize>kept) << 2), score);
    store<i32>(places + ((<usize>kept) << 2), load<i32>(places + ((<usize>at) << 2)));
    kept++;
  }
  // Too many ties within the margin to hold: the caller, who sees a full pool, answers this query in another way.
  if (kept === capacity) store<f32>(state + CUT + lane, f32.MAX_VALUE);
  store<i32>(counter, kept);
}

/** Lanes of `mask` (bit b: item b of the panel) whose items are not blocked go to the pool. */
function collect(
  mask: i32, low: v128, high: v128, place: i32, state: usize, lane: usize, pool: usize, capacity: i32, n: i32, blocked: usize,
): void {
  const open = mask & ~(<i32>load<u8>(blocked + (<usize>(place >> 3))));
  if (open === 0) return;
  const spill = state + SPILL;
  v128.store(spill, low);
  v128.store(spill, high, 16);
  const counter = state + COUNT + lane;
  for (let left = open; left !== 0; left &= left - 1) {
    const bit = ctz(left);
    let count = load<i32>(counter);
    if (count === capacity) {
      tighten(state, lane, pool, capacity, n);
      count = load<i32>(counter);
      if (count === capacity) return;
    }
    const score = load<f32>(spill + ((<usize>bit) << 2));
    if (score < load<f32>(state + CUT + lane)) continue;
    const at = pool + ((<usize>count) << 2);
    store<f32>(at, score);
    store<i32>(at + ((<usize>capacity) << 2), place + bit);
    store<i32>(counter, count + 1);
  }
}

// @ts-ignore: decorator
@inline
function scoreHalf(products: v128, scale: v128, itemScale: v128, itemBias: v128): v128 {
  return f32x4.add(f32x4.mul(f32x4.mul(f32x4.convert_i32x4_s(products), itemScale), scale), itemBias);
}

// @ts-ignore: decorator
@inline
function judge(
  products0: v128, products1: v128, scales: usize, biases: usize, place: i32, state: usize, lane: usize, pool: usize,
  capacity: i32, n: i32, blocked: usize,
): void {
  const scale = v128.load32_splat(state + SCALE + lane);
  const cut = v128.load32_splat(state + CUT + lane);
  const low = scoreHalf(products0, scale, v128.load(scales), v128.load(biases));
  const high = scoreHalf(products1, scale, v128.load(scales, 16), v128.load(biases, 16));
  const reachLow = f32x4.ge(low, cut);
  const reachHigh = f32x4.ge(high, cut);
  if (v128.any_true(v128.or(reachLow, reachHigh))) {
    collect(
      i32x4.bitmask(reachLow) | (i32x4.bitmask(reachHigh) << 4),
      low, high, place, state, lane, pool, capacity, n, blocked,
    );
  }
}

/**
 * Scans the panels [from, to) of 8 items for `groups` groups of four queries.
 *
 * `panels`: i16, for each panel and each pair of factors 8 items × 2; `queries`: i16, for each group and pair 4 queries × 2;
 * `scales`, `biases`: f32 by place; `panelNorms`, `panelBiases`: f32, the largest of each panel; `states`: as above, 112
 * bytes a group (the last 32 are scratch); `pools`: for each query `capacity` f32 scores, then `capacity` i32 places;
 * `blocked`: for each query a bit a place, `blockedBytes` apart. Whole numbers are bounded so that products cannot overflow.
 */
export function scanPanels(
  panels: usize, pairs: i32, from: i32, to: i32, scales: usize, biases: usize, panelNorms: usize, panelBiases: usize,
  queries: usize, groups: i32, states: usize, pools: usize, capacity: i32, n: i32, blocked: usize, blockedBytes: i32,
): void {
  const panelBytes = (<usize>pairs) << 5;
  const groupBytes = (<usize>pairs) << 4;
  const poolBytes = (<usize>capacity) << 3;
  const bits = <usize>blockedBytes;
  for (let group = 0; group < groups; group++) {
    const query = queries + (<usize>group) * groupBytes;
    const state = states + (<usize>group) * STATE_BYTES;
    const pool = pools + (<usize>group) * 4 * poolBytes;
    const closed = blocked + (<usize>group) * 4 * bits;
    const norms = v128.load(state + NORM);
    for (let panel = from; panel < to; panel++) {
      const at = (<usize>panel) << 2;
      const bound = f32x4.add(f32x4.mul(norms, v128.load32_splat(panelNorms + at)), v128.load32_splat(panelBiases + at));
      if (!v128.any_true(f32x4.ge(bound, v128.load(state + CUT)))) continue;
      let a0 = i32x4.splat(0), a1 = i32x4.splat(0), b0 = i32x4.splat(0), b1 = i32x4.splat(0);
      let c0 = i32x4.splat(0), c1 = i32x4.splat(0), d0 = i32x4.splat(0), d1 = i32x4.splat(0);
      let items = panels + (<usize>panel) * panelBytes;
      const end = query + groupBytes;
      for (let pair = query; pair < end; pair += 16) {
        const i0 = v128.load(items);
        const i1 = v128.load(items, 16);
        let q = v128.load32_splat(pair);
        a0 = i32x4.add(a0, i32x4.dot_i16x8_s(q, i0));
        a1 = i32x4.add(a1, i32x4.dot_i16x8_s(q, i1));
        q = v128.load32_splat(pair, 4);
        b0 = i32x4.add(b0, i32x4.dot_i16x8_s(q, i0));
        b1 = i32x4.add(b1, i32x4.dot_i16x8_s(q, i1));
        q = v128.load32_splat(pair, 8);
        c0 = i32x4.add(c0, i32x4.dot_i16x8_s(q, i0));
        c1 = i32x4.add(c1, i32x4.dot_i16x8_s(q, i1));
        q = v128.load32_splat(pair, 12);
        d0 = i32x4.add(d0, i32x4.dot_i16x8_s(q, i0));
        d1 = i32x4.add(d1, i32x4.dot_i16x8_s(q, i1));
        items += 32;
      }
      const place = panel << 3;
      const scale = scales + ((<usize>place) << 2);
      const bias = biases + ((<usize>place) << 2);
      judge(a0, a1, scale, bias, place, state, 0, pool, capacity, n, closed);
      judge(b0, b1, scale, bias, place, state, 4, pool + poolBytes, capacity, n, closed + bits);
      judge(c0, c1, scale, bias, place, state, 8, pool + 2 * poolBytes, capacity, n, closed + 2 * bits);
      judge(d0, d1, scale, bias, place, state, 12, pool + 3 * poolBytes, capacity, n, closed + 3 * bits);
    }
  }
}

/** `scanPanels` for the first query of one group alone: a quarter of the arithmetic. */
export function scanPanelsOnce(
  panels: usize, pairs: i32, from: i32, to: i32, scales: usize, biases: usize, panelNorms: usize, panelBiases: usize,
  query: usize, state: usize, pool: usize, capacity: i32, n: i32, blocked: usize,
): void {
  const panelBytes = (<usize>pairs) << 5;
  const end = query + ((<usize>pairs) << 4);
  const norm = load<f32>(state + NORM);
  for (let panel = from; panel < to; panel++) {
    const at = (<usize>panel) << 2;
    if (norm * load<f32>(panelNorms + at) + load<f32>(panelBiases + at) < load<f32>(state + CUT)) continue;
    let a0 = i32x4.splat(0), a1 = i32x4.splat(0);
    let items = panels + (<usize>panel) * panelBytes;
    for (let pair = query; pair < end; pair += 16) {
      const q = v128.load32_splat(pair);
      a0 = i32x4.add(a0, i32x4.dot_i16x8_s(q, v128.load(items)));
      a1 = i32x4.add(a1, i32x4.dot_i16x8_s(q, v128.load(items, 16)));
      items += 32;
    }
    const place = panel << 3;
    judge(
      a0, a1, scales + ((<usize>place) << 2), biases + ((<usize>place) << 2), place, state, 0, pool, capacity, n, blocked,
    );
  }
}

/**
 * `scanPanels` for those panels and queries of eight (two groups) that ./coarse-scan.ts named: `hits`, i32 panel · 8 + query. Pools that
 * have grown are tightened at the end, so that the next look at 8 bits has a cut to go by.
 */
export function refinePanels(
  hits: usize, count: i32, panels: usize, pairs: i32, scales: usize, biases: usize, queries: usize, states: usize,
  pools: usize, capacity: i32, n: i32, blocked: usize, blockedBytes: i32,
): void {
  const panelBytes = (<usize>pairs) << 5;
  const groupBytes = (<usize>pairs) << 4;
  const poolBytes = (<usize>capacity) << 3;
  for (let hit: usize = 0; hit < <usize>count; hit++) {
    const named = load<i32>(hits + (hit << 2));
    const panel = named >> 3;
    const query = <usize>(named & 7);
    const lane = (query & 3) << 2;
    const pool = pools + query * poolBytes;
    let a0 = i32x4.splat(0), a1 = i32x4.splat(0);
    let items = panels + (<usize>panel) * panelBytes;
    const start = queries + (query >> 2) * groupBytes + lane;
    for (let pair = start; pair < start + groupBytes; pair += 16) {
      const q = v128.load32_splat(pair);
      a0 = i32x4.add(a0, i32x4.dot_i16x8_s(q, v128.load(items)));
      a1 = i32x4.add(a1, i32x4.dot_i16x8_s(q, v128.load(items, 16)));
      items += 32;
    }
    const place = panel << 3;
    judge(
      a0, a1, scales + ((<usize>place) << 2), biases + ((<usize>place) << 2), place, states + (query >> 2) * STATE_BYTES,
      lane, pool, capacity, n, blocked + query * (<usize>blockedBytes),
    );
  }
  for (let query: usize = 0; query < 8; query++) {
    const state = states + (query >> 2) * STATE_BYTES;
    const lane = (query & 3) << 2;
    if (load<i32>(state + COUNT + lane) > n + (n >> 1)) tighten(state, lane, pools + query * poolBytes, capacity, n);
  }
}

/** Tightens the pools of all queries a last time, after the last panel. */
export function finishScan(groups: i32, states: usize, pools: usize, capacity: i32, n: i32): void {
  for (let query: usize = 0; query < (<usize>groups) * 4; query++) {
    tighten(states + (query >> 2) * STATE_BYTES, (query & 3) << 2, pools + query * ((<usize>capacity) << 3), capacity, n);
  }
}

/** Approximate scores of the places of the panels [from, to) for one group, to out[query][place], `stride` places apart. */
export function scoreTiles(
  panels: usize, pairs: i32, from: i32, to: i32, scales: usize, biases: usize, query: usize, state: usize, out: usize,
  stride: i32,
): void {
  const panelBytes = (<usize>pairs) << 5;
  const end = query + ((<usize>pairs) << 4);
  const outBytes = (<usize>stride) << 2;
  for (let panel = from; panel < to; panel++) {
    let a0 = i32x4.splat(0), a1 = i32x4.splat(0), b0 = i32x4.splat(0), b1 = i32x4.splat(0);
    let c0 = i32x4.splat(0), c1 = i32x4.splat(0), d0 = i32x4.splat(0), d1 = i32x4.splat(0);
    let items = panels + (<usize>panel) * panelBytes;
    for (let pair = query; pair < end; pair += 16) {
      const i0 = v128.load(items);
      const i1 = v128.load(items, 16);
      let q = v128.load32_splat(pair);
      a0 = i32x4.add(a0, i32x4.dot_i16x8_s(q, i0));
      a1 = i32x4.add(a1, i32x4.dot_i16x8_s(q, i1));
      q = v128.load32_splat(pair, 4);
      b0 = i32x4.add(b0, i32x4.dot_i16x8_s(q, i0));
      b1 = i32x4.add(b1, i32x4.dot_i16x8_s(q, i1));
      q = v128.load32_splat(pair, 8);
      c0 = i32x4.add(c0, i32x4.dot_i16x8_s(q, i0));
      c1 = i32x4.add(c1, i32x4.dot_i16x8_s(q, i1));
      q = v128.load32_splat(pair, 12);
      d0 = i32x4.add(d0, i32x4.dot_i16x8_s(q, i0));
      d1 = i32x4.add(d1, i32x4.dot_i16x8_s(q, i1));
      items += 32;
    }
    const at = (<usize>panel) << 5;
    const s0 = v128.load(scales + at), s1 = v128.load(scales + at, 16);
    const o0 = v128.load(biases + at), o1 = v128.load(biases + at, 16);
    let scale = v128.load32_splat(state + SCALE);
    let row = out + at;
    v128.store(row, scoreHalf(a0, scale, s0, o0));
    v128.store(row, scoreHalf(a1, scale, s1, o1), 16);
    scale = v128.load32_splat(state + SCALE, 4);
    row += outBytes;
    v128.store(row, scoreHalf(b0, scale, s0, o0));
    v128.store(row, scoreHalf(b1, scale, s1, o1), 16);
    scale = v128.load32_splat(state + SCALE, 8);
    row += outBytes;
    v128.store(row, scoreHalf(c0, scale, s0, o0));
    v128.store(row, scoreHalf(c1, scale, s1, o1), 16);
    scale = v128.load32_splat(state + SCALE, 12);
    row += outBytes;
    v128.store(row, scoreHalf(d0, scale, s0, o0));
    v128.store(row, scoreHalf(d1, scale, s1, o1), 16);
  }
}
