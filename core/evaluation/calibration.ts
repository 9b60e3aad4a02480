import type { CalibrationSums } from "./report-sums.ts";

const groups = 10;

/**
 * Test ratings in ten groups by predicted rating: edges are the predictions at the ranks ⌈d·n/10⌉, a rating belongs to the first
 * group whose edge is not below its prediction (so equal predictions stay together, and groups may be empty).
 */
export function calibrationSums(predictions: Float64Array, ratings: Float32Array): CalibrationSums[] {
  const n = predictions.length;
  if (n === 0) return [];
  const sorted = predictions.slice().sort();
  const edges = Array.from({ length: groups }, (_, d) => sorted[Math.ceil(((d + 1) * n) / groups) - 1]!);
  const sums = edges.map(() => ({ ratings: 0, predicted: 0, observed: 0 }));
  predictions.forEach((predicted, at) => {
    const group = sums[edges.findIndex((edge) => predicted <= edge)]!;
    group.ratings++;
    group.predicted += predicted;
    group.observed += ratings[at]!;
  });
  return sums;
}

/** Mean distance between mean prediction and mean rating of the groups, weighted by their ratings. */
export function calibrationError(sums: readonly CalibrationSums[]): number {
  let distance = 0;
  let ratings = 0;
  for (const group of sums) {
    distance += Math.abs(group.predicted - group.observed);
    ratings += group.ratings;
  }
  return distance / ratings;
}
