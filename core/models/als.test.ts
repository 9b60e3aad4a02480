import { Matrix, solve } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { randomSparse, trainingSetOf } from "../compute/test-data.fixture.ts";
import { createRecommender } from "../recommend/recommender.ts";
import type { TrainingSet } from "./algorithm.ts";
import { als } from "./als.ts";
import { fitWith, score, tensorHash } from "./fit.fixture.ts";
import type { FactorModel } from "./servable.ts";

const [users, items, factors] = [80, 60, 9];
// Rows shorter and longer than the 16 columns that nine factors and a bias are padded to.
const data = trainingSetOf(randomSparse(users, items, 0.25, 77), items);
const settings = { factors, epochs: 6, regularization: 0.05, biasRegularization: 0.02 };

const range = (set: TrainingSet, u: number) =>
  Array.from({ length: (set.userStart[u + 1] ?? 0) - (set.userStart[u] ?? 0) }, (_, n) => (set.userStart[u] ?? 0) + n);
const rowOf = (matrix: Float32Array, row: number) => Array.from(matrix.subarray(row * factors, (row + 1) * factors));

/** A user's bias and factors from the normal equations as the paper writes them, biases as one more column. */
function normalEquations(model: FactorModel, set: TrainingSet, u: number, biases: boolean): number[] {
  const n = range(set, u);
  const size = factors + 1;
  const system = Matrix.eye(size).mul(settings.regularization * n.length);
  system.set(0, 0, biases ? settings.biasRegularization * n.length : 1);
  const right = new Matrix(size, 1);
  for (const at of n) {
    const i = set.item[at] ?? 0;
    const z = Matrix.columnVector([biases ? 1 : 0, ...rowOf(model.itemFactors, i)]);
    const w = set.weight?.[at] ?? 1;
    system.add(z.mmul(z.transpose()).mul(w));
    right.add(z.mul(w * ((set.rating[at] ?? NaN) - model.globalMean - (model.itemBias[i] ?? NaN))));
  }
  return solve(system, right).to1DArray();
}

describe.each([
  ["with biases", true, null],
  ["without biases", false, null],
  ["with weights", true, data.rating.map((_, n) => 0.5 + (n % 4))],
] as const)("%s", (_, biases, weight) => {
  test.each([
    ["exact", {}],
    ["conjugate-gradient", { conjugateSteps: 60 }],
  ])("%s: every user solves the paper's normal equations", async (solver, more) => {
    const set = { ...data, weight };
    const model = await fitWith(als, set, { ...settings, biases, solver, ...more });
    for (let u = 0; u < users; u++) {
      const expected = normalEquations(model, set, u, biases);
      const found = [model.userBias[u] ?? NaN, ...rowOf(model.userFactors, u)];
      found.forEach((value, f) => expect(Math.abs(value - (expected[f] ?? NaN))).toBeLessThan(3e-4));
    }
  });
});

test("the objective never rises, and the train RMSE reported is that of the model", async () => {
  for (const biases of [true, false]) {
    const objectives: number[] = [];
    for (const epochs of [1, 2, 4, 8, 16]) {
      const rmses: number[] = [];
      const model = await fitWith(
        als,
        data,
        { ...settings, biases, epochs },
        { onEpoch: ({ values }) => rmses.push(values["train-rmse"] ?? NaN) },
      );
      const counts = new Float64Array(items);
      let [squares, penalties] = [0, 0];
      const norm = (row: number[]) => row.reduce((sum, x) => sum + x * x, 0);
      for (let u = 0; u < users; u++) {
        for (const n of range(data, u)) {
          const i = data.item[n] ?? 0;
          squares += ((data.rating[n] ?? NaN) - score(model, u, i)) ** 2;
          counts[i] = (counts[i] ?? 0) + 1;
        }
        const own = 0.05 * norm(rowOf(model.userFactors, u)) + 0.02 * (model.userBias[u] ?? NaN) ** 2;
        penalties += range(data, u).length * own;
      }
      counts.forEach((count, i) => {
        penalties += count * (0.05 * norm(rowOf(model.itemFactors, i)) + 0.02 * (model.itemBias[i] ?? NaN) ** 2);
      });
      expect(rmses.at(-1)).toBeCloseTo(Math.sqrt(squares / data.item.length), 4);
      objectives.push(squares + penalties);
    }
    objectives.slice(1).forEach((value, n) => expect(value).toBeLessThanOrEqual((objectives[n] ?? NaN) * (1 + 1e-5)));
  }
});

