import { expect, test } from "vitest";
import { intervalSums } from "./interval-coverage.ts";

test("ratings are counted where they lie within so many deviations of their prediction, by hand", () => {
  // Variances: user 0 with items 0 and 1: 1 and 4; user 1 with item 1: 9.
  const intervals = { noise: 0.5, users: Float32Array.of(0, 5), items: Float32Array.of(0.5, 3.5) };
  const held = {
    users: 2,
    userStart: Int32Array.of(0, 2, 3),
    item: Int32Array.of(0, 1, 1),
    rating: Float32Array.of(3, 3, 3),
  };
  // 0.7 deviations, 1.25 deviations, 2 deviations away.
  const sums = intervalSums(intervals, held, Float64Array.of(3.7, 0.5, 9));
  expect(sums.map(({ level, covered }) => [level, covered])).toEqual([
    [0.5, 0],
    [0.8, 2],
    [0.9, 2],
    [0.95, 2],
  ]);
  expect(sums.map(({ ratings }) => ratings)).toEqual([3, 3, 3, 3]);
  expect(sums[2]?.width).toBeCloseTo(2 * 1.6448536 * (1 + 2 + 3), 5);
});
