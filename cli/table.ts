export interface Column<T> {
  readonly title: string;
  readonly value: (row: T) => string | number | null;
  /** Numbers stand right by themselves. */
  readonly right?: boolean;
}

/** Rows as text in aligned columns; `none` in their place where there are none. */
export function formatTable<T>(rows: readonly T[], columns: readonly Column<T>[], none: string): string {
  if (rows.length === 0) return `${none}\n`;
  const cells = rows.map((row) => columns.map(({ value }) => value(row)));
  const texts = cells.map((line) =>
    line.map((cell) => (cell === null ? "–" : typeof cell === "number" ? formatNumber(cell) : cell)),
  );
  const right = columns.map(
    (column, c) => column.right ?? cells.every((line) => typeof line[c] === "number" || line[c] === null),
  );
  const widths = columns.map(({ title }, c) => Math.max(length(title), ...texts.map((line) => length(line[c] ?? ""))));
  const line = (parts: readonly string[]) =>
    parts
      .map((part, c) => {
        const fill = " ".repeat((widths[c] ?? 0) - length(part));
        return right[c] === true ? fill + part : part + fill;
      })
      .join("  ")
      .trimEnd();
  return [
    line(columns.map(({ title }) => title)),
    line(widths.map((width) => "─".repeat(width))),
    ...texts.map(line),
    "",
  ].join("\n");
}

/** Name and value, one a line. */
export function formatFields(fields: readonly (readonly [string, string | number | null])[]): string {
  const width = Math.max(...fields.map(([name]) => length(name)));
  return fields
    .map(
      ([name, value]) =>
        `${name.padEnd(width)}  ${value === null ? "–" : typeof value === "number" ? formatNumber(value) : value}\n`,
    )
    .join("");
}

export function formatNumber(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  return Math.abs(value) >= 1000 ? value.toLocaleString("en-US", { maximumFractionDigits: 1 }) : value.toFixed(4);
}

/** Characters as people count them. */
function length(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
