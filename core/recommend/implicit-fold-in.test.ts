import { expect, it } from "vitest";
import { seededRandom } from "../compute/test-data.fixture.ts";
import type { FactorModel } from "../models/servable.ts";
import { createRecommender } from "./recommender.ts";

const random = seededRandom(11);
const numbers = (length: number) => Float32Array.from({ length }, () => random() - 0.5);
const [items, k] = [20, 5];
const model: FactorModel = {
  form: "factors",
  users: 1,
  items,
  factors: k,
  globalMean: 3.4,
  userBias: numbers(1),
  itemBias: numbers(items),
  userFactors: numbers(k),
  itemFactors: numbers(items * k),
  implicitFactors: numbers(items * k),
  foldIn: { kind: "ridge", regularization: 0.05, biasRegularization: 0.03 },
  predictsRatings: true,
  scale: { minimum: 0, maximum: 5 },
};
const given = [
  { i: 3, rating: 4 },
  { i: 7, rating: 1.5 },
  { i: 12, rating: 5 },
];
const row = (matrix: Float32Array, i: number) => Array.from(matrix.subarray(i * k, (i + 1) * k));
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, f) => sum + x * (b[f] ?? 0), 0);
const offset = Array.from({ length: k }, (_, f) =>
  given.reduce((sum, { i }) => sum + (model.implicitFactors?.[i * k + f] ?? 0) / Math.sqrt(3), 0),
);

it("a person's vector is the ridge solution on what the items' second vectors leave, plus their sum", () => {
  const { bias, factors } = createRecommender(model).foldIn(given);
  const own = Array.from(factors, (value, f) => value - (offset[f] ?? 0));
  const objective = (b: number, p: readonly number[]) => {
    const errors = given.map(({ i, rating }) => {
      const v = p.map((value, f) => value + (offset[f] ?? 0));
      return rating - model.globalMean - (model.itemBias[i] ?? 0) - b - dot(v, row(model.itemFactors, i));
    });
    return errors.reduce((sum, e) => sum + e * e, 0) + 3 * (0.03 * b * b + 0.05 * dot(p, p));
  };
  const h = 1e-4;
  expect((objective(bias + h, own) - objective(bias - h, own)) / (2 * h)).toBeCloseTo(0, 8);
  own.forEach((value, f) => {
    const [above, below] = [own.with(f, value + h), own.with(f, value - h)];
    expect((objective(bias, above) - objective(bias, below)) / (2 * h)).toBeCloseTo(0, 8);
  });
});

it("shares add up to the score, and each is what its rating and its second vector bring", () => {
  const recommender = createRecommender(model);
  const explain = recommender.explain(given);
  const vector = recommender.foldIn(given);
  for (let i = 0; i < items; i++) {
    const { score, baseline, contributions } = explain(i);
    expect(score).toBe(recommender.score(vector, i));
    expect(contributions.reduce((sum, { contribution }) => sum + contribution, baseline)).toBeCloseTo(score, 9);
  }
  // An item without a second vector, rated as its mean and bias say, explains nothing.
  const silent = { ...model, implicitFactors: model.implicitFactors?.slice() ?? new Float32Array() };
  silent.implicitFactors.fill(0, 7 * k, 8 * k);
  const neutral = given.map((rating) =>
    rating.i === 7 ? { i: 7, rating: model.globalMean + (model.itemBias[7] ?? 0) } : rating,
  );
  const { contributions } = createRecommender(silent).explain(neutral)(1);
  expect(contributions.find(({ i }) => i === 7)?.contribution).toBeCloseTo(0, 12);
});

it("somebody without ratings gets mean and item bias", () => {
  const recommender = createRecommender(model);
  expect(recommender.score(recommender.foldIn([]), 4)).toBe(3.4 + (model.itemBias[4] ?? 0));
});
