import { Matrix, inverse } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { randomSparse, trainingSetOf } from "../compute/test-data.fixture.ts";
import { createRecommender } from "../recommend/recommender.ts";
import type { TrainingSet } from "./algorithm.ts";
import { ease } from "./ease.ts";
import { fitWith } from "./fit.fixture.ts";
import { parseHyperparameters } from "./registry.ts";
import type { ItemWeightModel } from "./servable.ts";

/** Steck 2019, figure 1, in float64: P = (XᵀX + λI)⁻¹, B = P / −diag(P), 0 on the diagonal. */
function reference(data: TrainingSet, regularization: number, x: (rating: number) => number, dropout = 0): Matrix {
  const dense = Matrix.zeros(data.users, data.items);
  for (let u = 0; u < data.users; u++) {
    for (let n = data.userStart[u]!; n < data.userStart[u + 1]!; n++) dense.set(u, data.item[n]!, x(data.rating[n]!));
  }
  const gramian = dense.transpose().mmul(dense);
  const inflated = Matrix.diag(gramian.diagonal().map((count) => (count * dropout) / (1 - dropout)));
  const p = inverse(Matrix.add(gramian, inflated).add(Matrix.eye(data.items).mul(regularization)));
  const diagonal = p.diagonal();
  const b = p.divRowVector(diagonal.map((value) => -value));
  for (let i = 0; i < data.items; i++) b.set(i, i, 0);
  return b;
}

/** [from × to] */
function weightsOf({ weights, items }: ItemWeightModel): Matrix {
  if (weights.kind === "dense") return Matrix.from1DArray(items, items, Array.from(weights.data));
  const dense = Matrix.zeros(items, items);
  for (let j = 0; j < items; j++) {
    for (let n = weights.start[j]!; n < weights.start[j + 1]!; n++) dense.set(j, weights.item[n]!, weights.weight[n]!);
  }
  return dense;
}

const largestDifference = (a: Matrix, b: Matrix): number => Math.max(...Matrix.sub(a, b).abs().to1DArray());

describe("the weights", () => {
  // 300 items are three blocks of a sweep, the last in part padding; 5 are a block almost all of padding.
  test.each([
    [300, 200, 0.05, 20],
    [130, 60, 0.3, 3],
    [5, 30, 0.5, 0.5],
    [64, 5, 0.4, 1],
  ])("are those of the closed form (%i items, %i users)", async (items, users, density, regularization) => {
    const data = trainingSetOf(randomSparse(users, items, density, 11), items);
    const binary = await fitWith(ease, data, { regularization });
    expect(
      largestDifference(
        weightsOf(binary),
        reference(data, regularization, () => 1),
      ),
    ).toBeLessThan(2e-6);
    const ratings = await fitWith(ease, data, { regularization, values: "ratings" });
    // The condition number of these gramians is some thousands: float32 leaves three to four digits.
    expect(
      largestDifference(
        weightsOf(ratings),
        reference(data, regularization, (r) => r),
      ),
    ).toBeLessThan(3e-4);
  });

  test("with a threshold are those of the ratings that reach it", async () => {
    const data = trainingSetOf(randomSparse(50, 30, 0.4, 5), 30);
    const model = await fitWith(ease, data, { regularization: 2, threshold: 0.75 });
    expect(model.input).toEqual({ kind: "binary", positiveFrom: 4 });
    expect(
      largestDifference(
        weightsOf(model),
        reference(data, 2, (r) => (r >= 4 ? 1 : 0)),
      ),
    ).toBeLessThan(2e-6);
  });

  test("with dropout are those of the diagonal it adds", async () => {
    const data = trainingSetOf(randomSparse(70, 40, 0.3, 6), 40);
    const model = await fitWith(ease, data, { regularization: 2, dropout: 0.4 });
    expect(
      largestDifference(
        weightsOf(model),
        reference(data, 2, () => 1, 0.4),
      ),
    ).toBeLessThan(2e-6);
  });

  test("with people who count differently are those of XᵀDX", async () => {
    const data = trainingSetOf(randomSparse(70, 40, 0.3, 6), 40);
    const model = await fitWith(ease, data, { regularization: 2, activityExponent: 0.5 });
    const counts = Array.from({ length: 70 }, (_, u) => data.userStart[u + 1]! - data.userStart[u]!);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const mean = counts.reduce((sum, count) => sum + Math.sqrt(count), 0) / total;
    const rating = Float32Array.from(
      counts.flatMap((count) => new Array<number>(count).fill(Math.sqrt(1 / Math.sqrt(count) / mean))),
    );
    expect(
      largestDifference(
        weightsOf(model),
        reference({ ...data, rating }, 2, (x) => x),
      ),
    ).toBeLessThan(2e-6);
  });

  test("kept for an item are the largest to it", async () => {
    const data = trainingSetOf(randomSparse(90, 140, 0.2, 8), 140);
    const all = weightsOf(await fitWith(ease, data, { regularization: 5 }));
    const some = weightsOf(await fitWith(ease, data, { regularization: 5, weightsPerItem: 7 }));
    for (let i = 0; i < 140; i++) {
      const magnitudes = all.getColumn(i).map(Math.abs);
      const seventh = magnitudes.toSorted((a, b) => b - a)[6]!;
      const kept = some.getColumn(i);
      expect(kept.filter((weight) => weight !== 0)).toHaveLength(7);
      kept.forEach((weight, j) => {
        if (weight === 0) expect(magnitudes[j]).toBeLessThanOrEqual(seventh);
        else expect(weight).toBeCloseTo(all.get(j, i), 7);
      });
    }
  });
});

