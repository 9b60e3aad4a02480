import { open } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { LogEntry, LogLevel } from "../contract/settings.ts";

interface Question {
  readonly text: string;
  readonly level: LogLevel;
  readonly limit: number;
}

const line = z.looseObject({ level: z.number(), time: z.number(), msg: z.string().default("") });
/** pino's numbers. */
const least: Readonly<Record<LogLevel, number>> = { info: 30, warn: 40, error: 50 };
/** Bytes read from the end of each file: the answer stays quick however long the engine has been running. */
const mostBytes = 4_000_000;

/** What the engine has written into its logs (`openLogFile`), newest first. Lines that are cut off or not ours are left out. */
export async function readLog(
  folder: string,
  { text, level, limit }: Question,
): Promise<{ entries: LogEntry[]; total: number }> {
  const wanted = text.toLowerCase();
  const entries: LogEntry[] = [];
  let total = 0;
  for (const name of ["engine.log", "engine.1.log"]) {
    const lines = (await tailOf(join(folder, name))).split("\n");
    for (const written of lines.toReversed()) {
      if (wanted !== "" && !written.toLowerCase().includes(wanted)) continue;
      const entry = entryOf(written, least[level]);
      if (entry === null) continue;
      total += 1;
      if (entries.length < limit) entries.push(entry);
    }
  }
  return { entries, total };
}

function entryOf(written: string, from: number): LogEntry | null {
  let value: unknown;
  try {
    value = JSON.parse(written);
  } catch {
    return null;
  }
  const parsed = line.safeParse(value);
  if (!parsed.success || parsed.data.level < from) return null;
  const { level, time, msg, pid: _pid, ...rest } = parsed.data;
  return {
    time: new Date(time).toISOString(),
    level: level >= least.error ? "error" : level >= least.warn ? "warn" : "info",
    message: msg,
    detail: Object.keys(rest).length === 0 ? null : JSON.stringify(rest),
  };
}

/** The end of a file; empty where there is none. */
async function tailOf(path: string): Promise<string> {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (file === null) return "";
  try {
    const { size } = await file.stat();
    const length = Math.min(size, mostBytes);
    const bytes = Buffer.alloc(length);
    await file.read(bytes, 0, length, size - length);
    return bytes.toString("utf8");
  } finally {
    await file.close();
  }
}
