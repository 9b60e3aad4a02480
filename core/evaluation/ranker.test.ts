import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FactorModel } from "../models/servable.ts";
import { createRecommender } from "../recommend/recommender.ts";
import type { Recommender } from "../recommend/recommender.ts";
import { indexForScan } from "../recommend/scanner.ts";
import { listModel } from "./evaluation.fixture.ts";
import { createRanker, plainRanker } from "./ranker.ts";
import type { Ranked, Ranker } from "./ranker.ts";

interface World {
  readonly users: number;
  readonly items: number;
  readonly factors: number;
  readonly seed: number;
  /** Numbers come from so few values that many scores tie. */
  readonly coarse: boolean;
  readonly size: number;
}

function modelOf({ users, items, factors, seed, coarse, size }: World): FactorModel {
  let drawn = seed;
  const numbers = (count: number, spread: number) =>
    Float32Array.from({ length: count }, () => {
      const value = Math.sin(++drawn * 12.9898) * 43_758.5453;
      const uniform = value - Math.floor(value);
      return (coarse ? Math.round(uniform * 2) - 1 : uniform * 2 - 1) * spread;
    });
  return {
    ...listModel(users, [...numbers(items, 0.5)]),
    factors,
    globalMean: 3.5,
    userBias: numbers(users, 0.5),
    userFactors: numbers(users * factors, 0.7),
    // Some items are far longer than others, as popular ones are.
    itemFactors: numbers(items * factors, size).map((value, at) => value / (1 + (Math.floor(at / factors) % 17))),
  };
}

const worlds = fc.record({
  users: fc.integer({ min: 1, max: 6 }),
  items: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1000, max: 3000 })),
  factors: fc.constantFrom(1, 2, 5, 8, 33),
  seed: fc.integer({ min: 0, max: 1e6 }),
  coarse: fc.boolean(),
  size: fc.constantFrom(1e-30, 1, 1, 1, 1e12, 1e37),
});

/** By its definition: all pairs. */
function areaByPairs(recommender: Recommender, { who, exclude }: Ranked, relevant: readonly number[]): number {
  const scores = recommender.scoresForUser(who);
  const out = new Set([...exclude, ...relevant]);
  const others = Array.from(scores.keys()).filter((i) => !out.has(i));
  let won = 0;
  for (const i of relevant) {
    for (const other of others) won += scores[i]! > scores[other]! ? 1 : scores[i] === scores[other] ? 0.5 : 0;
  }
  return won / (others.length * relevant.length);
}

function rankAll(ranker: Ranker, queries: readonly Ranked[], n: number, relevant: (at: number) => number[]) {
  const found: { list: number[]; area: number }[] = [];
  ranker.rank(queries, n, (ranking, at) => {
    const list = [...ranking.items.subarray(0, ranking.length)];
    found[at] = { list, area: ranking.areaUnderCurve(Int32Array.from(relevant(at))) };
  });
  return found;
}

describe("rankings", () => {
  it("have the recommender's lists and the areas that their definition gives, scanned or not", async () => {
    await fc.assert(
      fc.asyncProperty(worlds, fc.integer({ min: 1, max: 120 }), async (world, n) => {
        const model = modelOf(world);
        const recommender = createRecommender(model);
        const { items } = world;
        const queries = Array.from({ length: world.users }, (_, u) => ({
          who: recommender.userVector(u),
          exclude: Int32Array.from({ length: u * 5 }, (__, at) => (at * 31 + u) % (items + 2)),
        }));
        const relevant = (at: number) =>
          [...new Set(Array.from({ length: 1 + at * 7 }, (_, n_) => (n_ * 97 + at) % items))].filter(
            (i) => !queries[at]!.exclude.includes(i),
          );
        const expected = queries.map((query, at) => ({
          list: recommender.topN(query.who, n, query).map(({ i }) => i),
          area: areaByPairs(recommender, query, relevant(at)),
        }));
        const index = indexForScan(model, { longestList: n, rankings: true });
        expect(index).not.toBeNull();
        for (const ranker of [await createRanker(recommender, index, 0), plainRanker(recommender)]) {
          expect(rankAll(ranker, queries, n, relevant)).toEqual(expected);
          // Again: nothing may be left of the questions before.
          expect(rankAll(ranker, queries, n, relevant)).toEqual(expected);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("tell apart scores that differ only beyond float32", async () => {
    const items = 2000;
    const model: FactorModel = {
      ...listModel(
        1,
        Array.from({ length: items }, () => 0),
      ),
      factors: 2,
      userFactors: Float32Array.of(1, 2 ** -10),
      itemFactors: Float32Array.from({ length: items * 2 }, (_, at) => (at % 2 === 0 ? 1 : ((at * 7) % 13) * 2 ** -20)),
    };
    const recommender = createRecommender(model);
    const query = { who: recommender.userVector(0), exclude: Int32Array.of(4) };
    const ranker = await createRanker(recommender, indexForScan(model, { rankings: true }), 0);
    const relevant = [3, 700, 1999];
    expect(rankAll(ranker, [query], 50, () => relevant)).toEqual([
      { list: recommender.topN(0, 50, query).map(({ i }) => i), area: areaByPairs(recommender, query, relevant) },
    ]);
  });
});
