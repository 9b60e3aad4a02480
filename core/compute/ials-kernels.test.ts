import fc from "fast-check";
import { CholeskyDecomposition, Matrix, solve } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { eigenbasis, eigenbasisProgram, planEigenbasis, readEigenbasis } from "./eigenbasis.ts";
import { instantiateKernels, kernelModule } from "./kernels.ts";
import { MemoryLayout, allocateShared, float32View, float64View, int32View } from "./memory-layout.ts";
import { planRowSolver, setRotation } from "./row-solver.ts";
import { randomSparse, seededRandom } from "./test-data.fixture.ts";

const module = await kernelModule();

const open = (layout: MemoryLayout) => {
  const memory = allocateShared(layout.bytes);
  return { memory, kernels: instantiateKernels(module, memory) };
};

function randomNumbers(length: number, seed: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length }, () => random() - 0.5);
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  const size = Math.max(1e-30, ...Array.from(expected, Math.abs));
  for (let n = 0; n < expected.length; n++) {
    const [a, b] = [actual[n] ?? NaN, expected[n] ?? NaN];
    if (!(Math.abs(a - b) <= tolerance * size)) expect.fail(`[${n}] ${a}, expected ${b}`);
  }
}

/** BBᵀ + n/10·I. */
function positiveDefinite(n: number, seed: number): Matrix {
  const b = Matrix.from1DArray(n, n, randomNumbers(n * n, seed));
  return b.mmul(b.transpose()).add(Matrix.eye(n).mul(n / 10));
}

test("cholesky and choleskySolve give what another library gives, and read the lower triangle only", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(1e6), (blocks, seed) => {
      const n = blocks * 4;
      const exact = positiveDefinite(n, seed);
      const right = randomNumbers(n, seed + 1);
      const layout = new MemoryLayout();
      const [matrix, x] = [layout.float64(n * n), layout.float64(n)];
      const { memory, kernels } = open(layout);
      const view = float64View(memory, matrix);
      view.set(exact.to1DArray().map((value, at) => (at % n <= Math.floor(at / n) ? value : NaN)));
      float64View(memory, x).set(right);
      kernels.cholesky(matrix.offset, n);
      kernels.choleskySolve(matrix.offset, n, x.offset);
      const lower = Array.from(view, (value, at) => (at % n <= Math.floor(at / n) ? value : 0));
      expectClose(lower, new CholeskyDecomposition(exact).lowerTriangularMatrix.to1DArray(), 1e-12);
      expectClose(float64View(memory, x), solve(exact, Matrix.columnVector(right)).to1DArray(), 1e-10);
    }),
    { numRuns: 60 },
  );
});

test("a matrix without full rank leaves finite numbers", () => {
  const layout = new MemoryLayout();
  const matrix = layout.float64(64);
  const { memory, kernels } = open(layout);
  float64View(memory, matrix).fill(1);
  kernels.cholesky(matrix.offset, 8);
  for (let at = 0; at < 64; at++)
    if (at % 8 <= Math.floor(at / 8)) expect(float64View(memory, matrix)[at]).toSatisfy(Number.isFinite);
});

test("eigenbasis diagonalises, largest first, and leaves the padding alone", () => {
  const [rank, n] = [11, 16];
  const exact = positiveDefinite(rank, 5);
  const padded = new Float64Array(n * n);
  for (let a = 0; a < rank; a++) for (let b = 0; b < rank; b++) padded[a * n + b] = exact.get(a, b);
  const { values, vectors } = eigenbasis(padded, n, rank);
  const v = Matrix.from1DArray(n, n, Array.from(vectors));
  expect(v.transpose().mmul(v).sub(Matrix.eye(n)).norm()).toBeLessThan(1e-12);
  const diagonal = Matrix.diag(Array.from(values));
  expect(
    v
      .mmul(diagonal)
      .mmul(v.transpose())
      .sub(Matrix.from1DArray(n, n, Array.from(padded)))
      .norm(),
  ).toBeLessThan(1e-12);
  expect(Array.from(values)).toEqual(Array.from(values).sort((a, b) => b - a));
  expect(Array.from(values.subarray(rank))).toEqual([0, 0, 0, 0, 0]);
});

