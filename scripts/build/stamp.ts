import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/**
 * SHA-256 over the names and contents of all files below the given paths (files or folders; missing ones count as
 * empty), in a fixed order. Tests are left out: they change nothing that is built.
 */
export function hashInputs(root: string, paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of paths) {
    for (const file of filesBelow(join(root, path))) {
      hash
        .update(`${relative(root, file)}\0`)
        .update(readFileSync(file))
        .update("\0");
    }
  }
  return hash.digest("hex");
}

function filesBelow(path: string): string[] {
  const kind = statSync(path, { throwIfNoEntry: false });
  if (kind === undefined) return [];
  if (kind.isFile()) return [path];
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Whether `output` was built from inputs with this hash, to the end. */
export function isFresh(stampFile: string, hash: string, output: string): boolean {
  if (statSync(output, { throwIfNoEntry: false }) === undefined) return false;
  try {
    return readFileSync(stampFile, "utf8") === hash;
  } catch {
    return false;
  }
}

/** Before building: a build that is killed must not look finished. */
export function clearStamp(stampFile: string): void {
  rmSync(stampFile, { force: true });
}

export function writeStamp(stampFile: string, hash: string): void {
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, hash);
}
