import { ReelbenchError, toReelbenchError } from "../contract/errors.ts";
import type { ErrorCode } from "../contract/errors.ts";

/**
 * What went wrong with the workspace's storage, by remedy: damaged, not writable, full, held by another engine, other.
 * SQLite's extended codes (`SQLITE_IOERR_…`) are read by their stem.
 */
export function storageError(thrown: unknown, path: string): ReelbenchError {
  if (thrown instanceof ReelbenchError) return thrown;
  const code = systemCode(thrown);
  const known = code === null ? null : classify(code);
  if (known === null) return toReelbenchError(thrown);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ReelbenchError(known, `${path}: ${message}`, { cause: thrown, details: { path, system: code } });
}

function systemCode(thrown: unknown): string | null {
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : null;
}

function classify(code: string): ErrorCode | null {
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return "RB_WORKSPACE_CORRUPT";
  if (code.startsWith("SQLITE_FULL") || code === "ENOSPC" || code === "EDQUOT") return "RB_DISK_FULL";
  if (/^SQLITE_(READONLY|CANTOPEN|PERM|AUTH|IOERR_WRITE|IOERR_ACCESS)/.test(code)) return "RB_WORKSPACE_READ_ONLY";
  if (["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST"].includes(code)) return "RB_WORKSPACE_READ_ONLY";
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return "RB_WORKSPACE_LOCKED";
  return null;
}
