import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

const temporaryPrefix = ".tmp-";

/** A path in `parent` that nobody has used, for what is not finished. `removeTemporaries` removes what a kill leaves there. */
export function temporaryPath(parent: string): string {
  return join(parent, `${temporaryPrefix}${randomBytes(6).toString("hex")}`);
}

/** Writes a file so that its name always holds the old bytes or the new ones, whole, whatever happens meanwhile. */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array | Iterable<Uint8Array>,
  mode = 0o644,
): Promise<void> {
  const temporary = temporaryPath(dirname(path));
  try {
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncPath(dirname(path));
}

/**
 * Lets `fill` write a folder under a temporary name, syncs it and renames it to `parent/name(result)`. If that exists
 * already, or somebody else is first (content-addressed ids), that one is kept: the same id means the same content.
 */
export async function writeFolderAtomic<T>(
  parent: string,
  name: (result: T) => string,
  fill: (temporaryDirectory: string) => Promise<T>,
): Promise<T> {
  await mkdir(parent, { recursive: true });
  const temporary = temporaryPath(parent);
  await mkdir(temporary);
  try {
    const result = await fill(temporary);
    const final = join(parent, name(result));
    await syncTree(temporary);
    if (!(await exists(final))) await renameUnlessThere(temporary, final);
    await syncPath(parent);
    return result;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function renameUnlessThere(folder: string, final: string): Promise<void> {
  try {
    await rename(folder, final);
  } catch (error) {
    // What it is called when the folder is there depends on the system: ENOTEMPTY, EEXIST, EPERM.
    if (!(await exists(final))) throw error;
  }
}

/** Removes a folder so that its name holds all of it or nothing, whatever happens meanwhile. One that is not there is gone already. */
export async function removeFolderAtomic(path: string): Promise<void> {
  const doomed = temporaryPath(dirname(path));
  try {
    await rename(path, doomed);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  await syncPath(dirname(path));
  await rm(doomed, { recursive: true, force: true });
}

/** Removes what a killed process left half-written. Call it only while nobody else writes there. */
export async function removeTemporaries(parent: string): Promise<number> {
  const names = await readdir(parent).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const leftovers = names.filter((name) => name.startsWith(temporaryPrefix));
  for (const name of leftovers) await rm(join(parent, name), { recursive: true, force: true });
  return leftovers.length;
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return false;
      throw error;
    },
  );
}

async function syncTree(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) await syncPath(join(entry.parentPath, entry.name));
  }
  await syncPath(directory);
}

/** fsync; folders cannot be synced on Windows, where renames are journalled anyway. */
async function syncPath(path: string): Promise<void> {
  const handle = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    if (process.platform === "win32" && (error.code === "EISDIR" || error.code === "EPERM")) return null;
    throw error;
  });
  if (handle === null) return;
  try {
    await handle.sync();
  } catch (error) {
    if (process.platform !== "win32") throw error;
  } finally {
    await handle.close();
  }
}
