import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchesSearch, parseRunSearch, quotedForSearch, valueOfRun } from "./run-search.ts";
import type { RunRow } from "./run-table.ts";

const base: RunRow = {
  id: "r1",
  name: "Wide iALS",
  state: "succeeded",
  createdAt: "2026-11-20T10:00:00.000Z",
  finishedAt: null,
  snapshotId: "s1",
  splitId: "p1",
  algorithm: "ials",
  hyperparameters: { factors: 64, regularization: 0.01, solver: "subspace" },
  seed: 42,
  metrics: [
    { metric: "ndcg@10", definition: "1", value: 0.31, interval: null, users: 900, higherIsBetter: true },
    { metric: "rmse", definition: "1", value: 0.9, interval: null, users: 900, higherIsBetter: false },
  ],
  timings: { load: 1, fit: 12, evaluate: 3 },
  codeVersion: "abc",
  modelHash: null,
  refitOf: null,
  error: null,
  note: "for Anna's talk",
  tags: ["baseline", "talk 2026"],
};

function finds(search: string, run: RunRow = base): boolean {
  const parsed = parseRunSearch(search);
  if ("problem" in parsed) throw new Error(`${parsed.problem} (at ${String(parsed.at)})`);
  return matchesSearch(run, parsed.expression);
}

describe("the search language", () => {
  it.each([
    "",
    "algorithm = ials and ndcg@10 > .3 and tag:baseline",
    "algorithm=IALS ndcg@10>.3",
    "wide",
    "anna",
    '"Wide iALS"',
    "factors = 64",
    "param.factors >= 64",
    "solver != cg",
    'tag = "talk 2026"',
    "name ~ wide and not state = failed",
    "algorithm in (svdpp, ials)",
    "rmse < 1 or ndcg@10 > .9",
    "(rmse > 1 or ndcg@10 > .3) and seed = 42",
    "created > 2026-11-01 created < 2026-12-01",
    "fit <= 12 refit = false",
    "not (tag:old or tag:broken)",
  ])("finds the run by: %s", (search) => expect(finds(search)).toBe(true));

  it.each([
    "ndcg@10 > .31",
    "ndcg@20 > 0",
    "tag = base",
    "narrow",
    "factors = 640",
    "not algorithm = ials",
    "created > 2026-12-01",
    "algorithm in (svdpp, puresvd)",
    "wide and narrow",
  ])("does not find it by: %s", (search) => expect(finds(search)).toBe(false));

  it("binds and more tightly than or", () => {
    expect(finds("rmse > 5 and seed = 42 or factors = 64")).toBe(true);
    expect(finds("factors = 64 or rmse > 5 and seed = 1")).toBe(true);
    expect(finds("(factors = 64 or rmse > 5) and seed = 1")).toBe(false);
  });

  it("a run without the value is neither above nor below it, but it is other than it", () => {
    expect(finds("auc > 0")).toBe(false);
    expect(finds("auc <= 1")).toBe(false);
    expect(finds("auc != 1")).toBe(true);
  });

  it.each([
    ["ndcg@10 >", 9],
    ["(seed = 1", 9],
    ["seed = 1)", 8],
    ["and seed = 1", 0],
    ["ndcg@10 > high", 10],
    ["algorithm in (a, b", 18],
    ["= 3", 0],
    ["seed = 1 or", 11],
  ])("says where %s goes wrong", (search, at) => {
    expect(parseRunSearch(search)).toMatchObject({ at });
  });

  it("never throws, whatever is typed", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 60 }),
          fc
            .array(fc.constantFrom("(", ")", "not", "and", "or", "a", "=", ">", "1", '"', ",", "in", "!~"), {
              maxLength: 90,
            })
            .map((parts) => parts.join(" ")),
        ),
        (text) => {
          const parsed = parseRunSearch(text);
          if ("expression" in parsed) matchesSearch(base, parsed.expression);
        },
      ),
    );
    expect(parseRunSearch("(".repeat(100_000))).toMatchObject({ problem: "That is nested too deeply." });
    expect(parseRunSearch("not ".repeat(100_000))).toMatchObject({ problem: "That is nested too deeply." });
  });

  it("finds any name that was quoted for it", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 40 }), (name) =>
        finds(`name = ${quotedForSearch(name)}`, { ...base, name }),
      ),
    );
  });

  it("prefers a field's own name to a hyperparameter's, which has a way of its own", () => {
    const run = { ...base, hyperparameters: { seed: 7 } };
    expect([valueOfRun(run, "seed"), valueOfRun(run, "param.seed")]).toEqual([42, 7]);
  });
});
