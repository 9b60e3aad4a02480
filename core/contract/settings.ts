/** What the settings screen asks: limits of the machine, logs, what opening mended, and what a report of a fault carries. */
import { z } from "zod";
import { isoTime } from "./entities.ts";
import { method } from "./method.ts";

const none = z.object({});
const count = z.int().nonnegative();

const threadLimit = z.int().min(1).max(256).nullable();
/** Bytes. Less than this trains nothing. */
const memoryLimit = z
  .int()
  .min(128 * 1024 * 1024)
  .nullable();

/** How much of the machine trainings may use. Null: all of it. */
export const limits = z.object({ threads: threadLimit, memory: memoryLimit });
export type Limits = z.infer<typeof limits>;

const limitsInForce = z.object({
  limits,
  /** What there is, and what trainings are given now. */
  machine: z.object({ threads: z.int(), memory: z.number() }),
  used: z.object({ threads: z.int(), memory: z.number() }),
});

const logLevel = z.enum(["info", "warn", "error"]);
export type LogLevel = z.infer<typeof logLevel>;

const logEntry = z.object({
  time: isoTime,
  level: logLevel,
  message: z.string(),
  /** Everything else that was noted, as JSON; null: nothing. */
  detail: z.string().nullable(),
});
export type LogEntry = z.infer<typeof logEntry>;

export const settingsMethods = {
  "limits.get": method("query", none, limitsInForce),
  /** Kept in the workspace; for trainings that start from now on. */
  "limits.set": method("command", limits, limitsInForce),
  /** The engine's log, newest first. */
  "logs.read": method(
    "query",
    z.object({
      /** Somewhere in the entry, whatever the case. */
      text: z.string().max(200).default(""),
      /** This and worse. */
      level: logLevel.default("info"),
      limit: z.int().min(1).max(2000).default(500),
    }),
    z.object({
      entries: z.array(logEntry),
      /** Of those that fit; more than were sent where the limit cut. */ total: count,
    }),
  ),
  /** What was found and mended when the workspace was opened. */
  "workspace.recovery": method(
    "query",
    none,
    z.object({
      openedAt: isoTime,
      /** Whether the engine before this one came to its end without closing the workspace. */
      afterCrash: z.boolean(),
      interruptedJobs: z.array(z.object({ id: z.string(), title: z.string() })),
      adopted: z.array(z.string()),
      missing: z.array(z.string()),
      refused: z.array(z.string()),
      removed: count,
    }),
  ),
  /** Versions, the shape of the workspace (numbers, no names) and the newest log, for a report. Not redacted yet. */
  "diagnostics.get": method(
    "query",
    none,
    z.object({ files: z.array(z.object({ name: z.string(), text: z.string() })) }),
  ),
};
