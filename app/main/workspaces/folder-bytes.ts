import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

/** Bytes of all files below a folder; null where it cannot be read, or holds more than `most` entries. Links are not followed. */
export async function folderBytes(folder: string, most = 200_000): Promise<number | null> {
  let bytes = 0;
  let entries = 0;
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    const found = await readdir(next, { withFileTypes: true }).catch(() => null);
    // Below the top, what a training removes meanwhile is nothing to count.
    if (found === null && next === folder) return null;
    for (const entry of found ?? []) {
      if (++entries > most) return null;
      const path = join(next, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile()) bytes += (await lstat(path).catch(() => null))?.size ?? 0;
    }
  }
  return bytes;
}
