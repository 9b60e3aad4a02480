import { expect, test } from "vitest";
import { scrambledSobol, sobolBits, sobolDimensions } from "./sobol.ts";

test("unscrambled points are scipy's", () => {
  // scipy 1.17.1: qmc.Sobol(4, scramble=False).random(8)
  const points = [
    [0, 0, 0, 0],
    [0.5, 0.5, 0.5, 0.5],
    [0.75, 0.25, 0.25, 0.25],
    [0.25, 0.75, 0.75, 0.75],
    [0.375, 0.375, 0.625, 0.875],
    [0.875, 0.875, 0.125, 0.375],
    [0.625, 0.125, 0.875, 0.625],
    [0.125, 0.625, 0.375, 0.125],
  ];
  const ours = points.map((row, index) => row.map((_, dimension) => sobolBits(index, dimension) / 2 ** 32));
  expect(ours).toEqual(points);
});

test("scrambling keeps one point in each of 2^n equal intervals, along every dimension", () => {
  for (let dimension = 0; dimension < sobolDimensions + 3; dimension++) {
    for (const count of [4, 32, 256]) {
      const cells = Array.from({ length: count }, (_, n) => Math.floor(scrambledSobol(n, dimension, 99) * count));
      expect(new Set(cells).size).toBe(count);
    }
  }
});

test("pairs of dimensions fill boxes evenly too, after scrambling", () => {
  for (const [a, b] of [
    [0, 1],
    [1, 2],
  ] as const) {
    // A (0, 2, 2)-sequence in the first two dimensions: 16 points, one in each box of a 4 × 4 grid.
    const boxes = Array.from({ length: 16 }, (_, n) => {
      const [x, y] = [scrambledSobol(n, a, 5), scrambledSobol(n, b, 5)];
      return 4 * Math.floor(4 * x) + Math.floor(4 * y);
    });
    if (a === 0) expect(new Set(boxes).size).toBe(16);
    expect(new Set(boxes).size).toBeGreaterThan(7);
  }
});

test("another seed gives other points", () => {
  expect(scrambledSobol(0, 0, 1)).not.toBe(scrambledSobol(0, 0, 2));
});
