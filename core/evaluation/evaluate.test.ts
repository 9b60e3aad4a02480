import { describe, expect, it } from "vitest";
import { evaluateModel, listModel, ratingsByUser } from "./evaluation.fixture.ts";
import { poolFolds } from "./per-user.ts";

// Seven items in the order 0, 1, 2, … by score, three users.
const model = listModel(4, [7, 6, 5, 4, 3, 2, 1]);
const train = [
  [0, 0, 5],
  [1, 3, 2],
];
const test = [
  [0, 2, 1],
  [0, 5, 4],
  [1, 0, 3],
  [2, 6, 5],
];

describe("metrics of lists, by hand", () => {
  // User 0's list without item 0: 1 2 3 4 5 6, relevant 2 and 5, at places 2 and 5. User 1's: 0 1 2 4 5 6, relevant 0 at
  // place 1. User 2 has no training rating; relevant 6 is last. User 3 has no test rating and is left out.
  const { table, output } = evaluateModel(model, train, test, [3, 5]);
  const at = (name: string) => [...table.columns.get(name)!];

  it("leave out who has nothing to be tested on", () => {
    expect([...table.users]).toEqual([0, 1, 2]);
    expect(at("test_ratings")).toEqual([2, 1, 1]);
  });

  it("count every test item as relevant, whatever its rating", () => {
    expect(at("recall@3")).toEqual([1 / 2, 1, 0]);
    expect(at("recall@5")).toEqual([1, 1, 0]);
    expect(at("precision@3")).toEqual([1 / 3, 1 / 3, 0]);
    expect(at("precision@5")).toEqual([2 / 5, 1 / 5, 0]);
    expect(at("hit-rate@3")).toEqual([1, 1, 0]);
    expect(at("mrr@3")).toEqual([1 / 2, 1, 0]);
  });

  it("discount by the logarithm of the place and divide by the best possible", () => {
    const best = 1 + 1 / Math.log2(3);
    expect(at("ndcg@3")[0]).toBeCloseTo(1 / Math.log2(3) / best, 12);
    expect(at("ndcg@5")[0]).toBeCloseTo((1 / Math.log2(3) + 1 / Math.log2(6)) / best, 12);
    expect(at("ndcg@5").slice(1)).toEqual([1, 0]);
  });

  it("note which items stood in anybody's list, never a user's own training items", () => {
    // Lists: 1 2 3 4 5, 0 1 2 4 5 and 0 1 2 3 4. Counted apart: within the first 3 places, and at places 4 and 5.
    expect([...output.listed[0]!]).toEqual([2, 3, 3, 1, 0, 0, 0]);
    expect([...output.listed[1]!]).toEqual([0, 0, 0, 1, 3, 2, 0]);
    // Of user 0's relevant items one is at place 2, one at 5.
    expect([...output.places]).toEqual([2, 5, 1, 0]);
  });

  it("settle equal scores by index, so a test item gains nothing from a tie", () => {
    const tied = evaluateModel(listModel(1, [1, 1, 1, 1]), [], [[0, 2, 5]], [2, 3]).table;
    expect(tied.columns.get("hit-rate@2")![0]).toBe(0);
    expect(tied.columns.get("mrr@3")![0]).toBe(1 / 3);
  });
});

describe("errors, by hand", () => {
  it("are sums over a user's test ratings, with predictions clipped to the scale", () => {
    const { table } = evaluateModel({ ...model, predictsRatings: true }, train, test, [3]);
    // Predictions of items 2, 5, 0, 6: 5, 2, 7 → 5, 1; ratings 1, 4, 3, 5.
    expect([...table.columns.get("rmse_sum")!]).toEqual([16 + 4, 4, 16]);
    expect([...table.columns.get("mae_sum")!]).toEqual([4 + 2, 2, 4]);
  });

  it("are not given where scores are not ratings", () => {
    expect(evaluateModel(model, train, test, [3]).table.columns.has("rmse_sum")).toBe(false);
  });
});

describe("users without a training rating", () => {
  it("get the model's answer for strangers, not what stands in their row", () => {
    const personal = listModel(1, [0, 0, 0], {
      factors: 1,
      userFactors: Float32Array.of(1),
      itemFactors: Float32Array.of(0, 0, 9),
      itemPopularity: Float32Array.of(0, 3, 1),
      foldIn: { kind: "projection", center: 0 },
    });
    expect(evaluateModel(personal, [], [[0, 1, 5]], [1]).table.columns.get("hit-rate@1")![0]).toBe(1);
    expect(evaluateModel(personal, [[0, 0, 5]], [[0, 1, 5]], [1]).table.columns.get("hit-rate@1")![0]).toBe(0);
  });
});

describe("poolFolds", () => {
  it("adds sums and averages lists over the folds in which a user has one", () => {
    const pooled = poolFolds([
      {
        users: Int32Array.of(0, 2),
        columns: new Map([
          ["test_ratings", Float64Array.of(2, 1)],
          ["rmse_sum", Float64Array.of(4, 1)],
          ["ndcg@10", Float64Array.of(0.5, 1)],
        ]),
      },
      {
        users: Int32Array.of(2, 11),
        columns: new Map([
          ["test_ratings", Float64Array.of(3, 1)],
          ["rmse_sum", Float64Array.of(9, 0)],
          ["ndcg@10", Float64Array.of(0, NaN)],
        ]),
      },
    ]);
    expect([...pooled.users]).toEqual([0, 2, 11]);
    expect([...pooled.columns.get("test_ratings")!]).toEqual([2, 4, 1]);
    expect([...pooled.columns.get("rmse_sum")!]).toEqual([4, 10, 0]);
    expect([...pooled.columns.get("ndcg@10")!]).toEqual([0.5, 0.5, NaN]);
  });
});

it("asks a model that changes with time for its prediction at the time of each rating", () => {
  const day = 86_400;
  const changing = listModel(1, [3, 3], {
    predictsRatings: true,
    timeEffects: {
      kind: "days",
      servingTime: 20 * day,
      day: Int32Array.of(10, 20),
      bias: Float32Array.of(0.5, -0.25),
      userSide: new Float32Array(),
      itemSide: new Float32Array(),
    },
  });
  const rows = [
    [0, 0, 3],
    [0, 1, 3],
  ];
  const at = (time: Float64Array | null) => {
    const held = { ...ratingsByUser(rows, 1), time };
    return [...evaluateModel(changing, [], rows, [1], { test: held }).output.predictions];
  };
  expect(at(Float64Array.of(10 * day + 5, 20 * day))).toEqual([3.5, 2.75]);
  expect(at(Float64Array.of(NaN, 15 * day))).toEqual([3, 3]);
  expect(at(null)).toEqual([3, 3]);
});
