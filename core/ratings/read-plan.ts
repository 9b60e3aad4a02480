import type { FilePreview, ReadOptions } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import type { ErrorCode } from "../contract/errors.ts";
import { detectHeader, looksNumeric, normaliseName, rolesByName, uniqueNames } from "./column-roles.ts";
import type { NamedRole } from "./column-roles.ts";
import { detectDelimiter, dialectFor, modalWidth, sampleRecords } from "./delimiter.ts";
import { inspectFile, readHead } from "./input-file.ts";
import type { InputFile } from "./input-file.ts";
import { looksLikeTitles, netflixLayout, recogniseLayout } from "./layouts.ts";
import type { KnownLayout } from "./layouts.ts";
import { parquetColumns } from "./parquet-columns.ts";
import type { Dialect } from "./record-scanner.ts";
import { decodeHead, detectEncoding } from "./text-encoding.ts";

/** Which column plays which part; absent where there is none. */
export type ColumnIndexes = Partial<Record<NamedRole, number>>;

/** Everything the reader needs to know, settled from the options given and the first bytes of the file. */
export interface ReadPlan {
  readonly file: InputFile;
  readonly format: NonNullable<ReadOptions["format"]>;
  readonly encoding: NonNullable<ReadOptions["encoding"]>;
  readonly delimiter: string;
  readonly dialect: Dialect;
  readonly header: boolean;
  /** Every column's name, in the file's order. */
  readonly names: readonly string[];
  readonly columns: ColumnIndexes;
  /** The user of every row, in a personal export. */
  readonly singleUserId: string | null;
  readonly layout: KnownLayout | null;
  readonly given: ReadOptions;
  /** Records of the head, header left out. */
  readonly sample: readonly (readonly string[])[];
  /** Where each record of the sample begins in the file, from 1. */
  readonly sampleLines: readonly number[];
  /** Records of the head that have another number of fields than most, which `sample` leaves out. */
  readonly raggedLines: readonly number[];
  readonly warnings: readonly string[];
  readonly problem: FilePreview["problem"];
}

export const headBytes = 256 * 1024;

/** Looks at the head of a file and settles how to read it. Throws where the file cannot be read at all. */
export async function planReading(path: string, given: ReadOptions): Promise<ReadPlan> {
  const file = await inspectFile(path);
  if (file.container === "parquet") return parquetPlan(file, given);
  const raw = await readHead(file, headBytes);
  const encoding = given.encoding ?? detectEncoding(raw);
  const head = decodeHead(raw, encoding);
  const whole = raw.length < headBytes;
  const base = { file, encoding, given };
  if (head.length === 0 || head.toString("utf8").trim() === "")
    return { ...base, ...nothing, problem: problem("RB_IMPORT_EMPTY", `${path} is empty.`) };
  const format = given.format ?? detectTextFormat(head);
  if (format === "jsonl") return { ...base, ...planJsonl(head, whole, given) };
  if (format === "netflix") return { ...base, ...planNetflix(head, whole) };
  if (format === "parquet")
    return { ...base, ...nothing, problem: problem("RB_IMPORT_FORMAT_UNKNOWN", `${path} is not a Parquet file.`) };
  return { ...base, ...planDelimited(head, whole, given, path) };
}

type Planned = Omit<ReadPlan, "file" | "encoding" | "given">;

const nothing: Planned = {
  format: "delimited",
  delimiter: ",",
  dialect: dialectFor(","),
  header: false,
  names: [],
  columns: {},
  singleUserId: null,
  layout: null,
  sample: [],
  sampleLines: [],
  raggedLines: [],
  warnings: [],
  problem: null,
};

export function problem(code: ErrorCode, message: string): NonNullable<ReadPlan["problem"]> {
  const error = new ReelbenchError(code, message);
  return { code, message, remedy: error.definition.remedy };
}

