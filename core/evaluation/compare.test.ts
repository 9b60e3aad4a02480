import { describe, expect, it } from "vitest";
import type { Run } from "../contract/entities.ts";
import { compareRuns } from "./compare.ts";
import { runOf } from "./evaluation.fixture.ts";
import type { PerUserTable } from "./per-user.ts";
import { createRandom } from "../random.ts";
import { cohensDz, holm, randomisationTest } from "./significance.ts";

/** NDCG of `users` users around `mean`; with errors where `error` is given (its mean square). */
function tableOf(users: number, mean: number, seed: number, error?: number): PerUserTable {
  const random = createRandom(seed);
  const uniform = () => random.uint32() / 2 ** 32 - 0.5;
  const columns = new Map([
    ["test_ratings", new Float64Array(users).fill(4)],
    ["ndcg@10", Float64Array.from({ length: users }, () => mean + 0.2 * uniform())],
  ]);
  if (error !== undefined)
    columns.set(
      "rmse_sum",
      Float64Array.from({ length: users }, () => 4 * error * (1 + uniform())),
    );
  return { users: Int32Array.from({ length: users }, (_, u) => u), columns };
}

const entry = (id: string, algorithm: string, perUser: PerUserTable, change: Partial<Run> = {}) => ({
  run: runOf(id, algorithm, perUser, change),
  perUser,
});

const popularity = entry("Popularity", "popularity", tableOf(200, 0.12, 1));
const biases = entry("Biases", "biases", tableOf(200, 0.12, 2, 0.9));
const biasedSvd = entry("Biased SVD", "biased-svd", tableOf(200, 0.1, 3, 0.7));
const pureSvd = entry("PureSVD", "puresvd", tableOf(200, 0.22, 4));

