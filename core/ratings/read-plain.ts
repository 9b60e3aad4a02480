import { open } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { WorkContext } from "../jobs/work-context.ts";
import { bothDone, openScratchSpace, runBatches } from "./columns/column-space.ts";
import type { ColumnSpace } from "./columns/column-space.ts";
import { bytesAt } from "./columns/column-space.ts";
import { readPlainColumns } from "./columns/plain-columns.ts";
import type { PlainColumns } from "./columns/plain-columns.ts";
import type { PlainLayout } from "./columns/plain-lane.ts";
import { differentPairs } from "./columns/user-order.ts";
import { columnWriter } from "./columns/write-columns.ts";
import { sqlPath } from "./database.ts";
import type { Database } from "./database.ts";
import { completedOptions } from "./judge.ts";
import type { ReadPlan } from "./read-plan.ts";
import type { Reading } from "./reading.ts";
import { warningsAbout } from "./reading-warnings.ts";
import { scaleOf } from "./scale-detection.ts";
import { sourceFiles } from "./source-files.ts";
import { partCode, unusedPart } from "./split-parts.ts";
import { earliestSeconds, latestSeconds } from "./staged-values.ts";

/** Less than this for a thread, and starting it takes longer than it saves. */
const bytesPerThread = 8 * 1024 * 1024;

