import { Matrix, inverse } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { instantiateKernels, kernelModule } from "./kernels.ts";
import type { Kernels } from "./kernels.ts";
import { MemoryLayout, allocateShared, float32View, float64View, int32View } from "./memory-layout.ts";
import type { Region } from "./memory-layout.ts";
import { seededRandom } from "./test-data.fixture.ts";

/** Kernels over a memory laid out by `plan`. */
async function over<Plan>(
  plan: (layout: MemoryLayout) => Plan,
): Promise<{ kernels: Kernels; memory: WebAssembly.Memory; regions: Plan }> {
  const layout = new MemoryLayout();
  const regions = plan(layout);
  const memory = allocateShared(layout.bytes);
  return { kernels: instantiateKernels(await kernelModule(), memory), memory, regions };
}

const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, x) => sum + x, 0) / values.length;
const moment = (values: ArrayLike<number>, power: number): number => {
  const centre = mean(values);
  return mean(Array.from(values, (x) => (x - centre) ** power));
};

describe("random numbers", () => {
  test("are normal: mean, variance, skewness and kurtosis of 100,000, each within five standard errors", async () => {
    const count = 100_000;
    const { kernels, memory, regions } = await over((layout) => layout.float64(count));
    kernels.normals(regions.offset, count, 3, 5, 7, 11);
    const drawn = float64View(memory, regions);
    expect(Math.abs(mean(drawn))).toBeLessThan(5 / Math.sqrt(count));
    expect(Math.abs(moment(drawn, 2) - 1)).toBeLessThan(5 * Math.sqrt(2 / count));
    expect(Math.abs(moment(drawn, 3))).toBeLessThan(5 * Math.sqrt(15 / count));
    expect(Math.abs(moment(drawn, 4) - 3)).toBeLessThan(5 * Math.sqrt(96 / count));
    expect(Math.max(...drawn.subarray(0, 50_000))).toBeGreaterThan(3.5);
  });

  test("belong to their place: the same again, and others for another seed, stream, sweep or row", async () => {
    const { kernels, memory, regions } = await over((layout) => layout.float64(4));
    const draw = (...place: [number, number, number, number]): string => {
      kernels.normals(regions.offset, 4, ...place);
      return float64View(memory, regions).join();
    };
    const places: [number, number, number, number][] = [
      [1, 2, 3, 4],
      [2, 2, 3, 4],
      [1, 3, 3, 4],
      [1, 2, 4, 4],
      [1, 2, 3, 5],
      [2, 1, 3, 4],
    ];
    expect(new Set(places.map((place) => draw(...place))).size).toBe(places.length);
    expect(draw(1, 2, 3, 4)).toBe(draw(1, 2, 3, 4));
  });

  test.each([1, 2.5, 40, 5000])("Gamma(%d) has its mean and variance", async (shape) => {
    const { kernels } = await over((layout) => layout.float64(1));
    const count = 20_000;
    const drawn = Array.from({ length: count }, (_, row) => kernels.standardGamma(shape, 9, 1, 2, row));
    expect(Math.abs(mean(drawn) - shape)).toBeLessThan(5 * Math.sqrt(shape / count));
    const spread = Math.sqrt((2 * shape * shape + 6 * shape) / count);
    expect(Math.abs(moment(drawn, 2) - shape)).toBeLessThan(5 * spread);
    expect(Math.min(...drawn)).toBeGreaterThan(0);
  });

  test("indices are below their limit and even", async () => {
    const { kernels, memory, regions } = await over((layout) => layout.int32(70_000));
    kernels.uniformIndices(regions.offset, 70_000, 7, 4, 1);
    const counts = Array.from({ length: 7 }, () => 0);
    for (const index of int32View(memory, regions)) counts[index] = (counts[index] ?? 0) + 1;
    expect(counts).toHaveLength(7);
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });
});

// One row with 150 entries (more than a chunk) and 5 factors, padded to 8; columns 8 (bias) and 9 … 15.
const [factors, bias, width, entries, others] = [5, 8, 16, 150, 40];
const [intercept, alpha] = [3.2, 1.7];
const lambda = [2, 3, 1, 5, 4, 0, 0, 0, 6];

