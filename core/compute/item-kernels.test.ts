import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadInteractions, planInteractions, pointersOf } from "./interactions.ts";
import { instantiateKernels, kernelModule } from "./kernels.ts";
import { MemoryLayout, allocateShared, float32View, float64View, int32View } from "./memory-layout.ts";
import type { Region } from "./memory-layout.ts";
import { openComputePool } from "./pool.ts";
import * as reference from "./reference-items.ts";
import { invertSymmetric, panelIndex, planSymmetric } from "./symmetric-inverse.ts";
import { randomSparse, seededRandom, trainingSetOf } from "./test-data.fixture.ts";

const module = await kernelModule();

/** Of every entry, against the largest. */
function expectClose(actual: readonly number[][], expected: readonly number[][], tolerance: number): void {
  const size = expected.flat().reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
  expected.forEach((row, i) =>
    row.forEach((value, j) => {
      const given = actual[i]?.[j] ?? NaN;
      if (!(Math.abs(given - value) <= tolerance * size)) expect.fail(`[${i}, ${j}] ${given}, expected ${value}`);
    }),
  );
}

/** BBᵀ / n + I, whose rows and columns differ in size. */
function symmetric(n: number, seed: number): number[][] {
  const random = seededRandom(seed);
  const b = Array.from({ length: n }, (_, i) => Array.from({ length: n }, () => (random() - 0.5) * (1 + (i % 7))));
  return b.map((row, i) => b.map((other, j) => row.reduce((s, x, k) => s + x * other[k]!, 0) / n + (i === j ? 1 : 0)));
}

describe("sweeps of blocks", () => {
  function setUp(n: number, width: number, seed: number, fromSums = false) {
    const layout = new MemoryLayout();
    const [matrix, v, u] = [layout.float32((n * (n + 8)) / 2), layout.float32(n * width), layout.float32(n * width)];
    const [p, square] = [layout.float32(width * width), layout.float64(width * width)];
    const [sumsOfV, sumsOfU] = [layout.float32((n * width * 49) / 16), layout.float32((n * width * 49) / 16)];
    const [columns, state] = [layout.float64(8 * width), layout.int32(1)];
    const [scale, rows] = [layout.float32(n), layout.float32(n * n)];
    const memory = allocateShared(layout.bytes);
    const kernels = instantiateKernels(module, memory);
    const view = float32View(memory, matrix);
    const given = symmetric(n, seed);
    const rounded = given.map((row) => row.map(Math.fround));
    for (let i = 0; i < n; i++) {
      // A panel holds whole rows of eight, so what is above the diagonal within one is there, too.
      for (let j = 0; j <= (i | 7); j++) view[panelIndex(n, i, Math.min(j, n - 1))] = rounded[i]![j]!;
    }
    const blocks = Array.from({ length: n / width }, (_, block) => block);
    const sweep = (pivot: number): void => {
      int32View(memory, state)[0] = pivot;
      for (const block of blocks)
        kernels.sweepGather(matrix.offset, n, width, state.offset, block, v.offset, square.offset);
      for (let c = 0; c < width; c += 16)
        kernels.sweepInvert(square.offset, width, c, c + 16, p.offset, columns.offset);
      for (const block of blocks)
        kernels.sweepScale(matrix.offset, n, width, state.offset, block, v.offset, p.offset, u.offset);
      if (fromSums)
        for (const block of blocks) {
          kernels.sweepCombine(width, state.offset, block, v.offset, 0, sumsOfV.offset);
          kernels.sweepCombine(width, state.offset, block, u.offset, 1, sumsOfU.offset);
        }
      for (const block of blocks.toReversed())
        kernels.sweepUpdate(
          matrix.offset,
          n,
          width,
          state.offset,
          block,
          v.offset,
          u.offset,
          fromSums ? sumsOfV.offset : 0,
          fromSums ? sumsOfU.offset : 0,
        );
    };
    /** The lower half, 0 above it. */
    const lower = () => given.map((_, i) => given.map((__, j) => (j <= i ? view[panelIndex(n, i, j)]! : 0)));
    return { memory, kernels, matrix, rounded, blocks, sweep, lower, scale, rows };
  }
  const lowerOf = (a: readonly number[][]) => a.map((row, i) => row.map((value, j) => (j <= i ? value : 0)));

  test.each([
    [192, 64, false],
    [256, 128, false],
    [512, 256, false],
    [288, 96, true],
    [512, 256, true],
  ])("give the reference's matrix after each (%i rows, %i at a time, from sums of parts: %s)", (n, width, fromSums) => {
    const { blocks, sweep, lower, rounded } = setUp(n, width, n, fromSums);
    let expected: number[][] = rounded;
    for (const block of blocks) {
      sweep(block);
      expected = reference.sweep(expected, block * width, width);
      expectClose(lower(), lowerOf(expected), 2e-6);
    }
  });

  test("end, in any order of the blocks, at minus the inverse, of which sweepRows gives whole rows", () => {
    const n = 192;
    const items = 187;
    const { memory, kernels, matrix, sweep, rounded, scale, rows } = setUp(n, 64, 5);
    for (const block of [2, 0, 1]) sweep(block);
    const random = seededRandom(1);
    const scales = float32View(memory, scale).map(() => random());
    float32View(memory, scale).set(scales);
    kernels.sweepRows(matrix.offset, n, items, 3, 150, scale.offset, rows.offset);
    const out = float32View(memory, rows);
    // One sweep over everything is minus the inverse.
    const expected = reference.sweep(rounded, 0, n);
    const actual = Array.from({ length: 147 }, (_, r) => Array.from(out.subarray(r * items, (r + 1) * items)));
    expectClose(
      actual,
      actual.map((row, r) => row.map((_, j) => (j === r + 3 ? 0 : expected[r + 3]![j]! * scales[j]!))),
      2e-6,
    );
  });
});

