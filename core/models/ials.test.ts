import { Matrix, solve } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { randomSparse, trainingSetOf } from "../compute/test-data.fixture.ts";
import { createRecommender } from "../recommend/recommender.ts";
import type { TrainingSet } from "./algorithm.ts";
import { decodeBundle, encodeBundle } from "./bundle.ts";
import { fitWith, score, tensorHash } from "./fit.fixture.ts";
import { ials } from "./ials.ts";
import type { FactorModel } from "./servable.ts";

const [users, items, factors] = [90, 70, 11];
// Users 0 … 89 with some 7 to 21 ratings: rows shorter and longer than the 16 columns the factors are padded to.
const data = trainingSetOf(randomSparse(users, items, 0.2, 31), items);
const settings = { factors, epochs: 8, unobservedWeight: 0.2, regularization: 0.01, frequencyExponent: 0.8 };

const itemsOf = (set: TrainingSet, u: number): number[] =>
  Array.from(set.item.subarray(set.userStart[u], set.userStart[u + 1]));
const historyOf = (set: TrainingSet, u: number) =>
  itemsOf(set, u).map((i, n) => ({ i, rating: set.rating[(set.userStart[u] ?? 0) + n] ?? NaN }));
const rowsOf = (values: Float32Array, k: number) => Matrix.from1DArray(values.length / k, k, Array.from(values));
const userRow = ({ userFactors }: FactorModel, u: number, k: number) =>
  Array.from(userFactors.subarray(u * k, (u + 1) * k));

function expectNear(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  const size = Math.max(1e-30, ...Array.from(expected, Math.abs));
  expect(actual.length).toBe(expected.length);
  for (let n = 0; n < expected.length; n++)
    expect(Math.abs((actual[n] ?? NaN) - (expected[n] ?? NaN))).toBeLessThan(tolerance * size);
}

async function curveOf(
  set: TrainingSet,
  hyperparameters: Record<string, unknown>,
): Promise<{ model: FactorModel; losses: number[] }> {
  const losses: number[] = [];
  const model = await fitWith(ials, set, hyperparameters, {
    onEpoch: ({ values }) => losses.push(values["train-loss"] ?? NaN),
  });
  return { model, losses };
}