interface RowWorld {
  readonly state: Region;
  readonly mean: Region;
  readonly target: Region;
  readonly prior: Region;
  readonly sums: Region;
  readonly draw: (sweep: number) => void;
  readonly memory: WebAssembly.Memory;
  /** The equations in plain numbers: design rows (z, 1) and what is left of each rating. */
  readonly design: Matrix;
  readonly left: number[];
}

async function rowWorld(modes: 2 | 3, weighted: boolean): Promise<RowWorld> {
  const n = bias + 4;
  const scratchBytes = n * n * 8 + 5 * n * 8 + 128 * (n * 4 + 4);
  const { kernels, memory, regions } = await over((layout) => ({
    start: layout.int32(3),
    first: layout.int32(entries),
    second: layout.int32(entries),
    ratings: layout.float32(entries),
    a: layout.float32(others * width),
    b: layout.float32(others * width),
    target: layout.float32(2 * width),
    prior: layout.float32(2 * width),
    mean: layout.float32(2 * width),
    state: layout.float64(4 + width),
    roots: layout.float32(others),
    sums: layout.float64(2),
    flags: layout.int32(1),
    scratch: layout.float64(scratchBytes / 8),
  }));
  const random = seededRandom(77);
  // The second row has no entries.
  int32View(memory, regions.start).set([0, entries, entries]);
  const [first, second] = [int32View(memory, regions.first), int32View(memory, regions.second)];
  const [a, b] = [float32View(memory, regions.a), float32View(memory, regions.b)];
  const ratings = float32View(memory, regions.ratings);
  for (const matrix of [a, b])
    for (let row = 0; row < others; row++)
      for (const column of [0, 1, 2, 3, 4, bias]) matrix[row * width + column] = random() - 0.5;
  for (let e = 0; e < entries; e++) {
    first[e] = Math.floor(random() * others);
    second[e] = Math.floor(random() * others);
    ratings[e] = 1 + Math.floor(random() * 5);
  }
  const roots = float32View(memory, regions.roots).map(() => (weighted ? 0.3 + 2 * random() : 1));
  float32View(memory, regions.roots).set(roots);
  const prior = float32View(memory, regions.prior);
  for (const row of [0, 1]) for (const column of [0, 1, 2, 3, 4, bias]) prior[row * width + column] = random() - 0.5;
  const design = new Matrix(entries, factors + 1);
  const left = Array.from(ratings, (rating, e) => {
    const rowA = a.subarray((first[e] ?? 0) * width, ((first[e] ?? 0) + 1) * width);
    const rowB = b.subarray((second[e] ?? 0) * width, ((second[e] ?? 0) + 1) * width);
    const root = roots[first[e] ?? 0] ?? 1;
    let rest = rating - intercept - (rowA[bias] ?? 0);
    if (modes === 3) rest -= rowB[bias] ?? 0;
    for (let f = 0; f < factors; f++) {
      design.set(e, f, root * ((rowA[f] ?? 0) + (modes === 3 ? (rowB[f] ?? 0) : 0)));
      if (modes === 3) rest -= (rowA[f] ?? 0) * (rowB[f] ?? 0);
    }
    design.set(e, factors, root);
    return root * rest;
  });
  const draw = (sweep: number): void => {
    float64View(memory, regions.state).set([intercept, alpha, sweep, 1, ...lambda]);
    kernels.gibbsRows(
      regions.start.offset,
      regions.first.offset,
      modes === 3 ? regions.second.offset : 0,
      regions.ratings.offset,
      0,
      2,
      regions.a.offset,
      modes === 3 ? regions.b.offset : 0,
      regions.target.offset,
      regions.prior.offset,
      regions.mean.offset,
      width,
      factors,
      regions.state.offset,
      1,
      16,
      regions.flags.offset,
      1,
      regions.scratch.offset,
      scratchBytes,
      regions.sums.offset,
      weighted ? regions.roots.offset : 0,
      0,
      0,
    );
  };
  return { ...regions, memory, draw, design, left };
}

const realColumns = [0, 1, 2, 3, 4, bias];
const ownOf = (values: ArrayLike<number>, row = 0): number[] =>
  realColumns.map((column) => values[row * width + column] ?? NaN);