test("an item never rated gives and gets nothing, and strangers get what is popular", async () => {
  const items = 12;
  const matrix = randomSparse(40, items - 1, 0.3, 2);
  const model = await fitWith(ease, trainingSetOf(matrix, items));
  const weights = weightsOf(model);
  expect([...weights.getColumn(items - 1), ...weights.getRow(items - 1)].every((weight) => weight === 0)).toBe(true);
  const itemPopularity = Float32Array.from({ length: items }, (_, i) => i % 5);
  const recommender = createRecommender({ ...model, itemPopularity });
  expect(recommender.topN(recommender.foldIn([]), 2)).toEqual([
    { i: 4, score: 4 },
    { i: 9, score: 4 },
  ]);
});

test.each([
  ["one user", trainingSetOf(randomSparse(1, 40, 1, 3), 40)],
  ["one rating", { ...trainingSetOf(randomSparse(1, 1, 1, 3), 1), items: 3 }],
  ["one item", trainingSetOf(randomSparse(20, 1, 1, 3), 1)],
])("%s is no trouble", async (_, data) => {
  const model = await fitWith(ease, data);
  expect(
    largestDifference(
      weightsOf(model),
      reference(data, 300, () => 1),
    ),
  ).toBeLessThan(1e-6);
});

test("the estimate counts half the gramian, the model, and the copies of the ratings that a fit makes", () => {
  const shape = { users: 1000, items: 2048, ratings: 500_000 };
  const bytes = (given: Record<string, unknown>, of = shape): number =>
    ease.estimateCost(of, parseHyperparameters(ease, given)).bytes;
  const least = 2 * shape.items ** 2 + 4 * shape.items ** 2;
  expect(bytes({})).toBeGreaterThan(least);
  expect(bytes({})).toBeLessThan(least + 40e6);
  // As it came (8 bytes), in the shared memory by user and by item (8 each), and what counts of it (4).
  const more = bytes({}, { ...shape, ratings: 2 * shape.ratings }) - bytes({});
  expect(more / shape.ratings).toBeCloseTo(28, 0);
  expect(bytes({ activityExponent: 0.5 }) - bytes({})).toBe(4 * shape.ratings);
  expect(bytes({ weightsPerItem: 50 })).toBeLessThan(bytes({}) - 3 * shape.items ** 2);
});

test("no rating that counts is RB_SPLIT_EMPTY", async () => {
  const data = trainingSetOf(
    randomSparse(9, 9, 0.5, 3, () => 2),
    9,
  );
  await expect(fitWith(ease, data, { threshold: 1 })).rejects.toMatchObject({ code: "RB_SPLIT_EMPTY" });
});

describe("too many items", () => {
  const shaped = (items: number): TrainingSet => ({
    ...trainingSetOf(randomSparse(2, 2, 1, 1), items),
  });

  test("for the one memory are refused with the number that fits", async () => {
    const fit = fitWith(ease, shaped(60_000), { weightsPerItem: 100 });
    await expect(fit).rejects.toMatchObject({ code: "RB_TRAIN_TOO_LARGE" });
    const largestItems = await fit.then(
      () => NaN,
      (error: { details: { largestItems: number } }) => error.details.largestItems,
    );
    // Half of the symmetric matrix in float32: n²·2 bytes of 4 GiB.
    expect(largestItems).toBeGreaterThan(42_000);
    expect(largestItems).toBeLessThan(46_341);
  });

  test("for a model of all weights are refused with the number of weights that fits", async () => {
    await expect(fitWith(ease, shaped(24_000))).rejects.toMatchObject({
      code: "RB_TRAIN_TOO_LARGE",
      details: { largestWeightsPerItem: 11_184 },
    });
  });
});
