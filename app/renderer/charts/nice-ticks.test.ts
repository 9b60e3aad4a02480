import fc from "fast-check";
import { expect, it } from "vitest";
import { niceTicks } from "./nice-ticks.ts";

it("uses round numbers", () => {
  expect(niceTicks(0.0123, 0.0987, 5)).toEqual([0, 0.02, 0.04, 0.06, 0.08, 0.1]);
  expect(niceTicks(-0.26, 0.03, 5)).toEqual([-0.3, -0.2, -0.1, 0, 0.1]);
  expect(niceTicks(2, 2)).toEqual([2]);
});

it("covers the range with few steps of the same size", () => {
  fc.assert(
    fc.property(
      fc.double({ min: -1e5, max: 1e5, noNaN: true }),
      fc.double({ min: 1e-3, max: 1e5, noNaN: true }),
      (low, span) => {
        const ticks = niceTicks(low, low + span);
        expect(ticks[0]).toBeLessThanOrEqual(low + span * 1e-6);
        expect(ticks.at(-1)).toBeGreaterThanOrEqual(low + span * (1 - 1e-6));
        expect(ticks.length).toBeLessThan(10);
      },
    ),
  );
});
