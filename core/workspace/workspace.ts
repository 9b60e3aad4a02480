import Database from "better-sqlite3";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { migrationsUrl } from "../runtime-paths.ts";
import { ReelbenchError } from "../contract/errors.ts";
import type { Job } from "../contract/entities.ts";
import { readMigrations } from "../files/migrations.ts";
import type { Migration } from "../files/migrations.ts";
import { catalogueOf } from "./catalogue.ts";
import type { Catalogue } from "./catalogue.ts";
import { lockWorkspace } from "./lock.ts";
import { appliedMigrations, checkMigrations, migrate } from "./migrations.ts";
import { workspacePaths } from "./paths.ts";
import type { WorkspacePaths } from "./paths.ts";
import { reconcile } from "./reconcile.ts";
import type { Reconciliation } from "./reconcile.ts";
import { storageError } from "./storage-error.ts";

export interface Workspace {
  readonly id: string;
  readonly paths: WorkspacePaths;
  readonly schemaVersion: number;
  readonly catalogue: Catalogue;
  /** What opening found and mended. */
  readonly recovery: Reconciliation & { readonly interruptedJobs: readonly Job[] };
  close(): void;
}

/**
 * Opens a workspace, making it where there is none. Takes the lock, checks the catalogue's integrity, migrates it, brings
 * it together with the folders and marks what a dead engine left queued or running as interrupted.
 *
 * Throws RB_WORKSPACE_LOCKED, RB_WORKSPACE_NEWER, RB_WORKSPACE_CORRUPT, RB_WORKSPACE_READ_ONLY or RB_DISK_FULL.
 */
export async function openWorkspace(
  directory: string,
  migrations: readonly Migration[] = readMigrations(migrationsUrl("workspace")),
): Promise<Workspace> {
  const paths = workspacePaths(directory);
  const release: (() => void)[] = [];
  try {
    mkdirSync(paths.root, { recursive: true });
    const lock = lockWorkspace(paths.root);
    release.push(lock.release);
    refuseNewer(paths.catalogue, migrations);
    const database = openDatabase(paths.catalogue);
    release.push(() => void database.close());
    checkIntegrity(database, paths.catalogue);
    const schemaVersion = migrate(database, migrations, paths.root);
    const catalogue = catalogueOf(database);
    const id = workspaceId(database);
    const found = await reconcile(catalogue, paths);
    const interruptedJobs = interruptUnfinished(catalogue);
    return {
      id,
      paths,
      schemaVersion,
      catalogue,
      recovery: { ...found, interruptedJobs },
      close: () => releaseAll(release),
    };
  } catch (error) {
    releaseAll(release);
    throw storageError(error, paths.catalogue);
  }
}

function releaseAll(release: (() => void)[]): void {
  for (const step of release.splice(0).toReversed()) step();
}

/** Looked at through a connection that cannot write, before anything else touches the file. */
function refuseNewer(path: string, migrations: readonly Migration[]): void {
  if (!existsSync(path)) return;
  const reader = new Database(path, { readonly: true, fileMustExist: true });
  try {
    checkMigrations(appliedMigrations(reader), migrations, path);
  } finally {
    reader.close();
  }
}

function openDatabase(path: string): Database.Database {
  const database = new Database(path, { timeout: 5000 });
  database.pragma("journal_mode = WAL");
  // An accepted job must outlive a power cut, and the catalogue writes little.
  database.pragma("synchronous = FULL");
  database.pragma("foreign_keys = ON");
  database.pragma("trusted_schema = OFF");
  return database;
}

function checkIntegrity(database: Database.Database, path: string): void {
  // Documents are parsed whenever they are read; to see here, too, whether each is JSON takes four times as long as all the rest.
  database.pragma("ignore_check_constraints = ON");
  const answer = database.pragma("quick_check(10)", { simple: true });
  database.pragma("ignore_check_constraints = OFF");
  if (answer !== "ok") throw new ReelbenchError("RB_WORKSPACE_CORRUPT", `${path}: ${String(answer)}`);
}

function workspaceId(database: Database.Database): string {
  database.prepare("INSERT OR IGNORE INTO workspace VALUES (1, ?, ?)").run(randomUUID(), new Date().toISOString());
  return database.prepare<[], { id: string }>("SELECT id FROM workspace").get()?.id ?? "";
}

function interruptUnfinished(catalogue: Catalogue): Job[] {
  for (const state of ["queued", "running"] as const) {
    const message =
      state === "queued"
        ? "The engine ended before this training began."
        : "The engine ended while this run was training.";
    const error = new ReelbenchError("RB_WORKER_DIED", message).toEnvelope();
    for (const run of catalogue.runs.listBy("state", state))
      catalogue.runs.put({ ...run, state: "interrupted", error });
  }
  return catalogue.jobs.interruptUnfinished(new Date());
}
