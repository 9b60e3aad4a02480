import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { compareRuns } from "./compare.ts";
import { runOf } from "./evaluation.fixture.ts";
import type { PerUserTable } from "./per-user.ts";
import { correctedResampledTest, twoSidedT } from "./repeated-splits.ts";
import { holm, maxT, randomisationTest } from "./significance.ts";

const blankReport = {
  relevantFrom: null,
  relevantRatings: 1,
  usersWithoutRelevant: 0,
  sampledNegatives: null,
  calibration: [],
  intervals: [],
  k: 10,
  segments: [],
  warnings: [],
};
const numbers = z.array(z.number());
const recorded = z
  .object({
    resampled: z.array(z.object({ differences: numbers, testShare: z.number(), t: z.number(), p: z.number() })),
    students: z.array(z.object({ t: z.number(), df: z.number(), p: z.number() })),
    maxT: z.object({ differences: z.array(numbers), exactP: numbers }),
  })
  .parse(JSON.parse(await readFile(new URL("./fixtures/tests.json", import.meta.url), "utf8")));

describe("the corrected resampled t-test, against scipy", () => {
  it.each(recorded.resampled)("agrees for $differences.length splits", ({ differences, testShare, t, p }) => {
    const test = correctedResampledTest(differences, testShare)!;
    expect(test.t).toBeCloseTo(t, 10);
    expect(Math.abs(test.pValue! - p)).toBeLessThan(1e-12);
  });

  it.each(recorded.students)("knows Student's t = $t with $df degrees of freedom", ({ t, df, p }) => {
    // Beyond 1e-9 of p itself, or in the fifteenth digit of 1.
    expect(Math.abs(twoSidedT(t, df) - p)).toBeLessThan(Math.max(1e-9 * p, 1e-14));
  });

  it("finds less than the plain t-test, which takes overlapping training parts for independent", () => {
    const differences = [0.011, 0.013, 0.009, 0.012, 0.01];
    const plain = correctedResampledTest(differences, 0)!;
    const corrected = correctedResampledTest(differences, 0.25)!;
    expect(corrected.pValue!).toBeGreaterThan(plain.pValue!);
    expect(corrected.t).toBeCloseTo(plain.t / 1.5, 12);
  });

  it("says nothing where nothing can be said", () => {
    expect(correctedResampledTest([0.1], 0.25)).toBeNull();
    expect(correctedResampledTest([0.1, 0.1], 0.25)?.pValue).toBeNull();
    expect(correctedResampledTest([0, 0, 0], 0.25)?.pValue).toBe(1);
  });
});

describe("max-T", () => {
  const differences = recorded.maxT.differences.map((row) => Float64Array.from(row));

  it("gives the p-values of all sign patterns, within the noise of random ones", () => {
    maxT(differences, 3).forEach((p, at) => {
      const exact = recorded.maxT.exactP[at]!;
      expect(Math.abs(p - exact)).toBeLessThan(4 * Math.sqrt((exact * (1 - exact)) / 99_999));
    });
  });

  it("is the plain test for a single comparison, and never below it for several", () => {
    const [first] = differences;
    expect(maxT([first!], 5)[0]).toBeCloseTo(randomisationTest(first!, 5), 10);
    maxT(differences, 5).forEach((p, at) => expect(p).toBeGreaterThanOrEqual(randomisationTest(differences[at]!, 5)));
  });

  it("costs nothing for comparisons that say the same, where Holm pays for each", () => {
    const same = [differences[0]!, differences[0]!, differences[0]!];
    const plain = randomisationTest(same[0]!, 5);
    expect(maxT(same, 5)[0]).toBeCloseTo(plain, 10);
    expect(holm([plain, plain, plain])[0]).toBeCloseTo(Math.min(1, 3 * plain), 10);
  });

  it("gives 1 where nobody differs", () => {
    expect(maxT([new Float64Array(40), differences[0]!], 1, 99)[0]).toBe(1);
  });
});

describe("the comparison of cross-validated runs", () => {
  it("tells what the folds say beside what the users say, corrected jointly too", () => {
    const rows = 60;
    const tableOf = (shift: number): PerUserTable => ({
      users: Int32Array.from({ length: rows }, (_, u) => u),
      columns: new Map([
        ["ndcg@10", Float64Array.from({ length: rows }, (_, u) => 0.3 + shift + 0.05 * Math.sin(u * (1 + shift)))],
      ]),
    });
    const [a, b] = [tableOf(0), tableOf(0.1)];
    const folds = (values: number[]) => ({ folds: { values: { "ndcg@10": values }, testShare: 0.25 } });
    const report = { ...blankReport, ...folds([0.3, 0.31, 0.29, 0.3, 0.3]) };
    const better = { ...blankReport, ...folds([0.41, 0.4, 0.4, 0.39, 0.4]) };
    const comparison = compareRuns(
      [
        { run: runOf("a", "biases", a, { report }), perUser: a },
        { run: runOf("b", "puresvd", b, { report: better }), perUser: b },
      ],
      "a",
    );
    const compared = comparison.runs[1]!.comparisons[0]!;
    const differences = [0.11, 0.09, 0.11, 0.09, 0.1];
    expect(compared.overFolds?.t).toBeCloseTo(correctedResampledTest(differences, 0.25)!.t, 6);
    // A single comparison: both corrections leave the test's own p.
    expect(compared.pValueMaxT).toBeCloseTo(compared.pValue!, 10);
    expect(comparison.runs[1]!.sentence).toContain("Over 5 folds");
  });
});
