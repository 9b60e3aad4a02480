import { expect, test } from "vitest";
import { openKernelMemory } from "./kernel-memory.fixture.ts";
import * as reference from "./reference-gibbs.ts";
import type { FactorRow } from "./reference-gibbs.ts";
import { gram } from "./reference.ts";
import { seededRandom } from "./test-data.fixture.ts";

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  const size = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  for (let n = 0; n < expected.length; n++) {
    const [a, b] = [actual[n] ?? NaN, expected[n] ?? NaN];
    if (!(Math.abs(a - b) <= tolerance * size)) expect.fail(`[${n}] ${a}, expected ${b}`);
  }
}

test("the logarithm is within two units in the last place, from the smallest normal number on", async () => {
  const { kernels } = await openKernelMemory();
  const random = seededRandom(1);
  const edges = [2 ** -1022, Number.MAX_VALUE, 1, 1 - 2 ** -53, 1 + 2 ** -52, Math.SQRT2, Math.SQRT1_2, 0.5, 2, Math.E];
  for (const x of [...edges, ...Array.from({ length: 500 }, () => 10 ** (600 * random() - 300))]) {
    const expected = reference.naturalLog(x);
    expect(Math.abs(kernels.naturalLog(x) - expected)).toBeLessThanOrEqual(2 * 2 ** -52 * Math.abs(expected));
  }
});

test.each([0, 1, 2, 7, 100])("%i normal numbers of a place, Gamma and indices are the reference's", async (count) => {
  const it = await openKernelMemory();
  const out = it.room(8 * (count + 1));
  const places: readonly reference.Place[] = [
    [0, 0, 0, 0],
    [2 ** 32 - 1, 2 ** 31, 7, 2 ** 32 - 1],
    [5, 4096, 123, 17],
  ];
  for (const place of places) {
    it.kernels.normals(out, count, ...place);
    expectClose(it.float64(out, count), reference.normals(count, place), 1e-13);
    for (const shape of [1, 1.5, 40, 3e5])
      expectClose(
        [it.kernels.standardGamma(shape, ...place) / shape],
        [reference.standardGamma(shape, place) / shape],
        1e-13,
      );
    for (const limit of [1, 3, 2 ** 31 - 1]) {
      it.kernels.uniformIndices(out, count, limit, place[0], place[1]);
      expect([...it.int32(out, count)]).toEqual(reference.uniformIndices(count, limit, place[0], place[1]));
    }
  }
});

test.each([
  [0, 8],
  [1, 8],
  [3, 16],
  [127, 16],
  [129, 24],
  [300, 8],
])("gramOfRows and gramTall of %i rows and width %i are the reference's lower triangle", async (rows, width) => {
  const it = await openKernelMemory();
  const random = seededRandom(rows);
  const x = Float32Array.from({ length: rows * width }, (_, at) =>
    at % 13 === 0 ? [1e-40, -0][at % 2]! : random() - 0.5,
  );
  const lower = (matrix: ArrayLike<number>) =>
    Array.from(matrix).filter((_, at) => at % width <= Math.floor(at / width));
  const at = it.place(x);
  const out = it.room(8 * width * width);
  it.kernels.gramOfRows(at, width, 0, rows, out, it.room(512 * width));
  expectClose(lower(it.float64(out, width * width)), lower(gram(x, width)), 1e-6);
  if (width % 16 !== 0) return;
  const packed = (width / 8) * (width / 8 + 1) * 128;
  const scratch = packed + 128 * width * 4;
  it.kernels.gramTall(at, width, 0, rows, out, it.place(new Int32Array(1)), 1, it.room(scratch), scratch);
  expectClose(lower(it.float64(out, width * width)), lower(gram(x, width)), 1e-6);
});

/** Rows of `width` f32: factors, zeros to a multiple of eight, the bias, zeros. */
const flat = (rows: readonly FactorRow[], factors: number, width: number) =>
  Float32Array.from({ length: rows.length * width }, (_, at) => {
    const row = rows[Math.floor(at / width)]!;
    return at % width === 8 * Math.ceil(factors / 8) ? row.bias : (row.factors[at % width] ?? 0);
  });

