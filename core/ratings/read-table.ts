import { ReelbenchError } from "../contract/errors.ts";
import { detectHeader, uniqueNames } from "./column-roles.ts";
import { detectDelimiter, dialectFor, sampleRecords } from "./delimiter.ts";
import { inspectFile, readHead, readText } from "./input-file.ts";
import type { ReadContext, ReadReport } from "./input-file.ts";
import { headBytes } from "./read-plan.ts";
import { createRecordScanner, fieldText } from "./record-scanner.ts";
import { decodeHead, detectEncoding } from "./text-encoding.ts";

/** How a file of columns begins. */
export interface TableHead {
  /** What its first line calls the columns; null where it is a record already. */
  readonly names: readonly string[] | null;
  /** Its first records, without the names. */
  readonly records: readonly (readonly string[])[];
}

export interface TableFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Hands the fields of each record of a delimited text file, packed or not, to what `open` makes of its head. A record that is
 * too long is handed over as null.
 */
export async function readTable(
  path: string,
  context: ReadContext,
  open: (head: TableHead) => (fields: readonly string[] | null) => void,
): Promise<TableFile> {
  const file = await inspectFile(path);
  if (file.container === "parquet")
    throw new ReelbenchError(
      "RB_IMPORT_FORMAT_UNKNOWN",
      `${path}: this is read from text; export the Parquet file as CSV.`,
    );
  const raw = await readHead(file, headBytes);
  const encoding = detectEncoding(raw);
  const head = decodeHead(raw, encoding);
  const whole = raw.length < headBytes;
  const dialect = dialectFor(detectDelimiter(head, whole) ?? ",");
  const [first = [], ...rest] = sampleRecords(head, dialect, whole).map(({ fields }) => fields);
  const hasHeader = detectHeader(first, rest);
  const take = open(
    hasHeader ? { names: uniqueNames(first), records: rest } : { names: null, records: [first, ...rest] },
  );
  let isHeader = hasHeader;
  const scanner = createRecordScanner(dialect, (record) => {
    if (isHeader) isHeader = false;
    else take(record.oversize ? null : Array.from({ length: record.fields }, (_, column) => fieldText(record, column)));
  });
  const report: ReadReport = { sha256: "", bytes: 0 };
  for await (const chunk of readText(file, encoding, report, context)) scanner.push(chunk);
  scanner.end();
  return { path, bytes: report.bytes, sha256: report.sha256 };
}
