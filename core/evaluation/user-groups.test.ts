import { expect, test } from "vitest";
import { createRandom } from "../random.ts";
import { bootstrapSums, percentileInterval } from "./bootstrap.ts";
import { randomisationTest } from "./significance.ts";
import { sumsOfGroups } from "./user-groups.ts";

/** Users of very different weight, whose values lean to one side by `shift`. */
function draw(users: number, shift: number, seed: number): { numerator: Float64Array; denominator: Float64Array } {
  const random = createRandom(seed);
  const denominator = Float64Array.from({ length: users }, () => 1 + Math.floor(40 * random.unit() ** 4));
  return { numerator: denominator.map((weight) => weight * (shift + random.normal())), denominator };
}

test("few users stay as they are; many keep their totals, in groups as large as one another", () => {
  const { numerator, denominator } = draw(1003, 0.2, 1);
  expect(sumsOfGroups([numerator, denominator], 1003)).toEqual([numerator, denominator]);
  const [sums, sizes] = sumsOfGroups([numerator, new Float64Array(1003).fill(1)], 100);
  const total = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0);
  expect(total(sums!)).toBeCloseTo(total(numerator), 9);
  expect([...new Set(sizes)].sort((a, b) => a - b)).toEqual([10, 11]);
  expect(sumsOfGroups([numerator], 100)).toEqual(sumsOfGroups([numerator], 100));
});

test("intervals of a ratio are as wide from groups as from users", () => {
  const { numerator, denominator } = draw(6000, 0.2, 2);
  const width = (columns: readonly Float64Array[]) => {
    const sums = bootstrapSums(columns, 2000, 5);
    const { low, high } = percentileInterval(
      Float64Array.from({ length: 2000 }, (_, r) => sums[2 * r]! / sums[2 * r + 1]!),
    );
    return high - low;
  };
  const ofGroups = width(sumsOfGroups([numerator, denominator], 600));
  expect(Math.abs(ofGroups / width([numerator, denominator]) - 1)).toBeLessThan(0.12);
});

test("the randomisation test on groups claims what is not there as seldom as it may, and finds what is", () => {
  const pOf = (shift: number, seed: number) =>
    randomisationTest(sumsOfGroups([draw(2000, shift, seed).numerator], 200)[0]!, seed, 499);
  const trials = Array.from({ length: 400 }, (_, trial) => pOf(0, 100 + trial));
  const rejected = trials.filter((p) => p < 0.05).length / trials.length;
  // 0.05 ± 3.5 standard errors.
  expect(Math.abs(rejected - 0.05)).toBeLessThan(0.038);
  expect(pOf(0.3, 7)).toBeLessThan(0.01);
});
