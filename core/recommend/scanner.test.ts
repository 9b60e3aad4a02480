import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FactorModel } from "../models/servable.ts";
import { createRecommender } from "./recommender.ts";
import { createScanner, indexForScan } from "./scanner.ts";

interface World {
  readonly users: number;
  readonly items: number;
  readonly factors: number;
  readonly seed: number;
  /** Numbers come from so few values that many scores tie. */
  readonly coarse: boolean;
  readonly biased: boolean;
}

function modelOf({ users, items, factors, seed, coarse, biased }: World): FactorModel {
  const scramble = (at: number) => Math.sin(seed + at * 12.9898) * 43_758.5453;
  let drawn = 0;
  const numbers = (count: number, spread: number) =>
    Float32Array.from({ length: count }, () => {
      const uniform = scramble(++drawn) - Math.floor(scramble(drawn));
      return (coarse ? Math.round(uniform * 2) - 1 : uniform * 2 - 1) * spread;
    });
  return {
    form: "factors",
    users,
    items,
    factors,
    globalMean: biased ? 3.5 : 0,
    userBias: numbers(users, biased ? 0.5 : 0),
    itemBias: numbers(items, biased ? 0.5 : 0),
    userFactors: numbers(users * factors, 0.7),
    // Some items are far longer than others, as popular ones are.
    itemFactors: numbers(items * factors, 1).map((value, at) => value / (1 + (Math.floor(at / factors) % 17))),
    itemPopularity: numbers(items, 1),
    foldIn: biased
      ? { kind: "ridge", regularization: 0.1, biasRegularization: 0.1 }
      : { kind: "projection", center: 0 },
    predictsRatings: biased,
    scale: { minimum: 1, maximum: 5 },
  };
}

const worlds = fc.record({
  users: fc.integer({ min: 1, max: 9 }),
  items: fc.integer({ min: 1, max: 700 }),
  factors: fc.constantFrom(0, 1, 2, 5, 8, 33),
  seed: fc.integer({ min: 0, max: 1e6 }),
  coarse: fc.boolean(),
  biased: fc.boolean(),
});