describe.each([
  [2, "alike", false],
  [3, "alike", false],
  [2, "each with a weight of its own", true],
  [3, "each with a weight of its own", true],
] as const)("a row drawn in a world of %d modes, ratings %s", (modes, _ratings, weighted) => {
  test("has the conditional mean and covariance of the normal equations, solved by another library", async () => {
    const { memory, draw, design, left, prior, mean: means, target } = await rowWorld(modes, weighted);
    const precision = design.transpose().mmul(design).mul(alpha);
    const right = design.transpose().mmul(Matrix.columnVector(left)).mul(alpha);
    realColumns.forEach((column, f) => {
      precision.set(f, f, precision.get(f, f) + (lambda[column] ?? 0));
      right.set(f, 0, right.get(f, 0) + (lambda[column] ?? 0) * (ownOf(float32View(memory, prior))[f] ?? 0));
    });
    const covariance = inverse(precision);
    const expected = covariance.mmul(right).to1DArray();
    const draws = 6000;
    const drawn = Array.from({ length: draws }, (_, sweep) => {
      draw(sweep);
      return ownOf(float32View(memory, target));
    });
    ownOf(float32View(memory, means)).forEach((value, f) => expect(value).toBeCloseTo(expected[f] ?? NaN, 5));
    for (let f = 0; f <= factors; f++) {
      const own = covariance.get(f, f);
      expect(Math.abs(mean(drawn.map((x) => x[f] ?? 0)) - (expected[f] ?? 0))).toBeLessThan(5 * Math.sqrt(own / draws));
      for (let g = 0; g <= f; g++) {
        const product = mean(drawn.map((x) => ((x[f] ?? 0) - (expected[f] ?? 0)) * ((x[g] ?? 0) - (expected[g] ?? 0))));
        const other = covariance.get(g, g);
        expect(Math.abs(product - covariance.get(f, g))).toBeLessThan(5 * Math.sqrt((2 * own * other) / draws));
      }
    }
  });

  test("leaves the residuals' sums", async () => {
    const { memory, draw, design, left, target, sums } = await rowWorld(modes, weighted);
    draw(3);
    const x = ownOf(float32View(memory, target));
    const residuals = left.map((rest, e) => rest - x.reduce((sum, value, f) => sum + value * design.get(e, f), 0));
    const [squares, total] = float64View(memory, sums);
    expect(squares).toBeCloseTo(
      residuals.reduce((sum, e) => sum + e * e, 0),
      2,
    );
    // Each weighed twice: the design's last column is the root of the weight.
    expect(total).toBeCloseTo(
      residuals.reduce((sum, rest, e) => sum + rest * design.get(e, factors), 0),
      3,
    );
  });

  test("comes from the prior where there are no entries, its fill left at zero", async () => {
    const { memory, draw, target, prior } = await rowWorld(modes, weighted);
    const expected = ownOf(float32View(memory, prior), 1);
    const drawn = Array.from({ length: 4000 }, (_, sweep) => {
      draw(sweep);
      return ownOf(float32View(memory, target), 1);
    });
    realColumns.forEach((column, f) => {
      const own = 1 / (lambda[column] ?? 1);
      const values = drawn.map((x) => x[f] ?? 0);
      expect(Math.abs(mean(values) - (expected[f] ?? 0))).toBeLessThan(5 * Math.sqrt(own / 4000));
      expect(Math.abs(moment(values, 2) - own)).toBeLessThan(5 * own * Math.sqrt(2 / 4000));
    });
    for (const column of [5, 6, 7, 9, 15]) expect(float32View(memory, target)[column]).toBe(0);
  });
});