/** Where the columns are, when this plan's files can be plain at all; null when they cannot. */
export function plainLayout(plan: ReadPlan): PlainLayout | null {
  const { given, columns, delimiter } = plan;
  const isPlainKind = plan.format === "delimited" && plan.file.container === "text" && plan.encoding === "utf-8";
  const code = delimiter.charCodeAt(0);
  if (!isPlainKind || delimiter.length !== 1 || code > 126 || /[ "\d.+-]/.test(delimiter)) return null;
  if (given.missingValues !== undefined || plan.singleUserId !== null || plan.columns.part !== undefined) return null;
  if (columns.title !== undefined || columns.genres !== undefined || columns.year !== undefined) return null;
  if (
    given.timeFormat !== undefined &&
    !["unix-seconds", "unix-milliseconds", "unix-microseconds", "none"].includes(given.timeFormat)
  )
    return null;
  const { user = -1, item = -1, rating = -1, time = -1 } = columns;
  if (user === -1 || item === -1 || rating === -1) return null;
  const { quotes } = plan.dialect;
  return { delimiter: code, width: plan.names.length, user, item, rating, time, header: plan.header, quotes };
}

/**
 * Reads a file of plain records (`columns/plain-columns.ts`) many times faster than `readExactly`, with the same result. Null,
 * and nothing to be kept of what was written, where the file is not plain or any record of it might be refused: then the
 * exact path decides.
 */
export async function readPlain(
  database: Database,
  plan: ReadPlan,
  directory: string,
  context: WorkContext,
  threads = plan.file.bytes < bytesPerThread
    ? 0
    : Math.min(availableParallelism(), Math.ceil(plan.file.bytes / bytesPerThread)),
): Promise<Reading | null> {
  const layout = plainLayout(plan);
  if (layout === null) return null;
  const space = await openScratchSpace(threads, context.signal);
  try {
    return await readInto(space, database, plan, layout, directory, context);
  } catch (error) {
    // More than fits into one memory: the exact path works on disk.
    if (error instanceof RangeError) return null;
    throw error;
  } finally {
    await space.close();
  }
}

async function readInto(
  space: ColumnSpace,
  database: Database,
  plan: ReadPlan,
  layout: PlainLayout,
  directory: string,
  context: WorkContext,
): Promise<Reading | null> {
  const progress = (done: number, message: string) =>
    context.onProgress({ done, total: plan.file.bytes, unit: "bytes", message });
  const read = await readPlainColumns(space, plan.file.path, layout, (done) => progress(done, "Reading the ratings"));
  if (read === null || read.rows === 0) return null;
  const time = timeOf(plan, read);
  const { values, counts, rows } = read;
  const scale = scaleOf(
    Array.from(values, (value, code) => ({ value, n: counts[code] ?? 0 })),
    plan.given.scale,
    plan.layout,
  );
  if (time === null || scale.off > 0) return null;
  progress(plan.file.bytes, "Writing the ratings");
  const pairs = await differentPairs(space, read, rows, read.users.length, read.items.length);
  await bothDone(writeRatings(space, plan, directory, read, time), writeIds(database, directory, read));
  const timed = time.format === "none" ? 0 : rows;
  const zeros = counts[values.indexOf(0)] ?? 0;
  return {
    sha256: read.sha256,
    bytes: read.bytes,
    read: read.records,
    judgement: {
      range: scale.range,
      options: completedOptions(plan, { timeFormat: time.format, missing: [] }),
      warnings: scale.warnings,
    },
    accepted: rows,
    users: read.users.length,
    items: read.items.length,
    pairs,
    timed,
    values: [...values],
    rejects: {},
    warnings: warningsAbout({ damaged: 0, example: null, timed, rows, zeros }, plan),
  };
}

/** Numbers a second. */
const unitsOfTime = { "unix-seconds": 1, "unix-milliseconds": 1e3, "unix-microseconds": 1e6 } as const;

interface PlainTime {
  readonly format: keyof typeof unitsOfTime | "none";
  /** Units a second; NaN: there are no times. */
  readonly unit: number;
}

/** How the numbers are times, where every one of them is; null where that takes a closer look. */
function timeOf({ given, columns }: ReadPlan, { earliest, latest }: PlainColumns): PlainTime | null {
  if (columns.time === undefined) return { format: "none", unit: Number.NaN };
  const format = given.timeFormat === undefined ? unitOf(earliest, latest) : given.timeFormat;
  if (format !== "unix-seconds" && format !== "unix-milliseconds" && format !== "unix-microseconds") return null;
  const unit = unitsOfTime[format];
  if (earliest / unit < earliestSeconds || latest / unit > latestSeconds) return null;
  return { format, unit };
}

/** The unit of which all the numbers are by their size, as `time-detection.ts` has it of the middle one; null when they differ. */
function unitOf(earliest: number, latest: number): PlainTime["format"] | null {
  if (earliest > 1e14) return "unix-microseconds";
  if (earliest > 1e11 && latest <= 1e14) return "unix-milliseconds";
  return earliest >= 80_000 && latest <= 1e11 ? "unix-seconds" : null;
}

async function writeRatings(
  space: ColumnSpace,
  plan: ReadPlan,
  directory: string,
  { rows, line, u, i, code, time, values }: PlainColumns,
  { unit }: PlainTime,
): Promise<void> {
  const part = space.allocate(rows);
  bytesAt(space, part, rows).fill(plan.given.part === undefined ? unusedPart : partCode(plan.given.part));
  const valuesAt = space.allocate(8 * values.length);
  new Float64Array(space.memory.buffer, valuesAt, values.length).set(values);
  const [path] = sourceFiles(directory);
  const file = await open(path, "wx");
  try {
    const writer = columnWriter(space, file, {
      rows,
      order: 0,
      columns: [
        { kind: "ints", name: "line", type: "INT64", at: line, map: 0 },
        { kind: "ints", name: "u", type: "INT32", at: u, map: 0 },
        { kind: "ints", name: "i", type: "INT32", at: i, map: 0 },
        { kind: "codes", name: "rating", at: code, values, valuesAt },
        { kind: "times", name: "time", at: time, unit },
        { kind: "bytes", name: "part", at: part },
      ],
    });
    await runBatches(space, writer.batches, [writer.step]);
    await writer.finish();
  } finally {
    await file.close();
  }
}

async function writeIds(database: Database, directory: string, { users, items }: PlainColumns): Promise<void> {
  const [, userIds, itemIds] = sourceFiles(directory);
  await writeIdsOf(database, "u", "user_id", users, sqlPath(userIds));
  await writeIdsOf(database, "i", "item_id", items, sqlPath(itemIds));
  await database.run(
    `COPY (SELECT NULL::BIGINT AS line, NULL::VARCHAR AS reason, NULL::VARCHAR AS raw WHERE false)
     TO ${sqlPath(join(directory, "rejects.parquet"))} (FORMAT parquet, COMPRESSION zstd)`,
  );
}

async function writeIdsOf(
  database: Database,
  number: string,
  id: string,
  ids: readonly string[],
  path: string,
): Promise<void> {
  const name = `plain_${id}s`;
  const columns = [
    { name: number, type: "INTEGER" },
    { name: id, type: "VARCHAR" },
  ] as const;
  database.registerColumns(name, columns, [
    { rows: ids.length, columns: [Int32Array.from(ids, (_, index) => index), ids] },
  ]);
  await database.run(`COPY (FROM ${name}()) TO ${path} (FORMAT parquet, COMPRESSION zstd)`);
}
