import { resolve } from "node:path";

export interface DesktopArguments {
  /** The workspace folder to open; null: the usual one. */
  readonly workspaceDirectory: string | null;
  /** Where the app keeps its own files; null: the system's place. Tests give each run a fresh one. */
  readonly userDataDirectory: string | null;
}

/**
 * Reads our own options from a command line that Electron and Chromium share: `--workspace DIR`, `--user-data-dir=DIR` (both
 * also with the other separator). Everything else is theirs.
 */
export function parseArguments(argv: readonly string[], workingDirectory: string): DesktopArguments {
  const folder = (option: string): string | null => {
    const value = valueOf(argv, option);
    return value === null ? null : resolve(workingDirectory, value);
  };
  return { workspaceDirectory: folder("--workspace"), userDataDirectory: folder("--user-data-dir") };
}

function valueOf(argv: readonly string[], option: string): string | null {
  for (const [index, word] of argv.entries()) {
    if (word.startsWith(`${option}=`)) return nonEmpty(word.slice(option.length + 1));
    if (word === option) {
      const next = argv[index + 1];
      return next === undefined || next.startsWith("-") ? null : nonEmpty(next);
    }
  }
  return null;
}

function nonEmpty(value: string): string | null {
  return value === "" ? null : value;
}
