import { Matrix, solve } from "ml-matrix";
import { expect, test } from "vitest";
import { randomSparse, trainingSetOf } from "../compute/test-data.fixture.ts";
import { foldRatings } from "../recommend/fold-in.ts";
import { biases } from "./biases.ts";
import { fitWith } from "./fit.fixture.ts";

test("one epoch on two people and two films is what one computes by hand", async () => {
  // Ratings: (0,0) 5, (0,1) 3, (1,0) 4. μ = 4.
  const data = {
    users: 2,
    items: 2,
    userStart: Int32Array.from([0, 2, 3]),
    item: Int32Array.from([0, 1, 0]),
    rating: Float32Array.from([5, 3, 4]),
    time: null,
    scale: { minimum: 1, maximum: 5 },
  };
  const curve: number[] = [];
  const model = await fitWith(
    biases,
    data,
    { epochs: 1, itemRegularization: 1, userRegularization: 2 },
    { onEpoch: ({ values }) => curve.push(values["train-rmse"] ?? NaN) },
  );
  expect(model.globalMean).toBe(4);
  // Films first, with no user bias yet: b₀ = (1 + 0)/(1 + 2), b₁ = −1/(1 + 1).
  expect(model.itemBias[0]).toBeCloseTo(1 / 3, 6);
  expect(model.itemBias[1]).toBeCloseTo(-1 / 2, 6);
  // Then people: ((1 − 1/3) + (−1 + 1/2))/(2 + 2) = 1/24 and (0 − 1/3)/(2 + 1) = −1/9.
  expect(model.userBias[0]).toBeCloseTo(1 / 24, 6);
  expect(model.userBias[1]).toBeCloseTo(-1 / 9, 6);
  const residuals = [1 - 1 / 3 - 1 / 24, -1 + 1 / 2 - 1 / 24, -1 / 3 + 1 / 9];
  expect(curve[0]).toBeCloseTo(Math.sqrt(residuals.reduce((sum, x) => sum + x * x, 0) / 3), 10);
});

test("the fixed point solves the normal equations of the regularised least squares", async () => {
  const [users, items, lambdaItem, lambdaUser] = [23, 17, 3, 5];
  const matrix = randomSparse(users, items, 0.4, 11);
  const model = await fitWith(biases, trainingSetOf(matrix, items), {
    epochs: 300,
    itemRegularization: lambdaItem,
    userRegularization: lambdaUser,
  });
  // min Σ (r − μ − b_u − b_i)² + λ₃ Σ b_u² + λ₂ Σ b_i², solved at once.
  const size = users + items;
  const system = Matrix.diag(Array.from({ length: size }, (_, n) => (n < users ? lambdaUser : lambdaItem)));
  const right = Matrix.zeros(size, 1);
  for (let u = 0; u < users; u++) {
    for (let n = matrix.start[u] ?? 0; n < (matrix.start[u + 1] ?? 0); n++) {
      const i = users + (matrix.columns[n] ?? 0);
      const residual = (matrix.values[n] ?? 0) - model.globalMean;
      for (const a of [u, i]) {
        right.set(a, 0, right.get(a, 0) + residual);
        for (const b of [u, i]) system.set(a, b, system.get(a, b) + 1);
      }
    }
  }
  const solution = solve(system, right).to1DArray();
  [...model.userBias, ...model.itemBias].forEach((bias, n) => expect(bias).toBeCloseTo(solution[n] ?? NaN, 5));
});

test("folding in a person's own ratings gives the bias that training gave", async () => {
  const matrix = randomSparse(40, 30, 0.3, 3);
  const model = await fitWith(biases, trainingSetOf(matrix, 30));
  for (const u of [0, 7, 39]) {
    const given = Array.from(matrix.columns.subarray(matrix.start[u], matrix.start[u + 1]), (i, n) => ({
      i,
      rating: matrix.values[(matrix.start[u] ?? 0) + n] ?? 0,
    }));
    expect(foldRatings(model, given).vector.bias).toBeCloseTo(model.userBias[u] ?? NaN, 6);
  }
});

test("people and films without ratings have no bias, and no shrinkage divides by zero", async () => {
  const data = {
    users: 2,
    items: 3,
    userStart: Int32Array.from([0, 1, 1]),
    item: Int32Array.from([1]),
    rating: Float32Array.from([4]),
    time: null,
    scale: { minimum: 1, maximum: 5 },
  };
  const model = await fitWith(biases, data, { itemRegularization: 0, userRegularization: 0 });
  expect([...model.userBias, ...model.itemBias]).toEqual([0, 0, 0, 0, 0]);
});
