import { describe, expect, it } from "vitest";
import type { Run } from "../../../../core/contract/entities.ts";
import { comparisonReport } from "./comparison-report.ts";
import { reportAsHtml, reportAsMarkdown } from "./report-formats.ts";

const run = (id: string, name: string, factors: number, ndcg: number): Run => ({
  id,
  name,
  state: "succeeded",
  createdAt: "2026-11-20T10:00:00.000Z",
  finishedAt: null,
  snapshotId: "s1",
  splitId: "p1",
  algorithm: "ials",
  hyperparameters: { factors, regularization: 0.01 },
  seed: 42,
  metrics: [
    {
      metric: "ndcg@10",
      definition: "1",
      value: ndcg,
      interval: { low: ndcg - 0.01, high: ndcg + 0.01, level: 0.95 },
      users: 900,
      higherIsBetter: true,
    },
  ],
  curve: [],
  timings: null,
  machine: null,
  codeVersion: "abc",
  modelHash: null,
  refitOf: null,
  error: null,
  note: "",
});
const hostile = '<img src=x onerror=alert(1)> "a|b" [c](javascript:d)';
const blocks = comparisonReport({
  runs: [run("r1", "Narrow", 16, 0.3), run("r2", hostile, 64, 0.31)],
  comparison: null,
  refusal: "Different splits.",
  link: "http://127.0.0.1/#/compare?run=r1",
  search: "ndcg@10 > .2",
  now: new Date("2026-11-23T00:00:00Z"),
});

describe("the report of a comparison", () => {
  const html = reportAsHtml(blocks);
  const page = new DOMParser().parseFromString(html, "text/html");
  it("has choices, metrics with intervals, what differs, and a card for each run", () => {
    expect(page.body.textContent).toContain("Found by: ndcg@10 > .2");
    expect(page.body.textContent).toContain("0.3100 [0.3000, 0.3200]");
    const rows = [...page.querySelectorAll("tr")].map((row) => row.textContent);
    expect(rows).toContain("factors1664");
    expect(rows.some((row) => row.startsWith("regularization"))).toBe(false);
    expect([...page.querySelectorAll("h3")].map(({ textContent }) => textContent)).toEqual(["Narrow", hostile]);
    expect(page.body.textContent).toContain("These runs cannot be compared. Different splits.");
  });
  it("keeps a run's card on one page, and says what was compared for people", () => {
    const cards = [...page.querySelectorAll("section")].filter(({ textContent }) => textContent.includes("Particular"));
    expect(cards.map((card) => card.querySelector("h3")?.textContent)).toEqual(["Narrow", hostile]);
    expect(cards.every((card) => card.querySelectorAll("table").length === 1)).toBe(true);
    const compared = comparisonReport({
      runs: [run("r1", "Narrow", 16, 0.3), run("r2", "Wide", 64, 0.31)],
      comparison: {
        splitId: "p1",
        baselineId: "r1",
        conclusion: "Wide is better.",
        runs: [
          { runId: "r1", sentence: "Narrow is the baseline.", comparisons: [] },
          {
            runId: "r2",
            sentence: "Wide is better.",
            comparisons: [
              {
                metric: "ndcg@10",
                baseline: 0.3,
                value: 0.31,
                difference: 0.01,
                interval: { low: 0.002, high: 0.018, level: 0.95 },
                effectSize: 0.234,
                pValue: 0.0002,
                pValueCorrected: 0.0004,
                wins: 500,
                ties: 100,
                losses: 300,
                verdict: "better",
              },
            ],
          },
        ],
      },
      refusal: null,
      link: "",
      search: "",
      now: new Date("2026-11-23T00:00:00Z"),
    });
    const markdown = reportAsMarkdown(compared);
    expect(markdown).toContain("### Wide against Narrow");
    expect(markdown).toMatch(/NDCG@10 .*\+0\.0100 .*\+0\.0020 to \+0\.0180 .*0\.23 .*500 \/ 100 \/ 300 .*Better/u);
    expect(markdown).not.toContain("p_corrected");
  });
  it("puts no more runs side by side than fit on paper", () => {
    const six = ["A", "B", "C", "D", "E", "F"].map((name, n) => run(`r${String(n)}`, name, 16 + n, 0.3 + n / 100));
    const tables = comparisonReport({
      runs: six,
      comparison: null,
      refusal: null,
      link: "",
      search: "",
      now: new Date(),
    })
      .flatMap((block) => (block.kind === "table" ? [block.table] : []))
      .map(({ columns, rows }) => [columns.join(" "), rows.at(-1)?.join(" ")]);
    expect(tables.filter(([columns]) => /^(?:Metric|Parameter)/u.test(columns ?? ""))).toEqual([
      ["Metric A B C", expect.stringMatching(/^NDCG@10 0\.3000.* 0\.3100.* 0\.3200/u)],
      ["Metric D E F", expect.stringMatching(/^NDCG@10 0\.3300.* 0\.3400.* 0\.3500/u)],
      ["Parameter A B C", "factors 16 17 18"],
      ["Parameter D E F", "factors 19 20 21"],
    ]);
  });
  it("draws intervals, and stands alone", () => {
    expect(page.querySelectorAll("svg circle")).toHaveLength(2);
    expect(page.querySelectorAll("script, img, link, [src], [href]")).toHaveLength(0);
  });
  it("is Markdown in which a hostile name is a name", () => {
    const markdown = reportAsMarkdown(blocks);
    expect(markdown).toContain("### \\<img src=x onerror=alert(1)\\>");
    expect(markdown).not.toMatch(/[^\\]\]\(javascript/);
  });
});
