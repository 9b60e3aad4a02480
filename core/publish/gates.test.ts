import { describe, expect, test } from "vitest";
import type { MetricValue } from "../contract/entities.ts";
import { judge } from "./gates.ts";
import type { Candidate, Champion, PairedMetric } from "./gates.ts";

const metric = (
  name: string,
  value: number,
  half: number | null,
  higherIsBetter = true,
  definition = "1",
): MetricValue => ({
  metric: name,
  definition,
  value,
  users: 500,
  higherIsBetter,
  interval: half === null ? null : { low: value - half, high: value + half, level: 0.95 },
});
const ids = (prefix: string, from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => `${prefix}${from + n}`);
const candidate = (metrics: MetricValue[], more: Partial<Candidate> = {}): Candidate => ({
  evaluation: { splitId: "split", metrics },
  users: 100,
  itemIds: ids("i", 0, 50),
  catalogue: ids("i", 0, 50).map((itemId) => ({ itemId, title: itemId, year: null, genres: [] })),
  paired: null,
  ...more,
});
const champion = (metrics: MetricValue[], more: Partial<Champion> = {}): Champion => ({
  version: "old",
  evaluation: { runId: "run", splitId: "split", metrics },
  users: { known: 100, shared: 100 },
  itemIds: new Set(ids("i", 0, 50)),
  ...more,
});
const gate = (name: string, c: Candidate, against: Champion | null) =>
  judge(c, against).find((each) => each.gate === name);

describe("metrics", () => {
  test.each([
    ["the intervals are apart, below", 0.3, 0.36, 0.02, false, "worse"],
    ["the intervals are apart, above", 0.36, 0.3, 0.02, true, "better"],
    ["the intervals overlap", 0.33, 0.36, 0.02, true, "no difference shown"],
  ])("%s", (_, mine, theirs, half, passed, words) => {
    const result = gate(
      "metrics",
      candidate([metric("ndcg@10", mine, half)]),
      champion([metric("ndcg@10", theirs, half)]),
    );
    expect(result).toMatchObject({ passed, reason: expect.stringContaining(words) as string });
  });

  test("errors are better when lower, and decide only where no ranking metric is shared", () => {
    const worse = metric("rmse", 0.98, 0.01, false);
    const better = metric("rmse", 0.9, 0.01, false);
    expect(gate("metrics", candidate([worse]), champion([better]))?.passed).toBe(false);
    expect(gate("metrics", candidate([better]), champion([worse]))?.passed).toBe(true);
    const ranking = metric("ndcg@10", 0.3, 0.01);
    expect(gate("metrics", candidate([worse, ranking]), champion([better, ranking]))?.passed).toBe(true);
  });

  test("a paired interval decides over marginal ones that overlap", () => {
    const paired: PairedMetric[] = [
      { metric: "ndcg@10", difference: -0.01, interval: { low: -0.015, high: -0.005, level: 0.95 }, verdict: "worse" },
    ];
    const result = gate(
      "metrics",
      candidate([metric("ndcg@10", 0.3, 0.02)], { paired }),
      champion([metric("ndcg@10", 0.31, 0.02)]),
    );
    expect(result).toMatchObject({ passed: false, reason: expect.stringMatching(/paired over users.*/) as string });
  });

  test("what cannot be compared is said, not judged", () => {
    const mine = candidate([metric("ndcg@10", 0.1, 0.01)]);
    expect(gate("metrics", mine, null)).toMatchObject({ passed: true });
    const otherSplit = champion([metric("ndcg@10", 0.5, 0.01)], {
      evaluation: { runId: "r", splitId: "another", metrics: [metric("ndcg@10", 0.5, 0.01)] },
    });
    expect(gate("metrics", mine, otherSplit)).toMatchObject({
      passed: true,
      reason: expect.stringContaining("Not comparable") as string,
    });
    expect(gate("metrics", mine, champion([metric("ndcg@10", 0.5, 0.01, true, "2")]))).toMatchObject({
      passed: true,
      reason: expect.stringContaining("Not comparable") as string,
    });
    expect(
      gate("metrics", candidate([metric("ndcg@10", 0.1, null)]), champion([metric("ndcg@10", 0.5, null)])),
    ).toMatchObject({ passed: true, reason: expect.stringContaining("nothing shown") as string });
  });
});

test("an item of the model that the catalogue lacks stops it, and is named", () => {
  const c = candidate([]);
  expect(gate("catalogue", { ...c, catalogue: c.catalogue.slice(1) }, null)).toMatchObject({
    passed: false,
    reason: expect.stringContaining("Missing: i0") as string,
  });
});

test.each([
  ["users", {}, { users: { known: 100, shared: 79 } }, false],
  ["users", {}, { users: { known: 100, shared: 80 } }, true],
  ["items", { itemIds: ids("i", 11, 50) }, {}, false],
])("overlap of %s with the champion is at least 80 %%", (name, mine, theirs, passed) => {
  expect(gate(name, candidate([], mine), champion([], theirs))?.passed).toBe(passed);
});

test("coverage may not fall below half of the champion's", () => {
  expect(
    gate("coverage", candidate([metric("coverage@10", 0.1, null)]), champion([metric("coverage@10", 0.3, null)]))
      ?.passed,
  ).toBe(false);
  expect(
    gate("coverage", candidate([metric("coverage@10", 0.2, null)]), champion([metric("coverage@10", 0.3, null)]))
      ?.passed,
  ).toBe(true);
});
