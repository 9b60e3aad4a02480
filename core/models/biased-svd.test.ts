import { describe, expect, test } from "vitest";
import { randomSparse, seededRandom, trainingSetOf } from "../compute/test-data.fixture.ts";
import { biasedSvd } from "./biased-svd.ts";
import { biases } from "./biases.ts";
import { fitWith, rmse, score } from "./fit.fixture.ts";
import type { TrainingSet } from "./algorithm.ts";

/** Ratings 3 + b_u + b_i + p·q + noise with planted rank 2, on two disjoint random sets of pairs. */
function planted(
  users: number,
  items: number,
  noise: number,
  scale: (rating: number) => number,
  bounds: TrainingSet["scale"],
) {
  const random = seededRandom(77);
  const draw = (length: number, size: number) => Array.from({ length }, () => (random() - 0.5) * 2 * size);
  const [bu, bi, p0, p1, q0, q1] = [
    draw(users, 0.4),
    draw(items, 0.4),
    draw(users, 1),
    draw(users, 1),
    draw(items, 1),
    draw(items, 1),
  ];
  const truth = (u: number, i: number) =>
    3 + (bu[u] ?? 0) + (bi[i] ?? 0) + (p0[u] ?? 0) * (q0[i] ?? 0) + (p1[u] ?? 0) * (q1[i] ?? 0);
  const part = (seed: number) => {
    const matrix = randomSparse(users, items, 0.3, seed);
    for (let u = 0; u < users; u++) {
      for (let n = matrix.start[u] ?? 0; n < (matrix.start[u + 1] ?? 0); n++) {
        matrix.values[n] = scale(truth(u, matrix.columns[n] ?? 0) + (random() - 0.5) * 2 * noise);
      }
    }
    return trainingSetOf(matrix, items, bounds);
  };
  return { train: part(1), test: part(2) };
}

describe("biased SVD on a planted rank-2 world", () => {
  const settings = {
    factors: 4,
    epochs: 120,
    learningRate: 0.02,
    learningRateDecay: 0.99,
    regularization: 0.01,
    biasRegularization: 0.01,
  };

  test("recovers it: what is left on unseen pairs is little more than the noise", async () => {
    const { train, test: unseen } = planted(300, 200, 0.1, (r) => r, { minimum: 1, maximum: 5 });
    const [svd, baseline] = [await fitWith(biasedSvd, train, settings), await fitWith(biases, train)];
    const noiseDeviation = 0.1 / Math.sqrt(3);
    expect(rmse(svd, unseen)).toBeLessThan(2 * noiseDeviation);
    expect(rmse(baseline, unseen)).toBeGreaterThan(6 * noiseDeviation);
  });

  test("the same world on a scale of 0 … 100 gives the same model, stretched", async () => {
    const stretch = (r: number) => (r - 1) * 25;
    const stars = await fitWith(biasedSvd, planted(100, 80, 0.1, (r) => r, { minimum: 1, maximum: 5 }).train, settings);
    const percent = await fitWith(
      biasedSvd,
      planted(100, 80, 0.1, stretch, { minimum: 0, maximum: 100 }).train,
      settings,
    );
    for (const [u, i] of [
      [0, 0],
      [50, 40],
      [99, 79],
    ] as const) {
      expect(score(percent, u, i)).toBeCloseTo(stretch(score(stars, u, i)), 1);
    }
  });
});

test("the train error it reports falls, and its last value is about the error of the model returned", async () => {
  const { train } = planted(100, 80, 0.3, (r) => r, { minimum: 1, maximum: 5 });
  const curve: { epoch: number; value: number }[] = [];
  const model = await fitWith(
    biasedSvd,
    train,
    { epochs: 30 },
    { onEpoch: ({ epoch, values }) => curve.push({ epoch, value: values["train-rmse"] ?? NaN }) },
  );
  expect(curve.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 30 }, (_, n) => n + 1));
  expect(curve.at(-1)?.value).toBeLessThan((curve[0]?.value ?? 0) * 0.95);
  expect((curve.at(-1)?.value ?? 0) / rmse(model, train)).toBeCloseTo(1, 1);
});

test("a learning rate far too high is RB_TRAIN_DIVERGED", async () => {
  const data = trainingSetOf(randomSparse(60, 50, 0.4, 2), 50);
  await expect(fitWith(biasedSvd, data, { learningRate: 1, epochs: 50 })).rejects.toMatchObject({
    code: "RB_TRAIN_DIVERGED",
  });
});

test("people and films without ratings keep no random start", async () => {
  const matrix = randomSparse(20, 15, 0.3, 8);
  const data = {
    ...trainingSetOf(matrix, 17),
    users: 21,
    userStart: Int32Array.from([...matrix.start, matrix.start.at(-1) ?? 0]),
  };
  const model = await fitWith(biasedSvd, data, { factors: 5, epochs: 2 });
  expect(score(model, 20, 16)).toBe(model.globalMean);
  expect([...model.userFactors.subarray(100)]).toEqual([0, 0, 0, 0, 0]);
  expect([...model.itemFactors.subarray(75)]).toEqual(Array.from({ length: 10 }, () => 0));
});
