import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { instantiateKernels, kernelModule } from "./kernels.ts";
import { fromPanels, panelColumns, toPanels } from "./dense-matrix.ts";
import { MemoryLayout, allocateShared, float32View, float64View, int32View, uint8View } from "./memory-layout.ts";
import type { Region } from "./memory-layout.ts";
import * as reference from "./reference.ts";
import { randomSparse, seededRandom } from "./test-data.fixture.ts";

const module = await kernelModule();

/** Relative to the larger of 1 and the expected number: float32 sums of some hundred terms of size one. */
function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  for (let n = 0; n < expected.length; n++) {
    const [a, b] = [actual[n] ?? NaN, expected[n] ?? NaN];
    if (!(Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b)))) expect.fail(`[${n}] ${a}, expected ${b}`);
  }
}

const randomFloats = (length: number, seed: number): Float32Array => {
  const random = seededRandom(seed);
  return Float32Array.from({ length }, () => random() - 0.5);
};

const shapes = fc.record({
  rows: fc.integer({ min: 1, max: 40 }),
  columns: fc.integer({ min: 1, max: 30 }),
  density: fc.constantFrom(0.02, 0.3, 1),
  seed: fc.integer({ min: 0, max: 1e6 }),
});

function sparseInMemory(layout: MemoryLayout, matrix: reference.SparseRows) {
  const regions = {
    start: layout.int32(matrix.start.length),
    columns: layout.int32(matrix.columns.length),
    values: layout.float32(matrix.values.length),
  };
  const write = (memory: WebAssembly.Memory): void => {
    int32View(memory, regions.start).set(matrix.start);
    int32View(memory, regions.columns).set(matrix.columns);
    float32View(memory, regions.values).set(matrix.values);
  };
  return { ...regions, write };
}

const open = (layout: MemoryLayout) => {
  const memory = allocateShared(layout.bytes);
  return { memory, kernels: instantiateKernels(module, memory) };
};

describe("fillNearNormal", () => {
  test("gives the reference's numbers, zero padding, and the same for any partition", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.nat(5),
        (rows, columns, seed, cut) => {
          const stride = Math.ceil(columns / 4) * 4;
          const layout = new MemoryLayout();
          const out = layout.float32(rows * stride);
          const { memory, kernels } = open(layout);
          const split = Math.min(cut, rows);
          kernels.fillNearNormal(out.offset, split, rows, columns, stride, seed, 3, 0.1);
          kernels.fillNearNormal(out.offset, 0, split, columns, stride, seed, 3, 0.1);
          const expected = Array.from({ length: rows * stride }, (_, n) =>
            n % stride < columns ? reference.nearNormal(Math.floor(n / stride), n % stride, columns, seed, 3, 0.1) : 0,
          );
          expectClose(float32View(memory, out), expected, 1e-7);
        },
      ),
      { numRuns: 50 },
    );
  });

  test("has mean 0 and the deviation asked for", () => {
    const layout = new MemoryLayout();
    const out = layout.float32(1_000_000);
    const { memory, kernels } = open(layout);
    kernels.fillNearNormal(out.offset, 0, 1000, 1000, 1000, 42, 0, 2);
    const values = float32View(memory, out);
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const variance = values.reduce((sum, x) => sum + x * x, 0) / values.length;
    // Four standard errors: 2/√10⁶ = 0.002 for the mean; the variance's is below 0.0057.
    expect(Math.abs(mean)).toBeLessThan(0.008);
    expect(Math.abs(variance - 4)).toBeLessThan(0.023);
  });
});

test("biasSweep gives the regularised means and the squared residuals left by them", () => {
  fc.assert(
    fc.property(shapes, fc.constantFrom(0, 10), ({ rows, columns, density, seed }, shrinkage) => {
      const matrix = randomSparse(rows, columns, density, seed);
      const layout = new MemoryLayout();
      const sparse = sparseInMemory(layout, matrix);
      const [columnBias, rowBias, slots] = [layout.float64(columns), layout.float64(rows), layout.float64(2)];
      const { memory, kernels } = open(layout);
      sparse.write(memory);
      float64View(memory, columnBias).set(randomFloats(columns, seed));
      const cut = Math.floor(rows / 2);
      const sweep = (from: number, to: number, slot: number) =>
        kernels.biasSweep(
          sparse.start.offset,
          sparse.columns.offset,
          sparse.values.offset,
          columnBias.offset,
          rowBias.offset,
          3.5,
          shrinkage,
          from,
          to,
          slot,
        );
      sweep(0, cut, slots.offset);
      sweep(cut, rows, slots.offset + 8);
      const expected = new Float64Array(rows);
      const loss = reference.biasSweep(
        matrix,
        Float64Array.from(randomFloats(columns, seed)),
        expected,
        3.5,
        shrinkage,
      );
      expectClose(float64View(memory, rowBias), expected, 1e-12);
      expectClose([float64View(memory, slots).reduce((sum, x) => sum + x, 0)], [loss], 1e-10);
    }),
    { numRuns: 100 },
  );
});

