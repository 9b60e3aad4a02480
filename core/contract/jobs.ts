/** Work that takes a while, and how far it is. */
import { z } from "zod";
import { entityId, isoTime } from "./identifiers.ts";
import { runState } from "./runs.ts";

export const progress = z.object({
  done: z.number().nonnegative(),
  /** Null while it is not known. */
  total: z.number().nonnegative().nullable(),
  unit: z.string(),
  message: z.string(),
});
export type Progress = z.infer<typeof progress>;

export const job = z.object({
  id: entityId,
  kind: z.string(),
  title: z.string(),
  state: runState,
  createdAt: isoTime,
  startedAt: isoTime.nullable(),
  finishedAt: isoTime.nullable(),
  progress: progress.nullable(),
  /** The method's output once it has succeeded. */
  result: z.unknown(),
  error: z
    .object({
      code: z.string(),
      message: z.string(),
      remedy: z.string(),
      details: z.record(z.string(), z.unknown()).optional(),
    })
    .nullable(),
  resumable: z.boolean(),
  /** Of a queued job: its turn among those that wait for the same place, from 1. */
  place: z.int().positive().optional(),
});
export type Job = z.infer<typeof job>;
