import { isUtf8 } from "node:buffer";
import { closeSync, openSync, writeSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Reject } from "./reject.ts";
import type { Database } from "./database.ts";
import { sqlPath } from "./database.ts";
import { workedOut } from "./staged-values.ts";

/**
 * What the records become before DuckDB judges their values: one line of tab-separated text for each, in parts that
 * DuckDB turns into Parquet while the next part is being written. Only four bytes need escaping (`\b` backslash, `\t`,
 * `\n`, `\r`), `\N` is NULL, and a raw text is kept only where it could not be put together again from the fields.
 */
export const stagedColumns = [
  "line",
  "fault",
  "user_id",
  "item_id",
  "rating",
  "time",
  "title",
  "year",
  "genres",
  "part",
  "raw",
] as const;

const tab = 9;
const backslash = 92;
const partBytes = 48 * 1024 * 1024;
const bufferBytes = 4 * 1024 * 1024;
/** The longest raw text kept of a record that was refused. */
export const rawLimitBytes = 2000;
const longestId = 512;

export type FieldFault = "bad-encoding" | "not-a-record" | null;

export interface StageWriter {
  /** One record: `beginRow`, ten fields in the order of `stagedColumns`, `endRow`. */
  beginRow(line: number): void;
  nullField(): void;
  /** Copies bytes that are to be valid UTF-8 text. */
  bytesField(bytes: Buffer, start: number, end: number): void;
  textField(text: string): void;
  endRow(): void;
  rejectRow(line: number, reason: Reject["reason"], raw: string): void;
  /** Waits until the disk keeps up. Call it between chunks. */
  settle(): Promise<void>;
  /** Paths of the Parquet parts, in the file's order. */
  finish(): Promise<string[]>;
  /** Closes what is open after a failure. */
  abandon(): Promise<void>;
}

export function createStageWriter(directory: string, database: Database, decimalComma: boolean): StageWriter {
  const buffer = Buffer.allocUnsafe(bufferBytes + 1024 * 1024);
  let used = 0;
  let written = 0;
  let part = 0;
  /** Whether anything in this part was escaped; hardly ever, and then undoing it would only cost time. */
  let escaped = false;
  let descriptor = -1;
  let converting: Promise<void> = Promise.resolve();
  const parquetParts: string[] = [];

  const partPath = (extension: string) => join(directory, `part-${String(part).padStart(6, "0")}.${extension}`);

  const flush = () => {
    if (used === 0) return;
    if (descriptor === -1) descriptor = openSync(partPath("tsv"), "wx");
    let from = 0;
    while (from < used) from += writeSync(descriptor, buffer, from, used - from);
    written += used;
    used = 0;
  };

  const closePart = async () => {
    flush();
    if (descriptor === -1) return;
    closeSync(descriptor);
    descriptor = -1;
    written = 0;
    const text = partPath("tsv");
    const parquet = partPath("parquet");
    part++;
    parquetParts.push(parquet);
    await converting;
    converting = convert(database, { text, parquet, decimalComma, escaped });
    escaped = false;
    // Awaited at the next part or at the end; until then a failure must not count as unhandled.
    converting.catch(() => undefined);
  };

  const copy = (bytes: Uint8Array, start: number, end: number) => {
    for (let at = start; at < end; at++) {
      const byte = bytes[at] ?? 0;
      if (byte >= 32 && byte !== backslash) {
        buffer[used++] = byte;
        continue;
      }
      const code = byte === backslash ? 98 : byte === tab ? 116 : byte === 10 ? 110 : byte === 13 ? 114 : 0;
      if (code !== 0) {
        escaped = true;
        buffer[used++] = backslash;
        buffer[used++] = code;
      } else if (byte === 0) used += buffer.write("\u{FFFD}", used, "utf8");
      else buffer[used++] = byte;
    }
  };

  const field = (bytes: Buffer, start: number, end: number) => {
    buffer[used++] = tab;
    if (end - start > rawLimitBytes * 2) return textInto(bytes.toString("utf8", start, start + rawLimitBytes));
    let ascii = true;
    for (let at = start; at < end; at++) {
      if ((bytes[at] ?? 0) >= 0x80) {
        ascii = false;
        break;
      }
    }
    if (ascii || isUtf8(bytes.subarray(start, end))) copy(bytes, start, end);
    else textInto(bytes.toString("utf8", start, end));
  };

  const textInto = (text: string) => {
    const bytes = Buffer.from(text, "utf8");
    copy(bytes, 0, bytes.length);
  };

  const digits = (value: number) => {
    used += buffer.write(String(value), used, "latin1");
  };

  const nullField = () => {
    buffer[used++] = tab;
    buffer[used++] = backslash;
    buffer[used++] = 78;
  };

  const endRow = () => {
    buffer[used++] = 10;
    if (used >= bufferBytes) flush();
  };

  return {
    beginRow: digits,
    nullField,
    bytesField: field,
    textField(text) {
      buffer[used++] = tab;
      textInto(text.length > rawLimitBytes ? text.slice(0, rawLimitBytes) : text);
    },
    endRow,
    rejectRow(line, reason, raw) {
      digits(line);
      buffer[used++] = tab;
      textInto(reason);
      for (let i = 0; i < 8; i++) nullField();
      buffer[used++] = tab;
      textInto(raw.slice(0, rawLimitBytes));
      endRow();
    },
    async settle() {
      if (written >= partBytes) await closePart();
    },
    async finish() {
      await closePart();
      await converting;
      return parquetParts;
    },
    async abandon() {
      if (descriptor !== -1) closeSync(descriptor);
      descriptor = -1;
      await converting.catch(() => undefined);
    },
  };
}

interface Part {
  readonly text: string;
  readonly parquet: string;
  readonly decimalComma: boolean;
  readonly escaped: boolean;
}

async function convert(database: Database, { text, parquet, decimalComma, escaped }: Part): Promise<void> {
  const unescaped = (column: string) =>
    `CASE WHEN contains(${column}, '\\') THEN replace(replace(replace(replace(${column}, '\\t', chr(9)), '\\n', chr(10)), '\\r', chr(13)), '\\b', '\\') ELSE ${column} END AS ${column}`;
  const selected = stagedColumns
    .map((column) => (column === "line" || !escaped ? `"${column}"` : unescaped(`"${column}"`)))
    .join(", ");
  const types = stagedColumns.map((column) => `'${column}': '${column === "line" ? "BIGINT" : "VARCHAR"}'`).join(", ");
  await database.run(
    `COPY (SELECT ${selected}, ${workedOut(decimalComma)} FROM read_csv($1, columns = {${types}}, delim = '\t', quote = '', escape = '', header = false,
      auto_detect = false, nullstr = '\\N', new_line = '\\n', max_line_size = 10000000)) TO ${sqlPath(parquet)} (FORMAT parquet)`,
    [text],
  );
  await rm(text);
}

/** Why a user or item id cannot be kept: text that is none, or separators of the canonical form; null when it can. */
export function idFault(bytes: Buffer, start: number, end: number): FieldFault {
  let ascii = true;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte >= 0x80) ascii = false;
    else if (byte === 0 || byte === 0x1e || byte === 0x1f) return "bad-encoding";
  }
  if (ascii) return end - start > longestId ? "not-a-record" : null;
  const text = bytes.toString("utf8", start, end);
  if (text.includes("\u{FFFD}")) return "bad-encoding";
  return text.length > longestId ? "not-a-record" : null;
}
