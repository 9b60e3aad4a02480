import { describe, expect, test } from "vitest";
import { randomSparse, trainingSetOf } from "../compute/test-data.fixture.ts";
import { createRecommender } from "../recommend/recommender.ts";
import { fitWith, rmse, score, tensorHash } from "./fit.fixture.ts";
import { nmf } from "./nmf.ts";
import type { FactorModel } from "./servable.ts";

const [users, items, factors] = [70, 60, 6];
const data = trainingSetOf(randomSparse(users, items, 0.3, 12), items);
const settings = { factors, epochs: 12, regularization: 0.02 };
const historyOf = (u: number) =>
  Array.from(
    { length: (data.userStart[u + 1] ?? 0) - (data.userStart[u] ?? 0) },
    (_, n) => (data.userStart[u] ?? 0) + n,
  ).map((n) => ({ i: data.item[n] ?? 0, rating: data.rating[n] ?? NaN }));

test("no factor is below zero, and the users meet the conditions of Karush, Kuhn and Tucker", async () => {
  const model = await fitWith(nmf, data, settings);
  for (const values of [model.userFactors, model.itemFactors]) expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  let atZero = 0;
  for (let u = 0; u < users; u++) {
    const history = historyOf(u);
    const p = model.userFactors.subarray(u * factors, (u + 1) * factors);
    for (let f = 0; f < factors; f++) {
      let gradient = 0.02 * history.length * (p[f] ?? NaN);
      for (const { i, rating } of history)
        gradient -= (rating - score(model, u, i)) * (model.itemFactors[i * factors + f] ?? NaN);
      if (p[f] === 0) {
        atZero++;
        expect(gradient).toBeGreaterThan(-1e-3);
      } else expect(Math.abs(gradient)).toBeLessThan(2e-3);
    }
  }
  expect(atZero).toBeGreaterThan(0);
});

test("the train RMSE is that of the model, and more epochs lower the objective", async () => {
  const objectives: number[] = [];
  for (const epochs of [1, 3, 9, 27]) {
    const rmses: number[] = [];
    const onEpoch = ({ values }: { values: Record<string, number> }) => rmses.push(values["train-rmse"] ?? NaN);
    const model = await fitWith(nmf, data, { ...settings, epochs }, { onEpoch });
    let squares = 0;
    let penalties = 0;
    for (let u = 0; u < users; u++) {
      for (const { i, rating } of historyOf(u)) {
        squares += (rating - score(model, u, i)) ** 2;
        for (let f = 0; f < factors; f++) {
          penalties +=
            (model.userFactors[u * factors + f] ?? NaN) ** 2 + (model.itemFactors[i * factors + f] ?? NaN) ** 2;
        }
      }
    }
    expect(rmses.at(-1)).toBeCloseTo(Math.sqrt(squares / data.item.length), 4);
    objectives.push(squares + 0.02 * penalties);
  }
  objectives.slice(1).forEach((value, n) => expect(value).toBeLessThanOrEqual((objectives[n] ?? NaN) * (1 + 1e-5)));
});

test("finds a product of non-negative factors again", async () => {
  const world = randomSparse(users, items, 0.7, 3);
  const theme = (row: number, f: number) => ((row * 7 + f * 13) % 5 === 0 ? 2 : 0.2 + ((row + f) % 3) * 0.3);
  for (let u = 0; u < users; u++) {
    for (let n = world.start[u] ?? 0; n < (world.start[u + 1] ?? 0); n++) {
      const i = world.columns[n] ?? 0;
      world.values[n] = [0, 1, 2].reduce((sum, f) => sum + theme(u, f) * theme(i + 3, f), 0);
    }
  }
  const set = trainingSetOf(world, items, { minimum: 0, maximum: 12 });
  const model = await fitWith(nmf, set, { factors: 3, epochs: 200, regularization: 1e-5, sweeps: 30 });
  expect(rmse(model, set)).toBeLessThan(0.05);
});

describe("fold-in", () => {
  test("of a user's ratings gives the stored user, and its shares add up", async () => {
    const model = await fitWith(nmf, data, settings);
    const recommender = createRecommender(model);
    for (let u = 0; u < users; u += 3) {
      const history = historyOf(u);
      const folded = recommender.foldIn(history);
      for (const i of [0, 31, 59]) {
        expect(Math.abs(recommender.score(folded, i) - score(model, u, i))).toBeLessThan(5e-3);
        const { score: explained, baseline, contributions } = recommender.explain(history)(i);
        const sum = contributions.reduce((total, { contribution }) => total + contribution, baseline);
        expect(sum).toBeCloseTo(explained, 8);
        expect(explained).toBeCloseTo(recommender.score(folded, i), 8);
      }
    }
  });
});

test("a scale below zero, equal ratings, one rating, more factors than there is to know", async () => {
  const below = { ...data, rating: data.rating.map((r) => r - 3), scale: { minimum: -2, maximum: 2 } };
  const model: FactorModel = await fitWith(nmf, below, settings);
  expect(model.globalMean).toBe(-2);
  expect(rmse(model, below)).toBeLessThan(1.5);
  const equal = await fitWith(
    nmf,
    { ...data, rating: data.rating.map(() => 3) },
    { ...settings, regularization: 1e-4 },
  );
  expect(score(equal, 5, 6)).toBeCloseTo(3, 1);
  const one = trainingSetOf({ start: Int32Array.of(0, 1), columns: Int32Array.of(1), values: Float32Array.of(4) }, 3);
  const single = await fitWith(nmf, one, { factors: 40, regularization: 1e-3 });
  expect(score(single, 0, 1)).toBeGreaterThan(3.5);
  const hashes = new Set<string>();
  for (const threads of [1, 3]) hashes.add(tensorHash(await fitWith(nmf, data, settings, { threads })));
  expect(hashes.size).toBe(1);
});
