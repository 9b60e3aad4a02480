import type { Pool } from "pg";
import { z } from "zod";
import { ReelbenchError } from "../contract/errors.ts";
import { ask } from "./ask.ts";
import { bigCount, inTransaction, parseRow, parseRows } from "./database.ts";
import type { Database } from "./database.ts";

export const versionName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,79}$/);
export const versionState = z.enum(["uploading", "ready", "active", "retired", "failed"]);
export type VersionState = z.infer<typeof versionState>;

const versionRow = z
  .object({
    version: versionName,
    state: versionState,
    algorithm: z.string(),
    run_id: z.string(),
    snapshot_id: z.string(),
    split_id: z.string(),
    sha256: z.string(),
    target_sha256: z.string().nullable(),
    model_hash: z.string(),
    bytes: bigCount,
    users: z.int(),
    items: z.int(),
    factors: z.int(),
    created_at: z.date(),
    ready_at: z.date().nullable(),
    probed_at: z.date().nullable(),
    activated_at: z.date().nullable(),
    failure: z.string().nullable(),
    pinned_at: z.date().nullable(),
    pinned_note: z.string(),
    withdrawn_at: z.date().nullable(),
    withdrawn_reason: z.string(),
  })
  .transform((row) => ({
    version: row.version,
    state: row.state,
    algorithm: row.algorithm,
    runId: row.run_id,
    snapshotId: row.snapshot_id,
    splitId: row.split_id,
    /** Digest of the artifact: as the publisher has it, and as computed on the target over what arrived. */
    sha256: row.sha256,
    targetSha256: row.target_sha256,
    modelHash: row.model_hash,
    bytes: row.bytes,
    users: row.users,
    items: row.items,
    factors: row.factors,
    createdAt: row.created_at,
    readyAt: row.ready_at,
    probedAt: row.probed_at,
    activatedAt: row.activated_at,
    failure: row.failure,
    /** Never removed by retention. */
    pinned: row.pinned_at === null ? null : { at: row.pinned_at, note: row.pinned_note },
    /** Kept, and never served (PUB-12). */
    withdrawn: row.withdrawn_at === null ? null : { at: row.withdrawn_at, reason: row.withdrawn_reason },
  }));
export type Version = z.output<typeof versionRow>;

const columns = `version, state, algorithm, run_id, snapshot_id, split_id, sha256, target_sha256, model_hash, bytes, users, items, factors,
  created_at, ready_at, probed_at, activated_at, failure, pinned_at, pinned_note, withdrawn_at, withdrawn_reason`;

export interface NewVersion {
  readonly version: string;
  readonly algorithm: string;
  readonly runId: string;
  readonly snapshotId: string;
  readonly splitId: string;
  /** `artifactDigest` of all files. */
  readonly sha256: string;
  readonly modelHash: string;
  readonly users: number;
  readonly items: number;
  readonly factors: number;
  readonly card: unknown;
  /** Name, bytes and number of chunks of each file of the bundle. */
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly chunks: number }[];
}

export async function findVersion(database: Database, version: string): Promise<Version | null> {
  return parseRow(
    versionRow,
    await ask(database, `select ${columns} from reelbench.versions where version = $1`, [version]),
  );
}

/** Newest first. */
export async function listVersions(database: Database, limit = 100): Promise<Version[]> {
  return parseRows(
    versionRow,
    await ask(database, `select ${columns} from reelbench.versions order by created_at desc, version limit $1`, [
      limit,
    ]),
  );
}

/**
 * Opens a version for upload, or the same one again after an interruption (PUB-5): uploading stays, failed goes back to
 * uploading, ready and later stay as they are. Throws RB_CONFLICT where the name stands for other content.
 */
export async function openVersion(pool: Pool, version: NewVersion): Promise<Version> {
  return inTransaction(pool, async (client) => {
    const bytes = version.files.reduce((sum, file) => sum + file.bytes, 0);
    const inserted = await client.query(
      `insert into reelbench.versions (version, algorithm, run_id, snapshot_id, split_id, sha256, model_hash, bytes, users, items, factors, card)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (version) do nothing`,
      [
        version.version,
        version.algorithm,
        version.runId,
        version.snapshotId,
        version.splitId,
        version.sha256,
        version.modelHash,
        bytes,
        version.users,
        version.items,
        version.factors,
        JSON.stringify(version.card),
      ],
    );
    const row = parseRow(
      versionRow,
      await client.query(`select ${columns} from reelbench.versions where version = $1 for update`, [version.version]),
    );
    if (row === null)
      throw new ReelbenchError("RB_CONFLICT", `Version ${version.version} was removed while it was being opened.`);
    if (row.sha256 !== version.sha256) {
      throw new ReelbenchError(
        "RB_CONFLICT",
        `Version ${version.version} on the target holds something else. Publish under another name.`,
      );
    }
    if (inserted.rowCount === 1) {
      for (const file of version.files) {
        await client.query(
          "insert into reelbench.artifact_files (version, name, bytes, chunks) values ($1, $2, $3, $4)",
          [version.version, file.name, file.bytes, file.chunks],
        );
      }
      return row;
    }
    if (row.state !== "failed") return row;
    await client.query(
      "update reelbench.versions set state = 'uploading', failed_at = null, failure = null, target_sha256 = null, probed_at = null where version = $1",
      [version.version],
    );
    return { ...row, state: "uploading", targetSha256: null, probedAt: null, failure: null };
  });
}

/** uploading → ready. `targetSha256` is what `targetDigest` computed; the schema refuses it unless it equals ours (PUB-2). */
export async function markReady(database: Database, version: string, targetSha256: string): Promise<void> {
  const { rowCount } = await ask(
    database,
    "update reelbench.versions set state = 'ready', ready_at = now(), target_sha256 = $2 where version = $1 and state = 'uploading'",
    [version, targetSha256],
  );
  if (rowCount !== 1) throw await wrongState(database, version, "uploading");
}

/** The parity probe passed; from here the version may be activated (PUB-3). Also renews it for one that served before. */
export async function markProbed(database: Database, version: string): Promise<void> {
  const { rowCount } = await ask(
    database,
    "update reelbench.versions set probed_at = now() where version = $1 and state in ('ready', 'active', 'retired')",
    [version],
  );
  if (rowCount !== 1) throw await wrongState(database, version, "ready");
}

/** uploading or ready → failed, with the reason for people. Does nothing to a version in another state. */
export async function markFailed(database: Database, version: string, failure: string): Promise<void> {
  await ask(
    database,
    "update reelbench.versions set state = 'failed', failed_at = now(), failure = $2 where version = $1 and state in ('uploading', 'ready')",
    [version, failure.slice(0, 2000)],
  );
}

async function wrongState(database: Database, version: string, wanted: VersionState): Promise<ReelbenchError> {
  const found = await findVersion(database, version);
  return new ReelbenchError(
    "RB_CONFLICT",
    found === null
      ? `Version ${version} is not on the target.`
      : `Version ${version} is ${found.state}, not ${wanted}.`,
  );
}
