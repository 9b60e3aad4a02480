import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { FeatureTable } from "../models/algorithm.ts";
import type { FactorModel } from "../models/servable.ts";
import { calibrationError, calibrationSums } from "./calibration.ts";
import { compareRuns } from "./compare.ts";
import { evaluateModel, runOf } from "./evaluation.fixture.ts";
import { randomisationTest } from "./significance.ts";
import { summarize } from "./summarize.ts";
import { catalogueMetrics } from "./whole.ts";

const numbers = z.array(z.number());
const golden = z
  .object({
    shape: z.object({ users: z.int(), items: z.int(), factors: z.int() }),
    scale: z.tuple([z.number(), z.number()]),
    cutoffs: numbers,
    train: z.array(numbers),
    test: z.array(numbers),
    evaluatedUsers: numbers,
    models: z.array(
      z.object({
        globalMean: z.number(),
        userBias: numbers,
        itemBias: numbers,
        userFactors: numbers,
        itemFactors: numbers,
      }),
    ),
    genres: numbers,
    genreCount: z.int(),
    cases: z.array(
      z.object({
        model: z.int(),
        relevantFrom: z.number().nullable(),
        alike: z.enum(["factors", "genres"]),
        columns: z.record(z.string(), z.array(z.number().nullable())),
        totals: z.record(z.string(), z.number()),
        whole: z.record(z.string(), z.number()),
        calibration: z.array(z.object({ ratings: z.int(), predicted: z.number(), observed: z.number() })),
      }),
    ),
    paired: z.object({
      metric: z.string(),
      difference: z.number(),
      cohensDz: z.number(),
      interval: numbers,
      intervalOfFirst: numbers,
      tTestP: z.number(),
    }),
    signFlip: z.object({ differences: numbers, exactP: z.number() }),
  })
  .parse(JSON.parse(await readFile(new URL("./fixtures/golden.json", import.meta.url), "utf8")));

const models = golden.models.map((recorded): FactorModel => ({
  form: "factors",
  ...golden.shape,
  globalMean: recorded.globalMean,
  userBias: Float32Array.from(recorded.userBias),
  itemBias: Float32Array.from(recorded.itemBias),
  userFactors: Float32Array.from(recorded.userFactors),
  itemFactors: Float32Array.from(recorded.itemFactors),
  foldIn: { kind: "ridge", regularization: 0.1, biasRegularization: 0.1 },
  predictsRatings: true,
  scale: { minimum: golden.scale[0], maximum: golden.scale[1] },
}));
const genreFeatures: FeatureTable = {
  names: Array.from({ length: golden.genreCount }, (_, genre) => `genre: ${String(genre)}`),
  start: Int32Array.from({ length: golden.shape.items + 1 }, (_, i) =>
    golden.genres.slice(0, i * golden.genreCount).reduce((sum, value) => sum + value, 0),
  ),
  index: Int32Array.from(golden.genres.flatMap((value, at) => (value === 1 ? [at % golden.genreCount] : []))),
  value: null,
};
const evaluations = golden.cases.map(({ model, relevantFrom, alike }) =>
  evaluateModel(models[model]!, golden.train, golden.test, golden.cutoffs, {
    relevance: { from: relevantFrom },
    ...(alike === "genres" ? { itemFeatures: genreFeatures } : {}),
  }),
);
const tables = evaluations.map(({ table }) => table);

