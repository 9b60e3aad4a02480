import type { RoughScores } from "../recommend/scanner.ts";

/** Bins between the lowest and the highest score of a relevant item: nearly all items are settled by their bin. */
const bins = 4096;

/**
 * The share of (relevant, other) pairs of candidates in which the relevant item scores higher, ties counted half: the area
 * under the ROC curve, exact. An item is scored exactly only where its approximate score does not settle its place among
 * the relevant ones.
 *
 * `relevant`: items, `relevantScores`: their exact scores; `isCandidate` [items]: 1 for the items that are ranked, 0 for those left
 * out, 2 for the relevant. NaN when there is no other item.
 */
export function areaUnderCurve(
  rough: RoughScores,
  relevantScores: Float64Array,
  isCandidate: Uint8Array,
  exactScore: (i: number) => number,
): number {
  const sorted = relevantScores.slice().sort();
  const count = sorted.length;
  const { values, itemAt, error, offset } = rough;
  const low = sorted[0]! - offset - error;
  const high = sorted[count - 1]! - offset + error;
  const settled = settledBins(sorted, offset, error, low, high);
  const perBin = high > low ? bins / (high - low) : 0;
  let others = 0;
  let won = 0;
  for (let place = 0; place < values.length; place++) {
    const i = itemAt === null ? place : itemAt[place]!;
    if (i < 0 || isCandidate[i] !== 1) continue;
    others++;
    const value = values[place]!;
    if (value < low) won += count;
    else if (value <= high) {
      const above = settled[Math.min(bins - 1, Math.floor((value - low) * perBin))]!;
      won += above >= 0 ? above : beaten(sorted, exactScore(i));
    }
  }
  return others === 0 ? NaN : won / (others * count);
}

/** [bins] how many relevant items lie above all of the bin; −1 where that depends on more than the bin. */
function settledBins(sorted: Float64Array, offset: number, error: number, low: number, high: number): Int32Array {
  const settled = new Int32Array(bins).fill(-1);
  const width = (high - low) / bins;
  if (!(width > 0) || !Number.isFinite(width)) return settled;
  // A little wider than the bin, so that the rounding of its own edges cannot matter.
  const slack = error + width * 1e-3 + Math.max(Math.abs(low), Math.abs(high)) * 1e-12;
  let below = 0;
  for (let bin = 0; bin < bins; bin++) {
    const from = low + bin * width - slack + offset;
    const to = low + (bin + 1) * width + slack + offset;
    while (below < sorted.length && sorted[below]! < from) below++;
    if (below === sorted.length || sorted[below]! > to) settled[bin] = sorted.length - below;
  }
  return settled;
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
