import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import type { FilePreview, ReadOptions } from "../contract/entities.ts";
import { reject } from "../contract/entities.ts";
import type { ImportCheck } from "../contract/import-check.ts";
import { isErrorCode, ReelbenchError } from "../contract/errors.ts";
import { temporaryPath } from "../files/atomic.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import { integer, withDatabase } from "./database.ts";
import type { Database } from "./database.ts";
import { findTitlesFile } from "./find-titles.ts";
import { attributePaths, writeSourceAttributes } from "./import-attributes.ts";
import { writeSourceItems } from "./import-items.ts";
import { readExactly } from "./read-exactly.ts";
import { readPlain } from "./read-plain.ts";
import { planReading, problem } from "./read-plan.ts";
import type { Reading } from "./reading.ts";
import { scaleStep } from "./scale-detection.ts";
import { isoOf } from "./snapshot.ts";
import { sourceFiles } from "./source-files.ts";

export interface CheckRequest {
  readonly path: string;
  readonly options: ReadOptions;
  /** As in an import: null: none; undefined: what lies beside the ratings. */
  readonly itemsPath: string | null | undefined;
  readonly usersPath?: string | null | undefined;
  readonly tagsPath?: string | null | undefined;
}

const examplesOfEach = 5;
/** As an import has it: fewer accepted than this, and the layout was guessed wrong. */
const leastAccepted = 0.1;

/**
 * Reads a file exactly as `importSource` does and says what came of it; everything it wrote on the way, in a temporary folder
 * of `scratch`, is gone when it returns. Throws as the import, but for a file with too many rejects: that is `refusal`.
 */
export async function checkImport(request: CheckRequest, scratch: string, context: WorkContext): Promise<ImportCheck> {
  const started = performance.now();
  const path = resolve(request.path);
  const plan = await planReading(path, request.options);
  if (plan.problem !== null) throw problemError(plan.problem);
  const itemsPath = request.itemsPath === undefined ? await findTitlesFile(path) : request.itemsPath;
  const directory = temporaryPath(scratch);
  const staging = join(directory, "staging");
  await mkdir(staging, { recursive: true });
  try {
    return await withDatabase({ signal: context.signal, spillInto: staging }, async (database) => {
      const reading =
        (await readPlain(database, plan, directory, context)) ??
        (await readExactly(database, plan, directory, context));
      const titles = await writeSourceItems(database, plan, itemsPath, directory, {
        automatic: request.itemsPath === undefined,
        signal: context.signal,
      });
      const paths = attributePaths(request);
      const attributes = await writeSourceAttributes(database, paths, directory, context.signal);
      const rejected = Object.values(reading.rejects).reduce((sum, n) => sum + n, 0);
      return {
        read: reading.read,
        accepted: reading.accepted,
        rejected,
        rejectsByReason: reading.rejects,
        examples: await examplesIn(database, directory),
        users: reading.users,
        items: reading.items,
        duplicates: reading.accepted - reading.pairs,
        ...(await factsOf(database, directory)),
        timed: reading.timed,
        titled: titles.hasTitles ? await titledIn(database, directory) : null,
        described: paths.usersPath === null ? null : (attributes.known?.users ?? 0),
        tagged: paths.tagsPath === null ? null : (attributes.known?.items ?? 0),
        scale: { ...reading.judgement.range, step: scaleStep(reading.values) },
        warnings: [
          ...plan.warnings,
          ...reading.judgement.warnings,
          ...titles.warnings,
          ...attributes.warnings,
          ...reading.warnings,
        ],
        refusal: refusalOf(path, reading),
        seconds: (performance.now() - started) / 1000,
      };
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function problemError(found: NonNullable<FilePreview["problem"]>): ReelbenchError {
  return new ReelbenchError(isErrorCode(found.code) ? found.code : "RB_INTERNAL", found.message, {
    remedy: found.remedy,
  });
}

function refusalOf(path: string, { read, accepted }: Reading): ImportCheck["refusal"] {
  if (read === 0) return problem("RB_IMPORT_EMPTY", `${path} holds no rating.`);
  if (accepted >= leastAccepted * read) return null;
  return problem(
    "RB_IMPORT_TOO_MANY_REJECTS",
    `Of ${String(read)} records in ${path} only ${String(accepted)} could be read.`,
  );
}

function examplesIn(database: Database, directory: string): Promise<ImportCheck["examples"]> {
  return database.all(
    reject.extend({ line: integer }),
    `SELECT line, reason, raw FROM read_parquet($1, file_row_number = true)
       QUALIFY row_number() OVER (PARTITION BY reason ORDER BY file_row_number) <= ${String(examplesOfEach)}
       ORDER BY reason, file_row_number`,
    [join(directory, "rejects.parquet")],
  );
}

async function factsOf(database: Database, directory: string): Promise<Pick<ImportCheck, "conflicts" | "from" | "to">> {
  const [ratings] = sourceFiles(directory);
  const { conflicts, earliest, latest } = await database.one(
    z.object({ conflicts: integer, earliest: integer.nullable(), latest: integer.nullable() }),
    `SELECT (SELECT count(*) FROM (SELECT u, i FROM read_parquet($1) GROUP BY u, i HAVING count(*) > 1 AND min(rating) <> max(rating))) AS conflicts,
       min("time") AS earliest, max("time") AS latest FROM read_parquet($1)`,
    [ratings],
  );
  return { conflicts, from: isoOf(earliest), to: isoOf(latest) };
}

async function titledIn(database: Database, directory: string): Promise<number> {
  const { titled } = await database.one(
    z.object({ titled: integer }),
    "SELECT count(*) AS titled FROM read_parquet($1) WHERE item_id IN (SELECT item_id FROM read_parquet($2) WHERE title IS NOT NULL)",
    [sourceFiles(directory)[2], join(directory, "items.parquet")],
  );
  return titled;
}
