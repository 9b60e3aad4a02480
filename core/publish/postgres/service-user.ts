import { readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { ReelbenchError } from "../../contract/errors.ts";

export interface ServiceUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Postgres refuses to run as root. For an ordinary user: null, nothing to switch. For root: the system's `postgres` where
 * there is one, else `nobody`; never a user made for this, since a workbench does not change the system's accounts.
 */
export async function serviceUser(): Promise<ServiceUser | null> {
  if (process.getuid?.() !== 0) return null;
  const accounts = new Map(
    (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => {
      const [name = "", , uid = "", gid = ""] = line.split(":");
      return [name, { name, uid: Number.parseInt(uid, 10), gid: Number.parseInt(gid, 10) }] as const;
    }),
  );
  for (const name of ["postgres", "_postgres", "nobody"]) {
    const user = accounts.get(name);
    // macOS writes nobody's id as -2.
    if (user !== undefined && user.uid > 0 && user.gid > 0) return user;
  }
  throw new ReelbenchError(
    "RB_UNAVAILABLE",
    "Postgres does not run as root, and this system has neither a user postgres nor nobody. Start Reelbench as an ordinary user.",
  );
}

/** Whether everyone may pass through every folder down to `path`. */
export async function reachableByAll(path: string): Promise<boolean> {
  for (let folder = path; ; folder = dirname(folder)) {
    const found = await stat(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return null;
      throw error;
    });
    if (found !== null && (found.mode & 0o001) === 0) return false;
    if (dirname(folder) === folder) return true;
  }
}
