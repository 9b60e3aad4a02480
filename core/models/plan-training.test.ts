import { describe, expect, test } from "vitest";
import { planTraining, requirePlanFits } from "./plan-training.ts";
import { algorithmById, algorithms, parseHyperparameters } from "./registry.ts";

const gibibyte = 2 ** 30;
const movieLens25M = { users: 162_541, items: 59_047, ratings: 25_000_095 };
const planOf = (id: string, shape: typeof movieLens25M, machine: number, given: object = {}) =>
  planTraining(algorithmById(id), shape, parseHyperparameters(algorithmById(id), given), machine);

describe("planTraining", () => {
  test("what fits says what it needs and nothing else", () => {
    const plan = planOf("biased-svd", movieLens25M, 16 * gibibyte);
    expect(plan).toMatchObject({ fits: true, message: null, alternatives: [] });
    expect(() => requirePlanFits(plan)).not.toThrow();
    // 25 M ratings are 300 MB as they are loaded; two copies and 220,000 rows of 100 factors come on top.
    expect(plan.bytes).toBeGreaterThan(0.6 * gibibyte);
    expect(plan.bytes).toBeLessThan(3 * gibibyte);
  });

  test("what the machine cannot hold is refused with the numbers and the most factors that fit", () => {
    const plan = planOf("biased-svd", movieLens25M, 3 * gibibyte, { factors: 2000 });
    expect(plan.fits).toBe(false);
    const { factors } = (plan.alternatives[0]?.hyperparameters ?? {}) as { factors: number };
    expect(factors).toBeGreaterThanOrEqual(32);
    expect(plan.message).toContain(`factors = ${factors}`);
    expect(planOf("biased-svd", movieLens25M, 3 * gibibyte, { factors }).fits).toBe(true);
    expect(planOf("biased-svd", movieLens25M, 3 * gibibyte, { factors: factors * 2 }).fits).toBe(false);
    expect(() => requirePlanFits(plan)).toThrow(expect.objectContaining({ code: "RB_TRAIN_TOO_LARGE" }));
  });

  test("what one WebAssembly memory cannot hold is refused however large the machine", () => {
    const plan = planOf("ials", { users: 2_000_000, items: 100_000, ratings: 30_000_000 }, 1024 * gibibyte, {
      factors: 1024,
    });
    expect(plan.fits).toBe(false);
    expect(plan.message).toMatch(/one WebAssembly memory.*factors = /s);
  });

  test("where no setting helps, algorithms that would fit are named, or a smaller snapshot advised", () => {
    const shape = { users: 3_000_000, items: 200_000, ratings: 90_000_000 };
    expect(planOf("biased-svd", shape, 4.5 * gibibyte, { factors: 16 }).message).toMatch(/Popularity.* would/);
    expect(planOf("popularity", shape, 1 * gibibyte).message).toMatch(/smaller snapshot/);
  });

  test.each(["ease", "slim"])("%s, whose memory grows with the square of the items, says how many would fit", (id) => {
    const plan = planOf(id, movieLens25M, 16 * gibibyte);
    expect(plan.fits).toBe(false);
    const items = Number(/snapshot of ([\d,]+) items/.exec(plan.message ?? "")?.[1]?.replaceAll(",", ""));
    expect(planOf(id, { ...movieLens25M, items }, 16 * gibibyte).fits).toBe(true);
    expect(planOf(id, { ...movieLens25M, items: items + 1 }, 16 * gibibyte).fits).toBe(false);
    // Two square matrices of float32 at most: 4 GiB hold 23,000 to 33,000 items.
    expect(items).toBeGreaterThan(20_000);
    expect(items).toBeLessThan(33_000);
  });

  test("every algorithm's defaults fit MovieLens 100K on a small machine", () => {
    for (const algorithm of algorithms) {
      const shape = { users: 943, items: 1682, ratings: 80_000 };
      expect(planTraining(algorithm, shape, parseHyperparameters(algorithm, {}), gibibyte)).toMatchObject({
        fits: true,
      });
    }
  });
});