describe("compareRuns", () => {
  const table = compareRuns([pureSvd, biasedSvd, biases, popularity], null);
  const of = (id: string, metric: string) =>
    table.runs.find(({ runId }) => runId === id)?.comparisons.find((compared) => compared.metric === metric);

  it("takes the simplest run as baseline and the next one where it lacks a metric", () => {
    expect(table.baselineId).toBe("Popularity");
    expect(of("Biased SVD", "rmse")?.against).toBe("Biases");
    expect(of("Biased SVD", "ndcg@10")?.against).toBeUndefined();
    expect(of("Biases", "rmse")).toBeUndefined();
    expect(of("Popularity", "ndcg@10")).toBeUndefined();
  });

  it("calls a difference better, worse or not shown", () => {
    expect(of("PureSVD", "ndcg@10")?.verdict).toBe("better");
    expect(of("Biased SVD", "ndcg@10")?.verdict).toBe("worse");
    expect(of("Biases", "ndcg@10")?.verdict).toBe("no-difference-shown");
    expect(of("Biased SVD", "rmse")?.verdict).toBe("better");
    const { wins, losses, ties } = of("PureSVD", "ndcg@10")!;
    expect(wins).toBeGreaterThan(150);
    expect(wins + losses + ties).toBe(200);
  });

  it("corrects over every comparison of the table", () => {
    const all = table.runs.flatMap(({ comparisons }) => comparisons);
    expect(all.length).toBe(4);
    expect(of("PureSVD", "ndcg@10")?.pValue).toBe(1 / 100_000);
    expect(of("PureSVD", "ndcg@10")?.pValueCorrected).toBeCloseTo(4 / 100_000, 12);
  });

  it("says it in a sentence with the numbers", () => {
    expect(table.runs[0]?.sentence).toMatch(
      /^PureSVD's NDCG@10 is higher than Popularity's by 0\.\d{3} \[0\.\d{3}, 0\.\d{3}\] \(d = \d\.\d\d, p < 0\.001 after correction of 4 comparisons\)\.$/,
    );
    expect(table.runs[1]?.sentence).toMatch(/Biased SVD's RMSE is lower \(better\) than Biases' by 0\.\d{3} \[0\.0/);
    expect(table.runs[2]?.sentence).toMatch(/^No difference between Biases' NDCG@10 and Popularity's is shown/);
    // A minus sign, as in the tables beside it: a hyphen is hardly seen before a digit.
    expect(table.runs[1]?.sentence).toMatch(/\(d = −\d\.\d\d, /);
    for (const { sentence } of table.runs) expect(sentence).not.toMatch(/-\d/);
    expect(table.conclusion).toContain("PureSVD has the best NDCG@10");
    const second = entry("Second", "puresvd", tableOf(200, 0.2, 6));
    expect(compareRuns([pureSvd, second, popularity], null).conclusion).toMatch(
      /Its lead over Second \(0\.\d{3}\) was not tested here/,
    );
  });

  it("shows the same numbers every time", () => {
    expect(compareRuns([pureSvd, biasedSvd, biases, popularity], null)).toEqual(table);
  });

  it("shows no difference between a run and its double", () => {
    const double = compareRuns([popularity, entry("Double", "popularity", popularity.perUser)], "Popularity").runs[1]
      ?.comparisons[0];
    expect(double).toMatchObject({
      difference: 0,
      verdict: "no-difference-shown",
      pValue: 1,
      effectSize: 0,
      ties: 200,
    });
  });

  it("does not test with fewer than 30 users", () => {
    const few = compareRuns(
      [entry("A", "popularity", tableOf(29, 0.1, 1)), entry("B", "puresvd", tableOf(29, 0.3, 2))],
      null,
    ).runs[1];
    expect(few?.comparisons[0]).toMatchObject({
      interval: null,
      pValue: null,
      pValueCorrected: null,
      verdict: "not-tested",
    });
    expect(few?.sentence).toContain("fewer than 30 users");
  });

  it.each([
    [
      "different splits",
      entry("Other", "puresvd", tableOf(200, 0.2, 5), { splitId: "p2" }),
      /different splits/,
      /on the other's split/,
    ],
    [
      "different definitions",
      entry("Other", "puresvd", tableOf(200, 0.2, 5), {
        metrics: popularity.run.metrics.map((value) => ({ ...value, definition: "ndcg-old" })),
      }),
      /ndcg-binary.* as ndcg-old/,
      /older one again/,
    ],
    [
      "different users",
      entry("Other", "puresvd", tableOf(199, 0.2, 5)),
      /different users \(200 and 199\)/,
      /both again/,
    ],
    [
      "a refit",
      entry("Other", "puresvd", tableOf(200, 0.2, 5), { refitOf: "PureSVD" }),
      /is a refit/,
      /Compare PureSVD/,
    ],
    [
      "a failed run",
      entry("Other", "puresvd", tableOf(200, 0.2, 5), { state: "failed" }),
      /has not succeeded/,
      /Leave it out/,
    ],
    ["the run itself", popularity, /named twice/, /each run once/],
  ])("refuses %s, saying why and what to do", (_, other, message, remedy) => {
    expect(() => compareRuns([popularity, other], null)).toThrow(message);
    const said: unknown = expect.stringMatching(remedy);
    expect(() => compareRuns([popularity, other], null)).toThrow(
      expect.objectContaining({ code: "RB_INCOMPARABLE", remedy: said }),
    );
  });

  it("tells runs of one name apart where it refuses them", () => {
    const named = (id: string, splitId: string) =>
      entry(id, "puresvd", tableOf(200, 0.2, 5), { name: "PureSVD", splitId });
    const one = named("re3b4776c3b11bf4d", "p1");
    expect(() => compareRuns([one, named("r9432aa9a273019e9", "p2")], null)).toThrow(
      /^"PureSVD" \(re3b4776c\) and "PureSVD" \(r9432aa9a\) were evaluated on different splits/,
    );
    expect(() => compareRuns([one, named("r9432aa9a273019e9", "p2")], null)).toThrow(
      expect.objectContaining({ details: { runIds: [one.run.id, "r9432aa9a273019e9"], splitIds: ["p1", "p2"] } }),
    );
    expect(() => compareRuns([one, named("re3b4776c3b11bf4d-4", "p2")], null)).toThrow(
      /^"PureSVD" \(re3b4776c3b11bf4d\) and "PureSVD" \(re3b4776c3b11bf4d-4\) were/,
    );
  });

  it("refuses a baseline that is not on the table", () => {
    expect(() => compareRuns([popularity, biases], "PureSVD")).toThrow(
      expect.objectContaining({ code: "RB_NOT_FOUND" }),
    );
  });
});

describe("holm", () => {
  it("follows Holm's own procedure", () => {
    // Steps: 0.01 × 4, max(0.04, 0.013 × 3), max(…, 0.03 × 2), max(…, 0.5).
    const corrected = holm([0.03, 0.01, 0.5, 0.013]);
    [0.06, 0.04, 0.5, 0.04].forEach((value, at) => expect(corrected[at]).toBeCloseTo(value, 12));
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
});

describe("randomisationTest", () => {
  it("rejects a true null hypothesis about as often as it says", () => {
    const random = createRandom(99);
    const trials = 400;
    let rejected = 0;
    for (let trial = 0; trial < trials; trial++) {
      const differences = Float64Array.from({ length: 40 }, () => random.uint32() / 2 ** 32 - 0.5);
      if (randomisationTest(differences, trial, 499) < 0.05) rejected++;
    }
    expect(rejected / trials).toBeGreaterThan(0.02);
    expect(rejected / trials).toBeLessThan(0.09);
  });
});

describe("cohensDz", () => {
  it("is the mean over the standard deviation of differences", () => {
    expect(cohensDz(Float64Array.of(1, 2, 3))).toBeCloseTo(2, 12);
    expect(cohensDz(Float64Array.of(0, 0))).toBe(0);
    expect(cohensDz(Float64Array.of(1, 1))).toBeNull();
  });
});
