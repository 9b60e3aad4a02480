import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { z } from "zod";
import { exists, writeFileAtomic } from "../../files/atomic.ts";
import { readJson } from "../../files/json.ts";
import { systemDirectory } from "./binaries.ts";
import { isLockedByPostgres } from "./orphan.ts";

const owner = z.object({ workspace: z.string() });
const longGone = 30 * 24 * 60 * 60 * 1000;

/** A folder outside the workspace for its data (docs/decisions/008), named by `id`; `workspace` is noted beside the data. */
export async function outsideDirectory(id: string, workspace: string, root = systemDirectory): Promise<string> {
  const directory = join(root, id);
  await mkdir(directory, { recursive: true, mode: 0o755 });
  await writeFileAtomic(join(directory, "owner.json"), JSON.stringify({ workspace }), 0o600);
  return directory;
}

/**
 * Removes data whose workspace no longer exists and on which no Postgres runs: at once where the workspace was in the
 * system's folder for temporary files, otherwise after thirty days, since a disk may only be away.
 */
export async function sweepOutsideData(root = systemDirectory): Promise<void> {
  const names = await readdir(root).catch(() => []);
  for (const name of names.filter((each) => /^[0-9a-f]{24}$/.test(each))) {
    const directory = join(root, name);
    const known = await readJson(join(directory, "owner.json"), owner).catch(() => null);
    if (known === null || (await exists(known.workspace)) || (await isLockedByPostgres(join(directory, "postgres"))))
      continue;
    const { mtimeMs } = await stat(join(directory, "owner.json"));
    if (known.workspace.startsWith(tmpdir() + sep) || Date.now() - mtimeMs > longGone)
      await rm(directory, { recursive: true, force: true });
  }
}
