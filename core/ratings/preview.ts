import { filePreview } from "../contract/entities.ts";
import type { FilePreview, RatingScale, ReadOptions } from "../contract/entities.ts";
import { checkColumn } from "./column-check.ts";
import { looksNumeric } from "./column-roles.ts";
import type { ColumnRole } from "./column-roles.ts";
import { findAttributeFiles, findTitlesFile } from "./find-titles.ts";
import { completedOptions } from "./judge.ts";
import { planReading, problem } from "./read-plan.ts";
import type { ReadPlan } from "./read-plan.ts";
import { damagedIdWarning } from "./reading-warnings.ts";
import { narrowed, scaleStep } from "./scale-detection.ts";
import type { TimeFormat } from "./staged-values.ts";

const shownRows = 20;
const shownSamples = 5;
const longestCell = 200;
/** A wide matrix has a column for each item; nobody looks at more than these. */
const shownColumns = 500;

/**
 * What the import would do with a file, told from its head: layout, options, roles of the columns, first rows. A file
 * that can be opened and not imported has `problem` set. Throws RB_FILE_NOT_FOUND, RB_FILE_UNREADABLE, and
 * RB_IMPORT_FORMAT_UNKNOWN for archives and the like.
 */
export async function previewFile(path: string, options: ReadOptions): Promise<FilePreview> {
  const plan = await planReading(path, options);
  const shown = plan.names.slice(0, shownColumns);
  const rows = plan.sample.slice(0, shownRows).map((fields) => shown.map((_, column) => cellOf(fields[column])));
  const ratings = columnOf(plan, "rating");
  return filePreview.parse({
    path,
    bytes: plan.file.bytes,
    compressed: plan.file.container === "gzip",
    options: completedOptions(plan, {
      timeFormat: options.timeFormat ?? guessTimeFormat(columnOf(plan, "time")),
      ...(ratings.some((cell) => /^\d*,\d+$/.test(cell)) ? { decimalComma: true } : {}),
    }),
    layout: plan.layout?.name ?? null,
    columns: shown.map((name, column) => {
      const role = roleOf(plan, column);
      return {
        name,
        role,
        samples: plan.sample.slice(0, shownSamples).map((fields) => cellOf(fields[column]) ?? ""),
        cells: checkColumn(plan, column, role),
      };
    }),
    rows,
    looked: plan.sample.length,
    ragged: plan.raggedLines[0] === undefined ? null : { count: plan.raggedLines.length, line: plan.raggedLines[0] },
    estimatedRecords: estimatedRecords(plan),
    scale: scaleOf(plan, ratings),
    itemsPath: await findTitlesFile(path),
    ...(await findAttributeFiles(path)),
    warnings: [...plan.warnings, ...headWarnings(plan)],
    problem:
      plan.problem ??
      (plan.sample.length === 0 ? problem("RB_IMPORT_EMPTY", `${path} has a header and no ratings.`) : null),
  });
}

function cellOf(text: string | undefined): string | null {
  return text === undefined ? null : text.length > longestCell ? `${text.slice(0, longestCell)}…` : text;
}

/** By the mean length of the head's records: fields and what stands between them. */
function estimatedRecords({ file, format, sample, names }: ReadPlan): number | null {
  if (file.container !== "text" || format !== "delimited" || sample.length < 20) return null;
  const bytes = sample.reduce((sum, fields) => sum + Buffer.byteLength(fields.join(",")) + 1, 0);
  const mean = bytes / sample.length;
  return names.length === 0 ? null : Math.round(file.bytes / mean);
}

function columnOf(plan: ReadPlan, role: keyof ReadPlan["columns"]): string[] {
  const column = plan.columns[role];
  if (column === undefined) return [];
  return plan.sample.map((fields) => fields[column] ?? "").filter((cell) => cell !== "");
}

function roleOf(plan: ReadPlan, column: number): ColumnRole {
  for (const role of ["user", "item", "rating", "time", "title", "genres", "year", "part"] as const)
    if (plan.columns[role] === column) return role;
  return plan.format === "matrix" ? "rating" : "ignored";
}

/** From the head only; the import looks at every time. */
function guessTimeFormat(cells: readonly string[]): TimeFormat {
  const cell = cells[Math.floor(cells.length / 2)];
  if (cell === undefined) return "none";
  if (looksNumeric(cell))
    return Number(cell) > 1e14
      ? "unix-microseconds"
      : Number(cell) > 1e11
        ? "unix-milliseconds"
        : Number(cell) < 80_000 && Number(cell) > 20_000
          ? "excel-serial"
          : "unix-seconds";
  if (/^\d{4}[-/]/.test(cell)) return "iso-8601";
  const dayFirst = cells.some((text) => Number(/^(\d{1,2})[./-]/.exec(text)?.[1] ?? 0) > 12);
  return dayFirst || !cell.includes("/") ? "eu-datetime" : "us-datetime";
}

function scaleOf(plan: ReadPlan, cells: readonly string[]): RatingScale | null {
  const values = cells.map((cell) => Number(cell.replace(",", "."))).filter(Number.isFinite);
  if (values.length === 0) return null;
  const known = plan.layout?.scale;
  const range =
    plan.given.scale ??
    (known == null ? { minimum: Math.min(...values), maximum: Math.max(...values) } : narrowed(known, values));
  return { ...range, step: scaleStep([...new Set(values)]) };
}

function headWarnings(plan: ReadPlan): string[] {
  const warnings: string[] = [];
  const damaged = [...columnOf(plan, "user"), ...columnOf(plan, "item")].find((id) => /^\d(\.\d+)?[eE]\+\d+$/.test(id));
  if (damaged !== undefined) warnings.push(damagedIdWarning(damaged));
  const times = columnOf(plan, "time");
  const rounded = times.find((time) => /^\d(\.\d+)?[eE]\+\d+$/.test(time));
  if (rounded !== undefined)
    warnings.push(
      `Times like ${rounded} were rounded by a spreadsheet, and ids may have lost leading zeros there. Export the file again without opening it in a spreadsheet.`,
    );
  if (times.length === 0 && plan.problem === null && plan.sample.length > 0)
    warnings.push("There are no times: temporal splits will not be possible.");
  return warnings;
}
