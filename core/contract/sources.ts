/** Imported files, each row of them accepted or rejected with a reason. */
import { z } from "zod";
import { count, entityId, isoTime, missing, sha256 } from "./identifiers.ts";
import { ratingScale, readOptions } from "./ratings-files.ts";

export const rejectReason = z.enum([
  "ragged",
  "missing-user",
  "missing-item",
  "missing-rating",
  "rating-not-a-number",
  "rating-off-scale",
  "bad-time",
  "bad-encoding",
  "not-a-record",
]);

export const reject = z.object({
  /** 1-based line of the file where the record starts. */
  line: z.int().positive(),
  reason: rejectReason,
  raw: z.string(),
});

export const source = z.object({
  id: entityId,
  name: z.string(),
  createdAt: isoTime,
  files: z.array(z.object({ path: z.string(), bytes: count, sha256 })),
  options: readOptions,
  layout: z.string().nullable(),
  /** Records in the file, counted independently of the reading. Always accepted + rejected. */
  read: count,
  accepted: count,
  rejected: count,
  rejectsByReason: z.partialRecord(rejectReason, count),
  /** Pairs (user, item) that occur more than once: extra rows beyond the first. */
  duplicates: count,
  users: count,
  items: count,
  hasTime: z.boolean(),
  /** Share of accepted rows with a time, 0…1. */
  timeShare: z.number().min(0).max(1),
  hasTitles: z.boolean(),
  /** Of how many rated users and items something is said beside titles (age, occupation; tags); absent where no such file was given. */
  attributes: z.object({ users: count, items: count }).optional(),
  scale: ratingScale,
  warnings: z.array(z.string()),
  /** Where the file was made from a query: which database (without its password) was asked what. */
  origin: z.object({ kind: z.literal("postgres"), database: z.string(), query: z.string() }).optional(),
  missing,
});
export type Source = z.infer<typeof source>;