test("sgdCell makes the updates of the reference, entry by entry", () => {
  fc.assert(
    fc.property(shapes, fc.constantFrom(4, 8, 16, 20, 36, 128), ({ rows, columns, density, seed }, stride) => {
      const matrix = randomSparse(rows, columns, density, seed);
      const users = Int32Array.from(
        { length: matrix.columns.length },
        (_, n) => matrix.start.findIndex((start) => start > n) - 1,
      );
      const layout = new MemoryLayout();
      const [u, i, r] = [layout.int32(users.length), layout.int32(users.length), layout.float32(users.length)];
      const regions = [rows * stride, columns * stride, rows, columns].map((length) => layout.float32(length));
      const [p, q, bu, bi] = regions as [Region, Region, Region, Region];
      const [step, slot] = [layout.float32(8), layout.float64(1)];
      const { memory, kernels } = open(layout);
      int32View(memory, u).set(users);
      int32View(memory, i).set(matrix.columns);
      float32View(memory, r).set(matrix.values);
      regions.forEach((region, n) => float32View(memory, region).set(randomFloats(region.length, seed + n)));
      const model = { userFactors: p, itemFactors: q, userBias: bu, itemBias: bi };
      const before = Object.fromEntries(
        Object.entries(model).map(([name, region]) => [name, Float64Array.from(float32View(memory, region))]),
      );
      const steps = {
        scale: 0.5,
        mean: 1.75,
        rate: 0.01,
        userDecay: 0.999,
        itemDecay: 0.998,
        biasRate: 0.02,
        userBiasDecay: 0.997,
        itemBiasDecay: 0.996,
      };
      float32View(memory, step).set(Object.values(steps));
      kernels.sgdCell(
        u.offset,
        i.offset,
        r.offset,
        0,
        users.length,
        p.offset,
        q.offset,
        bu.offset,
        bi.offset,
        stride,
        step.offset,
        slot.offset,
      );
      const expected = { ...before, stride } as unknown as reference.SgdModel;
      const loss = reference.sgdCell(users, matrix.columns, matrix.values, expected, steps);
      for (const [name, region] of Object.entries(model)) {
        expectClose(float32View(memory, region), expected[name as keyof typeof model], 2e-5);
      }
      expectClose(float64View(memory, slot), [loss], 1e-4);
    }),
    { numRuns: 60 },
  );
});

test("countCells and fillCells give each cell its ratings, ordered by user", () => {
  fc.assert(
    fc.property(shapes, ({ rows, columns, density, seed }) => {
      const matrix = randomSparse(rows, columns, density, seed);
      const random = seededRandom(seed);
      const blockOf = Array.from({ length: columns }, () => Math.floor(random() * 3));
      const order = Array.from({ length: rows }, (_, n) => rows - 1 - n);
      const layout = new MemoryLayout();
      const sparse = sparseInMemory(layout, matrix);
      const [orderRegion, rank, counts] = [layout.int32(rows), layout.int32(columns), layout.int32(3)];
      const itemBlock = layout.uint8(columns);
      const [users, items, ratings] = [
        layout.int32(matrix.columns.length),
        layout.int32(matrix.columns.length),
        layout.float32(matrix.columns.length),
      ];
      const { memory, kernels } = open(layout);
      sparse.write(memory);
      int32View(memory, orderRegion).set(order);
      int32View(memory, rank).set(blockOf.map((_, item) => 100 + item));
      uint8View(memory, itemBlock).set(blockOf);
      kernels.countCells(
        orderRegion.offset,
        sparse.start.offset,
        sparse.columns.offset,
        itemBlock.offset,
        0,
        rows,
        counts.offset,
      );
      const cells = [0, 1, 2].map((block) => reference.fillCell(order, matrix, (item) => blockOf[item] === block));
      expect([...int32View(memory, counts)]).toEqual(cells.map((cell) => cell.length));
      const starts = cells.map((_, block) => cells.slice(0, block).flat().length);
      int32View(memory, counts).set(starts);
      kernels.fillCells(
        orderRegion.offset,
        sparse.start.offset,
        sparse.columns.offset,
        sparse.values.offset,
        itemBlock.offset,
        rank.offset,
        0,
        rows,
        counts.offset,
        users.offset,
        items.offset,
        ratings.offset,
      );
      let out = 0;
      for (const expected of cells) {
        const written = expected.map((_, n) => ({
          position: int32View(memory, users)[out + n],
          item: (int32View(memory, items)[out + n] ?? 0) - 100,
          rating: float32View(memory, ratings)[out + n],
        }));
        expect(written).toEqual(expected);
        out += expected.length;
      }
      expect(out).toBe(matrix.columns.length);
    }),
    { numRuns: 100 },
  );
});

