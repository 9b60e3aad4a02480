import { expect, test } from "vitest";
import type { FactorModel } from "../../core/models/servable.ts";
import { createRecommender } from "../../core/recommend/recommender.ts";
import { shareModel } from "../../core/recommend/shared-model.ts";
import { sharedBytes } from "./shared-model.ts";

const model: FactorModel = {
  form: "factors",
  users: 1,
  items: 3,
  factors: 2,
  globalMean: 0,
  userBias: new Float32Array(1),
  itemBias: new Float32Array(3),
  userFactors: Float32Array.of(1, 2),
  itemFactors: Float32Array.of(1, 2, -3, 0.5, 0, 4),
  foldIn: {
    kind: "implicit",
    unobservedWeight: 0.1,
    regularization: 0.01,
    frequencyExponent: 1,
    items: 3,
    positiveFrom: 1,
  },
  predictsRatings: false,
  scale: { minimum: 1, maximum: 5 },
};

test("an implicit model is shared with the gramian its fold-in needs, and folds in to the same bits", () => {
  const shared = shareModel(model);
  // QᵀQ by hand: 1 + 9 + 0, 2 − 1.5 + 0, 4 + 0.25 + 16.
  expect(Array.from(shared.itemGramian ?? [])).toEqual([10, 0.5, 0.5, 20.25]);
  expect(shared.itemGramian?.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(sharedBytes(shared) - sharedBytes({ ...shared, itemGramian: undefined })).toBe(32);
  const [alone, together] = [model, shared].map((each) => createRecommender(each).foldIn([{ i: 1, rating: 5 }]));
  expect(together).toEqual(alone);
});

test("other models carry none", () => {
  expect(shareModel({ ...model, foldIn: { kind: "projection", center: 0 } })).not.toHaveProperty("itemGramian");
});
