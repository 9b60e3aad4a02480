import Database from "better-sqlite3";
import { join } from "node:path";
import { ReelbenchError } from "../contract/errors.ts";
import { storageError } from "./storage-error.ts";

export interface WorkspaceLock {
  release(): void;
}

/**
 * Holds the workspace for one engine. The lock is the operating system's own, taken through SQLite (an exclusive
 * transaction on a file of its own that stays empty), so that the kernel gives it back however the process ends: a
 * kill -9 leaves nothing stale, and no pid has to be guessed about. A pid file was the alternative: pids come back.
 *
 * Throws RB_WORKSPACE_LOCKED, or the storage error.
 */
export function lockWorkspace(directory: string): WorkspaceLock {
  const path = join(directory, "workspace.lock");
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { timeout: 0 });
    database.pragma("journal_mode = MEMORY");
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database?.close();
    const classified = storageError(error, path);
    if (classified.code !== "RB_WORKSPACE_LOCKED") throw classified;
    throw new ReelbenchError("RB_WORKSPACE_LOCKED", `Another engine has ${directory} open.`, { cause: error });
  }
  const held = database;
  return { release: () => void held.close() };
}
