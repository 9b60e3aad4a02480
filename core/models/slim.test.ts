import { describe, expect, test } from "vitest";
import { randomSparse, trainingSetOf } from "../compute/test-data.fixture.ts";
import type { TrainingSet } from "./algorithm.ts";
import { fitWith } from "./fit.fixture.ts";
import type { ItemWeightModel } from "./servable.ts";
import { slim } from "./slim.ts";

function gramian(data: TrainingSet, x: (rating: number) => number): number[][] {
  const rows = Array.from({ length: data.items }, () => new Array<number>(data.items).fill(0));
  for (let u = 0; u < data.users; u++) {
    for (let a = data.userStart[u]!; a < data.userStart[u + 1]!; a++) {
      for (let b = data.userStart[u]!; b < data.userStart[u + 1]!; b++)
        rows[data.item[a]!]![data.item[b]!]! += x(data.rating[a]!) * x(data.rating[b]!);
    }
  }
  return rows;
}

/** Weights to item i. */
function weightsTo({ weights, items }: ItemWeightModel, i: number): number[] {
  if (weights.kind === "dense") throw new Error("SLIM is sparse.");
  const { start, item, weight } = weights;
  return Array.from({ length: items }, (_, j) => {
    for (let n = start[j]!; n < start[j + 1]!; n++) if (item[n] === i) return weight[n]!;
    return 0;
  });
}

const data = trainingSetOf(randomSparse(80, 41, 0.25, 31), 41);

/**
 * The conditions under which w is the minimum (Karush, Kuhn, Tucker), which no way of finding it enters: with the gradient
 * d_j = (Gw)_j − G_ij + l2 w_j, w_j > 0 wants d_j = −l1, w_j < 0 wants d_j = l1, w_j = 0 wants d_j ≥ −l1 (and ≤ l1 where negative
 * weights are allowed).
 */
function expectMinimum(
  w: readonly number[],
  g: number[][],
  i: number,
  l1: number,
  l2: number,
  positive: boolean,
): void {
  const slack = 0.02;
  expect(w[i]).toBe(0);
  w.forEach((value, j) => {
    if (j === i) return;
    const gradient = g[j]!.reduce((sum, product, k) => sum + product * w[k]!, 0) - g[i]![j]! + l2 * value;
    if (value > 0) expect(Math.abs(gradient + l1)).toBeLessThan(slack);
    else if (value < 0) expect(Math.abs(gradient - l1)).toBeLessThan(slack);
    else {
      expect(gradient).toBeGreaterThan(-l1 - slack);
      if (!positive) expect(gradient).toBeLessThan(l1 + slack);
    }
    if (positive) expect(value).toBeGreaterThanOrEqual(0);
  });
}

describe.each([
  { l1: 1, l2: 5, nonNegative: true },
  { l1: 0.5, l2: 2, nonNegative: false },
  { l1: 0, l2: 10, nonNegative: true },
  { l1: 3, l2: 1, nonNegative: true, values: "ratings" },
])("%j", (given) => {
  test("every item's weights are at the minimum of the objective", async () => {
    const model = await fitWith(slim, data, { ...given, tolerance: 1e-6 });
    const g = gramian(data, given.values === "ratings" ? (rating) => rating : () => 1);
    for (let i = 0; i < data.items; i++)
      expectMinimum(weightsTo(model, i), g, i, given.l1, given.l2, given.nonNegative);
  });
});

test("a hand-worked case: two items chosen together by two of three people", async () => {
  // G = [[3, 2], [2, 2]]; the weight from 0 to 1 is (2 − l1) / (3 + l2), from 1 to 0 (2 − l1) / (2 + l2).
  const model = await fitWith(
    slim,
    {
      users: 3,
      items: 2,
      userStart: Int32Array.of(0, 2, 4, 5),
      item: Int32Array.of(0, 1, 0, 1, 0),
      rating: Float32Array.of(1, 1, 1, 1, 1),
      time: null,
      scale: { minimum: 1, maximum: 1 },
    },
    { l1: 0.5, l2: 1 },
  );
  expect(weightsTo(model, 1)).toEqual([expect.closeTo(1.5 / 4, 6), 0]);
  expect(weightsTo(model, 0)).toEqual([0, expect.closeTo(1.5 / 3, 6)]);
});

test("keeps the largest weights where it is told how many", async () => {
  const all = await fitWith(slim, data, { l1: 0.5, l2: 5 });
  const some = await fitWith(slim, data, { l1: 0.5, l2: 5, weightsPerItem: 3 });
  for (let i = 0; i < data.items; i++) {
    const expected = weightsTo(all, i)
      .toSorted((a, b) => b - a)
      .slice(0, 3);
    expect(
      weightsTo(some, i)
        .filter((weight) => weight > 0)
        .toSorted((a, b) => b - a),
    ).toEqual(expected.filter((weight) => weight > 0));
  }
});

test("one user, one rating, items that nobody rated: no weights that are no numbers", async () => {
  for (const odd of [
    trainingSetOf(randomSparse(1, 9, 1, 3), 9),
    { ...trainingSetOf(randomSparse(1, 1, 1, 3), 1), items: 4 },
  ]) {
    const { weights } = await fitWith(slim, odd, { l1: 0, l2: 1e-3 });
    expect(weights.kind === "sparse" && weights.weight.every(Number.isFinite)).toBe(true);
  }
});

test("too many items for the gramian are refused with the number that fits", async () => {
  await expect(fitWith(slim, { ...data, items: 60_000 })).rejects.toMatchObject({
    code: "RB_TRAIN_TOO_LARGE",
    details: { largestItems: expect.closeTo(32_000, -4) as number },
  });
});
