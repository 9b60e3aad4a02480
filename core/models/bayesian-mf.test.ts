import { Matrix, SingularValueDecomposition } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { MemoryLayout, float32View } from "../compute/memory-layout.ts";
import { openComputePool } from "../compute/pool.ts";
import { seededRandom, trainingSetOf } from "../compute/test-data.fixture.ts";
import { createRecommender } from "../recommend/recommender.ts";
import type { FeatureTable, TrainingSet } from "./algorithm.ts";
import { compress, enqueue, planAverage } from "./bayesian-average.ts";
import { bayesianMf } from "./bayesian-mf.ts";
import { coverage, normalSource, plantedWorld } from "./bayesian.fixture.ts";
import { decodeBundle, encodeBundle } from "./bundle.ts";
import { fitWith, rmse } from "./fit.fixture.ts";

const plain = { implicitItems: false, implicitUsers: false, features: false };

describe("in a planted world", () => {
  const world = plantedWorld(150, 110, 0.25, 5);

  test("it comes close to who knows the truth, with far more factors than there are", async () => {
    const curve: Record<string, number>[] = [];
    const model = await fitWith(
      bayesianMf,
      world.train,
      { ...plain, factors: 12, sweeps: 150 },
      { onEpoch: ({ values }) => curve.push(values) },
    );
    expect(rmse(model, world.test)).toBeLessThan(1.2 * world.noise);
    // What is served is the average, up to a fiftieth of the noise.
    expect(curve.at(-1)?.["served-error"]).toBeLessThan(0.02 * world.noise);
    expect(curve).toHaveLength(150);
  });

  test("it finds the noise", async () => {
    let deviation = NaN;
    const onEpoch = ({ values }: { readonly values: Record<string, number> }): void => {
      deviation = values["noise-deviation"] ?? NaN;
    };
    await fitWith(bayesianMf, world.train, { ...plain, factors: 2, sweeps: 100 }, { onEpoch });
    expect(deviation).toBeGreaterThan(0.95 * world.noise);
    expect(deviation).toBeLessThan(1.05 * world.noise);
  });

  test("its intervals hold what they promise: 50 %, 90 % and 99 % of ratings not trained on", async () => {
    const model = await fitWith(bayesianMf, world.train, { ...plain, factors: 4, sweeps: 150 });
    const ratings = world.test.item.length;
    for (const [level, z] of [
      [0.5, 0.6745],
      [0.9, 1.6449],
      [0.99, 2.5758],
    ] as const) {
      const error = 4 * Math.sqrt((level * (1 - level)) / ratings) + 0.015;
      expect(Math.abs(coverage(model, world.test, z) - level)).toBeLessThan(error);
    }
  });

  test("it is less sure of somebody with few ratings than of one with many", async () => {
    const { train } = world;
    // The first thirty users keep two ratings each.
    const kept = Array.from(train.item.keys()).filter((n) => {
      const u = train.userStart.findIndex((start, row) => n < (train.userStart[row + 1] ?? 0) && n >= start);
      return u >= 30 || n < (train.userStart[u] ?? 0) + 2;
    });
    const before = (n: number) => kept.filter((other) => other < n).length;
    const thin = {
      ...train,
      userStart: train.userStart.map((start) => before(start)),
      item: train.item.filter((_, n) => kept.includes(n)),
      rating: train.rating.filter((_, n) => kept.includes(n)),
    };
    const recommender = createRecommender(await fitWith(bayesianMf, thin, { ...plain, factors: 4, sweeps: 100 }));
    const average = (from: number, to: number) => {
      let sum = 0;
      for (let u = from; u < to; u++) sum += recommender.uncertainty(u, 7) ?? NaN;
      return sum / (to - from);
    };
    expect(average(0, 30)).toBeGreaterThan(1.2 * average(30, 150));
  });

  test("on another scale it is the same model", async () => {
    const { train } = world;
    const settings = { ...plain, factors: 4, sweeps: 30 };
    const stretched = {
      ...train,
      rating: train.rating.map((rating) => 4 * rating),
      scale: { minimum: -20, maximum: 60 },
    };
    const [a, b] = [await fitWith(bayesianMf, train, settings), await fitWith(bayesianMf, stretched, settings)];
    const [small, large] = [createRecommender(a), createRecommender(b)];
    for (let u = 0; u < 150; u += 13) {
      expect(large.score(u, 3) / 4).toBeCloseTo(small.score(u, 3), 4);
      expect((large.uncertainty(u, 3) ?? NaN) / 4).toBeCloseTo(small.uncertainty(u, 3) ?? NaN, 4);
    }
  });

  test("fold-in of a user's ratings predicts the rest of that user's about as well as training did", async () => {
    const model = await fitWith(bayesianMf, world.train, { ...plain, factors: 4, sweeps: 100 });
    const recommender = createRecommender(model);
    let [stored, folded] = [0, 0];
    for (let u = 0; u < world.train.users; u++) {
      const history = [];
      for (let n = world.train.userStart[u] ?? 0; n < (world.train.userStart[u + 1] ?? 0); n++)
        history.push({ i: world.train.item[n] ?? 0, rating: world.train.rating[n] ?? 0 });
      const vector = recommender.foldIn(history);
      for (let n = world.test.userStart[u] ?? 0; n < (world.test.userStart[u + 1] ?? 0); n++) {
        const [i, rating] = [world.test.item[n] ?? 0, world.test.rating[n] ?? 0];
        stored += (recommender.score(u, i) - rating) ** 2;
        folded += (recommender.score(vector, i) - rating) ** 2;
      }
    }
    expect(Math.sqrt(folded / stored)).toBeLessThan(1.05);
  });
});