describe("the scanner's lists", () => {
  it("are the recommender's, to the last bit, whatever is excluded and however much ties", async () => {
    await fc.assert(
      fc.asyncProperty(worlds, fc.integer({ min: 1, max: 40 }), async (world, n) => {
        const model = modelOf(world);
        const recommender = createRecommender(model);
        const scanner = await createScanner(model);
        const queries = Array.from({ length: world.users }, (_, u) => ({
          who: u,
          exclude: Array.from({ length: u * 3 }, (__, at) => (at * 31 + u) % (world.items + 2)),
          ...(u % 4 === 3
            ? { allowed: Uint8Array.from({ length: world.items }, (__, i) => (i % 5 === u % 5 ? 1 : 0)) }
            : {}),
        }));
        const expected = queries.map((query) => recommender.topN(query.who, n, query));
        expect(scanner.topNForMany(queries, n)).toEqual(expected);
        // Again, one at a time: nothing may be left of the questions before.
        expect(queries.map((query) => scanner.topN(query.who, n, query))).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  it("are the recommender's for many at once over more items than the first panels hold", async () => {
    const large = fc.record({
      users: fc.integer({ min: 4, max: 21 }),
      items: fc.integer({ min: 1025, max: 2600 }),
      factors: fc.constantFrom(8, 9, 24, 33, 66),
      seed: fc.integer({ min: 0, max: 1e6 }),
      coarse: fc.boolean(),
      biased: fc.boolean(),
    });
    // Also numbers near the ends of float32, and vectors that point along one factor, whose other numbers round to nothing.
    const sizes = fc.constantFrom(1, 1, 1e-30, 1e-15, 1e12);
    await fc.assert(
      fc.asyncProperty(large, fc.integer({ min: 1, max: 40 }), sizes, fc.boolean(), async (world, n, size, pointed) => {
        const plain = modelOf(world);
        const along = (value: number, at: number) => value * size * (pointed && at % world.factors === 3 ? 50 : 1);
        const model = { ...plain, itemFactors: plain.itemFactors.map(along) };
        const recommender = createRecommender(model);
        const scanner = await createScanner(model);
        const queries = Array.from({ length: world.users }, (_, u) => ({ who: u, exclude: [u, 7 * u] }));
        const expected = queries.map((query) => recommender.topN(query.who, n, query));
        expect(scanner.topNForMany(queries, n)).toEqual(expected);
        expect(scanner.topN(0, n, queries[0])).toEqual(expected[0]);
      }),
      { numRuns: 80 },
    );
  });

  it("miss nothing that rounding to 8 bits makes look like nothing", async () => {
    // The best item comes after more than a thousand longer ones. In the first world all its numbers but one round to 0, in the
    // second the query's do: only the bound on what rounding takes off keeps it.
    const [items, factors, best] = [1500, 64, 1400];
    for (const rounded of ["item", "query"]) {
      const itemFactors = new Float32Array(items * factors);
      const fill = (i: number, along: number, length: number, rest: number) => {
        itemFactors.fill(rest, i * factors, (i + 1) * factors);
        itemFactors[i * factors] = along === 0 ? length : 0;
        itemFactors[i * factors + 1] = along === 1 ? length : 0;
      };
      for (let i = 0; i < items; i++) {
        if (i === best) fill(i, 0, rounded === "item" ? 63 : 0, rounded === "item" ? 0.49 : 1);
        else fill(i, 0, i < best ? 64 : 0.1, i % 100 === 7 && i < 1000 ? (rounded === "item" ? 0.4 : 0.8) : 0);
      }
      const user = Array.from({ length: factors }, (_, f) => {
        if (rounded === "item") return f < 2 ? 0 : 1;
        return f === 0 ? 0 : f === 1 ? 127 : 0.49;
      });
      const model: FactorModel = {
        ...modelOf({ users: 8, items, factors, seed: 1, coarse: false, biased: false }),
        itemFactors,
        userFactors: Float32Array.from({ length: 8 * factors }, (_, at) => user[at % factors]!),
      };
      const everyone = Array.from({ length: 8 }, (_, who) => ({ who }));
      const lists = (await createScanner(model)).topNForMany(everyone, 3);
      expect(lists).toEqual(everyone.map(({ who }) => createRecommender(model).topN(who, 3)));
      expect(lists.map(([first]) => first?.i)).toEqual(everyone.map(() => best));
    }
  });

  it("hold for people folded in, for strangers, and for more than one call of the kernel", async () => {
    const model = modelOf({ users: 150, items: 3000, factors: 24, seed: 5, coarse: false, biased: false });
    const recommender = createRecommender(model);
    const scanner = await createScanner(model);
    const folded = recommender.foldIn([
      { i: 3, rating: 5 },
      { i: 77, rating: 1.5 },
    ]);
    const queries = [
      { who: folded, exclude: [3, 77] },
      { who: recommender.foldIn([]), exclude: [1, 2] },
      ...Array.from({ length: 150 }, (_, u) => ({ who: u, exclude: [u, u + 1] })),
    ];
    expect(scanner.topNForMany(queries, 10)).toEqual(queries.map((query) => recommender.topN(query.who, 10, query)));
  });

  it("tell apart scores that differ only beyond float32", async () => {
    // All of one length and nearly one direction; the exact order is in the last bits.
    const items = 400;
    const itemFactors = Float32Array.from({ length: items * 2 }, (_, at) =>
      at % 2 === 0 ? 1 : ((at * 7) % 13) * 2 ** -20,
    );
    const model: FactorModel = {
      ...modelOf({ users: 1, items, factors: 2, seed: 1, coarse: false, biased: false }),
      userFactors: Float32Array.of(1, 2 ** -10),
      itemFactors,
    };
    const scanner = await createScanner(model);
    expect(scanner.topN(0, 20)).toEqual(createRecommender(model).topN(0, 20));
  });

  it("survive numbers that whole numbers and float32 cannot follow", async () => {
    for (const size of [1e-30, 1e-12, 1e12, 3e18, 1e37]) {
      const model = modelOf({ users: 3, items: 200, factors: 6, seed: 2, coarse: false, biased: true });
      const scaled = { ...model, itemFactors: model.itemFactors.map((value) => value * size) };
      const scanner = await createScanner(scaled);
      const recommender = createRecommender(scaled);
      expect([0, 1, 2].map((u) => scanner.topN(u, 15))).toEqual([0, 1, 2].map((u) => recommender.topN(u, 15)));
    }
  });

  it("are the same without the look in 8 bits, as where the runtime has no relaxed SIMD", async () => {
    const model = modelOf({ users: 12, items: 1500, factors: 24, seed: 3, coarse: false, biased: true });
    const index = indexForScan(model, { together: false });
    const [plain, twice] = await Promise.all([
      createScanner(model, { shared: { index, slot: 0 } }),
      createScanner(model),
    ]);
    const everyone = Array.from({ length: 12 }, (_, who) => ({ who }));
    expect(index?.coarse).toBeNull();
    expect(plain.topNForMany(everyone, 10)).toEqual(twice.topNForMany(everyone, 10));
  });

  it("come from one index in several slots", async () => {
    const model = modelOf({ users: 6, items: 500, factors: 16, seed: 9, coarse: false, biased: true });
    const index = indexForScan(model, { slots: 2, longestList: 12 });
    const [first, second] = await Promise.all([0, 1].map((slot) => createScanner(model, { shared: { index, slot } })));
    const recommender = createRecommender(model);
    for (const n of [5, 12, 30]) {
      expect(first!.topN(1, n)).toEqual(recommender.topN(1, n));
      expect(second!.topN(2, n)).toEqual(recommender.topN(2, n));
    }
  });
});
