import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { z } from "zod";
import { rejectReason, source as sourceSchema } from "../contract/entities.ts";
import type { ReadOptions, Source } from "../contract/entities.ts";
import { isErrorCode, ReelbenchError } from "../contract/errors.ts";
import { writeFileAtomic, writeFolderAtomic } from "../files/atomic.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import { integer, sqlPath, withDatabase } from "./database.ts";
import type { Database } from "./database.ts";
import { findTitlesFile } from "./find-titles.ts";
import { writeSourceItems } from "./import-items.ts";
import { judgeRecords } from "./judge.ts";
import type { Judgement } from "./judge.ts";
import { planReading } from "./read-plan.ts";
import type { ReadPlan } from "./read-plan.ts";
import { readingWarnings } from "./reading-warnings.ts";
import { scaleStep } from "./scale-detection.ts";
import { stageFile } from "./staging.ts";
import type { Staged } from "./staging.ts";

export interface ImportRequest {
  readonly path: string;
  readonly options: ReadOptions;
  /** A file of titles; null: none; undefined: what lies beside the ratings. */
  readonly itemsPath: string | null | undefined;
  readonly name?: string | undefined;
  /** Decided beforehand by whoever may have to run the import again; left out: a new one. */
  readonly id?: string | undefined;
}

/** Fewer accepted records than this share: the layout was guessed wrong, not the data. */
const leastAccepted = 0.1;

/**
 * Reads a file of ratings whole into `sourcesDirectory/<id>` (docs/reference/formats.md): what can be read, what cannot
 * with line and reason, and the titles. Nothing is left behind when it fails.
 *
 * Throws RB_FILE_NOT_FOUND, RB_FILE_UNREADABLE, RB_IMPORT_*, RB_CONFLICT (the file changed meanwhile), RB_CANCELLED, and
 * RB_INTERNAL should the records counted not be those accepted and rejected.
 */
export async function importSource(
  request: ImportRequest,
  sourcesDirectory: string,
  context: WorkContext,
): Promise<Source> {
  const path = resolve(request.path);
  const plan = await planReading(path, request.options);
  if (plan.problem !== null) throw problemError(plan.problem);
  const itemsPath =
    request.itemsPath === undefined
      ? await findTitlesFile(path)
      : request.itemsPath === null
        ? null
        : resolve(request.itemsPath);
  return writeFolderAtomic(
    sourcesDirectory,
    (imported: Source) => imported.id,
    async (directory) => {
      const staging = join(directory, "staging");
      await mkdir(staging);
      const imported = await withDatabase({ signal: context.signal, spillInto: staging }, async (database) => {
        const staged = await stageFile(plan, staging, database, context);
        context.onProgress({
          done: plan.file.bytes,
          total: plan.file.bytes,
          unit: "bytes",
          message: "Judging and writing the ratings",
        });
        const judgement = await judgeRecords(database, plan);
        await writeRatings(database, directory);
        const titles = await writeSourceItems(database, plan, itemsPath, directory, {
          automatic: request.itemsPath === undefined,
          signal: context.signal,
        });
        return describe(database, { request, path, plan, staged, judgement, directory, titles });
      });
      await rm(staging, { recursive: true });
      await writeFileAtomic(
        join(directory, "manifest.json"),
        `${JSON.stringify(sourceSchema.parse(imported), null, 2)}\n`,
      );
      return imported;
    },
  );
}

function problemError(problem: NonNullable<ReadPlan["problem"]>): ReelbenchError {
  return new ReelbenchError(isErrorCode(problem.code) ? problem.code : "RB_INTERNAL", problem.message, {
    remedy: problem.remedy,
  });
}

/** `judged` keeps the file's order, and so do the Parquet files made from it. */
async function writeRatings(database: Database, directory: string): Promise<void> {
  await database.run(
    `COPY (SELECT line, user_id, item_id, value AS rating, seconds AS "time" FROM verdicts WHERE verdict IS NULL)
     TO ${sqlPath(join(directory, "ratings.parquet"))} (FORMAT parquet, COMPRESSION zstd)`,
  );
  await database.run(
    `COPY (SELECT line, verdict AS reason, raw FROM verdicts WHERE verdict IS NOT NULL AND verdict <> 'missing')
     TO ${sqlPath(join(directory, "rejects.parquet"))} (FORMAT parquet, COMPRESSION zstd)`,
  );
}

