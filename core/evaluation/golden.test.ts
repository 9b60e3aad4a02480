import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { FactorModel } from "../models/servable.ts";
import { compareRuns } from "./compare.ts";
import { evaluateModel, runOf } from "./evaluation.fixture.ts";
import { randomisationTest } from "./significance.ts";
import { summarize } from "./summarize.ts";

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
    columns: z.array(z.record(z.string(), numbers)),
    totals: z.array(z.record(z.string(), z.number())),
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

const evaluations = golden.models.map((recorded) => {
  const model: FactorModel = {
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
  };
  return evaluateModel(model, golden.train, golden.test, golden.cutoffs).table;
});

describe("metrics, against ranx and numpy", () => {
  it.each([0, 1])("agree for each user to 1e-9 (model %i)", (which) => {
    const table = evaluations[which]!;
    expect([...table.users]).toEqual(golden.evaluatedUsers);
    const recorded = golden.columns[which]!;
    expect([...table.columns.keys()].sort()).toEqual(Object.keys(recorded).sort());
    for (const [name, values] of Object.entries(recorded)) {
      const differences = values.map((value, row) => Math.abs(table.columns.get(name)![row]! - value));
      expect({ name, agrees: Math.max(...differences) < 1e-9 }).toEqual({ name, agrees: true });
    }
  });

  it.each([0, 1])("agree over all users (model %i)", (which) => {
    const metrics = summarize(evaluations[which]!, { cutoffs: golden.cutoffs, coverage: new Map(), seed: 1 });
    for (const [name, value] of Object.entries(golden.totals[which]!)) {
      expect(Math.abs(metrics.find(({ metric }) => metric === name)!.value - value)).toBeLessThan(1e-9);
    }
  });
});

describe("paired statistics, against numpy and scipy", () => {
  const [a, b] = evaluations;
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
    const own = summarize(a!, { cutoffs: [10], coverage: new Map(), seed: 3 }).find(
      ({ metric }) => metric === "ndcg@10",
    )!;
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