test.each([
  [1, 2, false],
  [5, 3, true],
  [8, 3, false],
  [11, 2, true],
])(
  "rows of %i factors in %i modes are drawn as the reference draws them (weights %s)",
  async (factors, modes, weighted) => {
    const it = await openKernelMemory();
    const random = seededRandom(factors);
    const bias = 8 * Math.ceil(factors / 8);
    const width = 16 * Math.ceil((bias + 1) / 16);
    const counts = [0, 1, 2, 127, 128, 150];
    const total = counts.reduce((sum, count) => sum + count, 0);
    const number = () => Math.fround(random() - 0.5);
    const rowOf = (): FactorRow => ({ factors: Array.from({ length: factors }, number), bias: number() });
    const [others, thirds, priors] = [20, 9, counts.length].map((count) => Array.from({ length: count }, rowOf)) as [
      FactorRow[],
      FactorRow[],
      FactorRow[],
    ];
    const roots = others.map(() => (weighted ? Math.fround(0.3 + 2 * random()) : 1));
    const own = counts.map(() => (weighted ? Math.fround(0.5 + random()) : 1));
    const first = Int32Array.from({ length: total }, () => Math.floor(random() * others.length));
    const second = Int32Array.from({ length: total }, () => Math.floor(random() * thirds.length));
    const ratings = Float32Array.from({ length: total }, () => 1 + Math.floor(random() * 5));
    const start = [0, ...counts.map((_, row) => counts.slice(0, row + 1).reduce((sum, count) => sum + count, 0))];
    const lambda = Array.from({ length: factors + 1 }, () => 0.5 + 3 * random());
    const [intercept, alpha, sweep, seed, stream] = [3.25, 1.7, 4, 9, 77];
    const state = Float64Array.of(intercept, alpha, sweep, 1, ...new Float64Array(width));
    lambda.forEach((value, f) => (state[4 + (f < factors ? f : bias)] = value));
    const n = bias + 4;
    const scratch = n * n * 8 + 5 * n * 8 + 128 * (n * 4 + 4);
    const [target, mean] = [
      it.place(new Float32Array(counts.length * width)),
      it.place(new Float32Array(counts.length * width)),
    ];
    const [sums, squares] = [it.room(16), it.room(8 * counts.length)];
    it.kernels.gibbsRows(
      it.place(Int32Array.from(start)),
      it.place(first),
      modes === 3 ? it.place(second) : 0,
      it.place(ratings),
      0,
      counts.length,
      it.place(flat(others, factors, width)),
      modes === 3 ? it.place(flat(thirds, factors, width)) : 0,
      target,
      it.place(flat(priors, factors, width)),
      mean,
      width,
      factors,
      it.place(state),
      seed,
      stream,
      it.place(new Int32Array(1)),
      1,
      it.room(scratch),
      scratch,
      sums,
      weighted ? it.place(Float32Array.from(roots)) : 0,
      weighted ? it.place(Float32Array.from(own)) : 0,
      squares,
    );
    const expected = counts.map((count, row) => {
      const entries = Array.from({ length: count }, (_, e) => {
        const at = start[row]! + e;
        return {
          rating: ratings[at]!,
          a: others[first[at]!]!,
          b: modes === 3 ? thirds[second[at]!]! : null,
          root: roots[first[at]!]!,
        };
      });
      const prior = { intercept, alpha: alpha * own[row]!, lambda, mean: [...priors[row]!.factors, priors[row]!.bias] };
      return reference.gibbsRow(entries, prior, [seed, stream, sweep, row]);
    });
    const rowAt = (at: number, row: number) => {
      const values = it.float32(at + 4 * row * width, width);
      return [...values.subarray(0, factors), values[bias]!];
    };
    expected.forEach(({ drawn, mean: centre, squares: rest }, row) => {
      expectClose(rowAt(target, row), drawn, 1e-4);
      expectClose(rowAt(mean, row), centre, 1e-4);
      expectClose([it.float64(squares, counts.length)[row]!], [rest], 1e-4);
    });
    const [allSquares, allResiduals] = [0, 0].map((_, at) =>
      expected.reduce((sum, row) => sum + (at === 0 ? row.squares : row.residuals), 0),
    );
    expectClose(it.float64(sums, 2), [allSquares!, allResiduals!], 1e-4);
  },
);

test("weights of features are drawn one after the other, and the prior means follow", async () => {
  const it = await openKernelMemory();
  const random = seededRandom(12);
  const [rows, width, column, seed, stream, sweep] = [9, 32, 16, 3, 40, 2];
  // A feature that no row has, one that a single row has, one that all have.
  const lists = [[], [4], [0, 1, 2, 3, 4, 5, 6, 7, 8], [1, 7]];
  const entries = lists.flatMap((list) => list.map((row) => ({ row, value: Math.fround(random() * 2 - 1) })));
  const start = [0, 0, 1, 10, 12];
  const numbers = (length: number) => Float32Array.from({ length }, () => random() - 0.5);
  const [latent, prior, weights] = [numbers(rows * width), numbers(rows * width), numbers(lists.length * width)];
  // The last column only fills up the row.
  const precision = (scale: number) =>
    Float64Array.from({ length: width }, (_, f) => (f === width - 1 ? 0 : scale * (1 + f)));
  const [lambda, own] = [precision(0.5), precision(0.1)];
  const [priorAt, weightsAt] = [it.place(prior), it.place(weights)];
  it.kernels.gibbsFeatures(
    it.place(Int32Array.from(start)),
    it.place(Int32Array.from(entries, ({ row }) => row)),
    it.place(Float32Array.from(entries, ({ value }) => value)),
    0,
    lists.length,
    it.place(latent),
    priorAt,
    weightsAt,
    width,
    column,
    it.place(lambda),
    it.place(own),
    it.place(Float64Array.of(0, 1, sweep, 0)),
    seed,
    stream,
    it.place(new Int32Array(1)),
    1,
    it.room(512),
    512,
  );
  const [expectedPrior, expectedWeights] = [Float64Array.from(prior), Float64Array.from(weights)];
  lists.forEach((_, j) => {
    const noise = reference.normals(16, [seed, stream + column, sweep, j]);
    const having = entries.slice(start[j], start[j + 1]);
    const squares = having.reduce((sum, { value }) => sum + value * value, 0);
    for (let f = column; f < column + 16; f++) {
      if (lambda[f] === 0) continue;
      const pull = having.reduce(
        (sum, { row, value }) => sum + value * (latent[row * width + f]! - expectedPrior[row * width + f]!),
        0,
      );
      const old = expectedWeights[j * width + f]!;
      const drawn = reference.gibbsWeight(
        { pull, squares, old },
        { lambda: lambda[f]!, own: own[f]! },
        noise[f - column]!,
      );
      expectedWeights[j * width + f] = drawn;
      for (const { row, value } of having) expectedPrior[row * width + f]! += value * (drawn - old);
    }
  });
  expectClose(it.float32(weightsAt, weights.length), expectedWeights, 1e-5);
  expectClose(it.float32(priorAt, prior.length), expectedPrior, 1e-5);
});