test.each([true, false])("biases %s: folding a user's ratings in gives the stored user", async (biases) => {
  const model = await fitWith(als, data, { ...settings, biases });
  const recommender = createRecommender(model);
  for (let u = 0; u < users; u++) {
    const history = range(data, u).map((n) => ({ i: data.item[n] ?? 0, rating: data.rating[n] ?? NaN }));
    const folded = recommender.foldIn(history);
    for (const i of [0, 17, 59]) expect(recommender.score(folded, i)).toBeCloseTo(score(model, u, i), 3);
  }
});

test("another scale of the same ratings gives the same predictions on it", async () => {
  const wide = { ...data, rating: data.rating.map((r) => 25 * (r - 1)), scale: { minimum: 0, maximum: 100 } };
  const [model, scaled] = [await fitWith(als, data, settings), await fitWith(als, wide, settings)];
  for (let u = 0; u < users; u += 7)
    for (let i = 0; i < items; i += 5) expect(score(scaled, u, i) / 25 + 1).toBeCloseTo(score(model, u, i), 2);
});

test("a warm start goes on where the model stands", async () => {
  const rmseOf = async (context: { warmStart?: FactorModel }) => {
    const rmses: number[] = [];
    const onEpoch = ({ values }: { values: Record<string, number> }) => rmses.push(values["train-rmse"] ?? NaN);
    const model = await fitWith(als, data, { ...settings, epochs: 20 }, { ...context, onEpoch });
    return { model, rmses };
  };
  const cold = await rmseOf({});
  const warm = await rmseOf({ warmStart: cold.model });
  expect(warm.rmses[0]).toBeCloseTo(cold.rmses.at(-1) ?? NaN, 2);
  expect(Math.abs((warm.rmses[0] ?? NaN) - (cold.rmses.at(-1) ?? NaN))).toBeLessThan(
    0.1 * Math.abs((cold.rmses[0] ?? NaN) - (cold.rmses.at(-1) ?? NaN)),
  );
});

test("odd data: nobody, one rating, equal ratings, one user, more factors than there is to know", async () => {
  const tiny = (start: number[], columns: number[], values: number[], count: number) =>
    trainingSetOf(
      { start: Int32Array.from(start), columns: Int32Array.from(columns), values: Float32Array.from(values) },
      count,
    );
  await expect(fitWith(als, tiny([0], [], [], 3))).rejects.toMatchObject({ code: "RB_SPLIT_EMPTY" });
  const one = await fitWith(als, tiny([0, 0, 1], [2], [4], 4), { factors: 40 });
  expect(score(one, 1, 2)).toBeCloseTo(4, 1);
  const equal = await fitWith(als, { ...data, rating: data.rating.map(() => 3) }, settings);
  expect(score(equal, 5, 6)).toBeCloseTo(3, 4);
  const many = Array.from({ length: 50 }, (_, i) => i);
  const single = await fitWith(
    als,
    tiny(
      [0, 50],
      many,
      many.map((i) => 1 + (i % 5)),
      50,
    ),
    { factors: 64 },
  );
  expect(many.every((i) => Number.isFinite(score(single, 0, i)))).toBe(true);
  const hashes = new Set<string>();
  for (const threads of [1, 3]) hashes.add(tensorHash(await fitWith(als, data, settings, { threads })));
  expect(hashes.size).toBe(1);
});