describe("iALS", () => {
  test("leaves every user at the solution of the normal equations of Rendle et al. 2022", async () => {
    const model = await fitWith(ials, data, settings);
    const q = rowsOf(model.itemFactors, factors);
    const gramian = q.transpose().mmul(q);
    for (let u = 0; u < users; u++) {
      const rated = itemsOf(data, u);
      const penalty = 0.01 * (rated.length + 0.2 * items) ** 0.8;
      const system = Matrix.mul(gramian, 0.2).add(Matrix.eye(factors).mul(penalty));
      const right = new Matrix(factors, 1);
      for (const i of rated) {
        const row = q.getRowVector(i).transpose();
        system.add(row.mmul(row.transpose()));
        right.add(row);
      }
      expectNear(userRow(model, u, factors), solve(system, right).to1DArray(), 1e-4);
    }
  });

  test.each(["exact", "conjugate-gradient"])(
    "%s: the loss reported is the objective, over all pairs",
    async (solver) => {
      const { model, losses } = await curveOf(data, { ...settings, solver });
      const userCounts = Array.from({ length: users }, (_, u) => itemsOf(data, u).length);
      const itemCounts = Array.from({ length: items }, () => 0);
      let loss = 0;
      for (let u = 0; u < users; u++) {
        const rated = new Set(itemsOf(data, u));
        for (let i = 0; i < items; i++) {
          const predicted = score(model, u, i);
          loss += 0.2 * predicted ** 2;
          if (!rated.has(i)) continue;
          loss += (1 - predicted) ** 2;
          itemCounts[i] = (itemCounts[i] ?? 0) + 1;
        }
      }
      const penalties = (matrix: Float32Array, counts: number[], others: number) =>
        counts.reduce((sum, count, row) => {
          const squares = matrix.subarray(row * factors, (row + 1) * factors).reduce((total, x) => total + x * x, 0);
          return sum + 0.01 * (count + 0.2 * others) ** 0.8 * squares;
        }, 0);
      loss += penalties(model.userFactors, userCounts, items) + penalties(model.itemFactors, itemCounts, users);
      expect(losses.at(-1)).toBeCloseTo(loss / data.item.length, 5);
    },
  );

  test.each([
    ["exact", 1e-7],
    ["conjugate-gradient", 1e-6],
  ])("%s: the loss never rises", async (solver, rounding) => {
    for (const frequencyExponent of [0, 1]) {
      const { losses } = await curveOf(data, {
        ...settings,
        solver,
        frequencyExponent,
        epochs: 25,
        regularization: 0.1,
      });
      expect(losses).toHaveLength(25);
      losses.slice(1).forEach((loss, n) => expect(loss).toBeLessThanOrEqual((losses[n] ?? NaN) * (1 + rounding)));
      expect(losses.at(-1)).toBeLessThan(0.99 * (losses[0] ?? NaN));
    }
  });

  test("conjugate gradients follow the exact solve: many steps give its loss, three come within half a percent", async () => {
    const exact = await curveOf(data, settings);
    const many = await curveOf(data, { ...settings, solver: "conjugate-gradient", conjugateSteps: 30 });
    const three = await curveOf(data, { ...settings, solver: "conjugate-gradient" });
    exact.losses.forEach((loss, n) => expect(many.losses[n]).toBeCloseTo(loss, 5));
    expect((three.losses.at(-1) ?? NaN) / (exact.losses.at(-1) ?? NaN)).toBeLessThan(1.005);
  });

  test("conjugate gradients give the same bytes with any number of threads", async () => {
    const hashes = new Set<string>();
    for (const threads of [1, 2, 3])
      hashes.add(tensorHash(await fitWith(ials, data, { ...settings, solver: "conjugate-gradient" }, { threads })));
    expect(hashes.size).toBe(1);
  });

  test("more factors than people and films, and a single rating, are no trouble", async () => {
    const one = trainingSetOf(
      { start: Int32Array.of(0, 1, 1), columns: Int32Array.of(2), values: Float32Array.of(5) },
      4,
    );
    const model = await fitWith(ials, one, { factors: 40, regularization: 1e-4, unobservedWeight: 1e-3 });
    expect(score(model, 0, 2)).toBeGreaterThan(0.9);
    for (const i of [0, 1, 3]) expect(score(model, 0, i)).toBe(0);
    expect(userRow(model, 1, 40)).toEqual(Array.from({ length: 40 }, () => 0));
  });
});

test.each(["exact", "conjugate-gradient"])(
  "%s: weighted ratings solve the weighted normal equations",
  async (solver) => {
    const weight = data.rating.map((rating, n) => 0.5 + rating + (n % 3));
    const model = await fitWith(ials, { ...data, weight }, { ...settings, solver, conjugateSteps: 60 });
    const q = rowsOf(model.itemFactors, factors);
    const gramian = q.transpose().mmul(q);
    for (let u = 0; u < users; u++) {
      const penalty = 0.01 * (itemsOf(data, u).length + 0.2 * items) ** 0.8;
      const system = Matrix.mul(gramian, 0.2).add(Matrix.eye(factors).mul(penalty));
      const right = new Matrix(factors, 1);
      itemsOf(data, u).forEach((i, n) => {
        const row = q.getRowVector(i).transpose();
        const w = weight[(data.userStart[u] ?? 0) + n] ?? NaN;
        system.add(row.mmul(row.transpose()).mul(w));
        right.add(row.clone().mul(w));
      });
      expectNear(userRow(model, u, factors), solve(system, right).to1DArray(), 2e-4);
    }
  },
);

describe("a warm start", () => {
  test("goes on where the given model stands, and what is refitted alike stays", async () => {
    const first = await curveOf(data, { ...settings, epochs: 30 });
    const losses: number[] = [];
    await fitWith(
      ials,
      data,
      { ...settings, epochs: 1 },
      {
        warmStart: first.model,
        onEpoch: ({ values }) => losses.push(values["train-loss"] ?? NaN),
      },
    );
    expect(losses[0]).toBeLessThanOrEqual((first.losses.at(-1) ?? NaN) * (1 + 1e-6));
    expect(losses[0]).toBeLessThan(0.99 * (first.losses[0] ?? NaN));
  });

  test("from a model of another shape is a cold one", async () => {
    const other = await fitWith(ials, data, { ...settings, factors: 7 });
    const warm = await fitWith(ials, data, settings, { warmStart: other });
    expect(tensorHash(warm)).toBe(tensorHash(await fitWith(ials, data, settings)));
  });
});