test.each([
  [1, 16],
  [2, 16],
  [11, 16],
  [16, 16],
  [50, 64],
  [144, 144],
])("the kernels' eigenbasis of rank %i in width %i is that of the reference", (rank, n) => {
  const exact = positiveDefinite(rank, rank + 3);
  const padded = new Float64Array(n * n);
  for (let a = 0; a < rank; a++) for (let b = 0; b < rank; b++) padded[a * n + b] = exact.get(a, b);
  const { values, vectors } = kernelEigenbasis(padded, n, rank)!;
  const v = Matrix.from1DArray(n, n, Array.from(vectors));
  expect(v.transpose().mmul(v).sub(Matrix.eye(n)).norm()).toBeLessThan(1e-11);
  const rebuilt = v.mmul(Matrix.diag(Array.from(values))).mmul(v.transpose());
  const original = Matrix.from1DArray(n, n, Array.from(padded));
  expect(rebuilt.sub(original).norm() / original.norm()).toBeLessThan(1e-12);
  const reference = eigenbasis(padded, n, rank).values;
  values.forEach((value, at) => expect(Math.abs(value - reference[at]!)).toBeLessThan(1e-12 * reference[0]!));
});

test("an eigenbasis in the kernels: nothing but zeros, equal values, numbers that are none", () => {
  const n = 16;
  const identity = Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0));
  expect(kernelEigenbasis(new Float64Array(n * n), n, n)).toEqual({ values: new Float64Array(n), vectors: identity });
  expect(kernelEigenbasis(identity, n, n)).toEqual({ values: new Float64Array(n).fill(1), vectors: identity });
  const ones = kernelEigenbasis(new Float64Array(n * n).fill(1), n, n)!;
  expect(ones.values[0]).toBeCloseTo(n, 12);
  expect(ones.values[1]).toBeCloseTo(0, 12);
  expect(kernelEigenbasis(new Float64Array(n * n).fill(NaN), n, n)).toBeNull();
});

function kernelEigenbasis(gramian: Float64Array, n: number, rank: number) {
  const layout = new MemoryLayout();
  const regions = planEigenbasis(layout, n);
  const { memory, kernels } = open(layout);
  for (const region of [regions.vectors, regions.scratch, regions.rotations, regions.panels, regions.factors])
    float64View(memory, region).fill(NaN);
  float64View(memory, regions.matrix).set(gramian);
  for (const phase of eigenbasisProgram(regions))
    for (const call of phase) Reflect.apply(kernels[call.kernel], undefined, call.arguments);
  return readEigenbasis(memory, regions, rank);
}

/** Rows, factors and diagonals in memory, and the kernels bound to them. */
function problem(rows: number, columns: number, width: number, density: number, seed: number) {
  const matrix = randomSparse(rows, columns, density, seed);
  const layout = new MemoryLayout();
  const [start, entries] = [layout.int32(rows + 1), layout.int32(matrix.columns.length)];
  const [source, target] = [layout.float32(columns * width), layout.float32(rows * width)];
  const [spectrum, penalty, sums, t] = [
    layout.float64(width),
    layout.float64(rows),
    layout.float64(2),
    layout.float32(width * width),
  ];
  const solver = planRowSolver(layout, width, columns, 2, 16);
  const { memory, kernels } = open(layout);
  int32View(memory, start).set(matrix.start);
  int32View(memory, entries).set(matrix.columns);
  float32View(memory, source).set(randomNumbers(columns * width, seed + 1));
  float32View(memory, target).set(randomNumbers(rows * width, seed + 2));
  // Scratch may hold anything.
  float64View(memory, solver.scratch).fill(NaN);
  const random = seededRandom(seed + 3);
  float64View(memory, spectrum).set(Array.from({ length: width }, () => random() * 5));
  float64View(memory, penalty).set(Array.from({ length: rows }, () => 0.2 + random()));
  const shared = [solver.flags.offset, solver.slots, solver.scratch.offset, solver.bytes] as const;
  const rotate = (from: number, to: number) => kernels.rotateRows(target.offset, width, t.offset, from, to, ...shared);
  const run = (steps: number, dualLimit: number, from = 0, to = rows, block = 0) =>
    kernels.ialsRows(
      start.offset,
      entries.offset,
      0,
      0,
      from,
      to,
      source.offset,
      target.offset,
      width,
      spectrum.offset,
      penalty.offset,
      steps,
      block,
      0,
      dualLimit,
      ...shared,
      solver.capacity,
      solver.longest,
      sums.offset,
    );
  const itemsOf = (row: number) => Array.from(matrix.columns.subarray(matrix.start[row], matrix.start[row + 1]));
  const rowOf = (region: typeof source, row: number) =>
    Array.from(float32View(memory, region).subarray(row * width, (row + 1) * width));
  const diagonalOf = (row: number) =>
    Array.from(float64View(memory, spectrum), (value) => value + (float64View(memory, penalty)[row] ?? NaN));
  /** (Σ yyᵀ + D) and Σ y of a row, as they are written. */
  const equations = (row: number) => {
    const system = Matrix.diag(diagonalOf(row));
    const right = new Matrix(width, 1);
    for (const item of itemsOf(row)) {
      const y = Matrix.columnVector(rowOf(source, item));
      system.add(y.mmul(y.transpose()));
      right.add(y);
    }
    return { system, right };
  };
  /** Σ (1 − x·y)² + xᵀDx */
  const lossOf = (row: number, x: number[]) => {
    const dot = (y: number[]) => y.reduce((sum, value, f) => sum + value * (x[f] ?? NaN), 0);
    const errors = itemsOf(row).reduce((sum, item) => sum + (1 - dot(rowOf(source, item))) ** 2, 0);
    return errors + diagonalOf(row).reduce((sum, value, f) => sum + value * (x[f] ?? NaN) ** 2, 0);
  };
  return { memory, matrix, source, target, penalty, sums, t, rotate, run, itemsOf, rowOf, equations, lossOf, rows };
}

