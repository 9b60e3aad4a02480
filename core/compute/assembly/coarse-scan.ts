// A first look at items for eight queries at once, in whole numbers of 8 bits: which panels can hold an item that still belongs
// in a list. What it names is looked at in 16 bits (./scan.ts, `refinePanels`), what it leaves out provably cannot reach the cut.
// A module of its own, with relaxed SIMD: the one instruction it takes from there has only one result where the second
// operand's bytes are below 128, as they are here, so the answer is the same on every processor.

// Of each query of a group of eight (bytes from the group's start; eight lanes each).
const ERROR: usize = 0; // f32: length of what rounding to 8 bits took off the query
const REACH: usize = 32; // f32: length of the query and that
const SLACK: usize = 64; // f32: error of the score in 16 bits, and of float32
const INVERSE: usize = 96; // f32: 1 / what a product of 1 of the query's side is worth
const FIRST: usize = 128; // i16: what the sums of the first half of the factors start from
const SECOND: usize = 144; // i16: … of the second half
const LIMITS: usize = 160; // i16: scratch

// In the states of ./scan.ts, two to a group here.
const NORM: usize = 16;
const CUT: usize = 32;
const STATE_BYTES: usize = 112;

// @ts-ignore: decorator
@inline
function limits(lanes: usize, cut: v128, norm: v128, error: v128, bias: v128, inverse: v128): v128 {
  // cut − bias − (‖p‖·e + d·(‖q‖ + e) + slack), in units of a product of 1; one off for what float32 rounds.
  const off = f32x4.add(
    f32x4.add(f32x4.mul(norm, v128.load(lanes, ERROR)), f32x4.mul(error, v128.load(lanes, REACH))),
    v128.load(lanes, SLACK),
  );
  const above = f32x4.mul(f32x4.mul(f32x4.sub(f32x4.sub(cut, bias), off), inverse), v128.load(lanes, INVERSE));
  return i32x4.sub(i32x4.max_s(i32x4.trunc_sat_f32x4_s(above), i32x4.splat(-40000)), i32x4.splat(1));
}

// @ts-ignore: decorator
@inline
function note(first: usize, second: v128, lane: usize, group: usize, panel: i32, hits: usize, count: i32): i32 {
  const sums = i16x8.add_sat_s(v128.load(first, 0), second);
  if (!v128.any_true(i16x8.ge_s(sums, v128.load16_splat(group + LIMITS + (lane << 1))))) return count;
  store<i32>(hits + ((<usize>count) << 2), (panel << 3) | <i32>lane);
  return count + 1;
}

/**
 * Goes through the panels [from, to) for one group of eight queries and leaves `panel · 8 + query` at `hits` for each that may
 * hold something; returns how many. `panels`: bytes, for each panel and pair of factors 8 items × 2, each 64 + a whole number in
 * −63 … 63; `queries`: i8, for each pair 8 queries × 2. The first `halfPairs` pairs and the others are summed apart, in 16
 * bits that wrap: the loader sees to it that the sums at the end fit. `norms`, `biases`, `errors`: of each panel the largest
 * length, bias and length of what rounding took off; `inverses`: 1 / what a product of 1 of the panel's side is worth.
 */
export function coarsePanels(
  panels: usize, pairs: i32, halfPairs: i32, from: i32, to: i32, norms: usize, biases: usize, errors: usize,
  inverses: usize, queries: usize, group: usize, states: usize, spill: usize, hits: usize,
): i32 {
  const panelBytes = (<usize>pairs) << 4;
  const half = queries + ((<usize>halfPairs) << 4);
  const end = queries + panelBytes;
  const cutLow = v128.load(states, CUT), cutHigh = v128.load(states, CUT + STATE_BYTES);
  const normLow = v128.load(states, NORM), normHigh = v128.load(states, NORM + STATE_BYTES);
  let count = 0;
  for (let panel = from; panel < to; panel++) {
    const at = (<usize>panel) << 2;
    const norm = v128.load32_splat(norms + at);
    const bias = v128.load32_splat(biases + at);
    const reach = v128.or(
      f32x4.ge(f32x4.add(f32x4.mul(normLow, norm), bias), cutLow),
      f32x4.ge(f32x4.add(f32x4.mul(normHigh, norm), bias), cutHigh),
    );
    if (!v128.any_true(reach)) continue;
    const error = v128.load32_splat(errors + at);
    const inverse = v128.load32_splat(inverses + at);
    v128.store(
      group + LIMITS,
      i16x8.narrow_i32x4_s(
        limits(group, cutLow, norm, error, bias, inverse),
        limits(group + 16, cutHigh, norm, error, bias, inverse),
      ),
    );
    let items = panels + (<usize>panel) * panelBytes;
    let pair = queries;
    let starts = group + FIRST;
    let a: v128 = i32x4.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
    for (let stop = half; ; stop = end) {
      a = v128.load16_splat(starts);
      b = v128.load16_splat(starts, 2);
      c = v128.load16_splat(starts, 4);
      d = v128.load16_splat(starts, 6);
      e = v128.load16_splat(starts, 8);
      f = v128.load16_splat(starts, 10);
      g = v128.load16_splat(starts, 12);
      h = v128.load16_splat(starts, 14);
      for (; pair < stop; pair += 16) {
        const i = v128.load(items);
        a = i16x8.add(a, i16x8.relaxed_dot_i8x16_i7x16_s(v128.load16_splat(pair), i));
        b = i16x8.add(b, i16x8.relaxed_dot_i8x16_i7x16_s(v128.load16_splat(pair, 2), i));
        c = i16x8.add(c, i16x8.relaxed_dot_i8x16_i7x16_s(v128.load16_splat(pair, 4), i));
        d = i16x8.add(d, i16x8.relaxed_dot_i8x16_i7x16_s(v128.load16_splat(pair, 6), i));
        e = i16x8.add(e, i16x8.relaxed_dot_i8x16_i7x16_s(v128.load16_splat(pair, 8), i));
        f = i16x8.add(f, i16x8.relaxed_dot_i8x16_i7x16_s(v128.load16_splat(pair, 10), i));
        g = i16x8.add(g, i16x8.relaxed_dot_i8x16_i7x16_s(v128.load16_splat(pair, 12), i));
        h = i16x8.add(h, i16x8.relaxed_dot_i8x16_i7x16_s(v128.load16_splat(pair, 14), i));
        items += 16;
      }
      if (stop === end) break;
      v128.store(spill, a);
      v128.store(spill, b, 16);
      v128.store(spill, c, 32);
      v128.store(spill, d, 48);
      v128.store(spill, e, 64);
      v128.store(spill, f, 80);
      v128.store(spill, g, 96);
      v128.store(spill, h, 112);
      starts = group + SECOND;
    }
    count = note(spill, a, 0, group, panel, hits, count);
    count = note(spill + 16, b, 1, group, panel, hits, count);
    count = note(spill + 32, c, 2, group, panel, hits, count);
    count = note(spill + 48, d, 3, group, panel, hits, count);
    count = note(spill + 64, e, 4, group, panel, hits, count);
    count = note(spill + 80, f, 5, group, panel, hits, count);
    count = note(spill + 96, g, 6, group, panel, hits, count);
    count = note(spill + 112, h, 7, group, panel, hits, count);
  }
  return count;
}