function detectTextFormat(head: Buffer): "jsonl" | "netflix" | "delimited" {
  const lines = head
    .toString("utf8", 0, 8192)
    .split(/\r\n|\n|\r/)
    .filter((line) => line.trim() !== "");
  if (/^\s*\{.*"/.test(lines[0] ?? "")) return "jsonl";
  if (/^\s*\d+:\s*$/.test(lines[0] ?? "") && /^\s*\d+\s*,/.test(lines[1] ?? "")) return "netflix";
  return "delimited";
}

// ── JSONL ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A dialect in which every line is one field: NUL is no character of JSON. */
const lines: Dialect = { delimiter: Buffer.from([0]), quotes: false, collapse: false };

function planJsonl(head: Buffer, whole: boolean, given: ReadOptions): Planned {
  const seen = sampleRecords(head, lines, whole).map(({ line, fields }) => ({
    line,
    object: parseObject(fields.join("\0")),
  }));
  const records = seen.flatMap(({ line, object }) => (object === null ? [] : [{ line, object }]));
  const names = [...new Set(records.flatMap(({ object }) => Object.keys(object)))].slice(0, 1000);
  const planned: Planned = {
    ...nothing,
    format: "jsonl",
    dialect: lines,
    names,
    columns: rolesByName(names),
    sample: records.map(({ object }) => names.map((name) => jsonText(object[name]))),
    sampleLines: records.map(({ line }) => line),
    raggedLines: seen.filter(({ object }) => object === null).map(({ line }) => line),
  };
  return complete(planned, given);
}

export function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === "object" && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** A JSON value as the field's text; null and what is no scalar: nothing. */
export function jsonText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return Array.isArray(value) ? value.filter((part) => typeof part === "string").join("|") : "";
}

// ── Netflix ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export const netflixHeader = /^\s*(\d+):\s*$/;

function planNetflix(head: Buffer, whole: boolean): Planned {
  const dialect: Dialect = { delimiter: Buffer.from(","), quotes: false, collapse: false };
  let item = "";
  const sample: string[][] = [];
  const sampleLines: number[] = [];
  for (const { line, fields } of sampleRecords(head, dialect, whole)) {
    const header = fields.length === 1 ? netflixHeader.exec(fields[0] ?? "") : null;
    if (header !== null) item = header[1] ?? "";
    else {
      sample.push([item, ...fields]);
      sampleLines.push(line);
    }
  }
  // The item stands in a line of its own; it is shown as a column in front.
  const columns = { item: 0, user: 1, rating: 2, time: 3 };
  return {
    ...nothing,
    format: "netflix",
    dialect,
    names: ["movie", "user", "rating", "date"],
    columns,
    layout: netflixLayout,
    sample,
    sampleLines,
  };
}

// ── Delimited and matrices ──────────────────────────────────────────────────────────────────────────────────────────

function planDelimited(head: Buffer, whole: boolean, given: ReadOptions, path: string): Planned {
  if (given.delimiter === undefined && /^\s*\[\s*[[{]/.test(head.toString("latin1", 0, 256)))
    return {
      ...nothing,
      problem: {
        ...problem("RB_IMPORT_FORMAT_UNKNOWN", `${path} is one JSON array.`),
        remedy: "Save it as JSON lines, one object a line (`jq -c '.[]'` does it), or as CSV.",
      },
    };
  const delimiter = given.delimiter ?? detectDelimiter(head, whole);
  if (delimiter === null)
    return {
      ...nothing,
      problem: problem("RB_IMPORT_FORMAT_UNKNOWN", `No delimiter cuts the lines of ${path} into columns.`),
    };
  const dialect = dialectFor(delimiter);
  const sampled = sampleRecords(head, dialect, whole);
  const records = sampled.map(({ fields }) => fields);
  const [first = [], ...rest] = records;
  const header = given.header ?? detectHeader(first, rest);
  const body = header ? rest : records;
  const width = modalWidth(body.map((fields) => ({ line: 1, fields }))).width || first.length;
  const named = header
    ? headerNames(first, width)
    : Array.from({ length: width }, (_, index) => `column${String(index)}`);
  const rows = body.filter((fields) => fields.length === width);
  const behindHeader = header ? sampled.slice(1) : sampled;
  const linesOf = (regular: boolean) =>
    behindHeader.filter(({ fields }) => (fields.length === width) === regular).map(({ line }) => line);
  const layout = recogniseLayout({ delimiter, names: header ? first : null, rows: rows.slice(0, 200) });
  const planned: Planned = {
    ...nothing,
    delimiter,
    dialect,
    header,
    names: uniqueNames(named),
    layout,
    sample: rows,
    sampleLines: linesOf(true),
    raggedLines: linesOf(false),
  };
  if (given.format === "matrix" || (given.format === undefined && isMatrix(planned, named, given)))
    return planMatrix(planned, named, given);
  const columns = header ? rolesByName(named) : rolesByPosition(rows, width);
  const columnsBesideIndex = header && isIndexColumn(named[0] ?? "", rows) ? withoutColumn(columns, 0) : columns;
  if (layout !== null && !header && columns.time === undefined && width === 4 && delimiter === "::")
    columnsBesideIndex.time = 3;
  const finished = complete({ ...planned, columns: columnsBesideIndex }, given);
  if (finished.problem !== null && looksLikeTitles(header ? first : null, rows)) {
    return {
      ...finished,
      problem: {
        ...finished.problem,
        message: `${path} looks like a file of titles, not of ratings.`,
        remedy: "Choose the file of ratings, and give this one as its titles.",
      },
    };
  }
  return finished;
}

/** R writes a column of row names without naming it: the header is one short. */
function headerNames(first: readonly string[], width: number): readonly string[] {
  return first.length === width - 1 ? ["", ...first] : first;
}

function isIndexColumn(name: string, rows: readonly (readonly string[])[]): boolean {
  const plain = normaliseName(name);
  if (plain !== "" && plain !== "unnamed0" && plain !== "index") return false;
  return rows.every((fields, at) => at === 0 || Number(fields[0]) === Number(rows[at - 1]?.[0]) + 1);
}

function withoutColumn(columns: ColumnIndexes, index: number): ColumnIndexes {
  return Object.fromEntries(Object.entries(columns).filter(([, at]) => at !== index));
}

/** Without a header: user, item, rating, time, as every public data set has them. */
function rolesByPosition(rows: readonly (readonly string[])[], width: number): ColumnIndexes {
  const numeric = (column: number) => {
    const cells = rows.map((fields) => fields[column] ?? "").filter((cell) => cell !== "");
    return cells.length > 0 && cells.filter(looksNumeric).length > 0.7 * cells.length;
  };
  const columns: ColumnIndexes = { user: 0, item: 1 };
  if (width >= 3 && numeric(2)) columns.rating = 2;
  if (width >= 4 && columns.rating === 2 && timeLike(rows.map((fields) => fields[3] ?? ""))) columns.time = 3;
  return columns;
}

function timeLike(cells: readonly string[]): boolean {
  const filled = cells.filter((cell) => cell !== "");
  const fitting = filled.filter(
    (cell) => /^\d{9,16}(\.\d+)?$/.test(cell) || /^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}/.test(cell),
  );
  return filled.length > 0 && fitting.length > 0.7 * filled.length;
}

/** One row a user, one column an item: no rating column by name, and nothing but numbers behind the first column. */
function isMatrix(planned: Planned, named: readonly string[], given: ReadOptions): boolean {
  if (!planned.header || planned.names.length < 3 || given.ratingColumn !== undefined || given.itemColumn !== undefined)
    return false;
  const found = rolesByName(named);
  if (found.rating !== undefined || found.item !== undefined || found.title !== undefined) return false;
  const firstIsUser = found.user === 0 || normaliseName(named[0] ?? "") === "";
  if (!firstIsUser && planned.names.length < 6) return false;
  const cells = planned.sample.flatMap((fields) => fields.slice(1)).filter((cell) => cell !== "");
  return (
    cells.length > 0 &&
    cells.filter((cell) => looksNumeric(cell) || /^(na|nan|null)$/i.test(cell)).length > 0.9 * cells.length
  );
}

function planMatrix(planned: Planned, named: readonly string[], given: ReadOptions): Planned {
  if (!planned.header)
    return {
      ...planned,
      format: "matrix",
      problem: problem("RB_IMPORT_NO_ITEM_COLUMN", "A matrix needs a first line with the items' ids."),
    };
  const user =
    given.userColumn === undefined ? (rolesByName(named).user ?? 0) : planned.names.indexOf(given.userColumn);
  if (user === -1)
    return {
      ...planned,
      format: "matrix",
      problem: problem("RB_IMPORT_NO_USER_COLUMN", `There is no column "${given.userColumn ?? ""}".`),
    };
  return { ...planned, format: "matrix", columns: { user } };
}

// ── Columns ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const optionByRole = {
  user: "userColumn",
  item: "itemColumn",
  rating: "ratingColumn",
  time: "timeColumn",
  part: "partColumn",
} as const;
const codeByRole = {
  user: "RB_IMPORT_NO_USER_COLUMN",
  item: "RB_IMPORT_NO_ITEM_COLUMN",
  rating: "RB_IMPORT_NO_RATING_COLUMN",
} as const;

/** Puts the columns the options name in their places and says what is missing. */
function complete(planned: Planned, given: ReadOptions): Planned {
  const columns: ColumnIndexes = { ...planned.columns };
  const warnings: string[] = [];
  for (const role of ["user", "item", "rating", "time", "part"] as const) {
    const name = given[optionByRole[role]];
    if (name === null || (role === "time" && given.timeFormat === "none")) delete columns[role];
    else if (name !== undefined) {
      const index = planned.names.indexOf(name);
      if (index === -1 && role !== "time" && role !== "part")
        return {
          ...planned,
          problem: problem(
            codeByRole[role],
            `There is no column "${name}". There are: ${planned.names.slice(0, 20).join(", ")}.`,
          ),
        };
      if (index === -1) return { ...planned, problem: problem("RB_INVALID_INPUT", `There is no column "${name}".`) };
      for (const other of Object.keys(columns) as NamedRole[]) if (columns[other] === index) delete columns[other];
      columns[role] = index;
    }
  }
  if (columns.item === undefined && columns.title !== undefined) {
    columns.item = columns.title;
    warnings.push(
      "There is no column of item ids: the titles stand in for them. Two films of the same title count as one.",
    );
  }
  const personal = planned.layout?.personal === true && columns.user === undefined;
  const singleUserId = given.singleUserId ?? (personal ? "me" : null);
  if (singleUserId !== null) delete columns.user;
  if (personal && given.singleUserId === undefined)
    warnings.push(
      'All of it is one person\'s: every rating is given the user id "me". Name another one in the options.',
    );
  const finished = { ...planned, columns, singleUserId, warnings: [...planned.warnings, ...warnings] };
  for (const role of ["rating", "item", "user"] as const) {
    if (columns[role] === undefined && !(role === "user" && singleUserId !== null)) {
      return {
        ...finished,
        problem: problem(
          codeByRole[role],
          `None of the columns (${planned.names.slice(0, 20).join(", ")}) could be taken for the ${role}.`,
        ),
      };
    }
  }
  return finished;
}

async function parquetPlan(file: InputFile, given: ReadOptions): Promise<ReadPlan> {
  const { names, sample } = await parquetColumns(file.path);
  const planned = complete(
    {
      ...nothing,
      format: "parquet",
      header: true,
      names,
      columns: rolesByName(names),
      sample,
      sampleLines: sample.map((_, index) => index + 1),
    },
    given,
  );
  return { ...planned, file, encoding: "utf-8", given };
}
