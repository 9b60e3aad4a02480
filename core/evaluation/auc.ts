/** So many that hardly any item shares one with a relevant item; few enough to stay in the first cache. */
const bins = 2048;

/** Reused from user to user: [0] below all relevant scores, [1 … bins] between lowest and highest, [bins + 1] above all. */
const table = new Int32Array(bins + 2);

/**
 * The share of (relevant, other) pairs of candidates in which the relevant item scores higher, ties counted half: the area
 * under the ROC curve, exact. Nearly all items are settled by the bin that their score falls into.
 *
 * `scores` [items]; `blocked` [items]: other than 0 for items that are no candidates. NaN when there is no relevant item or no
 * other.
 */
export function areaUnderCurve(scores: Float64Array, blocked: Uint8Array, relevant: Int32Array): number {
  const isRelevant = new Uint8Array(scores.length);
  const sorted = new Float64Array(relevant.length);
  for (let at = 0; at < relevant.length; at++) {
    sorted[at] = scores[relevant[at]!]!;
    isRelevant[relevant[at]!] = 1;
  }
  sorted.sort();
  const low = sorted[0]!;
  const spread = (bins - 1) / (sorted[sorted.length - 1]! - low);
  // All in one bin where there is nothing to divide.
  const perBin = Number.isFinite(spread) ? spread : 0;
  fillTable(sorted, low, perBin);
  // Whole numbers and halves below 2⁵³: exact.
  let won = 0;
  let others = 0;
  for (let i = 0; i < scores.length; i++) {
    if (blocked[i] !== 0 || isRelevant[i] !== 0) continue;
    others++;
    const above = table[binOf(scores[i]!, low, perBin)]!;
    won += above >= 0 ? above : beaten(sorted, scores[i]!);
  }
  return others === 0 || sorted.length === 0 ? NaN : won / (others * sorted.length);
}

function binOf(value: number, low: number, perBin: number): number {
  const position = (value - low) * perBin + 1;
  return position < 1 ? 0 : position > bins ? bins + 1 : position | 0;
}

/** How many relevant items lie above all of a bin; −1 where the bin does not settle it. */
function fillTable(sorted: Float64Array, low: number, perBin: number): void {
  const count = sorted.length;
  // Rounding may move a score over a bin's edge.
  const slack = 1e-3;
  let from = 0;
  for (let at = 0; at < count; at++) {
    const position = (sorted[at]! - low) * perBin + 1;
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