test("two ratings of two people, worked by hand: the estimate lies between the ratings' mean and each rating", async () => {
  const matrix = { start: Int32Array.of(0, 1, 2), columns: Int32Array.of(0, 0), values: Float32Array.of(2, 4) };
  const model = await fitWith(bayesianMf, trainingSetOf(matrix, 1), {
    ...plain,
    factors: 1,
    sweeps: 4000,
    burnIn: 100,
  });
  const [low, high] = [createRecommender(model).score(0, 0), createRecommender(model).score(1, 0)];
  // The posterior does not change when people and ratings are exchanged (r → 6 − r): the two lie symmetrically about 3.
  expect(Math.abs((low + high) / 2 - 3)).toBeLessThan(0.2);
  expect(low).toBeGreaterThan(2);
  expect(high).toBeLessThan(4);
  expect(high - low).toBeGreaterThan(0.2);
});

describe("what it knows beside ratings", () => {
  /** Items of two kinds: people either like the one or the other. Half of the items have next to no ratings. */
  function kindsWorld(): { train: TrainingSet; expected: (u: number, i: number) => number } {
    const [users, items] = [80, 60];
    const normal = normalSource(3);
    const random = seededRandom(9);
    const expected = (u: number, i: number) => 3 + ((u + i) % 2 === 0 ? 1 : -1);
    const [start, columns, values] = [[0], [] as number[], [] as number[]];
    for (let u = 0; u < users; u++) {
      for (let i = 0; i < items; i++) {
        if (random() >= (i < 30 ? 0.5 : 0.01)) continue;
        columns.push(i);
        values.push(expected(u, i) + 0.3 * normal());
      }
      start.push(columns.length);
    }
    const itemFeatures: FeatureTable = {
      names: ["kind: even", "kind: odd"],
      start: Int32Array.from({ length: items + 1 }, (_, i) => i),
      index: Int32Array.from({ length: items }, (_, i) => i % 2),
      value: null,
    };
    const matrix = {
      start: Int32Array.from(start),
      columns: Int32Array.from(columns),
      values: Float32Array.from(values),
    };
    return { train: { ...trainingSetOf(matrix, items, { minimum: 0, maximum: 6 }), itemFeatures }, expected };
  }

  test("features carry over to items without ratings of their own", async () => {
    const { train, expected } = kindsWorld();
    const errorWith = async (features: boolean): Promise<number> => {
      const settings = { implicitItems: false, implicitUsers: false, features, factors: 3, sweeps: 120 };
      const recommender = createRecommender(await fitWith(bayesianMf, train, settings));
      let squares = 0;
      for (let u = 0; u < 80; u++)
        for (let i = 30; i < 60; i++) squares += (recommender.score(u, i) - expected(u, i)) ** 2;
      return Math.sqrt(squares / (80 * 30));
    };
    const [without, withThem] = [await errorWith(false), await errorWith(true)];
    expect(without).toBeGreaterThan(0.7);
    expect(withThem).toBeLessThan(0.35);
  });

  test("days that were better or worse for everybody are told apart, and a day not seen is the mean one", async () => {
    const world = plantedWorld(60, 50, 0.4, 21);
    const random = seededRandom(2);
    const day = Int32Array.from(world.train.item, () => Math.floor(random() * 5));
    const shift = [-1.5, -0.5, 0, 0.5, 1.5];
    const train: TrainingSet = {
      ...world.train,
      rating: world.train.rating.map((rating, n) => rating + (shift[day[n] ?? 0] ?? 0)),
      time: Float64Array.from(day, (value) => (100 + value) * 86_400 + 7),
    };
    const model = await fitWith(bayesianMf, train, { ...plain, days: true, factors: 3, sweeps: 150 });
    const recommender = createRecommender(model);
    let squares = 0;
    for (let u = 0; u < 60; u++) {
      for (let d = 0; d < 5; d++) {
        const predicted = recommender.predict(u, u % 50, (100 + d) * 86_400 + 50_000);
        squares += (predicted - (world.truth(u, u % 50) + (shift[d] ?? 0))) ** 2;
      }
      expect(recommender.predict(u, 3, 200 * 86_400)).toBe(recommender.predict(u, 3));
    }
    expect(Math.sqrt(squares / 300)).toBeLessThan(0.5);
    const ids = (count: number) => Array.from({ length: count }, (_, n) => String(n).padStart(3, "0"));
    const description = {
      algorithm: "bayesian-mf",
      hyperparameters: {},
      seed: 1,
      runId: "r1",
      snapshotId: "s1",
      splitId: "p1",
      refitOf: null,
      metrics: [],
      codeVersion: "1",
    };
    const read = createRecommender(
      decodeBundle(encodeBundle({ model, userIds: ids(60), itemIds: ids(50), description })).model,
    );
    for (const [u, i] of [
      [0, 0],
      [17, 30],
    ] as const) {
      expect(read.predict(u, i, 102 * 86_400)).toBe(recommender.predict(u, i, 102 * 86_400));
      expect(read.uncertainty(u, i)).toBe(recommender.uncertainty(u, i));
    }
  });

  test("times of which some or all are unknown are no trouble", async () => {
    const world = plantedWorld(30, 20, 0.4, 4);
    const settings = { ...plain, days: true, factors: 2, sweeps: 5 };
    const none = Float64Array.from(world.train.item, () => NaN);
    const some = none.map((_, n) => (n % 3 === 0 ? NaN : n * 86_400));
    for (const time of [none, some]) {
      const model = await fitWith(bayesianMf, { ...world.train, time }, settings);
      expect(createRecommender(model).predict(3, 4, 86_400)).toBeGreaterThan(-5);
      expect(model.timeEffects === undefined).toBe(time === none);
    }
  });
});