describe("the threshold", () => {
  test("takes ratings from that share of the scale on, as if the others were not there", async () => {
    const kept = { start: [0], columns: [] as number[], values: [] as number[] };
    for (let u = 0; u < users; u++) {
      for (const { i, rating } of historyOf(data, u)) {
        if (rating < 4) continue;
        kept.columns.push(i);
        kept.values.push(rating);
      }
      kept.start.push(kept.columns.length);
    }
    const filtered = trainingSetOf(
      {
        start: Int32Array.from(kept.start),
        columns: Int32Array.from(kept.columns),
        values: Float32Array.from(kept.values),
      },
      items,
    );
    const model = await fitWith(ials, data, { ...settings, threshold: 0.75 });
    expect(tensorHash(model)).toBe(tensorHash(await fitWith(ials, filtered, settings)));
    expect(model.foldIn).toMatchObject({ kind: "implicit", positiveFrom: 4 });
  });

  test("that no rating reaches is refused", async () => {
    const low = { ...data, rating: new Float32Array(data.rating.length).fill(2) };
    await expect(fitWith(ials, low, { ...settings, threshold: 0.75 })).rejects.toMatchObject({
      code: "RB_SPLIT_EMPTY",
      message: expect.stringContaining("threshold") as string,
    });
  });
});

describe.each([
  ["all ratings", {}],
  ["ratings from four", { threshold: 0.75 }],
])("fold-in, %s", (_, change) => {
  test("of a user's training ratings gives the stored user", async () => {
    const model = await fitWith(ials, data, { ...settings, ...change });
    const recommender = createRecommender(model);
    for (let u = 0; u < users; u++)
      expectNear(recommender.foldIn(historyOf(data, u)).factors, recommender.userVector(u).factors, 1e-4);
  });

  test("explains: shares add up to the score, and a rating that does not count has none", async () => {
    const model = await fitWith(ials, data, { ...settings, ...change });
    const recommender = createRecommender(model);
    const history = historyOf(data, 3);
    const vector = recommender.foldIn(history);
    for (const i of [0, 20, 69]) {
      const { score: explained, baseline, contributions } = recommender.explain(history)(i);
      expect(baseline).toBe(0);
      expect(contributions.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(explained, 12);
      expect(explained).toBe(recommender.score(vector, i));
      const positiveFrom = model.foldIn.kind === "implicit" ? model.foldIn.positiveFrom : NaN;
      const ignored = new Set(history.filter(({ rating }) => rating < positiveFrom).map((given) => given.i));
      for (const share of contributions) expect(share.contribution === 0).toBe(ignored.has(share.i));
    }
    const stored = recommender.explainUser(3, history)(20);
    const sum = stored.contributions.reduce((total, { contribution }) => total + contribution, stored.baseline);
    expect(sum).toBeCloseTo(stored.score, 12);
    expect(Math.abs(stored.remainder)).toBeLessThan(1e-4);
  });

  test("comes through a bundle to the same bits", async () => {
    const model = await fitWith(ials, data, { ...settings, ...change });
    const ids = (count: number) => Array.from({ length: count }, (__, n) => String(n).padStart(3, "0"));
    const decoded = decodeBundle(
      encodeBundle({
        model,
        userIds: ids(users),
        itemIds: ids(items),
        description: {
          algorithm: "ials",
          hyperparameters: { factors },
          seed: 1,
          runId: "r1",
          snapshotId: "s1",
          splitId: "p1",
          refitOf: null,
          metrics: [],
          codeVersion: "0.1.0",
        },
      }),
    ).model;
    expect(decoded).toMatchObject({ foldIn: model.foldIn });
    const [here, there] = [model, decoded].map((each) => createRecommender(each).foldIn(historyOf(data, 5)));
    expect(there).toEqual(here);
  });
});

test("somebody without ratings that count is answered with what is popular", async () => {
  const model = {
    ...(await fitWith(ials, data, { ...settings, threshold: 0.75 })),
    itemPopularity: new Float32Array(items),
  };
  model.itemPopularity[42] = 7;
  const recommender = createRecommender(model);
  for (const ratings of [[], [{ i: 3, rating: 2 }]]) {
    expect(recommender.topN(recommender.foldIn(ratings), 1)[0]).toEqual({ i: 42, score: 7 });
    const { score: explained, baseline, contributions } = recommender.explain(ratings)(42);
    expect([explained, baseline]).toEqual([7, 7]);
    expect(contributions.every(({ contribution }) => contribution === 0)).toBe(true);
  }
});
