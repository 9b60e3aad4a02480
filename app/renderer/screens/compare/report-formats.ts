import { formatGeneral } from "../../components/format/numbers.ts";
import { tableAs } from "../../components/table/copy-as.ts";
import type { CellValue, TextTable } from "../../components/table/copy-as.ts";
import type { DrawnInterval, ReportBlock } from "./comparison-report.ts";

export function reportAsMarkdown(blocks: readonly ReportBlock[]): string {
  const written = blocks.flatMap((block) => {
    switch (block.kind) {
      case "heading":
        return [`${"#".repeat(block.level)} ${plainLine(block.text)}`];
      case "text":
        return [plainLine(block.text)];
      case "table":
        return [tableAs("markdown", withPlainCells(block.table))];
      case "drawing":
        return []; // The table of metrics has its figures.
    }
  });
  return `${written.join("\n\n")}\n`;
}

/** A name from the data must not become a heading, a link or HTML. */
function plainLine(text: string): string {
  return plainCell(text).replaceAll("|", "\\|");
}

/** As a line, but for the bars, which the table's own writing takes care of. */
function plainCell(text: string): string {
  return text.replaceAll(/\s+/gu, " ").replaceAll(/[\\`*<>[\]]/gu, "\\$&");
}

function withPlainCells({ columns, rows }: TextTable): TextTable {
  return {
    columns: columns.map(plainCell),
    rows: rows.map((row) => row.map((value) => (typeof value === "string" ? plainCell(value) : value))),
  };
}

const style = `
:root { color-scheme: light; }
body { font: 14px/1.5 system-ui, sans-serif; color: #1b232b; max-width: 1000px; margin: 32px auto; padding: 0 24px; }
h1 { font-size: 24px; } h2 { font-size: 18px; margin-top: 32px; } h3 { font-size: 15px; margin-top: 24px; }
table { border-collapse: collapse; font-size: 12.5px; font-variant-numeric: tabular-nums; display: block; overflow-x: auto; }
table + table { margin-top: 16px; }
th, td { border-bottom: 1px solid #dde3e8; padding: 4px 10px; text-align: left; vertical-align: top; overflow-wrap: break-word; }
td.number { text-align: right; white-space: nowrap; }
figure { margin: 16px 0; } figcaption { font-weight: 600; font-size: 13px; }
p { overflow-wrap: anywhere; }
@media print {
  body { margin: 0; padding: 0; max-width: none; font-size: 12px; }
  h1, h2, h3, p:has(+ table), p:has(+ figure) { break-after: avoid; break-inside: avoid; }
  figure, tr, section { break-inside: avoid; }
  table { display: table; width: 100%; font-size: 10.5px; }
  thead { display: table-header-group; break-inside: avoid; break-after: avoid; }
  tbody tr:first-child, tbody tr:last-child { break-before: avoid; } p { orphans: 3; widows: 3; }
  th, td { padding: 3px 8px; } th:first-child, td:first-child { padding-left: 0; white-space: nowrap; }
  td:last-child { overflow-wrap: anywhere; } svg { width: 100%; height: auto; }
}
`;

/** One file without scripts and without anything from elsewhere; printed, it is the PDF. */
export function reportAsHtml(blocks: readonly ReportBlock[]): string {
  const title = blocks.find((block) => block.kind === "heading")?.text ?? "Report";
  return [
    "<!doctype html>",
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${style}</style></head><body>`,
    ...withoutBreaks(blocks).map((part) =>
      part.length === 1 ? part.map(htmlOf).join("") : `<section>\n${part.map(htmlOf).join("\n")}\n</section>`,
    ),
    "</body></html>",
    "",
  ].join("\n");
}

/** What stands under a heading of the third level goes with it, whole, on one page. */
function withoutBreaks(blocks: readonly ReportBlock[]): readonly (readonly ReportBlock[])[] {
  const parts: ReportBlock[][] = [];
  let section: ReportBlock[] | null = null;
  for (const block of blocks) {
    if (block.kind === "heading") section = block.level === 3 ? [] : null;
    if (section === null) parts.push([block]);
    else if (section.push(block) === 1) parts.push(section);
  }
  return parts;
}

function htmlOf(block: ReportBlock): string {
  switch (block.kind) {
    case "heading":
      return `<h${String(block.level)}>${escaped(block.text)}</h${String(block.level)}>`;
    case "text":
      return `<p>${escaped(block.text)}</p>`;
    case "table": {
      const head = block.table.columns.map((column) => `<th scope="col">${escaped(column)}</th>`).join("");
      const rows = block.table.rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("\n");
      return `<table><thead><tr>${head}</tr></thead><tbody>\n${rows}\n</tbody></table>`;
    }
    case "drawing":
      return block.rows.length === 0
        ? ""
        : `<figure><figcaption>${escaped(block.label)}</figcaption>${intervalDrawing(block.label, block.rows)}</figure>`;
  }
}

function cell(value: CellValue): string {
  if (typeof value === "number") return `<td class="number">${formatGeneral(value)}</td>`;
  return `<td>${value === null ? "–" : escaped(String(value))}</td>`;
}

function escaped(text: string): string {
  return text.replaceAll(
    /[&<>"']/gu,
    (character) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[character] ?? "&#39;",
  );
}

const drawn = { width: 760, label: 230, row: 26, right: 30 } as const;

/** Dot and whisker for each row, on an axis that shows the differences. */
function intervalDrawing(label: string, rows: readonly DrawnInterval[]): string {
  const ends = rows.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value]);
  const air = (Math.max(...ends) - Math.min(...ends)) * 0.06 || Math.abs(ends[0] ?? 1) * 0.05 || 0.01;
  const [from, to] = [Math.min(...ends) - air, Math.max(...ends) + air];
  const x = (value: number) =>
    (drawn.label + ((value - from) / (to - from)) * (drawn.width - drawn.label - drawn.right)).toFixed(1);
  const height = rows.length * drawn.row + 26;
  const lines = rows.map(({ label: name, value, low, high }, at) => {
    const y = at * drawn.row + drawn.row / 2;
    const whisker =
      low === null || high === null
        ? ""
        : `<line x1="${x(low)}" x2="${x(high)}" y1="${String(y)}" y2="${String(y)}" stroke="#0f6d87" stroke-width="1.6"/>`;
    return `<text x="0" y="${String(y + 4)}" font-size="12">${escaped(name.length > 34 ? `${name.slice(0, 33)}…` : name)}</text>${whisker}<circle cx="${x(value)}" cy="${String(y)}" r="4" fill="#0f6d87"/>`;
  });
  const ticks = [from, (from + to) / 2, to].map(
    (value) =>
      `<text x="${x(value)}" y="${String(height - 6)}" font-size="11" fill="#56616c" text-anchor="middle">${formatGeneral(Number(value.toPrecision(3)))}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${escaped(label)}" viewBox="0 0 ${String(drawn.width)} ${String(height)}" width="${String(drawn.width)}" style="max-width:100%">${lines.join("")}${ticks.join("")}</svg>`;
}
