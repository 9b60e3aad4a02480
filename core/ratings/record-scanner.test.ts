import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRecordCounter } from "./record-count.ts";
import { createRecordScanner, fieldText, maximumRecordBytes } from "./record-scanner.ts";

function scan(bytes: Buffer, chunk: number, delimiter = ",", quotes = true) {
  const dialect = { delimiter: Buffer.from(delimiter), quotes, collapse: false };
  const records: { line: number; oversize: boolean; fields: string[] }[] = [];
  const scanner = createRecordScanner(dialect, (record) => {
    records.push({
      line: record.line,
      oversize: record.oversize,
      fields: Array.from({ length: record.fields }, (_, column) => fieldText(record, column)),
    });
  });
  const counter = createRecordCounter(dialect, null);
  for (let at = 0; at < bytes.length; at += chunk) {
    scanner.push(bytes.subarray(at, at + chunk));
    counter.push(bytes.subarray(at, at + chunk));
  }
  scanner.end();
  return { records, counted: counter.end() };
}

const nasty = fc
  .array(fc.constantFrom('"', ",", "\n", "\r", " ", "a", "\t", "::", "é", "\0", '""'), { maxLength: 60 })
  .map((parts) => Buffer.from(parts.join("")));

describe("record scanner", () => {
  it("finds the same records however the bytes arrive, and as many as the counter", () => {
    fc.assert(
      fc.property(nasty, fc.integer({ min: 1, max: 7 }), fc.boolean(), (bytes, chunk, quotes) => {
        const whole = scan(bytes, bytes.length + 1, ",", quotes);
        const pieces = scan(bytes, chunk, ",", quotes);
        expect(pieces).toEqual(whole);
        expect(whole.counted).toBe(whole.records.length);
      }),
      { numRuns: 3000 },
    );
  });

  it("gives back what was written by the rules of RFC 4180", () => {
    const field = fc.string({ minLength: 1, unit: fc.constantFrom("a", '"', ",", "\n", "é", " ", "7") });
    fc.assert(
      fc.property(fc.array(fc.array(field, { minLength: 2, maxLength: 5 }), { minLength: 1, maxLength: 8 }), (rows) => {
        const text = rows.map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(",")).join("\r\n");
        expect(scan(Buffer.from(text), 5).records.map(({ fields }) => fields)).toEqual(rows);
      }),
    );
  });

  it("does not let one quote swallow the file, nor hold a line without end", () => {
    const stray = Buffer.from(`1,"a,3\n${"2,b,4\n".repeat(maximumRecordBytes / 5)}`);
    const { records, counted } = scan(stray, 512 * 1024);
    expect(records).toHaveLength(counted);
    expect(records[0]?.fields).toEqual(["1", '"a', "3"]);
    expect(records.at(-1)).toMatchObject({ line: counted, fields: ["2", "b", "4"] });
    const endless = scan(Buffer.from(`${"x".repeat(3 * maximumRecordBytes)}\n1,a,5\n`), 512 * 1024);
    expect(endless.counted).toBe(2);
    expect(endless.records.map(({ line, oversize }) => [line, oversize])).toEqual([
      [1, true],
      [2, false],
    ]);
  });
});