const shapes = fc.record({
  rows: fc.integer({ min: 1, max: 12 }),
  columns: fc.integer({ min: 1, max: 300 }),
  width: fc.constantFrom(16, 32, 48),
  density: fc.constantFrom(0.03, 0.3, 1),
  seed: fc.nat(1e6),
});

describe("ialsRows", () => {
  test.each([
    ["by Cholesky", () => 0],
    ["through the n × n system where that is smaller", (width: number) => width],
  ])("solves every row's normal equations %s", (_, dualLimit) => {
    fc.assert(
      fc.property(shapes, ({ rows, columns, width, density, seed }) => {
        const it = problem(rows, columns, width, density, seed);
        it.run(0, dualLimit(width));
        let [loss, penalties] = [0, 0];
        for (let row = 0; row < rows; row++) {
          const { system, right } = it.equations(row);
          const exact = solve(system, right).to1DArray();
          const found = it.rowOf(it.target, row);
          expectClose(found, exact, 2e-5);
          loss += it.lossOf(row, exact);
          penalties +=
            (float64View(it.memory, it.penalty)[row] ?? NaN) * found.reduce((sum, value) => sum + value * value, 0);
        }
        expectClose(float64View(it.memory, it.sums), [loss, penalties], 1e-5);
      }),
      { numRuns: 60 },
    );
  });

  test("conjugate gradients: as many steps as there are factors end at the solution", () => {
    fc.assert(
      fc.property(shapes, ({ rows, columns, width, density, seed }) => {
        const it = problem(rows, columns, width, density, seed);
        it.run(2 * width, 0);
        for (let row = 0; row < rows; row++) {
          const { system, right } = it.equations(row);
          expectClose(it.rowOf(it.target, row), solve(system, right).to1DArray(), 1e-4);
        }
      }),
      { numRuns: 40 },
    );
  });

  test("conjugate gradients: no step makes a row worse, and the loss reported is the loss reached", () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 5 }), ({ rows, columns, width, density, seed }, steps) => {
        const it = problem(rows, columns, width, density, seed);
        const losses = () => Array.from({ length: rows }, (_, row) => it.lossOf(row, it.rowOf(it.target, row)));
        const before = losses();
        it.run(steps, 0);
        const after = losses();
        after.forEach((loss, row) => expect(loss).toBeLessThanOrEqual((before[row] ?? NaN) * (1 + 1e-5)));
        const reported = float64View(it.memory, it.sums)[0] ?? NaN;
        const sum = after.reduce((total, loss, row) => total + (it.itemsOf(row).length > 0 ? loss : 0), 0);
        const scale = before.reduce((total, loss) => total + loss, 1);
        expect(Math.abs(reported - sum)).toBeLessThan(1e-5 * scale);
      }),
      { numRuns: 60 },
    );
  });

  test("subspaces: no sweep makes a row worse, the loss reported is the loss reached, and sweeps end at the solution", () => {
    fc.assert(
      fc.property(shapes, fc.constantFrom(8, 16), ({ rows, columns, width, density, seed }, block) => {
        const it = problem(rows, columns, width, density, seed);
        const losses = () => Array.from({ length: rows }, (_, row) => it.lossOf(row, it.rowOf(it.target, row)));
        const before = losses();
        it.run(0, 0, 0, rows, block);
        const after = losses();
        after.forEach((loss, row) => expect(loss).toBeLessThanOrEqual((before[row] ?? NaN) * (1 + 1e-5)));
        const sum = after.reduce((total, loss, row) => total + (it.itemsOf(row).length > 0 ? loss : 0), 0);
        const scale = before.reduce((total, loss) => total + loss, 1);
        expect(Math.abs((float64View(it.memory, it.sums)[0] ?? NaN) - sum)).toBeLessThan(1e-5 * scale);
        for (let sweep = 0; sweep < 300; sweep++) it.run(0, 0, 0, rows, block);
        for (let row = 0; row < rows; row++) {
          const { system, right } = it.equations(row);
          expectClose(it.rowOf(it.target, row), solve(system, right).to1DArray(), 1e-3);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("long rows, and systems too large for f32, are solved as well", () => {
    for (const [columns, size] of [
      [2500, 1],
      [300, 60],
    ] as const) {
      const it = problem(2, columns, 64, 1, 5);
      float32View(it.memory, it.source).forEach((value, at, all) => (all[at] = size * value));
      it.run(0, 0);
      for (let row = 0; row < 2; row++) {
        const { system, right } = it.equations(row);
        expectClose(it.rowOf(it.target, row), solve(system, right).to1DArray(), 1e-4);
      }
    }
  });

  test("one step of conjugate gradients is the steepest descent of the whitened system", () => {
    const it = problem(1, 40, 16, 1, 77);
    const { system, right } = it.equations(0);
    const diagonal = it.equations(0).system.diagonal();
    // D, not the system's own diagonal: what is left when the entries' products are taken off.
    it.itemsOf(0).forEach((item) =>
      it.rowOf(it.source, item).forEach((y, f) => (diagonal[f] = (diagonal[f] ?? NaN) - y * y)),
    );
    const x = Matrix.columnVector(it.rowOf(it.target, 0));
    const residual = right.clone().sub(system.mmul(x));
    const direction = Matrix.columnVector(residual.to1DArray().map((value, f) => value / (diagonal[f] ?? NaN)));
    const length = residual.dot(direction) / direction.dot(system.mmul(direction));
    it.run(1, 0);
    expectClose(it.rowOf(it.target, 0), x.add(direction.mul(length)).to1DArray(), 1e-5);
  });

  test("rows cut anywhere give the same bytes; rows without entries become zero", () => {
    const [whole, cut] = [0, 1].map(() => problem(9, 200, 32, 0.15, 8));
    if (whole === undefined || cut === undefined) throw new Error("two problems");
    whole.run(0, 32);
    cut.run(0, 32, 5, 9);
    cut.run(0, 32, 0, 5);
    expect(float32View(cut.memory, cut.target)).toEqual(float32View(whole.memory, whole.target));
    const empty = problem(3, 5, 16, 0, 1);
    empty.run(3, 16);
    expect(float32View(empty.memory, empty.target).every((value) => value === 0)).toBe(true);
    expect(Array.from(float64View(empty.memory, empty.sums))).toEqual([0, 0]);
  });
});

test("rotateRows multiplies in place, whatever the cut", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 150 }), fc.constantFrom(16, 48), fc.nat(1e6), (rows, width, seed) => {
      const it = problem(rows, 3, width, 0.5, seed);
      const t = Float32Array.from(randomNumbers(width * width, seed + 9));
      setRotation(it.memory, it.t, Float64Array.from(t), width);
      const before = Matrix.from1DArray(rows, width, Array.from(float32View(it.memory, it.target)));
      const middle = Math.floor(rows / 3);
      it.rotate(middle, rows);
      it.rotate(0, middle);
      const expected = before.mmul(Matrix.from1DArray(width, width, Array.from(t)));
      expectClose(float32View(it.memory, it.target), expected.to1DArray(), 1e-5);
    }),
    { numRuns: 40 },
  );
});
