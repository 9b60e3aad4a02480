import { describe, expect, test } from "vitest";
import { generatedSet } from "../../bench/generated-set.ts";
import { createRecommender } from "../recommend/recommender.ts";
import { decodeBundle, encodeBundle } from "./bundle.ts";
import { divideRatings } from "./divide-ratings.ts";
import { fitWith, rmse, score, tensorHash } from "./fit.fixture.ts";
import { algorithmById, parseHyperparameters } from "./registry.ts";
import type { FactorModel } from "./servable.ts";
import { stackingWeights } from "./stacking-weights.ts";
import { parseMembers } from "./stacking-members.ts";
import { seededRandom } from "../compute/test-data.fixture.ts";

const stacking = algorithmById("stacking");
const members = "biases(epochs=5), biased-svd(factors=6; epochs=12), puresvd(factors=4), svdpp(factors=5; epochs=12)";
const data = generatedSet({ users: 300, items: 200, ratings: 9000 });
const random = seededRandom(3);
const { kept: train, taken: heldOut } = divideRatings(data, () => random() < 0.2);
const fitStack = async (given: object = { members }, context = {}) =>
  (await fitWith(stacking, train, given as Record<string, unknown>, context)) as FactorModel;
const ratingsOf = (u: number) =>
  Array.from(train.item.subarray(train.userStart[u], train.userStart[u + 1]), (i, n) => ({
    i,
    rating: train.rating[(train.userStart[u] ?? 0) + n] ?? 0,
  }));

describe("the weights", () => {
  test("are those of least squares where these are positive, found by the normal equations", () => {
    const [a, b, c] = [1, 2, 3].map((seed) => {
      const next = seededRandom(seed);
      return Float64Array.from({ length: 500 }, () => next() * 4);
    }) as [Float64Array, Float64Array, Float64Array];
    const noise = seededRandom(9);
    const ratings = Float32Array.from(a, (value, n) => 0.7 + 0.5 * value + 0.3 * (b[n] ?? 0) + 0.01 * (noise() - 0.5));
    const { weights, intercept, rmse: error } = stackingWeights([a, b, c], ratings, 0);
    expect(weights[0]).toBeCloseTo(0.5, 3);
    expect(weights[1]).toBeCloseTo(0.3, 3);
    expect(weights[2]).toBeLessThan(1e-3);
    expect(intercept).toBeCloseTo(0.7, 2);
    expect(error).toBeLessThan(0.004);
  });

  test("are never negative, and the plain mean where members say the same", () => {
    const next = seededRandom(5);
    const good = Float64Array.from({ length: 300 }, () => next());
    const opposite = good.map((value) => 1 - value);
    const ratings = Float32Array.from(good);
    expect(Math.min(...stackingWeights([good, opposite], ratings, 0).weights)).toBeGreaterThanOrEqual(0);
    const same = stackingWeights([good, good], ratings, 0.01).weights;
    expect(same[0]).toBeCloseTo(same[1] ?? NaN, 9);
    const constant = stackingWeights([new Float64Array(300), new Float64Array(300)], ratings, 0.01);
    expect(constant.weights.every(Number.isFinite)).toBe(true);
  });
});

