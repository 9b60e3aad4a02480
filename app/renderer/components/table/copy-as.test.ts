import { describe, expect, it } from "vitest";
import { tableAs } from "./copy-as.ts";
import type { TextTable } from "./copy-as.ts";

const films: TextTable = {
  columns: ["title", "score"],
  rows: [
    ['Say "Hi", Bob', 4.5],
    ["Tab\there", null],
    ["Pipe | film", -1],
  ],
};

describe("a table as text", () => {
  it("is CSV as RFC 4180 has it, with headers", () => {
    expect(tableAs("csv", films)).toBe('title,score\r\n"Say ""Hi"", Bob",4.5\r\nTab\there,\r\nPipe | film,-1');
  });
  it("is TSV that a spreadsheet takes apart again", () => {
    expect(tableAs("tsv", films).split("\n")[2]).toBe('"Tab\there"\t');
  });
  it("is JSON with one object a row", () => {
    expect(JSON.parse(tableAs("json", films))).toEqual([
      { title: 'Say "Hi", Bob', score: 4.5 },
      { title: "Tab\there", score: null },
      { title: "Pipe | film", score: -1 },
    ]);
  });
  it("is Markdown with numbers to the right", () => {
    const plain: TextTable = { columns: ["run", "ndcg"], rows: [["a|b", 0.5]] };
    expect(tableAs("markdown", plain)).toBe("| run | ndcg |\n| --- | ---: |\n| a\\|b | 0.5 |");
  });
  it("never hands a spreadsheet a formula that came from the data", () => {
    const hostile: TextTable = { columns: ["title"], rows: [["=HYPERLINK(1)"], ["@sum"], ["-5"], ["+1-2"]] };
    expect(tableAs("csv", hostile).split("\r\n").slice(1)).toEqual(["'=HYPERLINK(1)", "'@sum", "-5", "'+1-2"]);
  });
});
