import { expect, it } from "vitest";
import { metricLabel, metricMeaning } from "../../components/format/metrics.ts";
import { blocksOf, piecesOf } from "./markdown-text.ts";
import { chapters, entryOf, metricEntries } from "./metric-reference.ts";

it("every metric of the reference page has its formula and definition, and the interface knows its name", () => {
  expect(metricEntries.length).toBeGreaterThanOrEqual(20);
  for (const { written, name, formula, definition } of metricEntries) {
    expect([written, formula]).toEqual([written, expect.stringMatching(/\S/)]);
    expect([written, definition]).toEqual([written, expect.stringMatching(/^`.+-v\d+`/)]);
    expect([written, metricMeaning(name)]).not.toEqual([written, ""]);
    expect(metricLabel(name)).not.toContain("|");
  }
});

it("finds a metric whatever its list length, with what the page says of it", () => {
  expect(entryOf("ndcg@10")).toMatchObject({ written: "ndcg@k", reference: "Järvelin & Kekäläinen 2002" });
  expect(entryOf("rmse")?.trap).toContain("Cremonesi");
  // A bar inside a formula is no border of a cell.
  expect(entryOf("mae")?.formula).toBe("Σ |r̂ − r| ÷ test ratings");
  expect(entryOf("nothing@10")).toBeUndefined();
});

it("leaves no row of the page to lean on the one above it, which is not beside it here", () => {
  const leaning = metricEntries.filter(({ formula, trap }) =>
    /\b(?:see|as) above\b|\bthe (?:same|next one)$|\blikewise\b/.test(`${formula}\n${trap}`),
  );
  expect(leaning.map(({ written }) => written)).toEqual([]);
});

it("keeps the page's prose", () => {
  expect(chapters.map(({ title }) => title)).toEqual(expect.arrayContaining(["Intervals", "Comparisons"]));
});

it("takes text apart as our pages write it", () => {
  expect(blocksOf("# A\ntext\nmore\n\n- one\n  two\n- three")).toEqual([
    { kind: "heading", level: 1, text: "A" },
    { kind: "paragraph", text: "text more" },
    { kind: "list", items: ["one two", "three"] },
  ]);
  expect(piecesOf("a `b` **c**")).toEqual([
    { kind: "text", text: "a " },
    { kind: "code", text: "b" },
    { kind: "text", text: " " },
    { kind: "strong", text: "c" },
  ]);
});