describe("the ensemble", () => {
  test("is the weighted sum of its members, each fitted to all, and better on what none has seen than most", async () => {
    const curve: Record<string, number>[] = [];
    const model = await fitStack(
      { members },
      { onEpoch: ({ values }: { values: Record<string, number> }) => curve.push(values) },
    );
    const told = curve.find((values) => "inner-validation-rmse" in values) ?? {};
    const alone = await Promise.all(
      parseMembers(members, [
        algorithmById("biases"),
        algorithmById("biased-svd"),
        algorithmById("puresvd"),
        algorithmById("svdpp"),
      ]).map(({ algorithm, hyperparameters }) => fitWith(algorithm, train, hyperparameters) as Promise<FactorModel>),
    );
    const weights = Object.entries(told).flatMap(([name, value]) => (name.startsWith("weight-") ? [value] : []));
    expect(weights.length).toBe(4);
    for (const [u, i] of [
      [0, 0],
      [17, 42],
      [299, 199],
    ] as const) {
      const sum = alone.reduce(
        (total, member, m) => total + (weights[m] ?? 0) * score(member, u, i),
        told["intercept"] ?? NaN,
      );
      expect(score(model, u, i)).toBeCloseTo(sum, 4);
    }
    const errors = alone.filter(({ predictsRatings }) => predictsRatings).map((member) => rmse(member, heldOut));
    expect(rmse(model, heldOut)).toBeLessThan(Math.min(...errors) + 0.002);
  });

  test("gives the same bytes with any number of threads, and after an interruption anywhere", async () => {
    const saved: Uint8Array[] = [];
    const whole = await fitStack(
      { members },
      { saveCheckpoint: async (state: readonly Uint8Array[]) => void saved.push(Buffer.concat(state)) },
    );
    expect(saved.length).toBeGreaterThanOrEqual(8);
    expect(tensorHash(await fitStack({ members }, { threads: 1 }))).toBe(tensorHash(whole));
    for (const resumeFrom of [saved[1], saved[5], saved.at(-1)])
      expect(tensorHash(await fitStack({ members }, { resumeFrom: resumeFrom ?? null }))).toBe(tensorHash(whole));
    expect(tensorHash(await fitStack({ members }, { resumeFrom: new Uint8Array(40) }))).toBe(tensorHash(whole));
  });

  test("folds in by parts: a vector whose explanation adds up exactly, also out of a bundle", async () => {
    const model = await fitStack();
    const bundle = encodeBundle({
      model,
      userIds: Array.from({ length: model.users }, (_, u) => `u${String(u).padStart(4, "0")}`),
      itemIds: Array.from({ length: model.items }, (_, i) => `i${String(i).padStart(4, "0")}`),
      description: {
        algorithm: "stacking",
        hyperparameters: parseHyperparameters(stacking, { members }),
        seed: 1,
        runId: "r1",
        snapshotId: "s1",
        splitId: "p1",
        refitOf: null,
        metrics: [],
        codeVersion: "0",
      },
    });
    const { model: read } = decodeBundle(bundle);
    const [own, other] = [createRecommender(model), createRecommender(read)];
    const given = ratingsOf(5);
    expect([...other.scoresForUser(other.foldIn(given))]).toEqual([...own.scoresForUser(own.foldIn(given))]);
    const explain = other.explain(given);
    const popular = other.foldIn([]);
    for (const i of [0, 3, 150]) {
      const { score: explained, baseline, contributions } = explain(i);
      expect(baseline + contributions.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(
        explained,
        9,
      );
      expect(baseline).toBeCloseTo(other.score(popular, i), 9);
      expect(explained).toBeCloseTo(other.score(other.foldIn(given), i), 12);
    }
    // Whoever is folded in from their training ratings gets nearly what training left of them.
    const [stored, folded] = [other.scoresForUser(5), other.scoresForUser(other.foldIn(given))];
    const differences = stored.map((value, i) => Math.abs(value - (folded[i] ?? NaN)));
    expect(differences.reduce((sum, value) => sum + value, 0) / model.items).toBeLessThan(0.25);
  });

  test.each([
    ["biased-svd", "2 to 8 members"],
    ["biased-svd, nonsense", "nonsense"],
    ["biased-svd(factors=0), svdpp", "factors"],
    ["biased-svd(factors), svdpp", "name=value"],
    ["biased-svd), svdpp", "form"],
    ["stacking, svdpp", "stacking"],
  ])("refuses the members %s", async (text, words) => {
    await expect(fitStack({ members: text })).rejects.toMatchObject({
      code: "RB_INVALID_INPUT",
      message: expect.stringContaining(words) as string,
    });
    expect(() => stacking.estimateCost({ users: 9, items: 9, ratings: 9 }, { members: text })).toThrow(words);
  });

  test("refuses members that are no factors, in words", async () => {
    await expect(fitStack({ members: "biased-svd(factors=2; epochs=1), ease" })).rejects.toMatchObject({
      code: "RB_INVALID_INPUT",
      message: expect.stringContaining("item weights") as string,
    });
  });
});
