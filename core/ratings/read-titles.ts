import { ReelbenchError } from "../contract/errors.ts";
import { detectHeader, rolesByName } from "./column-roles.ts";
import { dialectFor, detectDelimiter, modalWidth, sampleRecords } from "./delimiter.ts";
import { inspectFile, readHead, readText } from "./input-file.ts";
import type { ReadContext, ReadReport } from "./input-file.ts";
import { headBytes, jsonText, parseObject } from "./read-plan.ts";
import { createRecordScanner, fieldText, recordText } from "./record-scanner.ts";
import type { ScannedRecord } from "./record-scanner.ts";
import { decodeHead, detectEncoding } from "./text-encoding.ts";
import { genresOf, itemOfFlags, looksLikeFlags, yearOf } from "./title-fields.ts";
import type { TitleFields } from "./title-fields.ts";

export interface TitlesFile {
  readonly items: readonly TitleFields[];
  readonly file: { readonly path: string; readonly bytes: number; readonly sha256: string };
  /** Lines that hold no title. */
  readonly skipped: number;
}

/** More titles than there are films; memory would go first. */
const mostTitles = 5_000_000;

/**
 * Reads a file of titles: u.item, movies.dat, movies.csv, Netflix' movie_titles, JSONL, or any delimited text with a
 * header that names its columns. Throws RB_IMPORT_NO_ITEM_COLUMN when no id and title can be told.
 */
export async function readTitles(path: string, context: ReadContext): Promise<TitlesFile> {
  const file = await inspectFile(path);
  if (file.container === "parquet")
    throw new ReelbenchError(
      "RB_IMPORT_FORMAT_UNKNOWN",
      `${path}: titles are read from text files; export this Parquet file as CSV.`,
    );
  const raw = await readHead(file, headBytes);
  const encoding = detectEncoding(raw);
  const head = decodeHead(raw, encoding);
  const whole = raw.length < headBytes;
  const reader = /^\s*\{/.test(head.toString("utf8", 0, 100)) ? jsonReader() : delimitedReader(path, head, whole);
  const items = new Map<string, TitleFields>();
  let skipped = 0;
  const scanner = createRecordScanner(reader.dialect, (record) => {
    const item = record.oversize ? null : reader.read(record);
    if (item === "header") return;
    if (item === null || item.itemId === "" || item.itemId.length > 512) skipped++;
    else if (!items.has(item.itemId) && items.size < mostTitles) items.set(item.itemId, item);
  });
  const report: ReadReport = { sha256: "", bytes: 0 };
  for await (const chunk of readText(file, encoding, report, context)) scanner.push(chunk);
  scanner.end();
  return { items: [...items.values()], file: { path, bytes: report.bytes, sha256: report.sha256 }, skipped };
}

interface TitlesReader {
  readonly dialect: ReturnType<typeof dialectFor>;
  read(record: ScannedRecord): TitleFields | "header" | null;
}

function jsonReader(): TitlesReader {
  return {
    dialect: { delimiter: Buffer.from([0]), quotes: false, collapse: false },
    read(record) {
      const object = parseObject(recordText(record, record.end - record.start));
      if (object === null) return null;
      const names = Object.keys(object);
      const found = rolesByName(names);
      const text = (index: number | undefined) =>
        index === undefined ? null : jsonText(object[names[index] ?? ""]) || null;
      const title = text(found.title);
      return {
        itemId: text(found.item) ?? "",
        title,
        year: yearOf(title, text(found.year)),
        genres: genresOf(text(found.genres)),
      };
    },
  };
}

function delimitedReader(path: string, head: Buffer, whole: boolean): TitlesReader {
  const delimiter = detectDelimiter(head, whole) ?? ",";
  const dialect = dialectFor(delimiter);
  const records = sampleRecords(head, dialect, whole).map(({ fields }) => fields);
  const [first = [], ...rest] = records;
  const flags = records.length > 0 && records.filter(looksLikeFlags).length > records.length / 2;
  if (flags) return { dialect, read: (record) => itemOfFlags(allFields(record)) };
  const header = detectHeader(first, rest);
  const columns = header
    ? idAndTitle(first)
    : { item: 0, title: titleByPosition(rest.length > 0 ? rest : records), genres: 2, year: -1 };
  if (columns.item === -1 || columns.title === -1)
    throw new ReelbenchError(
      "RB_IMPORT_NO_ITEM_COLUMN",
      `${path}: no column could be taken for the id or the title of the films.`,
    );
  const { width } = modalWidth(records.map((fields) => ({ line: 1, fields })));
  let sawHeader = !header;
  return {
    dialect,
    read(record) {
      if (!sawHeader) {
        sawHeader = true;
        return "header";
      }
      const fields = allFields(record);
      if (fields.length < 2) return null;
      // Netflix' titles hold unquoted commas: what is too much belongs to the title, the last column.
      const title =
        !header && columns.title === width - 1
          ? fields.slice(columns.title).join(delimiter)
          : (fields[columns.title] ?? "");
      const year =
        columns.year === -1
          ? !header && columns.title === 2
            ? (fields[1] ?? null)
            : null
          : (fields[columns.year] ?? null);
      const genres = !header && columns.title === 2 ? null : (fields[columns.genres] ?? null);
      return {
        itemId: fields[columns.item] ?? "",
        title: title === "" ? null : title,
        year: yearOf(title, year),
        genres: genresOf(genres),
      };
    },
  };
}

function idAndTitle(names: readonly string[]): { item: number; title: number; genres: number; year: number } {
  const { item = -1, title = -1, genres = -1, year = -1 } = rolesByName(names);
  return { item, title, genres, year };
}

/** movies.dat: id, title, genres. movie_titles.txt: id, year, title. */
function titleByPosition(rows: readonly (readonly string[])[]): number {
  const years = rows.filter((fields) => /^(\d{4}|NULL)$/.test(fields[1] ?? ""));
  return years.length > 0.9 * rows.length && rows.length > 0 ? 2 : 1;
}

function allFields(record: ScannedRecord): string[] {
  return Array.from({ length: record.fields }, (_, column) => fieldText(record, column));
}
