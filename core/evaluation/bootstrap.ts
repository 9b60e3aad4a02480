import { createRandom } from "../random.ts";

/** Fewer users than this, and a resampling interval would only look like knowledge. */
export const fewestUsersForIntervals = 30;
export const intervalLevel = 0.95;

/**
 * Draws rows with replacement, as many as there are, `resamples` times, and returns the column sums of each draw, row-major
 * [resamples × columns]. All columns [rows] see the same draws, so that statistics of one draw are paired.
 */
export function bootstrapSums(given: readonly Float64Array[], resamples: number, seed: number): Float64Array {
  const [rows, columns] = [given[0]?.length ?? 0, given.length];
  const matrix = new Float64Array(rows * columns);
  given.forEach((column, at) => column.forEach((value, row) => void (matrix[row * columns + at] = value)));
  const random = createRandom(seed);
  const sums = new Float64Array(resamples * columns);
  for (let r = 0; r < resamples; r++) {
    const target = sums.subarray(r * columns, (r + 1) * columns);
    for (let draw = 0; draw < rows; draw++) {
      const start = random.below(rows) * columns;
      for (let c = 0; c < columns; c++) target[c]! += matrix[start + c]!;
    }
  }
  return sums;
}

/** The percentile interval of a sample of statistics (Efron & Tibshirani 1993, §13.3), quantiles by linear interpolation. */
export function percentileInterval(
  statistics: Float64Array,
  level: number = intervalLevel,
): { low: number; high: number; level: number } {
  const sorted = statistics.slice().sort();
  return { low: quantile(sorted, (1 - level) / 2), high: quantile(sorted, (1 + level) / 2), level };
}

/** Hyndman & Fan 1996, type 7. */
function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (position - below) * (high - low);
}
