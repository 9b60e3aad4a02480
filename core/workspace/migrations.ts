import type Database from "better-sqlite3";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ReelbenchError } from "../contract/errors.ts";
import type { Migration } from "../files/migrations.ts";

interface Applied {
  readonly number: number;
  readonly name: string;
  readonly sha256: string;
}

/** What this database has been through; empty for a new one. Reads only. */
export function appliedMigrations(database: Database.Database): readonly Applied[] {
  const known = database
    .prepare<[], { n: number }>("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'schema_migrations'")
    .get();
  if (known === undefined || known.n === 0) return [];
  return database.prepare<[], Applied>("SELECT number, name, sha256 FROM schema_migrations ORDER BY number").all();
}

/** Throws RB_WORKSPACE_NEWER or RB_CONFLICT where this build must not touch the database. Reads only. */
export function checkMigrations(applied: readonly Applied[], known: readonly Migration[], path: string): void {
  const newest = applied.at(-1);
  const latest = known.at(-1)?.number ?? 0;
  if (newest !== undefined && newest.number > latest) {
    throw new ReelbenchError(
      "RB_WORKSPACE_NEWER",
      `${path} has schema ${newest.number}; this Reelbench knows up to ${latest}.`,
      {
        details: { schema: newest.number, supported: latest },
      },
    );
  }
  for (const migration of applied) {
    if (known[migration.number - 1]?.sha256 === migration.sha256) continue;
    throw new ReelbenchError(
      "RB_CONFLICT",
      `${path} was made by a build whose schema ${migration.number} (${migration.name}) differs from this one's.`,
    );
  }
}

/**
 * Brings the database to the newest schema, each step in a transaction with its own record. An existing database is
 * copied to `backups/` first. Returns the schema's number.
 */
export function migrate(
  database: Database.Database,
  known: readonly Migration[],
  workspaceDirectory: string,
  now: () => Date = () => new Date(),
): number {
  const applied = appliedMigrations(database);
  const due = known.slice(applied.length);
  if (applied.length > 0 && due.length > 0)
    backUp(database, workspaceDirectory, `before-schema-${due[0]?.number ?? 0}`, now());
  for (const migration of due) {
    database
      .transaction(() => {
        database.exec(`CREATE TABLE IF NOT EXISTS schema_migrations (
        number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT`);
        database.exec(migration.sql);
        database
          .prepare("INSERT INTO schema_migrations VALUES (?, ?, ?, ?)")
          .run(migration.number, migration.name, migration.sha256, now().toISOString());
      })
      .immediate();
  }
  return known.at(-1)?.number ?? 0;
}

/** A whole, compact copy made by SQLite itself, safe beside a WAL. Returns its path. */
export function backUp(database: Database.Database, workspaceDirectory: string, label: string, at: Date): string {
  const folder = join(workspaceDirectory, "backups");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `workspace-${at.toISOString().replaceAll(/[:.]/g, "-")}-${label}.sqlite`);
  database.prepare("VACUUM INTO ?").run(path);
  return path;
}
