import { readdir, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { MethodOutput } from "../contract/methods.ts";
import { ReelbenchError } from "../contract/errors.ts";

/** What a folder of the engine's machine holds, folders first; hidden entries and what cannot be looked at are left out. */
export async function browseFolder(directory: string | null): Promise<MethodOutput<"files.browse">> {
  const folder = resolve(directory ?? homedir());
  const listed = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    const code = error.code === "ENOENT" ? "RB_FILE_NOT_FOUND" : "RB_FILE_UNREADABLE";
    throw new ReelbenchError(code, `${folder} cannot be listed: ${error.message}`, { cause: error });
  });
  const looked = await Promise.all(
    listed
      .filter(({ name }) => !name.startsWith("."))
      .map(async ({ name }) => {
        const path = join(folder, name);
        const found = await stat(path).catch(() => null); // Follows links; a broken one is no entry.
        if (found === null || !(found.isDirectory() || found.isFile())) return null;
        return {
          name,
          path,
          kind: found.isDirectory() ? ("directory" as const) : ("file" as const),
          bytes: found.isFile() ? found.size : 0,
        };
      }),
  );
  const entries = looked.filter((entry) => entry !== null);
  entries.sort((a, b) => (a.kind === b.kind ? a.name.localeCompare(b.name) : a.kind === "directory" ? -1 : 1));
  const parent = dirname(folder);
  return { directory: folder, parent: parent === folder ? null : parent, entries };
}
