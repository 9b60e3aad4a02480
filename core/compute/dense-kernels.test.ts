import { describe, expect, test } from "vitest";
import { openKernelMemory } from "./kernel-memory.fixture.ts";
import { instantiateNormalKernels } from "./normal-kernels.ts";
import * as reference from "./reference-dense.ts";
import { seededRandom } from "./test-data.fixture.ts";

function numbers(length: number, seed: number): Float64Array {
  const random = seededRandom(seed);
  // Among them denormals and zeros of both signs.
  return Float64Array.from({ length }, (_, at) => (at % 17 === 5 ? [0, -0, 1e-310][at % 3]! : random() - 0.5));
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  const size = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 1e-300);
  for (let n = 0; n < expected.length; n++) {
    const [a, b] = [actual[n] ?? NaN, expected[n] ?? NaN];
    if (!(Math.abs(a - b) <= tolerance * size)) expect.fail(`[${n}] ${a}, expected ${b}`);
  }
}

const triangle = (matrix: ArrayLike<number>, n: number, upper: boolean) =>
  Array.from(matrix).filter((_, at) => (upper ? at % n >= Math.floor(at / n) : at % n <= Math.floor(at / n)));

test.each([
  [0, 3, 8],
  [4, 1, 8],
  [12, 5, 16],
  [8, 33, 24],
])("products of [%i × %i] and [· × %i] have the reference's bits", async (rows, n, k) => {
  const it = await openKernelMemory();
  const [a, b] = [numbers(rows * n, 1), numbers(n * k, 2)];
  const out = it.room(8 * rows * k);
  it.kernels.multiplyF64(it.place(a), n, it.place(b), k, out, 0, rows);
  expect([...it.float64(out, rows * k)]).toEqual([...reference.multiplyF64(a, n, b, k)]);
  const [x, y, cross] = [numbers(n * k, 3), numbers(n * k, 4), it.room(8 * k * k)];
  const middle = 4;
  it.kernels.crossF64(it.place(x), it.place(y), n, k, cross, middle, k);
  it.kernels.crossF64(it.place(x), it.place(y), n, k, cross, 0, middle);
  expect([...it.float64(cross, k * k)]).toEqual([...reference.crossF64(x, y, k)]);
});

describe.each([4, 8, 20])("systems of %i", (n) => {
  const rows = numbers(3 * n * n, n);
  const definite = Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 2 : 0));
  reference.addOuterProducts(definite, n, rows);

  test.each([0, 1, 7])("of %i outer products, summed in order, bit for bit", async (count) => {
    const it = await openKernelMemory();
    const [before, some] = [numbers(n * n, 9), rows.slice(0, count * n)];
    const at = it.place(before);
    instantiateNormalKernels(it.memory).addOuterProducts(at, n, it.place(some), count);
    reference.addOuterProducts(before, n, some);
    expect(triangle(it.float64(at, n * n), n, true)).toEqual(triangle(before, n, true));
  });

  test("have the reference's upper factor bit for bit, with a pivot where rounding ate one", async () => {
    const it = await openKernelMemory();
    for (const matrix of [definite, new Float64Array(n * n).fill(1), new Float64Array(n * n)]) {
      const at = it.place(matrix);
      instantiateNormalKernels(it.memory).choleskyUpper(at, n, n, 1e-14);
      expect(triangle(it.float64(at, n * n), n, true)).toEqual(
        triangle(reference.choleskyUpper(matrix, n, 1e-14), n, true),
      );
    }
  });

  test("have the reference's lower factor and solution", async () => {
    const it = await openKernelMemory();
    const [at, right] = [it.place(definite), numbers(n, 3)];
    const x = it.place(right);
    it.kernels.cholesky(at, n);
    const factor = reference.cholesky(definite, n);
    expectClose(triangle(it.float64(at, n * n), n, false), triangle(factor, n, false), 1e-13);
    it.kernels.choleskySolve(at, n, x);
    expectClose(it.float64(x, n), reference.choleskySolve(factor, n, right), 1e-12);
  });

  test.each([false, true])("are mirrored (back: %s)", async (back) => {
    const it = await openKernelMemory();
    const matrix = numbers(n * n, 6);
    const at = it.place(matrix);
    instantiateNormalKernels(it.memory).mirror(at, n, n, back ? 1 : 0);
    expect([...it.float64(at, n * n)]).toEqual([...reference.mirror(matrix, n, back)]);
  });
});

/** BBᵀ, of a rank of its own. */
function symmetric(n: number, rank: number): Float64Array {
  const b = numbers(n * rank, n + rank);
  const matrix = new Float64Array(n * n);
  const columns = Float64Array.from({ length: n * rank }, (_, at) => b[(at % n) * rank + Math.floor(at / n)]!);
  reference.addOuterProducts(matrix, n, columns);
  return matrix;
}

