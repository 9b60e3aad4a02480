import { describe, expect, test } from "vitest";
import { fitWith } from "./fit.fixture.ts";
import { algorithmById, algorithms, parseHyperparameters } from "./registry.ts";

const gibibyte = 2 ** 30;
/** Their memory grows with the square of the items; what they do about it is in their own tests. */
const quadratic = ["ease", "slim"];

describe("estimateCost", () => {
  test("MovieLens 25M with 100 factors fits easily, ten times as much does not in one memory", () => {
    const shape = { users: 162_541, items: 59_047, ratings: 25_000_095 };
    for (const algorithm of algorithms) {
      if (quadratic.includes(algorithm.info.id)) continue;
      const { bytes, flops } = algorithm.estimateCost(shape, parseHyperparameters(algorithm, {}));
      expect(bytes).toBeGreaterThan(shape.ratings * 8);
      expect(bytes).toBeLessThan(2 * gibibyte);
      expect(flops).toBeGreaterThan(0);
    }
  });

  test("grows with ratings and with factors", () => {
    for (const id of ["biased-svd", "svdpp", "timesvdpp", "bpr", "puresvd", "ials", "als"]) {
      const algorithm = algorithmById(id);
      const cost = (ratings: number, factors: number) =>
        algorithm.estimateCost({ users: 1000, items: 1000, ratings }, parseHyperparameters(algorithm, { factors }));
      expect(cost(2_000_000, 50).bytes).toBeGreaterThan(cost(1_000_000, 50).bytes);
      expect(cost(1_000_000, 500).bytes).toBeGreaterThan(cost(1_000_000, 50).bytes);
      expect(cost(1_000_000, 500).flops).toBeGreaterThan(cost(1_000_000, 50).flops);
    }
  });
});

test.each(["biased-svd", "svdpp", "puresvd", "ials", "als"])(
  "%s refuses what one memory cannot hold and says how many factors would fit",
  async (id) => {
    const users = 2_000_000;
    const data = {
      users,
      items: 10,
      userStart: new Int32Array(users + 1).fill(1, 1),
      item: new Int32Array(1),
      rating: Float32Array.from([3]),
      time: null,
      scale: { minimum: 1, maximum: 5 },
    };
    const fit = fitWith(algorithmById(id), data, { factors: 1000 });
    await expect(fit).rejects.toMatchObject({ code: "RB_TRAIN_TOO_LARGE" });
    const details = await fit.catch((error: { details: { largestFactors: number; limit: number } }) => error.details);
    const { largestFactors, limit } = details as { largestFactors: number; limit: number };
    const algorithm = algorithmById(id);
    const bytes = (factors: number) =>
      algorithm.estimateCost({ users, items: 10, ratings: 1 }, parseHyperparameters(algorithm, { factors })).bytes;
    // The estimate adds the data and the model, which lie outside of the one memory: at most as much again.
    expect(bytes(largestFactors)).toBeLessThan(2.1 * limit);
    expect(bytes(largestFactors + 17)).toBeGreaterThan(limit);
  },
);
