import { expect, test } from "vitest";
import { generatedSet, shapeOfSize } from "./generated-set.ts";
import { exponentsOf } from "./scaling/describe.ts";

test("exponents are those of the curve that made the points, and what is too short to be timed is left out", () => {
  const at = (ratings: number) => ({
    users: 1,
    items: 1,
    asked: ratings,
    ratings,
    seconds: 3e-7 * ratings ** 1.2,
    bytes: 400 * ratings,
  });
  const points = [1e3, 1e6, 4e6, 2e7].map(at).map((point, n) => (n === 0 ? { ...point, seconds: 0.2 } : point));
  const { timeExponent, memoryExponent, steepest } = exponentsOf(points);
  expect(timeExponent).toBeCloseTo(1.2, 9);
  expect(steepest).toBeCloseTo(1.2, 9);
  expect(memoryExponent).toBeCloseTo(1, 9);
  const cliff = points.map((point, n) => (n === 3 ? { ...point, seconds: point.seconds * 10 } : point));
  expect(exponentsOf(cliff).steepest).toBeGreaterThan(2.5);
});

test("generated ratings are as many as asked, distinct, in order, and the same each time", () => {
  const data = generatedSet(shapeOfSize(30_000));
  expect(data.item.length).toBeGreaterThan(29_900);
  for (let u = 0; u < data.users; u++) {
    const row = data.item.subarray(data.userStart[u], data.userStart[u + 1]);
    expect(row.every((i, n) => i < data.items && (n === 0 || i > (row[n - 1] ?? i)))).toBe(true);
  }
  expect(data.rating.every((rating) => rating >= 1 && rating <= 5)).toBe(true);
  expect(generatedSet(shapeOfSize(30_000)).item).toEqual(data.item);
});
