import { expect, test } from "vitest";
import { binOf, signedDeviation } from "./time-effects.ts";

test("a deviation is the 0.4th power of the days with their sign", () => {
  expect(signedDeviation(0)).toBe(0);
  for (const days of [1e-6, 0.03, 0.5, 1, 2, 31.7, 365, 9000]) {
    expect(signedDeviation(days) / Math.pow(days, 0.4)).toBeCloseTo(1, 12);
    expect(signedDeviation(-days)).toBe(-signedDeviation(days));
  }
});

test("bins divide the span evenly; what lies outside belongs to the first and the last", () => {
  const span = { start: 100, servingTime: 200, bins: 4 };
  expect([0, 100, 124, 125, 175, 200, 900].map((time) => binOf(span, time))).toEqual([0, 0, 0, 1, 3, 3, 3]);
  expect(binOf({ start: 5, servingTime: 5, bins: 4 }, 5)).toBe(0);
});
