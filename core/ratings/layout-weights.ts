import { dialectFor } from "./delimiter.ts";
import { createRecordScanner, fieldText } from "./record-scanner.ts";
import type { RecordWeight } from "./record-count.ts";

/** `7:` names a movie and is no record; every other line is one. */
export const netflixWeight: RecordWeight = (text) => (/^\s*\d+:\s*$/.test(text) ? 0 : 1);

export interface MatrixWeight {
  readonly weight: RecordWeight;
  /** Filled cells that hold the missing value. */
  missing(): number;
}

/** In a matrix every filled cell counts; a row of the wrong width is one record, to be refused. */
export function matrixWeight(
  delimiter: string,
  width: number,
  userColumn: number,
  missingValues: readonly string[] | undefined,
): MatrixWeight {
  let missing = 0;
  const isMissing = missingTest(missingValues ?? ["99"]);
  return {
    missing: () => missing,
    weight(text, index) {
      if (index === 0) return 0;
      const cells = splitRow(text, delimiter);
      if (cells.length !== width) return 1;
      let filled = 0;
      cells.forEach((cell, column) => {
        if (column === userColumn || isEmptyCell(cell)) return;
        filled++;
        if (isMissing(cell)) missing++;
      });
      return filled;
    },
  };
}

/** A cell of a matrix in which nothing was written. */
export function isEmptyCell(cell: string): boolean {
  return cell === "" || (cell.length <= 4 && /^(na|n\/a|nan|null|none|-|\?)$/i.test(cell));
}

function missingTest(values: readonly string[]): (cell: string) => boolean {
  const texts = new Set(values);
  const numbers = new Set(values.map(Number).filter((value) => !Number.isNaN(value)));
  return (cell) =>
    texts.has(cell) ||
    (/^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(cell) && numbers.has(Number(cell)));
}

function splitRow(text: string, delimiter: string): string[] {
  if (!text.includes('"')) return text.split(delimiter).map((cell) => cell.trim());
  const cells: string[] = [];
  const scanner = createRecordScanner(dialectFor(delimiter), (record) => {
    for (let column = 0; column < record.fields; column++) cells.push(fieldText(record, column));
  });
  scanner.push(Buffer.from(text, "utf8"));
  scanner.end();
  return cells;
}
