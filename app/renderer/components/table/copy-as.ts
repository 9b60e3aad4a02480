/** A table as text, for pasting elsewhere. Headers always come along. */
export type CopyFormat = "csv" | "tsv" | "json" | "markdown";
export type CellValue = string | number | boolean | null;

export interface TextTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly CellValue[])[];
}

export const copyFormats: readonly { readonly value: CopyFormat; readonly label: string }[] = [
  { value: "tsv", label: "TSV (for spreadsheets)" },
  { value: "csv", label: "CSV" },
  { value: "json", label: "JSON" },
  { value: "markdown", label: "Markdown" },
];

export function tableAs(format: CopyFormat, table: TextTable): string {
  switch (format) {
    case "csv":
      return delimited(table, ",", quoteCsv, "\r\n");
    case "tsv":
      return delimited(table, "\t", quoteTsv, "\n");
    case "json":
      return JSON.stringify(
        table.rows.map((row) => Object.fromEntries(table.columns.map((column, index) => [column, row[index] ?? null]))),
        null,
        2,
      );
    case "markdown":
      return markdown(table);
  }
}

function text(value: CellValue): string {
  return value === null ? "" : String(value);
}

function delimited(
  { columns, rows }: TextTable,
  delimiter: string,
  quote: (value: CellValue) => string,
  newline: string,
): string {
  return [columns, ...rows].map((row) => row.map(quote).join(delimiter)).join(newline);
}

/** RFC 4180, and a text that a spreadsheet would take for a formula gets an apostrophe before it. */
function quoteCsv(value: CellValue): string {
  const safe = withoutFormula(value);
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function quoteTsv(value: CellValue): string {
  const safe = withoutFormula(value);
  return /["\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function withoutFormula(value: CellValue): string {
  const plain = text(value);
  return typeof value === "string" && /^[=+\-@\t\r]/.test(plain) && !isNumeric(plain) ? `'${plain}` : plain;
}

function isNumeric(plain: string): boolean {
  return plain.trim() !== "" && Number.isFinite(Number(plain));
}

function markdown({ columns, rows }: TextTable): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const escape = (value: CellValue) => text(value).replaceAll("|", "\\|").replaceAll(/\r?\n/g, " ");
  const alignment = columns.map((_, index) =>
    rows.length > 0 && rows.every((row) => typeof row[index] === "number") ? "---:" : "---",
  );
  return [line(columns.map(escape)), line(alignment), ...rows.map((row) => line(row.map(escape)))].join("\n");
}
