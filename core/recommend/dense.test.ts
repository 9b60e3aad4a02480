import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addOuterProducts } from "./dense.ts";

describe("outer products", () => {
  it("add up row after row, to the last bit, on and below the diagonal only", () => {
    const number = fc.double({ min: -4, max: 4, noNaN: true });
    const worlds = fc
      .record({ n: fc.integer({ min: 1, max: 13 }), count: fc.integer({ min: 0, max: 11 }) })
      .chain(({ n, count }) =>
        fc.record({
          n: fc.constant(n),
          count: fc.constant(count),
          before: fc.array(number, { minLength: n * n, maxLength: n * n }),
          rows: fc.array(number, { minLength: n * count, maxLength: n * count }),
        }),
      );
    fc.assert(
      fc.property(worlds, ({ n, count, before, rows }) => {
        const matrix = Float64Array.from(before);
        addOuterProducts(matrix, n, Float64Array.from(rows), count);
        const expected = before.map((value, at) => {
          const [a, b] = [Math.floor(at / n), at % n];
          if (b > a) return value;
          let sum = value;
          for (let j = 0; j < count; j++) sum += (rows[j * n + a] ?? 0) * (rows[j * n + b] ?? 0);
          return sum;
        });
        expect([...matrix]).toEqual(expected);
      }),
    );
  });
});