describe("odd input", () => {
  const setOf = (rows: [number, number, number][], users: number, items: number): TrainingSet => {
    const start = Array.from({ length: users + 1 }, (_, u) => rows.filter(([user]) => user < u).length);
    return trainingSetOf(
      {
        start: Int32Array.from(start),
        columns: Int32Array.from(rows, ([, item]) => item),
        values: Float32Array.from(rows, ([, , rating]) => rating),
      },
      items,
    );
  };
  const settings = { factors: 40, sweeps: 6, burnIn: 2 };

  test.each([
    ["a single rating", setOf([[0, 1, 4]], 2, 3)],
    [
      "one user, many items",
      setOf(
        Array.from({ length: 300 }, (_, i) => [0, i, 1 + (i % 5)] as [number, number, number]),
        1,
        300,
      ),
    ],
    [
      "many users, one item",
      setOf(
        Array.from({ length: 300 }, (_, u) => [u, 0, 1 + (u % 5)] as [number, number, number]),
        300,
        1,
      ),
    ],
    [
      "ratings that are all the same",
      setOf(
        Array.from({ length: 60 }, (_, n) => [n % 10, n, 3] as [number, number, number]).toSorted(
          (a, b) => a[0] - b[0],
        ),
        10,
        60,
      ),
    ],
  ])("%s, with more factors than anything has rank, gives finite stars", async (_, data) => {
    const model = await fitWith(bayesianMf, data, settings);
    const recommender = createRecommender(model);
    for (let u = 0; u < data.users; u += 7)
      for (const i of [0, data.items - 1]) {
        expect(Number.isFinite(recommender.score(u, i))).toBe(true);
        expect(recommender.uncertainty(u, i)).toBeGreaterThan(0);
      }
  });

  test("no rating at all is refused", async () => {
    await expect(fitWith(bayesianMf, setOf([], 2, 2), settings)).rejects.toMatchObject({ code: "RB_SPLIT_EMPTY" });
  });
});

