import type { RoughScores } from "../recommend/scanner.ts";

/** So many that hardly any item shares one with a relevant item; few enough to stay in the first cache. */
const bins = 2048;

/** Reused from user to user: [0] below all relevant scores, [1 … bins] between lowest and highest, [bins + 1] above all. */
const table = new Int32Array(bins + 2);

/**
 * The share of (relevant, other) pairs of candidates in which the relevant item scores higher, ties counted half: the area
 * under the ROC curve, exact. Nearly all items are settled by the bin that their approximate score falls into; the others are
 * scored exactly.
 *
 * `relevantScores`: exact scores of the relevant items; `left.isLeft` [places]: 1 for items that are no candidates or are relevant, `count` of them. NaN when
 * there is no other item.
 */
export function areaUnderCurve(
  rough: RoughScores,
  relevantScores: Float64Array,
  left: { readonly count: number; readonly isLeft: Uint8Array },
): number {
  const { values, itemAt, items, tiers, exactScore } = rough;
  const sorted = relevantScores.slice().sort();
  const scale = binScale(sorted, rough);
  const { low, perBin } = scale;

  const { isLeft } = left;
  const exactly = (place: number) => beaten(sorted, exactScore(itemAt === null ? place : itemAt[place]!));
  // Whole numbers and, apart, halves below 2⁵³: exact.
  let won = 0;
  let wonExactly = 0;
  let place = 0;
  for (const { until, error } of tiers) {
    fillTable(sorted, rough.offset, error, scale);
    for (; place < until; place++) {
      if (isLeft[place] !== 0) continue;
      const above = table[binOf(values[place]!, low, perBin)]!;
      if (above >= 0) won += above;
      else wonExactly += exactly(place);
    }
  }
  const others = items - left.count;
  return others === 0 ? NaN : (won + wonExactly) / (others * sorted.length);
}

function binOf(value: number, low: number, perBin: number): number {
  const position = (value - low) * perBin + 1;
  return position < 1 ? 0 : position > bins ? bins + 1 : position | 0;
}

interface BinScale {
  readonly low: number;
  readonly perBin: number;
}

/** From below the lowest relevant score to above the highest, as approximate scores see them. */
function binScale(sorted: Float64Array, { offset, tiers }: RoughScores): BinScale {
  const count = sorted.length;
  const [first, last] = [sorted[0]! - offset, sorted[count - 1]! - offset];
  // What rounding does to the edges of bins is far below this.
  const error = tiers.reduce((most, tier) => Math.max(most, tier.error), 0);
  const margin = error + (Math.abs(first) + Math.abs(last) + Math.abs(offset)) * 1e-12 + 1e-300;
  const [low, high] = [first - margin, last + margin];
  return { low, perBin: (bins - 1) / (high - low) };
}

/** How many relevant items lie above all of a bin; −1 where the bin does not settle it. */
function fillTable(sorted: Float64Array, offset: number, error: number, { low, perBin }: BinScale): void {
  const count = sorted.length;
  const slack = error * perBin + 1e-3;
  let from = 0;
  for (let at = 0; at < count; at++) {
    const position = (sorted[at]! - offset - low) * perBin + 1;
    const first = Math.max(0, Math.floor(position - slack));
    const last = Math.min(bins + 1, Math.floor(position + slack));
    if (first > from) table.fill(count - at, from, first);
    for (let bin = Math.max(first, from); bin <= last; bin++) table[bin] = -1;
    from = Math.max(from, last + 1);
  }
  if (from < bins + 2) table.fill(0, from);
}

/** How many of the ascending scores are above the score, those equal to it half. */
function beaten(sorted: Float64Array, score: number): number {
  let below = 0;
  let end = sorted.length;
  while (below < end) {
    const middle = (below + end) >> 1;
    if (sorted[middle]! < score) below = middle + 1;
    else end = middle;
  }
  let equal = 0;
  while (below + equal < sorted.length && sorted[below + equal] === score) equal++;
  return sorted.length - below - equal / 2;
}
