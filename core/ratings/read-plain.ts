import { join } from "node:path";
import type { WorkContext } from "../jobs/work-context.ts";
import { sqlPath } from "./database.ts";
import type { Database } from "./database.ts";
import { readText } from "./input-file.ts";
import type { ReadReport } from "./input-file.ts";
import { completedOptions } from "./judge.ts";
import { createLineCounter } from "./line-count.ts";
import { countPairs } from "./pair-count.ts";
import { plainLayout, scanPlainFile } from "./plain-file.ts";
import type { PlainRange } from "./plain-range.ts";
import type { ReadPlan } from "./read-plan.ts";
import type { Reading } from "./reading.ts";
import { warningsAbout } from "./reading-warnings.ts";
import { scaleOf } from "./scale-detection.ts";
import { ratingsFormat, sourceFiles } from "./source-files.ts";
import { partCode } from "./split-parts.ts";
import { earliestSeconds, latestSeconds } from "./staged-values.ts";

/**
 * Reads a file of plain records (`plain-scan.ts`) many times faster than `readExactly`, with the same result. Null, and
 * nothing to be kept of what was written, where the file is not plain or any record of it might be refused: then the exact
 * path decides.
 */
export async function readPlain(
  database: Database,
  plan: ReadPlan,
  directory: string,
  context: WorkContext,
): Promise<Reading | null> {
  const layout = plainLayout(plan);
  if (layout === null) return null;
  // The count need not go on through a file that the scan has given up.
  const givenUp = new AbortController();
  const signal = AbortSignal.any([context.signal, givenUp.signal]);
  const counting = countRecords(plan, { ...context, signal });
  counting.catch(() => undefined); // Awaited below, unless the scan gives up or fails first.
  let scanned: PlainRange | null = null;
  try {
    scanned = await scanPlainFile(plan, layout, context.signal);
  } finally {
    if (scanned === null || scanned.rows === 0) givenUp.abort();
  }
  if (scanned === null || scanned.rows === 0) return null;
  const proof = await counting;
  const time = timeOf(plan, scanned);
  const scale = scaleOf(
    Array.from(scanned.values, ([value, n]) => ({ value, n })),
    plan.given.scale,
    plan.layout,
  );
  if (time === null || scale.off > 0) return null;
  const { bytes } = plan.file;
  context.onProgress({ done: bytes, total: bytes, unit: "bytes", message: "Writing the ratings" });
  await writeColumns(database, plan, directory, scanned, time);
  const { rows, values } = scanned;
  const timed = time.format === "none" ? 0 : rows;
  const facts = { damaged: 0, example: null, timed, rows, zeros: values.get(0) ?? 0 };
  return {
    sha256: proof.sha256,
    bytes: proof.bytes,
    read: proof.records,
    judgement: {
      range: scale.range,
      options: completedOptions(plan, { timeFormat: time.format, missing: [] }),
      warnings: scale.warnings,
    },
    accepted: rows,
    users: scanned.users.length,
    items: scanned.items.length,
    pairs: await countPairs(scanned.blocks, scanned.users.length, scanned.items.length, context.signal),
    timed,
    values: [...values.keys()],
    rejects: {},
    warnings: warningsAbout(facts, plan),
  };
}

/** The file's hash and the number of its records, by a way through its bytes that shares no code with the scan. */
async function countRecords(plan: ReadPlan, context: WorkContext): Promise<ReadReport & { readonly records: number }> {
  const report: ReadReport = { sha256: "", bytes: 0 };
  // Where a record is not a line, the scan finds that out and nothing of this is used.
  const counter = createLineCounter();
  const progress = {
    signal: context.signal,
    onBytes: (done: number) =>
      context.onProgress({ done, total: plan.file.bytes, unit: "bytes", message: "Reading the ratings" }),
  };
  for await (const chunk of readText(plan.file, plan.encoding, report, progress)) counter.push(chunk);
  const records = counter.end();
  return { ...report, records: records - (plan.header && records > 0 ? 1 : 0) };
}

/** Numbers a second. */
const unitsOfTime = { "unix-seconds": 1, "unix-milliseconds": 1e3, "unix-microseconds": 1e6 } as const;

interface PlainTime {
  readonly format: keyof typeof unitsOfTime | "none";
  readonly seconds: string;
}

/** How the numbers are times, where every one of them is; null where that takes a closer look. */
function timeOf({ given, columns }: ReadPlan, { earliest, latest }: PlainRange): PlainTime | null {
  if (columns.time === undefined) return { format: "none", seconds: "NULL::BIGINT" };
  const format = given.timeFormat === undefined ? unitOf(earliest, latest) : given.timeFormat;
  if (format !== "unix-seconds" && format !== "unix-milliseconds" && format !== "unix-microseconds") return null;
  const unit = unitsOfTime[format];
  if (earliest / unit < earliestSeconds || latest / unit > latestSeconds) return null;
  return { format, seconds: unit === 1 ? 'floor("time")::BIGINT' : `floor("time" / ${String(unit)})::BIGINT` };
}

/** The unit of which all the numbers are by their size, as `time-detection.ts` has it of the middle one; null when they differ. */
function unitOf(earliest: number, latest: number): PlainTime["format"] | null {
  if (earliest > 1e14) return "unix-microseconds";
  if (earliest > 1e11 && latest <= 1e14) return "unix-milliseconds";
  return earliest >= 80_000 && latest <= 1e11 ? "unix-seconds" : null;
}

async function writeColumns(
  database: Database,
  plan: ReadPlan,
  directory: string,
  { blocks, users, items }: PlainRange,
  { seconds }: PlainTime,
): Promise<void> {
  const [ratings, userIds, itemIds] = sourceFiles(directory).map(sqlPath) as [string, string, string];
  database.registerColumns(
    "plain_ratings",
    [
      { name: "line", type: "INTEGER" },
      { name: "u", type: "INTEGER" },
      { name: "i", type: "INTEGER" },
      { name: "rating", type: "DOUBLE" },
      { name: "time", type: "DOUBLE" },
    ],
    blocks.map(({ rows, line, u, i, rating, time }) => ({ rows, columns: [line, u, i, rating, time] })),
  );
  const part = plan.given.part === undefined ? "NULL" : String(partCode(plan.given.part));
  await database.run(
    `COPY (SELECT line::BIGINT AS line, u, i, rating, ${seconds} AS "time", ${part}::UTINYINT AS part FROM plain_ratings()) TO ${ratings} ${ratingsFormat}`,
  );
  await writeIds(database, "u", "user_id", users, userIds);
  await writeIds(database, "i", "item_id", items, itemIds);
  await database.run(
    `COPY (SELECT NULL::BIGINT AS line, NULL::VARCHAR AS reason, NULL::VARCHAR AS raw WHERE false)
     TO ${sqlPath(join(directory, "rejects.parquet"))} (FORMAT parquet, COMPRESSION zstd)`,
  );
}

async function writeIds(
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
