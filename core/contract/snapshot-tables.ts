/** A snapshot by its ratings, users, items and genres, and what is wrong with it. Part of the contract (`methods.ts`). */
import { z } from "zod";
import { entityId, isoTime, itemId, recipe, recipeStep, userId } from "./entities.ts";
import { method } from "./method.ts";
import { accountReason } from "./snapshot-insight.ts";

const count = z.int().nonnegative();
const page = { offset: count.default(0), limit: z.int().min(1).max(1000).default(100) };
/** Both ends belong to it; one left out: no limit. */
const range = z.object({ from: z.number().optional(), to: z.number().optional() });

/** Which ratings of a snapshot: all that is said must hold. */
export const rowFilter = z.object({
  rating: range.optional(),
  /** From the one (included) to the other (not). */
  time: z.object({ from: isoTime.optional(), to: isoTime.optional() }).optional(),
  /** Only ratings with a time, or only those without. */
  timed: z.boolean().optional(),
  /** Of this user, of this item. */
  userId: userId.optional(),
  itemId: itemId.optional(),
  /** Of users, and of items, with so many ratings in the snapshot. */
  userRatings: range.optional(),
  itemRatings: range.optional(),
  /** Of accounts that look like no person. */
  account: accountReason.optional(),
  /** Of items with a title, or of those without. */
  titled: z.boolean().optional(),
  genre: z.string().max(200).optional(),
});
export type RowFilter = z.infer<typeof rowFilter>;

export const entityFilter = z.object({
  /** Part of the id or, of items, of the title. */
  text: z.string().max(200).optional(),
  ratings: range.optional(),
  mean: range.optional(),
  /** Different ratings given by a user. */
  levels: range.optional(),
  account: accountReason.optional(),
  titled: z.boolean().optional(),
  genre: z.string().max(200).optional(),
  /** Items that share title and year with another id. */
  sameTitle: z.boolean().optional(),
});
export type EntityFilter = z.infer<typeof entityFilter>;

const features = {
  ratings: count,
  mean: z.number(),
  deviation: z.number(),
  /** How far above the mean of all, shrunk towards 0 where there are few ratings (of users: beyond what their items explain). */
  bias: z.number(),
  first: isoTime.nullable(),
  last: isoTime.nullable(),
};
export const userFeatures = z.object({
  userId,
  ...features,
  levels: count,
  reasons: z.array(accountReason),
  /** What a file of users said, such as `age: 20–29`. */
  attributes: z.array(z.string()),
});
export type UserFeatures = z.infer<typeof userFeatures>;
export const itemFeatures = z.object({
  itemId,
  title: z.string().nullable(),
  year: z.int().nullable(),
  genres: z.array(z.string()),
  tags: z.array(z.string()),
  ...features,
});
export type ItemFeatures = z.infer<typeof itemFeatures>;

/** Where the rows behind a number are: a table of the snapshot, filtered. */
export const drillDown = z.discriminatedUnion("table", [
  z.object({ table: z.literal("rows"), filter: rowFilter }),
  z.object({ table: z.literal("users"), filter: entityFilter }),
  z.object({ table: z.literal("items"), filter: entityFilter }),
  z.object({ table: z.literal("rejects"), sourceId: entityId }),
]);
export type DrillDown = z.infer<typeof drillDown>;

export const qualityFinding = z.object({
  id: z.string(),
  severity: z.enum(["serious", "warning", "note", "good"]),
  title: z.string(),
  /** What it means, and what to do. */
  meaning: z.string(),
  count,
  of: count,
  unit: z.enum(["ratings", "users", "films", "records"]),
  drill: drillDown.nullable(),
});
export type QualityFinding = z.infer<typeof qualityFinding>;

export const recipePreview = z.object({
  ratings: count,
  users: count,
  items: count,
  /** Of the recipe as it is carried out: settling duplicates comes first where no step does it. */
  steps: z.array(z.object({ step: recipeStep, before: count, after: count, users: count, items: count })),
});
export type RecipePreview = z.infer<typeof recipePreview>;

const session = z.string().min(1).max(60);

export const snapshotTableMethods = {
  /**
   * What a recipe would leave after each step. A newer question of the same session ends an older one, which then throws
   * RB_CANCELLED.
   */
  "snapshots.preview": method(
    "query",
    z.object({ sourceIds: z.array(entityId).min(1).max(20), recipe, session }),
    recipePreview,
  ),
  "snapshots.stopPreview": method("command", z.object({ session }), z.object({})),
  "snapshots.users": method(
    "query",
    z.object({
      snapshotId: entityId,
      filter: entityFilter.default({}),
      sort: z.enum(["user", "ratings", "mean", "deviation", "bias", "levels", "first", "last"]).default("ratings"),
      descending: z.boolean().default(true),
      ...page,
    }),
    z.object({ total: count, rows: z.array(userFeatures) }),
  ),
  "snapshots.items": method(
    "query",
    z.object({
      snapshotId: entityId,
      filter: entityFilter.default({}),
      sort: z
        .enum(["item", "title", "year", "ratings", "mean", "deviation", "bias", "first", "last"])
        .default("ratings"),
      descending: z.boolean().default(true),
      ...page,
    }),
    z.object({ total: count, rows: z.array(itemFeatures) }),
  ),
  /** An item of several genres counts in each. */
  "snapshots.genres": method(
    "query",
    z.object({ snapshotId: entityId }),
    z.object({
      genres: z.array(
        z.object({
          genre: z.string(),
          items: count,
          ratings: count,
          mean: z.number(),
          /** Mean of its ratings beyond the mean of all. */
          bias: z.number(),
        }),
      ),
      /** Rated items of which no genre is known. */
      without: count,
    }),
  ),
  /** What is wrong with a snapshot, the most serious first, and what was looked at and is in order. */
  "snapshots.quality": method("query", z.object({ snapshotId: entityId }), z.array(qualityFinding)),
};
