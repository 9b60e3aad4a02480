import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";

export interface LogFile {
  /** Whole lines. On the file when it returns, unless there is no room: then the next that fits says how many were lost. */
  write(lines: string): void;
}

export interface LogFileOptions {
  /** Bytes after which a new file is begun. */
  readonly largest?: number;
  /** Earlier files that are kept, `engine.1.log` the newest. */
  readonly kept?: number;
}

/** `engine.log` in a folder. What outgrows its size moves on to `engine.1.log`, `engine.2.log`, …; the oldest is written over. */
export function openLogFile(folder: string, { largest = 5_000_000, kept = 3 }: LogFileOptions = {}): LogFile {
  mkdirSync(folder, { recursive: true });
  const path = (age: number) => join(folder, age === 0 ? "engine.log" : `engine.${String(age)}.log`);
  const open = () => openSync(path(0), "a");
  const first = open();
  /** Null between two files, also where the second could not be opened. */
  let file: number | null = first;
  let size = fstatSync(first).size;
  let lost = 0;

  function rotate(): void {
    if (file !== null) closeSync(file);
    file = null;
    for (let age = kept - 1; age >= 0; age--) moveIfThere(path(age), path(age + 1));
    size = 0;
  }

  /** A log that cannot be written, the disk being full, must not end the work that it tells of. */
  function append(lines: string): boolean {
    const bytes = Buffer.from(lines, "utf8");
    try {
      if (size > 0 && size + bytes.length > largest) rotate();
      file ??= open();
      size += writeSync(file, bytes);
      return true;
    } catch {
      return false;
    }
  }

  return {
    write(lines) {
      if (
        lost > 0 &&
        append(`${JSON.stringify({ level: 40, time: Date.now(), msg: `${String(lost)} entries were lost` })}\n`)
      )
        lost = 0;
      if (!append(lines)) lost += 1;
    },
  };
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