test("the average of bounded rank stays near the best one there is (Eckart and Young), by another library's SVD", async () => {
  const [rows, columns, factors, sweeps] = [40, 30, 8, 9];
  const normal = normalSource(6);
  // A common part and what varies from sweep to sweep, as samples have it.
  const [p, q] = [Matrix.zeros(rows, factors), Matrix.zeros(columns, factors)].map((m) =>
    m.apply((r, c) => void m.set(r, c, normal() / (1 + c))),
  );
  if (p === undefined || q === undefined) throw new Error("There are two.");
  const layout = new MemoryLayout();
  const average = planAverage(layout, rows, columns, factors, 16);
  const pool = await openComputePool({ bytes: layout.bytes, threads: 2, signal: new AbortController().signal });
  try {
    const exact = Matrix.zeros(rows, columns);
    let waiting = 0;
    for (let sweep = 1; sweep <= sweeps; sweep++) {
      const sample = (m: Matrix): Matrix =>
        m.clone().apply(function each(this: Matrix, r, c) {
          this.set(r, c, this.get(r, c) + 0.05 * normal());
        });
      const [x, y] = [sample(p), sample(q)];
      exact.add(x.mmul(y.transpose()));
      const side = (m: Matrix) => [
        { values: Float32Array.from(m.to1DArray()), width: factors, scale: new Float64Array(m.rows).fill(1) },
      ];
      enqueue(pool.memory, average, waiting++, factors, side(x), side(y));
      if (waiting < average.queue && sweep < sweeps) continue;
      await compress(pool, average, sweep === sweeps);
      waiting = 0;
    }
    const dense = (side: typeof average.left): Matrix => {
      const values = float32View(pool.memory, side.region);
      const m = new Matrix(side.rows, average.kept);
      return m.apply((r, c) => void m.set(r, c, values[r * side.columns + c] ?? 0));
    };
    const error = Matrix.sub(dense(average.left).mmul(dense(average.right).transpose()), exact).norm();
    const singular = new SingularValueDecomposition(exact).diagonal;
    const best = Math.sqrt(singular.slice(16).reduce((sum, value) => sum + value * value, 0));
    // What four compressions on the way have cut off cannot come back.
    expect(error).toBeLessThan(2.5 * best);
    expect(error).toBeLessThan(0.01 * exact.norm());
  } finally {
    await pool.close();
  }
});