describe("weights of features", () => {
  test("with rows known almost exactly, sweeps lead to the ridge solution, and the prior follows them", async () => {
    const [rows, features] = [30, 6];
    const { kernels, memory, regions } = await over((layout) => ({
      start: layout.int32(features + 1),
      rows: layout.int32(rows * features),
      values: layout.float32(rows * features),
      latent: layout.float32(rows * 16),
      prior: layout.float32(rows * 16),
      weights: layout.float32(features * 16),
      rowPrecision: layout.float64(16),
      weightPrecision: layout.float64(16),
      state: layout.float64(4),
      flags: layout.int32(1),
      scratch: layout.float64(64),
    }));
    const random = seededRandom(5);
    const x = new Matrix(rows, features);
    const [at, values] = [int32View(memory, regions.rows), float32View(memory, regions.values)];
    let entry = 0;
    for (let j = 0; j < features; j++) {
      for (let row = 0; row < rows; row++) {
        if (random() < 0.4) continue;
        at[entry] = row;
        values[entry] = Math.fround(random() * 2 - 1);
        x.set(row, j, values[entry] ?? 0);
        entry++;
      }
      int32View(memory, regions.start)[j + 1] = entry;
    }
    const latent = float32View(memory, regions.latent);
    for (let row = 0; row < rows; row++) for (const f of [0, 3]) latent[row * 16 + f] = random();
    // Columns 0 and 3 are real. λ of rows 10⁸, of weights a tenth of it: ridge regression with penalty 0.1.
    for (const f of [0, 3]) {
      float64View(memory, regions.rowPrecision)[f] = 1e8;
      float64View(memory, regions.weightPrecision)[f] = 1e7;
    }
    for (let sweep = 0; sweep < 200; sweep++) {
      float64View(memory, regions.state)[2] = sweep;
      kernels.gibbsFeatures(
        regions.start.offset,
        regions.rows.offset,
        regions.values.offset,
        0,
        features,
        regions.latent.offset,
        regions.prior.offset,
        regions.weights.offset,
        16,
        0,
        regions.rowPrecision.offset,
        regions.weightPrecision.offset,
        regions.state.offset,
        1,
        1,
        regions.flags.offset,
        1,
        regions.scratch.offset,
        512,
      );
    }
    const weights = float32View(memory, regions.weights);
    const prior = float32View(memory, regions.prior);
    const gram = x.transpose().mmul(x).add(Matrix.eye(features).mul(0.1));
    for (const f of [0, 3]) {
      const target = Matrix.columnVector(Array.from({ length: rows }, (_, row) => latent[row * 16 + f] ?? 0));
      const expected = inverse(gram).mmul(x.transpose().mmul(target)).to1DArray();
      for (let j = 0; j < features; j++)
        expect(Math.abs((weights[j * 16 + f] ?? 0) - (expected[j] ?? 0))).toBeLessThan(1e-3);
      for (let row = 0; row < rows; row++) {
        const product = x.getRow(row).reduce((sum, value, j) => sum + value * (weights[j * 16 + f] ?? 0), 0);
        expect(prior[row * 16 + f]).toBeCloseTo(product, 4);
      }
    }
    for (const f of [1, 2, 15]) expect(weights[f]).toBe(0);
  });
});

test("products of small matrices are those of another library", async () => {
  const [n, k] = [24, 16];
  const { kernels, memory, regions } = await over((layout) => ({
    a: layout.float64(n * n),
    x: layout.float64(n * k),
    out: layout.float64(n * k),
  }));
  const random = seededRandom(8);
  const [a, x] = [float64View(memory, regions.a), float64View(memory, regions.x)];
  for (const values of [a, x]) for (let at = 0; at < values.length; at++) values[at] = random() - 0.5;
  const [left, right] = [Matrix.from1DArray(n, n, Array.from(a)), Matrix.from1DArray(n, k, Array.from(x))];
  kernels.multiplyF64(regions.a.offset, n, regions.x.offset, k, regions.out.offset, 0, 8);
  kernels.multiplyF64(regions.a.offset, n, regions.x.offset, k, regions.out.offset, 8, n);
  const product = left.mmul(right).to1DArray();
  float64View(memory, regions.out).forEach((value, at) => expect(value).toBeCloseTo(product[at] ?? NaN, 12));
  kernels.crossF64(regions.x.offset, regions.x.offset, n, k, regions.out.offset, 0, k);
  const cross = right.transpose().mmul(right).to1DArray();
  cross.forEach((value, at) => expect(float64View(memory, regions.out)[at]).toBeCloseTo(value, 12));
});
