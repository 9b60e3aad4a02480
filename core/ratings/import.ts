import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { source as sourceSchema } from "../contract/entities.ts";
import type { ReadOptions, Source } from "../contract/entities.ts";
import { isErrorCode, ReelbenchError } from "../contract/errors.ts";
import { writeFileAtomic, writeFolderAtomic } from "../files/atomic.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import { withDatabase } from "./database.ts";
import { findTitlesFile } from "./find-titles.ts";
import { attributePaths, writeSourceAttributes } from "./import-attributes.ts";
import type { WrittenAttributes } from "./import-attributes.ts";
import { writeSourceItems } from "./import-items.ts";
import { readExactly } from "./read-exactly.ts";
import { readPlain } from "./read-plain.ts";
import { planReading } from "./read-plan.ts";
import type { ReadPlan } from "./read-plan.ts";
import type { Reading } from "./reading.ts";
import { scaleStep } from "./scale-detection.ts";

export interface ImportRequest {
  readonly path: string;
  readonly options: ReadOptions;
  /** A file of titles; null: none; undefined: what lies beside the ratings. */
  readonly itemsPath: string | null | undefined;
  /** Files of users and of tags; null or left out: none. */
  readonly usersPath?: string | null | undefined;
  readonly tagsPath?: string | null | undefined;
  readonly name?: string | undefined;
  /** Decided beforehand by whoever may have to run the import again; left out: a new one. */
  readonly id?: string | undefined;
  /** The files were made for this import and go after it: the source names them, but not where they lay. */
  readonly filesGo?: boolean | undefined;
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
        const reading =
          (await readPlain(database, plan, directory, context)) ??
          (await readExactly(database, plan, directory, context));
        const titles = await writeSourceItems(database, plan, itemsPath, directory, {
          automatic: request.itemsPath === undefined,
          signal: context.signal,
        });
        const attributes = await writeSourceAttributes(database, attributePaths(request), directory, context.signal);
        return describe({ request, path, plan, reading, titles, attributes });
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

interface Imported {
  readonly request: ImportRequest;
  readonly path: string;
  readonly plan: ReadPlan;
  readonly reading: Reading;
  readonly titles: {
    readonly hasTitles: boolean;
    readonly file: Source["files"][number] | null;
    readonly warnings: readonly string[];
  };
  readonly attributes: WrittenAttributes;
}

function describe({ request, path, plan, reading, titles, attributes }: Imported): Source {
  const { read, accepted, judgement } = reading;
  const rejected = Object.values(reading.rejects).reduce((sum, n) => sum + n, 0);
  checkCounts({ path, read, accepted, rejected });
  return {
    id: request.id ?? `i${randomBytes(10).toString("hex")}`,
    name: request.name ?? basename(path),
    createdAt: new Date().toISOString(),
    files: [
      { path, bytes: reading.bytes, sha256: reading.sha256 },
      ...(titles.file === null ? [] : [titles.file]),
      ...attributes.files,
    ].map((file) => (request.filesGo === true ? { ...file, path: basename(file.path) } : file)),
    options: judgement.options,
    layout: plan.layout?.name ?? null,
    read,
    accepted,
    rejected,
    rejectsByReason: reading.rejects,
    duplicates: accepted - reading.pairs,
    users: reading.users,
    items: reading.items,
    hasTime: reading.timed > 0,
    timeShare: reading.timed / accepted,
    hasTitles: titles.hasTitles,
    ...(attributes.known === null ? {} : { attributes: attributes.known }),
    scale: { ...judgement.range, step: scaleStep(reading.values) },
    warnings: [
      ...plan.warnings,
      ...judgement.warnings,
      ...titles.warnings,
      ...attributes.warnings,
      ...reading.warnings,
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
