import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as plain from "./dense.ts";
import * as fast from "./normal-equations.ts";

describe("normal equations in SIMD", () => {
  const worlds = fc.record({
    n: fc.integer({ min: 20, max: 140 }),
    // More than go into the kernels' memory at once, too; with none or few the matrix is singular.
    count: fc.constantFrom(0, 1, 5, 100, 300),
    seed: fc.integer({ min: 1, max: 1e6 }),
    ridge: fc.constantFrom(0, 1e-3, 7),
  });

  it("have the bits of the plain ones, one after another of different orders", () => {
    fc.assert(
      fc.property(worlds, ({ n, count, seed, ridge }) => {
        const rows = Float64Array.from({ length: n * count }, (_, at) => Math.sin(seed + at * 12.9898) * 3);
        const start = Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? ridge : 0));
        const [expected, found] = [start.slice(), start.slice()];
        plain.addOuterProducts(expected, n, rows, count);
        fast.addOuterProducts(found, n, rows, count);
        expect(found).toEqual(expected);
        plain.choleskyInPlace(expected, n);
        fast.choleskyInPlace(found, n);
        expect(found).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});