describe("metrics, against ranx, RecTools, scikit-learn and numpy", () => {
  it.each([0, 1, 2])("agree for each user to 1e-9 (case %i)", (which) => {
    const table = tables[which]!;
    expect([...table.users]).toEqual(golden.evaluatedUsers);
    const recorded = golden.cases[which]!.columns;
    expect([...table.columns.keys()].sort()).toEqual(Object.keys(recorded).sort());
    for (const [name, values] of Object.entries(recorded)) {
      const differences = values.map((value, row) => {
        const ours = table.columns.get(name)![row]!;
        return value === null ? (Number.isNaN(ours) ? 0 : Infinity) : Math.abs(ours - value);
      });
      expect({ name, agrees: Math.max(...differences) < 1e-9 }).toEqual({ name, agrees: true });
    }
  });

  it.each([0, 1, 2])("agree over all users (case %i)", (which) => {
    const { output } = evaluations[which]!;
    const { totals, whole, calibration } = golden.cases[which]!;
    const sums = calibrationSums(output.predictions, evaluations[which]!.input.test.rating);
    const ofWhole = new Map([
      ...catalogueMetrics(output.listed, golden.cutoffs).map(({ metric, value }) => [metric, value] as const),
      ["calibration-error", calibrationError(sums)] as const,
    ]);
    const metrics = summarize(tables[which]!, { cutoffs: golden.cutoffs, whole: ofWhole, seed: 1 });
    for (const [name, value] of Object.entries({ ...totals, ...whole })) {
      const ours = metrics.find(({ metric }) => metric === name)?.value ?? NaN;
      expect({ name, agrees: Math.abs(ours - value) < 1e-9 }).toEqual({ name, agrees: true });
    }
    expect(metrics.map(({ metric }) => metric).sort()).toEqual(Object.keys({ ...totals, ...whole }).sort());
    const groups = sums.filter(({ ratings }) => ratings > 0);
    expect(groups.map(({ ratings }) => ratings)).toEqual(calibration.map(({ ratings }) => ratings));
    groups.forEach(({ ratings, predicted, observed }, at) => {
      expect(predicted / ratings).toBeCloseTo(calibration[at]!.predicted, 10);
      expect(observed / ratings).toBeCloseTo(calibration[at]!.observed, 10);
    });
  });

  it("carry the rule of relevance and the source of likeness in their definitions", () => {
    const definitions = { relevance: { from: 4 }, alike: "genres", sampledNegatives: null } as const;
    const metrics = summarize(tables[2]!, { cutoffs: [10], whole: new Map(), seed: 1, definitions });
    const of = (name: string) => metrics.find(({ metric }) => metric === name)?.definition;
    expect(of("ndcg@10")).toBe("ndcg-binary-from4-fullrank-v1");
    expect(of("diversity@10")).toBe("diversity-cosine-genres-v1");
    expect(of("rmse")).toBe("rmse-allratings-clipped-v1");
  });
});

describe("paired statistics, against numpy and scipy", () => {
  const [a, b] = tables;
  const table = compareRuns(
    [
      { run: runOf("b", "puresvd", b!), perUser: b! },
      { run: runOf("a", "biased-svd", a!), perUser: a! },
    ],
    "b",
  );
  const compared = table.runs[1]!.comparisons.find(({ metric }) => metric === "ndcg@10")!;

  it("give the same difference and effect size", () => {
    expect(compared.difference).toBeCloseTo(golden.paired.difference, 12);
    expect(compared.effectSize).toBeCloseTo(golden.paired.cohensDz, 12);
  });

  it("give the interval of 20,000 resamples, within the noise of fewer", () => {
    const width = golden.paired.interval[1]! - golden.paired.interval[0]!;
    expect(Math.abs(compared.interval!.low - golden.paired.interval[0]!)).toBeLessThan(0.08 * width);
    expect(Math.abs(compared.interval!.high - golden.paired.interval[1]!)).toBeLessThan(0.08 * width);
    const own = summarize(a!, { cutoffs: [10], whole: new Map(), seed: 3 }).find(({ metric }) => metric === "ndcg@10")!;
    expect(Math.abs(own.interval!.low - golden.paired.intervalOfFirst[0]!)).toBeLessThan(0.01);
    expect(Math.abs(own.interval!.high - golden.paired.intervalOfFirst[1]!)).toBeLessThan(0.01);
  });

  it("give nearly the p-value of a paired t-test, and of all sign flips where these can be counted", () => {
    expect(Math.abs(compared.pValue! - golden.paired.tTestP)).toBeLessThan(0.03);
    const { differences, exactP } = golden.signFlip;
    // Four standard errors of 99,999 random flips.
    const tolerance = 4 * Math.sqrt((exactP * (1 - exactP)) / 99_999);
    expect(Math.abs(randomisationTest(Float64Array.from(differences), 7) - exactP)).toBeLessThan(tolerance);
  });
});