test.each([
  [1, false],
  [1, true],
  [2, true],
])("a matrix is inverted by blocks, with %i threads (from sums of parts: %s)", async (threads, fromSums) => {
  const items = 179;
  const layout = new MemoryLayout();
  const regions = planSymmetric(layout, items, { width: 64, fromSums });
  const signal = new AbortController().signal;
  const pool = await openComputePool({ bytes: layout.bytes, threads, signal });
  const view = float32View(pool.memory, regions.matrix);
  const given = symmetric(items, 11);
  // What is beyond the items is the unit matrix.
  for (let i = 0; i < regions.n; i++)
    for (let j = 0; j <= i; j++) view[panelIndex(regions.n, i, j)] = i < items ? given[i]![j]! : i === j ? 1 : 0;
  const done: number[] = [];
  await invertSymmetric(pool, regions, (block) => done.push(block));
  await pool.close();
  expect(done).toEqual([1, 2, 3]);
  const rounded = given.map((row) => row.map(Math.fround));
  expectClose(
    given.map((_, i) => given.map((__, j) => (j <= i ? view[panelIndex(regions.n, i, j)]! : 0))),
    reference.sweep(rounded, 0, items).map((row, i) => row.map((value, j) => (j <= i ? value : 0))),
    2e-6,
  );
});

describe("kernels of items", () => {
  const users = 60;
  const items = 27;
  const data = randomSparse(users, items, 0.2, 8);
  const gram = reference.gramian(data, items);
  const keep = 5;

  async function setUp() {
    const layout = new MemoryLayout();
    const interactions = planInteractions(layout, { users, items, ratings: data.columns.length });
    const regions = {
      gram: layout.float32(items * items),
      left: layout.float64(items),
      right: layout.float64(items),
      outItems: layout.int32(items * keep),
      outWeights: layout.float32(items * keep),
      counts: layout.int32(items),
      flags: layout.int32(1),
      scratch: layout.float32(items * 4),
      out: layout.float32(items * items),
    };
    const signal = new AbortController().signal;
    const pool = await openComputePool({ bytes: layout.bytes, threads: 1, signal });
    await loadInteractions(pool, interactions, trainingSetOf(data, items));
    await pool.close();
    const { memory } = pool;
    const squareOf = (region: Region) => {
      const view = float32View(memory, region);
      return gram.map((_, i) => Array.from(view.subarray(i * items, (i + 1) * items)));
    };
    return {
      memory,
      kernels: instantiateKernels(module, memory),
      pointers: pointersOf(interactions),
      regions,
      squareOf,
    };
  }

  test("gramToRows is XᵀX", async () => {
    const { kernels, pointers, regions, squareOf } = await setUp();
    kernels.gramToRows(...pointers, items, 0, 11, regions.gram.offset);
    kernels.gramToRows(...pointers, items, 11, items, regions.gram.offset + 11 * items * 4);
    expect(squareOf(regions.gram)).toEqual(gram);
  });

  test("itemNeighbours finds the reference's neighbours", async () => {
    const { memory, kernels, pointers, regions } = await setUp();
    const { left, right, outItems, outWeights, counts, flags, scratch } = regions;
    fc.assert(
      fc.property(fc.double({ min: 0, max: 50, noNaN: true }), fc.nat(1e6), (shrinkage, seed) => {
        const random = seededRandom(seed);
        for (const region of [left, right]) float64View(memory, region).set(gram.map(() => 0.5 + random()));
        const given = { left: float64View(memory, left), right: float64View(memory, right), shrinkage, keep };
        const at = [left, right].map(({ offset }) => offset) as [number, number];
        const out = [outItems, outWeights, counts].map(({ offset }) => offset) as [number, number, number];
        const room = [flags.offset, 1, scratch.offset, items * 4] as const;
        kernels.itemNeighbours(...pointers, items, 0, items, ...at, shrinkage, keep, ...out, ...room);
        gram.forEach((_, i) => {
          const count = int32View(memory, counts)[i]!;
          const found = Array.from({ length: count }, (__, n) => ({
            item: int32View(memory, outItems)[i * keep + n]!,
            weight: float32View(memory, outWeights)[i * keep + n]!,
          })).toSorted((a, b) => b.weight - a.weight || a.item - b.item);
          const expected = reference.itemNeighbours(gram, i, given);
          expect(found.map(({ item }) => item)).toEqual(expected.map(({ item }) => item));
          found.forEach(({ weight }, n) => expect(weight).toBe(Math.fround(expected[n]!.weight)));
        });
      }),
      { numRuns: 30 },
    );
  });

  test.each([
    [3, 2, true],
    [3, 2, false],
    [0, 40, false],
    [1e4, 1, true],
  ])("slimItems minimises the reference's objective (l1 %d, l2 %d, positive %s)", async (l1, l2, positive) => {
    const { memory, kernels, regions, squareOf } = await setUp();
    float32View(memory, regions.gram).set(gram.flat());
    const { offset } = regions.gram;
    const room = [regions.flags.offset, 1, regions.scratch.offset, items * 16] as const;
    kernels.slimItems(offset, items, 0, items, l1, l2, positive ? 1 : 0, 1e-7, 1000, regions.out.offset, ...room);
    const expected = gram.map((_, i) => reference.slimItem(gram, i, { l1, l2, positive }));
    squareOf(regions.out).forEach((row, i) => row.forEach((w, j) => expect(w).toBeCloseTo(expected[i]![j]!, 4)));
  });
});
