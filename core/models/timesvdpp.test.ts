import { describe, expect, test } from "vitest";
import { randomSparse, seededRandom, trainingSetOf } from "../compute/test-data.fixture.ts";
import { createRecommender } from "../recommend/recommender.ts";
import type { TrainingSet } from "./algorithm.ts";
import { decodeBundle, encodeBundle } from "./bundle.ts";
import { fitWith } from "./fit.fixture.ts";
import type { FactorModel } from "./servable.ts";
import { svdpp } from "./svdpp.ts";
import { timeSvdpp } from "./timesvdpp.ts";

const day = 86_400;
const [users, items] = [150, 80];

/** Every second item falls from 4 to 2 stars in the course of 1000 days; every third person grows a star milder. */
function driftingWorld(seed: number, density: number): TrainingSet {
  const random = seededRandom(seed);
  const data = trainingSetOf(randomSparse(users, items, density, seed), items);
  const time = Float64Array.from(data.item, () => 1.2e9 + random() * 1000 * day);
  for (let u = 0; u < users; u++) {
    for (let n = data.userStart[u] ?? 0; n < (data.userStart[u + 1] ?? 0); n++) {
      const share = ((time[n] ?? 0) - 1.2e9) / (1000 * day);
      const item = (data.item[n] ?? 0) % 2 === 0 ? 4 - 2 * share : 3;
      data.rating[n] = Math.min(5, Math.max(1, item + (u % 3 === 0 ? share - 0.5 : 0) + (random() - 0.5) * 0.4));
    }
  }
  return { ...data, time };
}

function errorOf(model: FactorModel, held: TrainingSet, timed: boolean): number {
  const recommender = createRecommender(model);
  let squares = 0;
  for (let u = 0; u < users; u++) {
    for (let n = held.userStart[u] ?? 0; n < (held.userStart[u + 1] ?? 0); n++) {
      const predicted = recommender.predict(u, held.item[n] ?? 0, timed ? held.time?.[n] : undefined);
      squares += ((held.rating[n] ?? 0) - predicted) ** 2;
    }
  }
  return Math.sqrt(squares / held.item.length);
}

describe("in a world that drifts", () => {
  const settings = { factors: 4, epochs: 60, timeRegularization: 0.02 };

  test("it predicts each moment far better than SVD++, which knows only the middle of all times", async () => {
    const [train, unseen] = [driftingWorld(1, 0.4), driftingWorld(2, 0.1)];
    const timed = await fitWith(timeSvdpp, train, settings);
    const plain = await fitWith(svdpp, train, { factors: 4, epochs: 60 });
    expect(errorOf(plain, unseen, true)).toBeGreaterThan(0.4);
    expect(errorOf(timed, unseen, true)).toBeLessThan(0.25);
    // Without a time, it answers for the end of the training, when the falling items have fallen.
    const recommender = createRecommender(timed);
    const falling = Array.from({ length: users }, (_, u) => recommender.score(u, 0));
    expect(falling.reduce((sum, score) => sum + score, 0) / users).toBeLessThan(2.5);
  });

  test("a prediction for serving time is the score that rankings use, and survives the bundle", async () => {
    const train = driftingWorld(3, 0.3);
    const model = await fitWith(timeSvdpp, train, settings);
    const effects = model.timeEffects?.kind === "time-svd" ? model.timeEffects : undefined;
    expect(effects?.servingTime).toBe(Math.max(...(train.time ?? [])));
    const ids = (count: number) => Array.from({ length: count }, (_, n) => String(n).padStart(3, "0"));
    const entities = { runId: "r1", snapshotId: "s1", splitId: "p1", refitOf: null };
    const description = {
      algorithm: "timesvdpp",
      hyperparameters: {},
      seed: 1,
      ...entities,
      metrics: [],
      codeVersion: "1",
    };
    const files = encodeBundle({ model, userIds: ids(users), itemIds: ids(items), description });
    const [recommender, read] = [createRecommender(model), createRecommender(decodeBundle(files).model)];
    const lastDay = Math.floor(((effects?.servingTime ?? 0) - (effects?.start ?? 0)) / day);
    for (let u = 0; u < users; u += 7) {
      expect(read.predict(u, 5, 1.23e9)).toBe(recommender.predict(u, 5, 1.23e9));
      const mine = effects?.day.subarray(effects.dayStart[u], effects.dayStart[u + 1]);
      if (mine?.includes(lastDay)) continue;
      expect(recommender.predict(u, 5, effects?.servingTime)).toBeCloseTo(recommender.predict(u, 5), 6);
    }
    // Of somebody new only the items' times are known.
    const stranger = recommender.foldIn([{ i: 3, rating: 3 }]);
    expect(recommender.predict(stranger, 0, 1.2e9)).toBeGreaterThan(recommender.predict(stranger, 0) + 0.2);
  });
});

test("odd inputs: no times, some times, one rating, one moment", async () => {
  const timed = driftingWorld(4, 0.1);
  for (const time of [
    null,
    timed.time?.map((t, n) => (n % 2 === 0 ? t : NaN)) ?? null,
    timed.time?.fill(5e8) ?? null,
  ]) {
    const model = await fitWith(timeSvdpp, { ...timed, time }, { factors: 3, epochs: 10 });
    expect(errorOf(model, { ...timed, time }, true)).toBeLessThan(0.8);
  }
  const one = trainingSetOf({ start: Int32Array.of(0, 1), columns: Int32Array.of(0), values: Float32Array.of(4) }, 2);
  const model = await fitWith(timeSvdpp, { ...one, time: Float64Array.of(1e9) });
  expect(createRecommender(model).predict(0, 0, 1e9)).toBeCloseTo(4, 1);
});

test("a learning rate far too high is RB_TRAIN_DIVERGED", async () => {
  await expect(fitWith(timeSvdpp, driftingWorld(5, 0.3), { learningRate: 1, epochs: 50 })).rejects.toMatchObject({
    code: "RB_TRAIN_DIVERGED",
  });
});
