import { expect, test } from "vitest";
import { smallVersion } from "../../e2e/services/serving-target.ts";
import { popularityDistributions, ratingDistributions, stabilityIndex } from "./drift.ts";
import { toIdIndex } from "../live-model/shared-text.ts";

test("the index is that of the textbook, 0 for equal shares and symmetric", () => {
  const large = (shares: readonly number[]) => shares.map((share) => share * 1e9);
  const trained = large([0.2, 0.3, 0.5]);
  const recent = large([0.3, 0.3, 0.4]);
  // (0.3 − 0.2) ln 1.5 + 0 + (0.4 − 0.5) ln 0.8
  expect(stabilityIndex({ trained, recent })).toBeCloseTo(0.1 * Math.log(1.5) - 0.1 * Math.log(0.8), 6);
  expect(stabilityIndex({ trained: recent, recent: trained })).toBeCloseTo(stabilityIndex({ trained, recent }), 9);
  expect(stabilityIndex({ trained, recent: trained.map((count) => count / 10) })).toBeCloseTo(0, 6);
  expect(Number.isFinite(stabilityIndex({ trained: [5, 0], recent: [0, 5] }))).toBe(true);
});

const { model } = smallVersion("v", { items: 4, users: 2 });

test("ratings fall into tenths of the scale, its ends included", () => {
  const histories = {
    start: new Int32Array(1),
    length: new Int32Array(1),
    item: new Int32Array(4),
    rating: Float32Array.of(0.5, 0.5, 5, 2.75),
  };
  const { trained, recent } = ratingDistributions({ model, histories }, [{ value: 5, count: 7 }]);
  expect(trained).toEqual([2, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
  expect(recent).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 7]);
});

test("items fall into classes by what they had in training, and unknown ones into one of their own", () => {
  const histories = {
    start: new Int32Array(1),
    length: new Int32Array(1),
    // Item 2 has half of the ratings, 0 and 1 a quarter each, 3 none.
    item: Int32Array.of(2, 2, 2, 2, 0, 0, 1, 1),
    rating: new Float32Array(8),
  };
  const items = toIdIndex(["a", "b", "c", "d"]);
  const { trained, recent } = popularityDistributions({ items, histories, model }, [
    { itemId: "c", count: 3 },
    { itemId: "d", count: 2 },
    { itemId: "zz", count: 5 },
  ]);
  expect(trained).toEqual([4, 0, 0, 0, 0, 2, 0, 2, 0, 0, 0]);
  expect(recent).toEqual([3, 0, 0, 0, 0, 0, 0, 0, 0, 2, 5]);
});
