import { expect, test } from "vitest";
import { randomSparse, seededRandom, trainingSetOf } from "../compute/test-data.fixture.ts";
import { createRecommender } from "../recommend/recommender.ts";
import type { TrainingSet } from "./algorithm.ts";
import { bpr } from "./bpr.ts";
import { fitWith, score } from "./fit.fixture.ts";
import type { FactorModel } from "./servable.ts";

/** Two tastes of 60 people each, 40 items each; everyone has chosen a third of their taste's items. */
function twoTastes(seed: number): TrainingSet {
  const random = seededRandom(seed);
  const rows = Array.from({ length: 120 }, (_row, u) =>
    Array.from({ length: 80 }, (_cell, i) => i).filter((i) => i % 2 === u % 2 && random() < 1 / 3),
  );
  const start = Int32Array.from({ length: 121 }, (_, u) => rows.slice(0, u).flat().length);
  const columns = Int32Array.from(rows.flat());
  return trainingSetOf({ start, columns, values: new Float32Array(columns.length).fill(4) }, 80);
}

const rowOf = (data: TrainingSet, u: number) => data.item.subarray(data.userStart[u], data.userStart[u + 1]);

/** Share of pairs (unchosen of one's taste, item of the other taste) that stand rightly. */
function auc(data: TrainingSet, scoreOf: (u: number, i: number) => number): number {
  let [right, pairs] = [0, 0];
  for (let u = 0; u < data.users; u++) {
    const mine = rowOf(data, u);
    for (let i = 0; i < 80; i++) {
      if (i % 2 !== u % 2 || mine.includes(i)) continue;
      for (let j = 0; j < 80; j++) {
        if (j % 2 === u % 2) continue;
        if (scoreOf(u, i) > scoreOf(u, j)) right++;
        pairs++;
      }
    }
  }
  return right / pairs;
}

const settings = { factors: 8, epochs: 60 };

test("what people would choose stands above what they would not, for the known and for the new", async () => {
  const data = twoTastes(1);
  const curve: number[] = [];
  const model = await fitWith(bpr, data, settings, { onEpoch: ({ values }) => curve.push(values["train-auc"] ?? NaN) });
  expect(auc(data, (u, i) => score(model, u, i))).toBeGreaterThan(0.97);
  expect(curve).toHaveLength(60);
  expect(curve[0]).toBeLessThan(0.75);
  expect(curve.at(-1)).toBeGreaterThan(0.9);
  const others = twoTastes(2);
  const recommender = createRecommender(model);
  const folded = Array.from({ length: 120 }, (_, u) =>
    recommender.foldIn(Array.from(rowOf(others, u), (i) => ({ i, rating: 4 }))),
  );
  const foldedScore = (u: number, i: number) => recommender.score(folded[u] ?? recommender.foldIn([]), i);
  expect(auc(others, foldedScore)).toBeGreaterThan(0.97);
});

test("each chosen item has a share of a new person's score, and they add up", async () => {
  const model = await fitWith(bpr, twoTastes(3), { ...settings, threshold: 0.5 });
  const recommender = createRecommender(model);
  const given = [
    { i: 4, rating: 5 },
    { i: 8, rating: 1 },
    { i: 12, rating: 3 },
  ];
  const explain = recommender.explain(given);
  const without = recommender.foldIn(given.filter(({ i }) => i !== 8));
  for (const i of [0, 1, 30, 79]) {
    const { score: explained, baseline, contributions } = explain(i);
    expect(contributions.reduce((sum, { contribution }) => sum + contribution, baseline)).toBeCloseTo(explained, 9);
    // A rating below the threshold is no choice.
    expect(contributions[1]?.contribution).toBe(0);
    expect(recommender.score(without, i)).toBe(explained);
  }
});

test("odd inputs: one rating, somebody with everything, more factors than rows, nothing positive", async () => {
  const one = trainingSetOf(
    { start: Int32Array.of(0, 0, 1), columns: Int32Array.of(1), values: Float32Array.of(4) },
    3,
  );
  const model: FactorModel = await fitWith(bpr, one, { epochs: 50 });
  expect(score(model, 1, 1)).toBeGreaterThan(score(model, 1, 0));
  const all = trainingSetOf(randomSparse(5, 4, 1, 1), 4);
  expect((await fitWith(bpr, all, { factors: 20, epochs: 3 })).itemFactors.every(Number.isFinite)).toBe(true);
  const flat = trainingSetOf(
    randomSparse(20, 15, 0.4, 4, () => 1),
    15,
  );
  await expect(fitWith(bpr, flat, { threshold: 1 })).rejects.toMatchObject({ code: "RB_SPLIT_EMPTY" });
});

test("a learning rate far too high is RB_TRAIN_DIVERGED", async () => {
  const data = trainingSetOf(randomSparse(60, 50, 0.4, 2), 50);
  const wild = { learningRate: 1, learningRateDecay: 1, regularization: 10, biasRegularization: 10, epochs: 60 };
  await expect(fitWith(bpr, data, wild)).rejects.toMatchObject({ code: "RB_TRAIN_DIVERGED" });
});
