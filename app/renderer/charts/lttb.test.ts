import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { largestTriangleThreeBuckets, mostPoints } from "./lttb.ts";

const line = (ys: readonly number[]) => ys.map((y, x) => ({ x, y }));

describe("largest triangle, three buckets", () => {
  it("keeps a curve that is short enough as it is", () => {
    const points = line([3, 1, 2]);
    expect(largestTriangleThreeBuckets(points, 3)).toBe(points);
    expect(largestTriangleThreeBuckets([], 600)).toEqual([]);
  });
  it("keeps a spike that every-nth sampling would lose", () => {
    const points = line(Array.from({ length: 10_000 }, (_, x) => (x === 4321 ? 100 : 0)));
    expect(largestTriangleThreeBuckets(points, 50)).toContainEqual({ x: 4321, y: 100 });
  });
  it("chooses by the triangle with the point before and the next bucket's mean, as computed by hand", () => {
    // Buckets of two: {(1,0),(2,5)}, {(3,-1),(4,1)}. Anchor (0,0), mean of the second (3.5,0): areas 0 and 17.5 → (2,5).
    // Then anchor (2,5), mean of the last (5,0): |(2−5)(−1−5) − (2−3)(0−5)| = |18−5| = 13 ; |(−3)(1−5) − (2−4)(0−5)| = |12−10| = 2 → (3,−1).
    const points = line([0, 0, 5, -1, 1, 0]);
    expect(largestTriangleThreeBuckets(points, 4)).toEqual([points[0], points[2], points[3], points[5]]);
  });
  it("gives exactly as many points as asked, ends included, in order, all of them from the curve", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 4, maxLength: 3000 }),
        fc.integer({ min: 3, max: mostPoints }),
        (ys, threshold) => {
          const points = line(ys);
          const kept = largestTriangleThreeBuckets(points, threshold);
          expect(kept.length).toBe(Math.min(points.length, threshold));
          expect(kept[0]).toBe(points[0]);
          expect(kept.at(-1)).toBe(points.at(-1));
          expect(
            kept.every(
              (point, index) => points[point.x] === point && (index === 0 || point.x > (kept[index - 1]?.x ?? -1)),
            ),
          ).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });
});
