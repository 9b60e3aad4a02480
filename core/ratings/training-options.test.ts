import { describe, expect, it } from "vitest";
import type { TrainingSet } from "../models/algorithm.ts";
import { itemFeatures } from "./item-features.ts";
import { applyTrainingOptions, changesValues } from "./training-options.ts";

const day = 86_400;
/** Two users: ratings 1, 4, 5 and 3, 4; ages 0, 10, 20 days, unknown, 30 days. */
const set: TrainingSet = {
  users: 2,
  items: 4,
  userStart: Int32Array.of(0, 3, 5),
  item: Int32Array.of(0, 1, 2, 1, 3),
  rating: Float32Array.of(1, 4, 5, 3, 4),
  time: Float64Array.of(100 * day, 90 * day, 80 * day, Number.NaN, 70 * day),
  scale: { minimum: 1, maximum: 5 },
};

describe("training options", () => {
  it("weigh by confidence: 1 + α times the height on the scale", () => {
    const { weight, rating } = applyTrainingOptions(set, { confidence: 40 });
    expect([...(weight ?? [])]).toEqual([1, 31, 41, 21, 31]);
    expect(rating).toBe(set.rating);
  });

  it("halve the weight with every half-life, an unknown time being as old as the oldest", () => {
    const { weight } = applyTrainingOptions(set, { halfLifeDays: 10 });
    expect([...(weight ?? [])]).toEqual([1, 0.5, 0.25, 0.125, 0.125]);
    expect(() => applyTrainingOptions({ ...set, time: null }, { halfLifeDays: 10 })).toThrow(
      expect.objectContaining({ code: "RB_INVALID_INPUT" }),
    );
  });

  it("leave out what is not liked, and make likes equal", () => {
    const likes = { from: 4, values: "equal", low: "left-out" } as const;
    const made = applyTrainingOptions(set, { likes, confidence: 4 });
    expect([...made.userStart]).toEqual([0, 2, 3]);
    expect([...made.item]).toEqual([1, 2, 3]);
    expect([...made.rating]).toEqual([5, 5, 5]);
    // By the ratings as given, not as changed.
    expect([...(made.weight ?? [])]).toEqual([4, 5, 4]);
    expect([...(made.time ?? [])]).toEqual([90 * day, 80 * day, 70 * day]);
    expect(changesValues({ likes })).toBe(true);
  });

  it("take low ratings for the worst, or keep likes as rated", () => {
    const worst = applyTrainingOptions(set, { likes: { from: 4, values: "as-rated", low: "worst" } });
    expect([...worst.rating]).toEqual([1, 4, 5, 1, 4]);
    const kept = { from: 4, values: "as-rated", low: "left-out" } as const;
    expect([...applyTrainingOptions(set, { likes: kept }).rating]).toEqual([4, 5, 4]);
    expect(changesValues({ likes: kept })).toBe(false);
  });

  it("refuse to leave nothing", () => {
    expect(() => applyTrainingOptions(set, { likes: { from: 6, values: "equal", low: "left-out" } })).toThrow(
      expect.objectContaining({ code: "RB_SPLIT_EMPTY" }),
    );
  });
});

it("knows items by their genres and decades", () => {
  const table = itemFeatures(
    [
      { year: 1994, genres: ["Drama", "Comedy"] },
      { year: null, genres: [] },
      { year: 1999, genres: ["Comedy", "Comedy"] },
    ],
    null,
  );
  const named = (item: number) =>
    Array.from(table?.index.subarray(table.start[item], table.start[item + 1]) ?? [], (at) => table?.names[at]);
  expect([0, 1, 2].map(named)).toEqual([
    ["decade: 1990", "genre: Comedy", "genre: Drama"],
    [],
    ["decade: 1990", "genre: Comedy"],
  ]);
  expect(itemFeatures([{ year: null, genres: [] }], null)).toBeNull();
});
