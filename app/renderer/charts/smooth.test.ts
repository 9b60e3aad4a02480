import { expect, it } from "vitest";
import { smooth } from "./smooth.ts";

it("leaves a flat curve flat from its first point on, which a biased average would not", () => {
  const flat = [0, 1, 2, 3].map((x) => ({ x, y: 7 }));
  for (const { y } of smooth(flat, 0.9)) expect(y).toBeCloseTo(7, 12);
});

it("weighs the past as told", () => {
  // Debiased after two points with weight ½: (½·½·0 + ½·1) / (1 − ¼) = 2/3.
  expect(
    smooth(
      [
        { x: 0, y: 0 },
        { x: 1, y: 1 },
      ],
      0.5,
    )[1]?.y,
  ).toBeCloseTo(2 / 3, 12);
});

it("stays below a weight of one, where the curve would no longer be the run's", () => {
  expect(
    smooth(
      [
        { x: 0, y: 0 },
        { x: 1, y: 1 },
      ],
      1,
    )[1]?.y,
  ).toBeGreaterThan(0.4);
});
