import { describe, expect, test } from "vitest";
import { seededRandom } from "../compute/test-data.fixture.ts";
import type { FeatureTable, TrainingSet } from "./algorithm.ts";
import { regressColdItems } from "./content-regression.ts";
import type { FactorModel } from "./servable.ts";

const [items, k] = [60, 3];
const cold = [7, 20, 41];
const random = seededRandom(4);
/** Each item one of four genres, every other one of two decades; item 59 has neither. */
const rows = Array.from({ length: items }, (_, i) =>
  i === 59 ? [] : i % 2 === 0 ? [i % 4, 4 + (i % 3 === 0 ? 1 : 0)] : [i % 4],
);
const itemFeatures: FeatureTable = {
  names: ["a", "b", "c", "d", "old", "new"],
  start: Int32Array.from({ length: items + 1 }, (_, i) => rows.slice(0, i).flat().length),
  index: Int32Array.from(rows.flat()),
  value: null,
};
/** What each feature adds to the bias and the three factors. */
const truth = Array.from({ length: 6 }, () => Array.from({ length: k + 1 }, () => random() - 0.5));
const planted = (i: number, f: number) =>
  0.3 + (rows[i] ?? []).reduce((sum, feature) => sum + (truth[feature]?.[f] ?? 0), 0);

function world(noise: number): { model: FactorModel; data: TrainingSet } {
  const known = (i: number) => !cold.includes(i) && i !== 59;
  const value = (i: number, f: number) => (known(i) ? planted(i, f) + noise * (random() - 0.5) : 0);
  const rated = Array.from({ length: items }, (_, i) => i).filter(known);
  const model: FactorModel = {
    form: "factors",
    users: 40,
    items,
    factors: k,
    globalMean: 3,
    userBias: new Float32Array(40),
    itemBias: Float32Array.from({ length: items }, (_, i) => value(i, 0)),
    userFactors: new Float32Array(40 * k),
    itemFactors: Float32Array.from({ length: items * k }, (_, n) => value(Math.floor(n / k), 1 + (n % k))),
    foldIn: { kind: "ridge", regularization: 0.1, biasRegularization: 0.1 },
    predictsRatings: true,
    scale: { minimum: 1, maximum: 5 },
  };
  const data: TrainingSet = {
    users: 40,
    items,
    userStart: Int32Array.from({ length: 41 }, (_, u) => u * rated.length),
    item: Int32Array.from(Array.from({ length: 40 }, () => rated).flat()),
    rating: new Float32Array(40 * rated.length).fill(3),
    time: null,
    itemFeatures,
    scale: { minimum: 1, maximum: 5 },
  };
  return { model, data };
}

describe("regressColdItems", () => {
  test("finds what was planted: bias and factors of unrated items from their features", () => {
    const { model, data } = world(0);
    const { itemBias, itemFactors } = regressColdItems(model, data, 1e-6);
    for (const i of cold) {
      expect(itemBias[i]).toBeCloseTo(planted(i, 0), 3);
      for (let f = 0; f < k; f++) expect(itemFactors[i * k + f]).toBeCloseTo(planted(i, f + 1), 3);
    }
  });

  test("leaves rated items, unknown items and the given model alone", () => {
    const { model, data } = world(0.2);
    const before = structuredClone(model);
    const changed = regressColdItems(model, data, 3);
    expect(model).toEqual(before);
    for (let i = 0; i < items; i++) {
      const same = [...changed.itemFactors.subarray(i * k, (i + 1) * k)].every(
        (value, f) => value === model.itemFactors[i * k + f],
      );
      expect(same && changed.itemBias[i] === model.itemBias[i]).toBe(!cold.includes(i));
    }
  });

  test("draws to the mean of rated items as the penalty grows", () => {
    const { model, data } = world(0);
    const known = [...model.itemBias].filter((_, i) => !cold.includes(i) && i !== 59);
    const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
    for (const i of cold) expect(regressColdItems(model, data, 1e9).itemBias[i]).toBeCloseTo(mean, 4);
  });

  test("says so where nothing is known of the items", () => {
    const { model, data } = world(0);
    expect(() => regressColdItems(model, { ...data, itemFeatures: null }, 3)).toThrow(
      expect.objectContaining({ code: "RB_INVALID_INPUT" }),
    );
  });
});