describe.each([
  [8, 8],
  [16, 16],
  [24, 3],
])("a symmetric matrix of %i and rank %i", (n, rank) => {
  const matrix = symmetric(n, rank);
  const places = async () => {
    const it = await openKernelMemory();
    const [diagonal, beside, factors] = [it.room(8 * n), it.room(8 * n), it.room(8 * n)];
    const at = it.place(matrix);
    it.kernels.tridiagonalise(at, n, diagonal, beside, factors, it.room(3 * 8 * n));
    return { it, at, diagonal, beside, factors };
  };

  test("becomes a tridiagonal one with the same eigenvalues, by the reference's first reflections", async () => {
    const { it, at, diagonal, beside, factors } = await places();
    const expected = reference.tridiagonalise(matrix, n);
    // Beyond the rank all is rounding, and reflections are of nothing.
    const own = rank === n ? n : rank;
    expectClose(it.float64(diagonal, own), expected.diagonal.subarray(0, own), 1e-10);
    expectClose(it.float64(beside, own - 1), expected.beside.subarray(0, own - 1), 1e-10);
    expectClose(
      it.float64(factors, own - 1),
      expected.reflections.slice(0, own - 1).map(({ factor }) => factor),
      1e-9,
    );
    const rows = it.float64(at, n * n);
    for (let k = 0; k + 1 < own; k++) expectClose(rows.subarray(k * n, (k + 1) * n), expected.reflections[k]!.v, 1e-9);
    expectClose(
      reference.tridiagonalEigenvalues(it.float64(diagonal, n), it.float64(beside, n)),
      reference.tridiagonalEigenvalues(expected.diagonal, expected.beside),
      1e-12,
    );
  });

  test("has the eigenvalues that Sturm sequences find, and rotations that turn vectors as the reference does", async () => {
    const { it, at, diagonal, beside, factors } = await places();
    const eigenvalues = reference.tridiagonalEigenvalues(it.float64(diagonal, n), it.float64(beside, n));
    const [rotations, state, panels] = [it.room(8 * 4 * n * n), it.room(4), it.room(8 * n * n)];
    it.kernels.tridiagonalQl(diagonal, beside, n, rotations, 4 * n * n, state);
    expectClose(it.float64(diagonal, n).toSorted(), eigenvalues, 1e-12);
    const written = it.int32(state, 1)[0]!;
    const list = it.float64(rotations, written);
    const vectors = Array.from({ length: n }, (_, row) => Array.from({ length: n }, (__, k) => (row === k ? 1 : 0)));
    for (let place = 0; place < written;) {
      const [start = NaN, count = NaN] = list.subarray(place);
      const turns = Array.from(
        { length: count },
        (_, turn) => [list[place + 2 + 2 * turn]!, list[place + 3 + 2 * turn]!] as const,
      );
      reference.rotate(vectors, { start, turns });
      place += 2 + 2 * count;
    }
    for (let panel = 0; panel < n / 8; panel++) it.kernels.rotateVectors(panels, n, panel, rotations, state);
    const turned = Array.from({ length: n }, (_, row) =>
      Array.from({ length: n }, (__, k) => it.float64(panels, n * n)[(k >> 3) * n * 8 + row * 8 + (k & 7)]!),
    );
    expect(turned).toEqual(vectors);
    const out = it.room(8 * n * n);
    it.kernels.reflectVectors(at, n, factors, panels, 0, 4, out);
    it.kernels.reflectVectors(at, n, factors, panels, 4, n, out);
    const reflections = it.float64(at, n * n);
    vectors.forEach((vector, row) => {
      let expected = Float64Array.from(vector);
      for (let k = n - 1; k >= 0; k--)
        expected = Float64Array.from(
          reference.reflect(expected, reflections.slice(k * n, (k + 1) * n), it.float64(factors, n)[k]!, k + 1),
        );
      expectClose(it.float64(out + 8 * row * n, n), expected, 1e-13);
    });
  });
});

test("QL gives up on numbers that are none, and where there is no room for its rotations", async () => {
  const it = await openKernelMemory();
  const state = it.room(4);
  const [d, e] = [Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8), Float64Array.of(1, 1, 1, 1, 1, 1, 1, 0)];
  it.kernels.tridiagonalQl(it.place(d.with(3, NaN)), it.place(e), 8, it.room(4096), 256, state);
  expect(it.int32(state, 1)[0]).toBe(-1);
  it.kernels.tridiagonalQl(it.place(d), it.place(e), 8, it.room(4096), 3, state);
  expect(it.int32(state, 1)[0]).toBe(-1);
});
