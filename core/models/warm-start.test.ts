import { describe, expect, it } from "vitest";
import { randomSparse, seededRandom, trainingSetOf } from "../compute/test-data.fixture.ts";
import type { TrainingSet } from "./algorithm.ts";
import { biasedSvd } from "./biased-svd.ts";
import { bpr } from "./bpr.ts";
import { fitWith, tensorHash } from "./fit.fixture.ts";
import type { FactorModel } from "./servable.ts";
import { svdpp } from "./svdpp.ts";
import { timeSvdpp } from "./timesvdpp.ts";

const [users, items] = [90, 50];

/** Ratings from 1 to 10, so that what is brought to another scale within the fit must come back from there. */
function ratings(): TrainingSet {
  const data = trainingSetOf(randomSparse(users, items, 0.3, 3), items, { minimum: 1, maximum: 10 });
  const random = seededRandom(5);
  for (let n = 0; n < data.rating.length; n++) data.rating[n] = 1 + Math.floor(random() * 10);
  return { ...data, time: Float64Array.from(data.item, () => 1.2e9 + Math.floor(random() * 400) * 86_400) };
}

const data = ratings();
const settings = { factors: 6, epochs: 15 };
/** One epoch that hardly moves anything: what comes out is what the fit started from. */
const still = { ...settings, epochs: 1, learningRate: 1e-5 };

function differences(a: FactorModel, b: FactorModel): number[] {
  const tensors = ["userBias", "itemBias", "userFactors", "itemFactors", "implicitFactors"] as const;
  return tensors.map((name) => {
    const [left, right] = [a[name] ?? new Float32Array(), b[name] ?? new Float32Array()];
    expect(left.length).toBe(right.length);
    return left.reduce((most, value, at) => Math.max(most, Math.abs(value - (right[at] ?? NaN))), 0);
  });
}

describe.each([biasedSvd, svdpp, timeSvdpp, bpr].map((algorithm) => [algorithm.info.id, algorithm] as const))(
  "a warm start of %s",
  (_id, algorithm) => {
    it("is declared, and begins where the model stands", async () => {
      expect(algorithm.info.offers).toContain("warm-start");
      const model = await fitWith(algorithm, data, settings);
      const again = await fitWith(algorithm, data, still, { warmStart: model });
      const cold = await fitWith(algorithm, data, still);
      for (const difference of differences(model, again)) expect(difference).toBeLessThan(0.01);
      expect(Math.max(...differences(model, cold))).toBeGreaterThan(0.1);
    });

    it("gives the same bytes with any number of threads, and none from a model of another shape", async () => {
      const model = await fitWith(algorithm, data, settings);
      const [one, two] = [
        await fitWith(algorithm, data, settings, { warmStart: model, threads: 1 }),
        await fitWith(algorithm, data, settings, { warmStart: model, threads: 2 }),
      ];
      expect(tensorHash(one)).toBe(tensorHash(two));
      const other = await fitWith(algorithm, data, { ...settings, factors: 3 });
      const afresh = await fitWith(algorithm, data, settings, { warmStart: other });
      expect(tensorHash(afresh)).toBe(tensorHash(model));
    });
  },
);