interface Imported {
  readonly request: ImportRequest;
  readonly path: string;
  readonly plan: ReadPlan;
  readonly staged: Staged;
  readonly judgement: Judgement;
  readonly directory: string;
  readonly titles: {
    readonly hasTitles: boolean;
    readonly file: Source["files"][number] | null;
    readonly warnings: readonly string[];
  };
}

const totals = z.object({ accepted: integer, users: integer, items: integer, pairs: integer, timed: integer });

async function describe(database: Database, imported: Imported): Promise<Source> {
  const { request, path, plan, staged, judgement, directory, titles } = imported;
  const ratings = join(directory, "ratings.parquet");
  const counted = await database.one(
    totals,
    `SELECT coalesce(sum(n), 0) AS accepted, count(DISTINCT user_id) AS users, count(DISTINCT item_id) AS items, count(*) AS pairs, coalesce(sum(timed), 0) AS timed
     FROM (SELECT user_id, item_id, count(*) AS n, count("time") AS timed FROM read_parquet($1) GROUP BY user_id, item_id)`,
    [ratings],
  );
  const rejects = await database.all(
    z.object({ reason: rejectReason, n: integer }),
    "SELECT reason, count(*) AS n FROM read_parquet($1) GROUP BY reason ORDER BY reason",
    [join(directory, "rejects.parquet")],
  );
  const rejected = rejects.reduce((sum, { n }) => sum + n, 0);
  const read = staged.counted - (judgement.missingInUse ? staged.missing : 0);
  checkCounts({ path, read, accepted: counted.accepted, rejected });
  const values = await database.all(
    z.object({ rating: z.number() }),
    "SELECT DISTINCT rating FROM read_parquet($1) LIMIT 10000",
    [ratings],
  );
  return {
    id: request.id ?? `i${randomBytes(10).toString("hex")}`,
    name: request.name ?? basename(path),
    createdAt: new Date().toISOString(),
    files: [{ path, bytes: staged.bytes, sha256: staged.sha256 }, ...(titles.file === null ? [] : [titles.file])],
    options: judgement.options,
    layout: plan.layout?.name ?? null,
    read,
    accepted: counted.accepted,
    rejected,
    rejectsByReason: Object.fromEntries(rejects.map(({ reason, n }) => [reason, n])),
    duplicates: counted.accepted - counted.pairs,
    users: counted.users,
    items: counted.items,
    hasTime: counted.timed > 0,
    timeShare: counted.timed / counted.accepted,
    hasTitles: titles.hasTitles,
    scale: { ...judgement.range, step: scaleStep(values.map(({ rating }) => rating)) },
    warnings: [
      ...plan.warnings,
      ...judgement.warnings,
      ...titles.warnings,
      ...(await readingWarnings(database, plan, ratings)),
    ],
  };
}

/** The promise of the import: every record of the file is accepted or put aside, none lost, none invented. */
function checkCounts(counts: {
  readonly path: string;
  readonly read: number;
  readonly accepted: number;
  readonly rejected: number;
}): void {
  const { path, read, accepted, rejected } = counts;
  if (read !== accepted + rejected) {
    throw new ReelbenchError(
      "RB_INTERNAL",
      `${path} holds ${String(read)} records, but ${String(accepted)} were accepted and ${String(rejected)} rejected. Nothing was imported.`,
      { details: { ...counts } },
    );
  }
  if (read === 0) throw new ReelbenchError("RB_IMPORT_EMPTY", `${path} holds no rating.`);
  if (accepted < leastAccepted * read) {
    throw new ReelbenchError(
      "RB_IMPORT_TOO_MANY_REJECTS",
      `Of ${String(read)} records in ${path} only ${String(accepted)} could be read.`,
      { details: { ...counts } },
    );
  }
}
