/** What a snapshot's ratings say about who gave them, and how two snapshots differ. Part of the contract (`methods.ts`). */
import { z } from "zod";
import { entityId, userId } from "./entities.ts";
import { method } from "./method.ts";

const count = z.int().nonnegative();

export const accountReason = z.enum(["constant", "burst", "everything"]);
export const suspiciousAccount = z.object({
  userId,
  ratings: count,
  /** Different ratings used, and the mean. */
  levels: count,
  mean: z.number(),
  /** Ratings within the busiest hour; null without times. */
  busiestHour: count.nullable(),
  /**
   * `constant`: at least 20 ratings, all the same. `burst`: at least 200 ratings within an hour, and nearly all of the account's.
   * `everything`: more than half of the catalogue.
   */
  reasons: z.array(accountReason).min(1),
});
export type SuspiciousAccount = z.infer<typeof suspiciousAccount>;

export const snapshotInsight = z.object({
  /** How many users used so many different ratings. */
  scaleUse: z.array(z.object({ levels: count, users: count })),
  /** Users by their mean rating, in twenty bins over the scale. */
  userMeans: z.array(z.object({ from: z.number(), to: z.number(), users: count })),
  /** Users and items with fewer ratings than this, which little can be learnt about. */
  coldBelow: count,
  coldUsers: count,
  coldItems: count,
  /** Lorenz curve over users, least active first. */
  lorenzUsers: z.array(z.object({ share: z.number(), ratings: z.number() })),
  /** The worst first, at most 200. */
  accounts: z.array(suspiciousAccount),
  suspiciousAccounts: count,
});
export type SnapshotInsight = z.infer<typeof snapshotInsight>;

export const distributionShift = z.object({
  name: z.enum(["ratings", "ratings-per-user", "ratings-per-item"]),
  /** Population stability index: below 0.1 stable, to 0.25 shifted, above it another population. */
  psi: z.number(),
  bins: z.array(z.object({ label: z.string(), before: z.number(), after: z.number() })),
});

export const snapshotDifference = z.object({
  before: z.object({ ratings: count, users: count, items: count }),
  after: z.object({ ratings: count, users: count, items: count }),
  /** Pairs of user and item only in one of them; and in both, with the same or another rating. */
  added: count,
  removed: count,
  changed: count,
  unchanged: count,
  usersAdded: count,
  usersRemoved: count,
  itemsAdded: count,
  itemsRemoved: count,
  shifts: z.array(distributionShift),
});
export type SnapshotDifference = z.infer<typeof snapshotDifference>;

export const snapshotInsightMethods = {
  "snapshots.insight": method("query", z.object({ snapshotId: entityId }), snapshotInsight),
  /** From one snapshot to another, by the data's own ids. */
  "snapshots.difference": method("query", z.object({ before: entityId, after: entityId }), snapshotDifference),
};
