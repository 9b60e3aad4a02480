import { join } from "node:path";
import { z } from "zod";
import { rejectReason } from "../contract/entities.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import { integer, sqlPath } from "./database.ts";
import type { Database } from "./database.ts";
import { judgeRecords } from "./judge.ts";
import type { ReadPlan } from "./read-plan.ts";
import type { Reading } from "./reading.ts";
import { readingWarnings } from "./reading-warnings.ts";
import { ratingsFormat, sourceFiles } from "./source-files.ts";
import { stageFile } from "./staging.ts";

/** Reads any file, record by record, and judges every value on disk: the path that all results are defined by. */
export async function readExactly(
  database: Database,
  plan: ReadPlan,
  directory: string,
  context: WorkContext,
): Promise<Reading> {
  const staged = await stageFile(plan, join(directory, "staging"), database, context);
  const { bytes } = plan.file;
  context.onProgress({ done: bytes, total: bytes, unit: "bytes", message: "Judging and writing the ratings" });
  const { missingInUse, ...judgement } = await judgeRecords(database, plan);
  await writeRatings(database, directory);
  const { sha256 } = staged;
  const read = staged.counted - (missingInUse ? staged.missing : 0);
  const warnings = await readingWarnings(database, plan, directory);
  return { sha256, bytes: staged.bytes, read, judgement, ...(await counted(database, directory)), warnings };
}

/** `judged` keeps the file's order, and so do the Parquet files made from it. */
async function writeRatings(database: Database, directory: string): Promise<void> {
  const [ratings, users, items] = sourceFiles(directory).map(sqlPath) as [string, string, string];
  const accepted = sqlPath(join(directory, "staging", "accepted.parquet"));
  await database.run(
    `COPY (SELECT line, user_id, item_id, value AS rating, seconds AS "time", part FROM verdicts WHERE verdict IS NULL)
     TO ${accepted} (FORMAT parquet)`,
  );
  for (const [id, number, path] of [
    ["user_id", "u", users],
    ["item_id", "i", items],
  ] as const) {
    await database.run(
      `COPY (SELECT (row_number() OVER (ORDER BY first) - 1)::INTEGER AS ${number}, ${id} FROM
         (SELECT ${id}, min(file_row_number) AS first FROM read_parquet(${accepted}, file_row_number = true) GROUP BY ${id}) ORDER BY ${number})
       TO ${path} (FORMAT parquet, COMPRESSION zstd)`,
    );
  }
  await database.run(
    `COPY (SELECT line, u, i, rating, "time", part FROM (SELECT *, file_row_number AS place FROM read_parquet(${accepted}, file_row_number = true))
       JOIN read_parquet(${users}) AS users USING (user_id) JOIN read_parquet(${items}) AS items USING (item_id) ORDER BY place)
     TO ${ratings} ${ratingsFormat}`,
  );
  await database.run(
    `COPY (SELECT line, verdict AS reason, raw FROM verdicts WHERE verdict IS NOT NULL AND verdict <> 'missing')
     TO ${sqlPath(join(directory, "rejects.parquet"))} (FORMAT parquet, COMPRESSION zstd)`,
  );
}

const totals = z.object({ accepted: integer, users: integer, items: integer, pairs: integer, timed: integer });

async function counted(
  database: Database,
  directory: string,
): Promise<Pick<Reading, "accepted" | "users" | "items" | "pairs" | "timed" | "values" | "rejects">> {
  const [ratings] = sourceFiles(directory);
  const found = await database.one(
    totals,
    `SELECT coalesce(sum(n), 0) AS accepted, count(DISTINCT u) AS users, count(DISTINCT i) AS items, count(*) AS pairs, coalesce(sum(timed), 0) AS timed
     FROM (SELECT u, i, count(*) AS n, count("time") AS timed FROM read_parquet($1) GROUP BY u, i)`,
    [ratings],
  );
  const values = await database.all(
    z.object({ rating: z.number() }),
    "SELECT DISTINCT rating FROM read_parquet($1) LIMIT 10000",
    [ratings],
  );
  const rejects = await database.all(
    z.object({ reason: rejectReason, n: integer }),
    "SELECT reason, count(*) AS n FROM read_parquet($1) GROUP BY reason ORDER BY reason",
    [join(directory, "rejects.parquet")],
  );
  return {
    ...found,
    values: values.map(({ rating }) => rating),
    rejects: Object.fromEntries(rejects.map(({ reason, n }) => [reason, n])),
  };
}
