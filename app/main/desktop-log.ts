import { appendFileSync, mkdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";

const largest = 2_000_000;

/** A log file for what main and its children say; the previous one is kept as `.1` when it has grown large. */
export function openLog(file: string): (message: string) => void {
  mkdirSync(dirname(file), { recursive: true });
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > largest) renameSync(file, `${file}.1`);
  return (message) => {
    const line = `${new Date().toISOString()} ${message}\n`;
    process.stderr.write(line);
    try {
      appendFileSync(file, line);
    } catch {
      // A full disk must not take the app down; the line is on stderr.
    }
  };
}

/** The end of the log, for a report of a fault. */
export function tailOfLog(file: string, bytes = 500_000): string {
  try {
    return readFileSync(file, "utf8").slice(-bytes);
  } catch {
    return "";
  }
}
