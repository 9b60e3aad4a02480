import { describe, expect, test } from "vitest";
import { randomSparse, trainingSetOf } from "../compute/test-data.fixture.ts";
import { createRecommender } from "../recommend/recommender.ts";
import type { GivenRating } from "../recommend/recommender.ts";
import type { Algorithm, TrainingSet } from "./algorithm.ts";
import { decodeBundle, encodeBundle } from "./bundle.ts";
import { fitWith } from "./fit.fixture.ts";
import { itemKnn } from "./item-knn.ts";
import { userKnn } from "./user-knn.ts";

/** [users][items], 0 where nothing is rated. */
function dense(data: TrainingSet, x: (rating: number) => number): number[][] {
  return Array.from({ length: data.users }, (_, u) => {
    const row = new Array<number>(data.items).fill(0);
    for (let n = data.userStart[u]!; n < data.userStart[u + 1]!; n++) row[data.item[n]!] = x(data.rating[n]!);
    return row;
  });
}

const columnsOf = (rows: number[][]): number[][] => rows[0]!.map((_, i) => rows.map((row) => row[i]!));
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, n) => sum + value * b[n]!, 0);

/** s(a, b), written out from the definition. */
function similarity(a: readonly number[], b: readonly number[], asymmetry: number, shrinkage: number): number {
  const product = dot(a, b);
  return product === 0 ? 0 : product / (dot(a, a) ** asymmetry * dot(b, b) ** (1 - asymmetry) + shrinkage);
}

/** The `keep` largest of the positive values, others 0; of equal ones the first. */
function keepLargest(values: readonly number[], keep: number): number[] {
  const kept = new Set(
    values
      .map((value, n) => ({ value: Math.fround(value), n }))
      .filter(({ value }) => value > 0)
      .toSorted((a, b) => b.value - a.value || a.n - b.n)
      .slice(0, keep)
      .map(({ n }) => n),
  );
  return values.map((value, n) => (kept.has(n) ? value : 0));
}

function historyOf(data: TrainingSet, u: number): GivenRating[] {
  return Array.from({ length: data.userStart[u + 1]! - data.userStart[u]! }, (_, n) => ({
    i: data.item[data.userStart[u]! + n]!,
    rating: data.rating[data.userStart[u]! + n]!,
  }));
}

const ids = (count: number) => Array.from({ length: count }, (_, n) => String(n).padStart(3, "0"));
const description = {
  algorithm: "user-knn",
  hyperparameters: {},
  seed: 1,
  runId: "r1",
  snapshotId: "s1",
  splitId: "p1",
  refitOf: null,
  metrics: [],
  codeVersion: "1",
};
const both: readonly Algorithm[] = [itemKnn, userKnn];
const data = trainingSetOf(randomSparse(45, 37, 0.2, 17), 37);
const settings = [
  { neighbours: 5, asymmetry: 0.5, shrinkage: 0, values: "binary" },
  { neighbours: 8, asymmetry: 0.2, shrinkage: 3, values: "binary" },
  { neighbours: 4, asymmetry: 0.9, shrinkage: 10, values: "ratings" },
];

