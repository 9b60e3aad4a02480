import type { TrainingSet } from "../models/algorithm.ts";
import type { ScoreIntervals } from "../models/servable.ts";
import type { IntervalSums } from "./report-sums.ts";

/** Nominal level → standard normal quantile of (1 + level) / 2. */
const levels = [
  [0.5, 0.674489750196082],
  [0.8, 1.2815515655446],
  [0.9, 1.64485362695147],
  [0.95, 1.95996398454005],
] as const;

/**
 * How many test ratings lie in their predictive intervals, prediction ± quantile · √(noise + users[u] + items[i]), and how wide those
 * are. Predictions are the clipped ones [test ratings]; intervals are not cut at the ends of the scale.
 */
export function intervalSums(
  { noise, users, items }: ScoreIntervals,
  test: Pick<TrainingSet, "users" | "userStart" | "item" | "rating">,
  predictions: Float64Array,
): IntervalSums[] {
  const sums = levels.map(([level]) => ({ level, ratings: 0, covered: 0, width: 0 }));
  for (let u = 0; u < test.users; u++) {
    for (let at = test.userStart[u]!; at < test.userStart[u + 1]!; at++) {
      const deviation = Math.sqrt(noise + users[u]! + items[test.item[at]!]!);
      const error = Math.abs(predictions[at]! - test.rating[at]!);
      levels.forEach(([, quantile], place) => {
        const sum = sums[place]!;
        sum.ratings++;
        sum.width += 2 * quantile * deviation;
        if (error <= quantile * deviation) sum.covered++;
      });
    }
  }
  return sums;
}
