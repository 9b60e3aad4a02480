import type { FilePreview } from "../contract/entities.ts";
import { looksNumeric } from "./column-roles.ts";
import type { ColumnRole } from "./column-roles.ts";
import { isNamedPart } from "./judge.ts";
import type { ReadPlan } from "./read-plan.ts";

type Cells = FilePreview["columns"][number]["cells"];

const longestShown = 60;

/** What the cells of one column are in the head of a file, and the first that does not fit the part the column plays. */
export function checkColumn(plan: ReadPlan, column: number, role: ColumnRole): Cells {
  const cells: Cells = { empty: 0, whole: 0, number: 0, date: 0, text: 0, unfit: null };
  const missing = new Set(plan.given.missingValues ?? []);
  for (const [at, fields] of plan.sample.entries()) {
    const cell = (fields[column] ?? "").trim();
    cells[kindOf(cell)]++;
    const reason = missing.has(cell) ? null : unfitFor(plan, role, cell);
    if (reason === null) continue;
    if (cells.unfit !== null) cells.unfit.count++;
    else
      cells.unfit = {
        count: 1,
        line: plan.sampleLines[at] ?? at + 1,
        value: cell.length > longestShown ? `${cell.slice(0, longestShown)}…` : cell,
        reason,
      };
  }
  return cells;
}

function kindOf(cell: string): "empty" | "whole" | "number" | "date" | "text" {
  if (cell === "") return "empty";
  if (/^[+-]?\d+$/.test(cell)) return "whole";
  if (looksNumeric(cell) || looksNumeric(cell.replace(",", "."))) return "number";
  return isDate(cell) ? "date" : "text";
}

function isDate(cell: string): boolean {
  return /^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ,].*)?$/.test(cell);
}

/** Why the cell cannot be what the column is; null where it can. The import itself judges by the whole file. */
function unfitFor(plan: ReadPlan, role: ColumnRole, cell: string): string | null {
  switch (role) {
    case "user":
    case "item":
      return cell === "" ? "is empty" : null;
    case "rating":
      return unfitRating(plan, cell);
    case "time":
      if (cell === "" || plan.given.timeFormat === "none") return null;
      return kindOf(cell) === "text" ? "is no time" : null;
    case "part":
      return cell === "" || isNamedPart(cell) ? null : "is no part of a split (train, validation, test)";
    case "title":
    case "genres":
    case "year":
    case "ignored":
      return null;
  }
}

function unfitRating(plan: ReadPlan, cell: string): string | null {
  // Of a matrix, most cells are empty and that is how it is.
  if (cell === "") return plan.format === "matrix" ? null : "is empty";
  const value = Number(cell.replace(",", "."));
  if (!Number.isFinite(value)) return "is no number";
  const scale = plan.given.scale ?? plan.layout?.scale;
  if (scale === undefined || scale === null || (value >= scale.minimum && value <= scale.maximum)) return null;
  return `is not between ${String(scale.minimum)} and ${String(scale.maximum)}`;
}
