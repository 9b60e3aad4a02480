import { join } from "node:path";
import { z } from "zod";
import { ReelbenchError } from "../contract/errors.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import { integer, sqlPath } from "./database.ts";
import type { Database } from "./database.ts";
import { readText, readUnpacked } from "./input-file.ts";
import type { ReadReport } from "./input-file.ts";
import { matrixWeight, netflixWeight } from "./layout-weights.ts";
import { sqlName } from "./parquet-columns.ts";
import type { ReadPlan } from "./read-plan.ts";
import { createRecordCounter } from "./record-count.ts";
import { createRecordScanner } from "./record-scanner.ts";
import { recordHandler } from "./stage-records.ts";
import { workedOut } from "./staged-values.ts";
import { createStageWriter, stagedColumns } from "./stage-writer.ts";

const describedColumn = z.object({ column_name: z.string(), column_type: z.string() });
const rowCount = z.object({ rows: integer });

export interface Staged {
  readonly sha256: string;
  readonly bytes: number;
  /** Records by the independent count, the header not among them. For a matrix see `missing`. */
  readonly counted: number;
  /** Filled cells of a matrix that hold the value which stands for "no rating". */
  readonly missing: number;
}

/**
 * Brings every record of the file into the view `staged` (columns of `stage-writer.ts`) through temporary files in
 * `directory`, and counts them by a second way through the same bytes.
 */
export async function stageFile(
  plan: ReadPlan,
  directory: string,
  database: Database,
  context: WorkContext,
): Promise<Staged> {
  const report: ReadReport = { sha256: "", bytes: 0 };
  const progress = {
    signal: context.signal,
    onBytes: (done: number) =>
      context.onProgress({ done, total: plan.file.bytes, unit: "bytes", message: "Reading the ratings" }),
  };
  if (plan.format === "parquet") {
    const before = { sha256: "", bytes: 0 };
    for await (const chunk of readUnpacked(plan.file, before, progress)) void chunk;
    const counted = await stageParquet(plan, directory, database);
    for await (const chunk of readUnpacked(plan.file, report, { signal: context.signal })) void chunk;
    if (before.sha256 !== report.sha256)
      throw new ReelbenchError("RB_CONFLICT", `${plan.file.path} changed while it was being read. Import it again.`);
    return { ...report, counted, missing: 0 };
  }
  const stage = createStageWriter(directory, database, plan.given.decimalComma ?? true);
  const scanner = createRecordScanner(plan.dialect, recordHandler(plan, stage));
  const matrix =
    plan.format === "matrix"
      ? matrixWeight(plan.delimiter, plan.names.length, plan.columns.user ?? 0, plan.given.missingValues)
      : null;
  const counter = createRecordCounter(
    plan.dialect,
    plan.format === "netflix" ? netflixWeight : (matrix?.weight ?? null),
  );
  try {
    for await (const chunk of readText(plan.file, plan.encoding, report, progress)) {
      scanner.push(chunk);
      counter.push(chunk);
      await stage.settle();
    }
    scanner.end();
    const parts = await stage.finish();
    await createStagedView(database, parts);
    const records = counter.end();
    const header = plan.header && plan.format === "delimited" && records > 0 ? 1 : 0;
    return { ...report, counted: records - header, missing: matrix?.missing() ?? 0 };
  } catch (error) {
    await stage.abandon();
    throw error;
  }
}

async function createStagedView(database: Database, parts: readonly string[]): Promise<void> {
  if (parts.length === 0) {
    const columns = stagedColumns
      .map((column) => `${column === "line" ? "NULL::BIGINT" : "NULL::VARCHAR"} AS "${column}"`)
      .join(", ");
    return database.run(
      `CREATE TEMP VIEW staged AS SELECT ${columns}, NULL::DOUBLE AS value, NULL::DOUBLE AS number WHERE false`,
    );
  }
  await database.run(`CREATE TEMP VIEW staged AS FROM read_parquet([${parts.map(sqlPath).join(", ")}])`);
}

/** A Parquet file has types of its own: they become text, and are judged like any other text. */
async function stageParquet(plan: ReadPlan, directory: string, database: Database): Promise<number> {
  const types = new Map(
    (await database.all(describedColumn, "DESCRIBE FROM read_parquet($1)", [plan.file.path])).map((column) => [
      column.column_name,
      column.column_type,
    ]),
  );
  const cast = (role: keyof ReadPlan["columns"]) => {
    const name = plan.names[plan.columns[role] ?? -1];
    return name === undefined
      ? "NULL::VARCHAR"
      : textOfTyped(sqlName(name), types.get(name) ?? "VARCHAR", role === "time");
  };
  const part = join(directory, "part-000000.parquet");
  const id = (role: "user" | "item") => `coalesce(${cast(role)}, '')`;
  const fault = `CASE WHEN regexp_matches(${id("user")} || ${id("item")}, '[\\x00\\x1e\\x1f]') OR contains(${id("user")} || ${id("item")}, chr(65533)) THEN 'bad-encoding'
    WHEN length(${id("user")}) > 512 OR length(${id("item")}) > 512 THEN 'not-a-record' END`;
  await database.run(
    `COPY (SELECT *, ${workedOut(plan.given.decimalComma ?? true)} FROM (SELECT file_row_number + 1 AS line, ${fault} AS fault, ${cast("user")} AS user_id, ${cast("item")} AS item_id, ${cast("rating")} AS rating,
       ${cast("time")} AS "time", ${cast("title")} AS title, ${cast("year")} AS "year", ${cast("genres")} AS genres, ${cast("part")} AS part,
       left(concat_ws(', ', ${cast("user")}, ${cast("item")}, ${cast("rating")}, ${cast("time")}), 2000) AS raw
     FROM read_parquet($1, file_row_number = true))) TO ${sqlPath(part)} (FORMAT parquet)`,
    [plan.file.path],
  );
  await createStagedView(database, [part]);
  const { rows } = await database.one(rowCount, "SELECT sum(num_rows) AS rows FROM parquet_file_metadata($1)", [
    plan.file.path,
  ]);
  return rows;
}

/** Whole numbers stored as DOUBLE (pandas, where a value is missing) lose their `.0`; dates become Unix seconds. */
function textOfTyped(column: string, type: string, isTime: boolean): string {
  if (isTime && /^(TIMESTAMP|DATE)/.test(type)) return `CAST(CAST(floor(epoch(${column})) AS BIGINT) AS VARCHAR)`;
  if (/^(DOUBLE|FLOAT)$/.test(type))
    return `CASE WHEN isfinite(${column}) AND ${column} = floor(${column}) AND abs(${column}) < 1e15 THEN CAST(CAST(${column} AS BIGINT) AS VARCHAR) ELSE CAST(${column} AS VARCHAR) END`;
  if (type.endsWith("[]")) return `array_to_string(CAST(${column} AS VARCHAR[]), '|')`;
  return `CAST(${column} AS VARCHAR)`;
}
