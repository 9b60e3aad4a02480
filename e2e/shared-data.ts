import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { say } from "../scripts/say.ts";

/** Real ratings lie beside the repository and are never part of it: their licences forbid that. */
const directory = fileURLToPath(new URL("../../shared/data", import.meta.url));

/** Whether the folder of real ratings is there. Tests that need it skip without it: `it.skipIf(!hasSharedData)`. */
export const hasSharedData = existsSync(directory);

if (!hasSharedData) say(`no real ratings at ${directory}: the tests that need them are skipped.`);

/** The path of a file among the real ratings: `sharedData("ml-100k", "u.data")`. */
export function sharedData(...parts: readonly string[]): string {
  return join(directory, ...parts);
}
