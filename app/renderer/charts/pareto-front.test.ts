import fc from "fast-check";
import { expect, it } from "vitest";
import { paretoFront } from "./pareto-front.ts";

it("keeps exactly what nothing beats, in either direction of either measure", () => {
  const point = fc.record({ x: fc.integer({ min: 0, max: 9 }), y: fc.integer({ min: 0, max: 9 }) });
  fc.assert(
    fc.property(fc.array(point, { maxLength: 40 }), fc.boolean(), fc.boolean(), (points, highX, highY) => {
      const atLeast = (a: number, b: number, high: boolean) => (high ? a >= b : a <= b);
      const beaten = points.filter((one) =>
        points.some(
          (other) =>
            (other.x !== one.x || other.y !== one.y) &&
            atLeast(other.x, one.x, highX) &&
            atLeast(other.y, one.y, highY),
        ),
      );
      const front = paretoFront(points, { x: highX, y: highY });
      expect(new Set(front)).toEqual(new Set(points.filter((one) => !beaten.includes(one))));
    }),
  );
});
