import { Matrix, SingularValueDecomposition } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { randomSparse, seededRandom, trainingSetOf } from "../compute/test-data.fixture.ts";
import type { SparseRows } from "../compute/reference.ts";
import { fitWith } from "./fit.fixture.ts";
import { pureSvd } from "./puresvd.ts";

function dense(matrix: SparseRows, columns: number): Matrix {
  const out = Matrix.zeros(matrix.start.length - 1, columns);
  for (let row = 0; row < out.rows; row++) {
    for (let n = matrix.start[row] ?? 0; n < (matrix.start[row + 1] ?? 0); n++)
      out.set(row, matrix.columns[n] ?? 0, matrix.values[n] ?? 0);
  }
  return out;
}

const asMatrix = (values: Float32Array, columns: number) =>
  Matrix.from1DArray(values.length / columns, columns, Array.from(values));

describe("PureSVD against a dense SVD", () => {
  const [users, items, factors] = [80, 60, 6];
  const sparse = randomSparse(users, items, 0.3, 9);
  const exact = new SingularValueDecomposition(dense(sparse, items), { autoTranspose: true });

  test("has its singular values, vectors and projection", async () => {
    const model = await fitWith(pureSvd, trainingSetOf(sparse, items), { factors, powerIterations: 40 });
    const itemFactors = asMatrix(model.itemFactors, factors);
    const userFactors = asMatrix(model.userFactors, factors);
    const identity = itemFactors.transpose().mmul(itemFactors).sub(Matrix.eye(factors)).norm();
    expect(identity).toBeLessThan(1e-5);
    for (let k = 0; k < factors; k++) {
      const sigma = Math.hypot(...userFactors.getColumn(k));
      expect(sigma / (exact.diagonal[k] ?? NaN)).toBeCloseTo(1, 5);
      const cosine = itemFactors.getColumnVector(k).dot(exact.rightSingularVectors.getColumnVector(k));
      expect(Math.abs(cosine)).toBeCloseTo(1, 4);
    }
    const best = exact.leftSingularVectors
      .subMatrix(0, users - 1, 0, factors - 1)
      .mmul(Matrix.diag(exact.diagonal.slice(0, factors)))
      .mmul(exact.rightSingularVectors.subMatrix(0, items - 1, 0, factors - 1).transpose());
    expect(userFactors.mmul(itemFactors.transpose()).sub(best).norm() / best.norm()).toBeLessThan(1e-3);
  });

  test("comes within a percent with the default iterations", async () => {
    const model = await fitWith(pureSvd, trainingSetOf(sparse, items), { factors });
    const captured = model.userFactors.reduce((sum, x) => sum + x * x, 0);
    const possible = exact.diagonal.slice(0, factors).reduce((sum, x) => sum + x * x, 0);
    expect(captured / possible).toBeGreaterThan(0.99);
    expect(captured / possible).toBeLessThan(1 + 1e-6);
  });

  test("the largest entry of every item vector is positive, whatever the seed", async () => {
    for (const seed of [1, 2, 3]) {
      const model = await fitWith(pureSvd, trainingSetOf(sparse, items), { factors, powerIterations: 40 }, { seed });
      for (const column of asMatrix(model.itemFactors, factors).transpose().to2DArray()) {
        const extreme = column.reduce((largest, x) => (Math.abs(x) > Math.abs(largest) ? x : largest), 0);
        expect(extreme).toBeGreaterThan(0);
      }
    }
  });
});

test("a matrix of rank 3 is found whole, and nothing is invented beyond its rank", async () => {
  const random = seededRandom(4);
  const [users, items, rank] = [50, 40, 3];
  const left = Array.from({ length: users }, () => Array.from({ length: rank }, () => random() - 0.5));
  const right = Array.from({ length: items }, () => Array.from({ length: rank }, () => random() - 0.5));
  const planted = new Matrix(left).mmul(new Matrix(right).transpose());
  const start = Int32Array.from({ length: users + 1 }, (_, u) => u * items);
  const columns = Int32Array.from({ length: users * items }, (_, n) => n % items);
  const values = Float32Array.from(planted.to1DArray());
  const model = await fitWith(pureSvd, trainingSetOf({ start, columns, values }, items), { factors: 5 });
  const found = asMatrix(model.userFactors, 5).mmul(asMatrix(model.itemFactors, 5).transpose());
  expect(found.sub(planted).norm() / planted.norm()).toBeLessThan(1e-5);
  expect(
    asMatrix(model.itemFactors, 5)
      .subMatrix(0, items - 1, 3, 4)
      .norm(),
  ).toBe(0);
});

test.each([
  [1, 1],
  [1, 9],
  [9, 1],
  [3, 2],
])("more factors than a %i × %i matrix has ranks still reproduce it", async (users, items) => {
  const sparse = randomSparse(users, items, 1, users * 10 + items);
  const model = await fitWith(pureSvd, trainingSetOf(sparse, items), { factors: 12 });
  const found = asMatrix(model.userFactors, 12).mmul(asMatrix(model.itemFactors, 12).transpose());
  expect(found.sub(dense(sparse, items)).norm()).toBeLessThan(1e-4);
});
