import type { EvaluationOutput } from "./evaluation-data.ts";

/**
 * Metrics of the evaluation as a whole, without a value for each user: the share of the catalogue that stood in somebody's
 * first k places (`coverage@k`), and how unequally the places fell to the items (`gini@k`).
 */
export function catalogueMetrics(
  listed: EvaluationOutput["listed"],
  cutoffs: readonly number[],
): { metric: string; value: number }[] {
  const items = listed[0]?.length ?? 0;
  const counts = new Int32Array(items);
  return cutoffs.flatMap((k, at) => {
    listed[at]?.forEach((count, i) => (counts[i]! += count));
    const shown = counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
    return [
      { metric: `coverage@${String(k)}`, value: items === 0 ? 0 : shown / items },
      { metric: `gini@${String(k)}`, value: gini(counts) },
    ];
  });
}

/** Gini's coefficient of counts: 0 when all are equal, (n − 1)/n when one has everything; 0 when there is nothing to divide. */
export function gini(counts: Int32Array): number {
  const sorted = counts.slice().sort();
  const n = sorted.length;
  let total = 0;
  let weighted = 0;
  // Whole numbers: exact below 2⁵³.
  sorted.forEach((count, at) => {
    total += count;
    weighted += (2 * (at + 1) - n - 1) * count;
  });
  return total === 0 ? 0 : weighted / (n * total);
}
