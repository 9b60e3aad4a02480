import { expect, test } from "vitest";
import { randomSparse, seededRandom, trainingSetOf } from "../compute/test-data.fixture.ts";
import { createRecommender } from "../recommend/recommender.ts";
import type { TrainingSet } from "./algorithm.ts";
import { biasedSvd } from "./biased-svd.ts";
import { decodeBundle, encodeBundle } from "./bundle.ts";
import { fitWith, rmse, score } from "./fit.fixture.ts";
import { svdpp } from "./svdpp.ts";

/**
 * Two tastes. Of 40 items everybody finds "so-so", each taste rates its own 20 only; of 20 others half pleases each taste.
 * Every second person has rated three of those others; what the rest make of them shows in what they rated, in no rating.
 */
function telltaleWorld(seed: number): { train: TrainingSet; unseen: TrainingSet } {
  const random = seededRandom(seed);
  const [users, items] = [300, 60];
  const rows = (entriesOf: (u: number) => Map<number, number>) => {
    const all = Array.from({ length: users }, (_, u) => [...entriesOf(u)].sort(([a], [b]) => a - b));
    const start = Int32Array.from({ length: users + 1 }, (_, u) => all.slice(0, u).flat().length);
    const columns = Int32Array.from(all.flat(), ([i]) => i);
    return trainingSetOf({ start, columns, values: Float32Array.from(all.flat(), ([, rating]) => rating) }, items);
  };
  const verdict = (u: number, i: number) => (u % 2 === i % 2 ? 4.5 : 1.5);
  const below = (n: number) => Math.floor(random() * n);
  const train = rows((u) => {
    const row = new Map<number, number>();
    for (let n = 0; n < 8; n++) row.set(2 * below(20) + (u % 2), 2.5 + random());
    if (u % 4 < 2) for (let n = 0; n < 3; n++) row.set(40 + below(20), 0);
    return new Map([...row].map(([i, rating]) => [i, i < 40 ? rating : verdict(u, i)]));
  });
  const unseen = rows((u) =>
    u % 4 < 2 ? new Map<number, number>() : new Map([44, 51, 58].map((i) => [i, verdict(u, i)])),
  );
  return { train, unseen };
}

test("learns from which items were rated what the ratings themselves do not tell", async () => {
  const { train, unseen } = telltaleWorld(5);
  const settings = { factors: 4, epochs: 100 };
  const [plus, plain] = [await fitWith(svdpp, train, settings), await fitWith(biasedSvd, train, settings)];
  expect(rmse(plain, unseen)).toBeGreaterThan(1.2);
  expect(rmse(plus, unseen)).toBeLessThan(0.9);
});

test("the model survives its bundle, second item vectors included", async () => {
  const data = trainingSetOf(randomSparse(30, 25, 0.3, 3), 25);
  const model = await fitWith(svdpp, data, { factors: 6, epochs: 3 });
  const ids = (count: number) => Array.from({ length: count }, (_, n) => String(n).padStart(3, "0"));
  const entities = { runId: "r1", snapshotId: "s1", splitId: "p1", refitOf: null };
  const description = { algorithm: "svdpp", hyperparameters: {}, seed: 1, ...entities, metrics: [], codeVersion: "1" };
  const files = encodeBundle({ model, userIds: ids(30), itemIds: ids(25), description });
  const { model: read } = decodeBundle(files);
  const given = [
    { i: 2, rating: 5 },
    { i: 9, rating: 1 },
  ];
  const [before, after] = [createRecommender(model), createRecommender(read)];
  expect(after.scoresForUser(after.foldIn(given))).toEqual(before.scoresForUser(before.foldIn(given)));
});

test("a fold-in of what somebody was trained on predicts about what training gave them", async () => {
  const { train } = telltaleWorld(6);
  const model = await fitWith(svdpp, train, { factors: 4, epochs: 80 });
  const recommender = createRecommender(model);
  let squares = 0;
  for (let u = 0; u < 50; u++) {
    const [first, end] = [train.userStart[u] ?? 0, train.userStart[u + 1] ?? 0];
    const given = Array.from({ length: end - first }, (_, n) => ({
      i: train.item[first + n] ?? 0,
      rating: Math.min(5, Math.max(1, train.rating[first + n] ?? 0)),
    }));
    const folded = recommender.foldIn(given);
    for (let i = 0; i < 60; i++) squares += (recommender.score(folded, i) - recommender.score(u, i)) ** 2;
  }
  expect(Math.sqrt(squares / (50 * 60))).toBeLessThan(0.25);
});

test("odd inputs: one rating, all ratings equal, more factors than there are rows, a scale of one value", async () => {
  const one = trainingSetOf(
    { start: Int32Array.of(0, 0, 1), columns: Int32Array.of(1), values: Float32Array.of(4) },
    3,
  );
  expect(score(await fitWith(svdpp, one), 1, 1)).toBeCloseTo(4, 1);
  const equal = trainingSetOf(
    randomSparse(20, 15, 0.4, 4, () => 3),
    15,
  );
  const flat = await fitWith(svdpp, equal, { factors: 40 });
  expect(score(flat, 3, 7)).toBeCloseTo(3, 0);
  const narrow = await fitWith(svdpp, { ...equal, scale: { minimum: 3, maximum: 3 } }, { factors: 2 });
  expect(score(narrow, 3, 7)).toBeCloseTo(3, 0);
});

test("a learning rate far too high is RB_TRAIN_DIVERGED", async () => {
  const data = trainingSetOf(randomSparse(60, 50, 0.4, 2), 50);
  await expect(fitWith(svdpp, data, { learningRate: 1, epochs: 50 })).rejects.toMatchObject({
    code: "RB_TRAIN_DIVERGED",
  });
});
