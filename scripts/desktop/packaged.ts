import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** The app's executable in a folder that electron-builder has filled; null when there is none for this system. */
export function packagedExecutable(output: string): string | null {
  if (!existsSync(output)) return null;
  const folders = readdirSync(output);
  const candidates = folders.flatMap((folder) => [
    join(output, folder, "reelbench"),
    join(output, folder, "Reelbench.exe"),
    join(output, folder, "Reelbench.app", "Contents", "MacOS", "Reelbench"),
  ]);
  return candidates.find((path) => existsSync(path)) ?? null;
}
