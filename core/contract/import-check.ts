/** What an import would do, told before it is done, and ratings from a database. Part of the contract (`methods.ts`). */
import { z } from "zod";
import { entityId, isoTime, ratingScale, readOptions, reject, rejectReason } from "./entities.ts";
import { method } from "./method.ts";

const count = z.int().nonnegative();
const path = z.string().min(1).max(4096);

/** The counts an import of the file would have: found the same way, and nothing kept. */
export const importCheck = z.object({
  read: count,
  accepted: count,
  rejected: count,
  rejectsByReason: z.partialRecord(rejectReason, count),
  /** The first rejected records of each reason. */
  examples: z.array(reject),
  users: count,
  items: count,
  /** Ratings beyond the first of a user for an item, and pairs of both whose ratings differ. */
  duplicates: count,
  conflicts: count,
  timed: count,
  from: isoTime.nullable(),
  to: isoTime.nullable(),
  /** Rated items with a title; null where no titles were given or found. */
  titled: count.nullable(),
  /** Users something is said of, and rated items with tags; null where no such file was named. */
  described: count.nullable(),
  tagged: count.nullable(),
  scale: ratingScale,
  warnings: z.array(z.string()),
  /** Why the import would be refused as a whole; null where it would not. */
  refusal: z.object({ code: z.string(), message: z.string(), remedy: z.string() }).nullable(),
  seconds: z.number().nonnegative(),
});
export type ImportCheck = z.infer<typeof importCheck>;

export const importMethods = {
  /** Reads the whole file as `sources.import` would, counts, and keeps nothing. */
  "sources.check": method(
    "job",
    z.object({
      path,
      options: readOptions.default({}),
      itemsPath: path.nullable().optional(),
      usersPath: path.nullable().optional(),
      tagsPath: path.nullable().optional(),
    }),
    importCheck,
  ),
  /**
   * Tries a connection and keeps it in the engine's memory alone, for as long as the engine lives. The answer names the database
   * without its password.
   */
  "postgres.connect": method(
    "command",
    z.object({ url: z.string().min(1).max(2000) }),
    z.object({ connectionId: entityId, database: z.string(), version: z.string() }),
  ),
  /**
   * Streams what a query answers into a file of the workspace, which is then imported like any other and removed after it. Runs in
   * a read-only transaction with a time limit. Throws RB_NOT_FOUND where the connection is no longer known.
   */
  "postgres.fetch": method(
    "job",
    z.object({
      connectionId: entityId,
      query: z.string().trim().min(1).max(20_000),
      timeoutSeconds: z.int().min(1).max(86_400).default(300),
    }),
    z.object({ path, rows: count, bytes: count }),
  ),
};
