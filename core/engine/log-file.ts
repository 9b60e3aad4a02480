import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";

export interface LogFile {
  /** Whole lines. On the file when it returns. */
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
  let file = open();
  let size = fstatSync(file).size;

  function rotate(): void {
    closeSync(file);
    for (let age = kept - 1; age >= 0; age--) moveIfThere(path(age), path(age + 1));
    file = open();
    size = 0;
  }

  return {
    write(lines) {
      const bytes = Buffer.from(lines, "utf8");
      if (size > 0 && size + bytes.length > largest) rotate();
      writeSync(file, bytes);
      size += bytes.length;
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
