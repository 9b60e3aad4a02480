import type { Pool } from "pg";
import { z } from "zod";
import { ReelbenchError } from "../contract/errors.ts";
import { readMigrations } from "../files/migrations.ts";
import type { Migration } from "../files/migrations.ts";
import { migrationsUrl } from "../runtime-paths.ts";
import { inTransaction, parseRow, parseRows, productionError } from "./database.ts";
import type { Database } from "./database.ts";

export interface MigrationResult {
  /** Schema version before and after. */
  readonly from: number;
  readonly to: number;
  readonly applied: readonly string[];
}

const appliedRow = z.object({ number: z.int().positive(), name: z.string(), sha256: z.string() });

/** The numbered files of this build. Throws RB_INTERNAL where the build is incomplete. */
export function productionMigrations(): readonly Migration[] {
  return readMigrations(migrationsUrl("production"));
}

/**
 * Brings the target's schema `reelbench` to this build's version: forward only, every migration at most once, all in one
 * transaction under an advisory lock, so that any number of publishers and servers may start at the same moment and a
 * crash leaves the schema as it was. Throws RB_TARGET_SCHEMA where the schema is newer than this build, was made by other
 * migrations, or the role may not create it.
 */
export async function migrate(pool: Pool, migrations?: readonly Migration[]): Promise<MigrationResult> {
  const known = migrations ?? productionMigrations();
  // Most of the time there is nothing to do, and a server's role need not be allowed to create anything.
  const before = await schemaVersion(pool);
  if (before === known.length) {
    checkApplied(await appliedMigrations(pool), known);
    return { from: before, to: before, applied: [] };
  }
  return inTransaction(pool, async (client) => {
    // Before waiting for another's migration, too.
    await client.query("set local statement_timeout = '10min'; set local lock_timeout = '10min'");
    await client.query("select pg_advisory_xact_lock(hashtextextended('reelbench.migrate', 0))");
    await client.query(`
      create schema if not exists reelbench;
      create table if not exists reelbench.migrations (
        number integer primary key, name text not null, sha256 text not null, applied_at timestamptz not null default now())`);
    const applied = await appliedMigrations(client);
    checkApplied(applied, known);
    const due = known.slice(applied.length);
    for (const migration of due) {
      await client.query(migration.sql);
      await client.query("insert into reelbench.migrations (number, name, sha256) values ($1, $2, $3)", [
        migration.number,
        migration.name,
        migration.sha256,
      ]);
    }
    return { from: applied.length, to: known.length, applied: due.map(({ name }) => name) };
  }).catch((error: unknown) => {
    throw withPrivilegeHint(error);
  });
}

/** Number of the last migration applied; 0 where there is no schema yet. */
export async function schemaVersion(database: Database): Promise<number> {
  try {
    const exists = parseRow(
      z.object({ exists: z.boolean() }),
      await database.query("select to_regclass('reelbench.migrations') is not null as exists"),
    );
    if (exists?.exists !== true) return 0;
    const row = parseRow(
      z.object({ version: z.int() }),
      await database.query("select coalesce(max(number), 0) as version from reelbench.migrations"),
    );
    return row?.version ?? 0;
  } catch (error) {
    throw productionError(error);
  }
}

/**
 * For those who use the schema but do not change it (servers). Throws RB_TARGET_SCHEMA unless the schema is exactly this
 * build's.
 */
export async function openProduction(pool: Pool): Promise<{ readonly schemaVersion: number }> {
  const known = productionMigrations();
  const version = await schemaVersion(pool);
  if (version < known.length) {
    throw new ReelbenchError(
      "RB_TARGET_SCHEMA",
      `The target's schema is version ${version}; this build needs ${known.length}. Publishing to it migrates it.`,
    );
  }
  checkApplied(await appliedMigrations(pool), known);
  return { schemaVersion: version };
}

async function appliedMigrations(database: Database): Promise<z.infer<typeof appliedRow>[]> {
  try {
    return parseRows(
      appliedRow,
      await database.query("select number, name, sha256 from reelbench.migrations order by number"),
    );
  } catch (error) {
    throw productionError(error);
  }
}

function checkApplied(applied: readonly z.infer<typeof appliedRow>[], known: readonly Migration[]): void {
  if (applied.length > known.length) {
    throw new ReelbenchError(
      "RB_TARGET_SCHEMA",
      `The target's schema is version ${applied.length}, newer than this build's ${known.length}. Update this side; nothing was changed.`,
    );
  }
  for (const [index, row] of applied.entries()) {
    const migration = known[index];
    if (row.number !== index + 1 || migration === undefined || migration.sha256 !== row.sha256) {
      throw new ReelbenchError(
        "RB_TARGET_SCHEMA",
        `The target's schema was made by another "${row.name}" than this build's. Nothing was changed.`,
      );
    }
  }
}

function withPrivilegeHint(error: unknown): ReelbenchError {
  const known = productionError(error);
  if (known.code !== "RB_TARGET_SCHEMA" || known.cause === undefined) return known;
  return new ReelbenchError(
    "RB_TARGET_SCHEMA",
    `${known.message} Migrating needs CREATE on the database (GRANT CREATE ON DATABASE … TO publisher). Servers never do: docs/operations/database-roles.md lists what each role needs.`,
    { cause: known },
  );
}