test("sparseTimesDense multiplies any shape, empty rows included", () => {
  fc.assert(
    fc.property(shapes, fc.constantFrom(16, 32, 48, 64), ({ rows, columns, density, seed }, width) => {
      const matrix = randomSparse(rows, columns, density, seed);
      const layout = new MemoryLayout();
      const sparse = sparseInMemory(layout, matrix);
      const [x, y] = [layout.float32(columns * width), layout.float32(rows * width)];
      const { memory, kernels } = open(layout);
      sparse.write(memory);
      float32View(memory, x).set(randomFloats(columns * width, seed));
      float32View(memory, y).fill(NaN);
      kernels.sparseTimesDense(
        sparse.start.offset,
        sparse.columns.offset,
        sparse.values.offset,
        x.offset,
        y.offset,
        width,
        0,
        rows,
      );
      expectClose(float32View(memory, y), reference.sparseTimesDense(matrix, float32View(memory, x), width), 1e-5);
    }),
    { numRuns: 60 },
  );
});

test("addGramProduct adds RᵀR·X, a panel of eight columns at a time and row range after row range", () => {
  fc.assert(
    fc.property(shapes, fc.constantFrom(16, 48), ({ rows, columns, density, seed }, width) => {
      const matrix = randomSparse(rows, columns, density, seed);
      const layout = new MemoryLayout();
      const sparse = sparseInMemory(layout, matrix);
      const dense = () => ({ region: layout.float32(columns * width), rows: columns, columns: width });
      const [x, out] = [dense(), dense()];
      const [panels, sums] = [layout.float32(columns * width), layout.float32(columns * width)];
      const { memory, kernels } = open(layout);
      sparse.write(memory);
      float32View(memory, x.region).set(randomFloats(columns * width, seed));
      const before = randomFloats(columns * width, seed + 1);
      float32View(memory, out.region).set(before);
      toPanels(memory, x, panels);
      toPanels(memory, out, sums);
      const half = rows >> 1;
      for (const [from, to] of [
        [0, half],
        [half, rows],
      ] as const) {
        for (let panel = 0; panel < width; panel += panelColumns) {
          kernels.addGramProduct(
            sparse.start.offset,
            sparse.columns.offset,
            sparse.values.offset,
            panels.offset + panel * columns * 4,
            sums.offset + panel * columns * 4,
            from,
            to,
          );
        }
      }
      fromPanels(memory, sums, out);
      const expected = reference.gramProduct(matrix, float32View(memory, x.region), width);
      expectClose(
        float32View(memory, out.region),
        expected.map((value, at) => value + (before[at] ?? 0)),
        1e-4,
      );
    }),
    { numRuns: 60 },
  );
});

test("gram and denseTimesSmall multiply any shape", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 33 }),
      fc.constantFrom(16, 32, 48),
      fc.constantFrom(16, 48),
      fc.nat(1000),
      (rows, width, widthOut, seed) => {
        const layout = new MemoryLayout();
        const [x, t, y, slot] = [
          layout.float32(rows * width),
          layout.float32(width * widthOut),
          layout.float32(rows * widthOut),
          layout.float64(width * width),
        ];
        const { memory, kernels } = open(layout);
        float32View(memory, x).set(randomFloats(rows * width, seed));
        float32View(memory, t).set(randomFloats(width * widthOut, seed + 1));
        for (let band = 0; band < width; band += 16)
          kernels.gram(x.offset, width, 0, rows, band, band + 16, slot.offset);
        kernels.denseTimesSmall(x.offset, width, t.offset, widthOut, y.offset, 0, rows);
        const upper = (matrix: Float64Array) => Array.from(matrix).filter((_, n) => n % width >= Math.floor(n / width));
        expectClose(upper(float64View(memory, slot)), upper(reference.gram(float32View(memory, x), width)), 1e-12);
        expectClose(
          float32View(memory, y),
          reference.denseTimesSmall(float32View(memory, x), width, float32View(memory, t), widthOut),
          1e-5,
        );
      },
    ),
    { numRuns: 60 },
  );
});