describe.each(settings)("%j", (given) => {
  const { neighbours, asymmetry, shrinkage } = given;
  const x = given.values === "binary" ? () => 1 : (rating: number) => rating;
  const rows = dense(data, x);
  const columns = columnsOf(rows);

  test("item neighbours score as the definition does", async () => {
    const recommender = createRecommender(await fitWith(itemKnn, data, given), (u) => historyOf(data, u));
    const weights = columns.map((own, i) =>
      keepLargest(
        columns.map((other, j) => (i === j ? 0 : similarity(own, other, asymmetry, shrinkage))),
        neighbours,
      ),
    );
    for (const u of [0, 7, 44]) {
      const expected = weights.map((toItem) => dot(toItem, rows[u]!));
      const scores = recommender.scoresForUser(u);
      expected.forEach((score, i) => expect(scores[i]).toBeCloseTo(score, 5));
    }
  });

  test("user neighbours score as the definition does, and nobody is their own neighbour", async () => {
    const recommender = createRecommender(await fitWith(userKnn, data, given));
    for (const u of [0, 7, 44]) {
      const near = keepLargest(
        rows.map((other, v) => (u === v ? 0 : similarity(rows[u]!, other, asymmetry, shrinkage))),
        neighbours,
      );
      const expected = columns.map((column) => dot(near, column));
      expected.forEach((score, i) => expect(recommender.score(u, i)).toBeCloseTo(score, 5));
      // Their own ratings, folded in as theirs, are the same person; as somebody else's, they have a perfect neighbour.
      expect(recommender.foldIn(historyOf(data, u), u)).toEqual(recommender.userVector(u));
      expect([...recommender.foldIn(historyOf(data, u)).users]).toContain(u);
    }
  });

  test("neighbours of theirs are those who count somebody among their nearest, as the definition has it", async () => {
    const model = await fitWith(userKnn, data, { ...given, neighbourhood: "theirs" });
    const bundle = encodeBundle({ model, userIds: ids(data.users), itemIds: ids(data.items), description });
    for (const recommender of [createRecommender(model), createRecommender(decodeBundle(bundle).model)]) {
      for (const u of [0, 7, 44]) {
        const near = rows.map((other, v) => {
          const alike = rows
            .map((somebody, w) => (v === w ? 0 : similarity(somebody, other, asymmetry, shrinkage)))
            .toSorted((a, b) => b - a);
          const own = u === v ? 0 : similarity(rows[u]!, other, asymmetry, shrinkage);
          return own >= (alike[neighbours - 1] ?? 0) ? own : 0;
        });
        const expected = columns.map((column) => dot(near, column));
        expected.forEach((score, i) => expect(recommender.score(u, i)).toBeCloseTo(score, 5));
        const folded = recommender.foldIn(historyOf(data, u), u);
        expect(folded).toEqual(recommender.userVector(u));
        const { score, contributions } = recommender.explainUser(u, historyOf(data, u))(3);
        expect(contributions.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(score, 9);
      }
    }
  });

  test.each(both)("explanations of $info.id add up to the scores", async (algorithm) => {
    const recommender = createRecommender(await fitWith(algorithm, data, given), (u) => historyOf(data, u));
    const explain = recommender.explainUser(7, historyOf(data, 7));
    for (let i = 0; i < data.items; i++) {
      const { score, baseline, remainder, contributions } = explain(i);
      expect(remainder).toBe(0);
      expect(baseline + contributions.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(score, 9);
      expect(score).toBe(recommender.scoresForUser(7)[i]);
    }
  });
});

test("tf-idf: what people with many ratings have in common counts less", async () => {
  // Items 0 and 1 are shared by somebody who has rated nearly everything, items 0 and 2 by somebody who rated only these.
  const rows = [
    [0, 1, 3, 4, 5, 6, 7, 8],
    [0, 2],
    [1, 3],
    [2, 9],
  ];
  const given: TrainingSet = {
    users: 4,
    items: 12,
    userStart: Int32Array.from([0, 8, 10, 12, 14]),
    item: Int32Array.from(rows.flat()),
    rating: new Float32Array(14).fill(4),
    time: null,
    scale: { minimum: 1, maximum: 5 },
  };
  const cosines = async (userWeighting: string): Promise<number[]> => {
    const recommender = createRecommender(await fitWith(itemKnn, given, { userWeighting, shrinkage: 0 }));
    const list = recommender.similar(0, 12);
    return [1, 2].map((other) => list.find(({ i }) => i === other)?.score ?? NaN);
  };
  expect(await cosines("none")).toEqual([0.5, 0.5]);
  const [a, b] = [Math.log(12 / 9), Math.log(12 / 3)];
  const [shared1, shared2] = await cosines("tf-idf");
  expect(shared1).toBeCloseTo((a * a) / (Math.hypot(a, b) * Math.hypot(a, b)), 6);
  expect(shared2).toBeCloseTo((b * b) / (Math.hypot(a, b) * Math.hypot(b, b)), 6);
});

test.each(both)("$info.id takes one user, one rating, and items that nobody rated", async (algorithm) => {
  for (const odd of [
    trainingSetOf(randomSparse(1, 9, 1, 3), 9),
    { ...trainingSetOf(randomSparse(1, 1, 1, 3), 1), items: 4 },
  ]) {
    const recommender = createRecommender(await fitWith(algorithm, odd), () => historyOf(odd, 0));
    const scores = recommender.scoresForUser(0);
    expect(scores.every(Number.isFinite)).toBe(true);
    expect(recommender.similar(0, 3).length).toBeLessThanOrEqual(3);
  }
});

test("item neighbours that no memory holds are refused with the number that it would hold", async () => {
  const items = 1_000_000;
  const wide = { ...trainingSetOf(randomSparse(1, 3, 1, 3), 3), items };
  await expect(fitWith(itemKnn, wide, { neighbours: 5000 })).rejects.toMatchObject({
    code: "RB_TRAIN_TOO_LARGE",
    message: expect.stringContaining("neighbours =") as string,
  });
});

describe("more pairs than can be gone through", () => {
  /** Everybody rates the first items only. */
  function longHistories(lengths: readonly number[], items: number): TrainingSet {
    const userStart = new Int32Array(lengths.length + 1);
    lengths.forEach((length, u) => (userStart[u + 1] = userStart[u]! + length));
    const ratings = userStart[lengths.length]!;
    const item = new Int32Array(ratings);
    lengths.forEach((length, u) => {
      for (let n = 0; n < length; n++) item[userStart[u]! + n] = n;
    });
    return {
      users: lengths.length,
      items,
      userStart,
      item,
      rating: new Float32Array(ratings).fill(4),
      time: null,
      scale: { minimum: 1, maximum: 5 },
    };
  }

  test("a history of 800,000 items is refused, naming how many have one and how long it may be", async () => {
    // 640 billion pairs. A quarter of 800,000² likenesses leaves 340 billion: 583,095² + 10².
    const refused = fitWith(itemKnn, longHistories([800_000, 10], 800_000), {});
    await expect(refused).rejects.toMatchObject({ code: "RB_TRAIN_TOO_LARGE" });
    await expect(refused).rejects.toThrow("1 users have more than 583,095 ratings each");
  });

  test("a catalogue whose likenesses alone are too many is refused with the number that are not", async () => {
    await expect(fitWith(itemKnn, longHistories([10], 2_000_000), {})).rejects.toThrow("1,414,213 items or fewer");
  });

  test("people who have rated the same item are pairs, too, where their neighbours are found in the training", async () => {
    const crowd = longHistories(new Array<number>(800_000).fill(1), 1);
    await expect(fitWith(userKnn, crowd, { neighbourhood: "theirs" })).rejects.toThrow(
      "1 items have more than 583,095 ratings each",
    );
  });
});
