/** Cleaned ratings that never change, the recipe that made them, and what they are like. */
import { z } from "zod";
import { count, entityId, isoTime, itemId, missing, userId } from "./identifiers.ts";
import { ratingScale } from "./ratings-files.ts";

export const recipeStep = z.discriminatedUnion("step", [
  z.object({ step: z.literal("dedupe"), keep: z.enum(["last", "first", "highest", "mean"]) }),
  z.object({ step: z.literal("time-window"), from: isoTime.nullable(), to: isoTime.nullable() }),
  z.object({ step: z.literal("k-core"), k: z.int().min(1).max(1000) }),
  z.object({ step: z.literal("minimum-ratings"), perUser: count, perItem: count }),
  z.object({ step: z.literal("exclude-users"), users: z.array(userId) }),
  z.object({ step: z.literal("exclude-items"), items: z.array(itemId) }),
  /** Only ratings of at least `minimum` stay; binarised, each of them becomes 1 (published protocols for rankings). */
  z.object({ step: z.literal("rating-threshold"), minimum: z.number(), binarise: z.boolean() }),
]);
/** Steps run in order. A snapshot holds each (user, item) once: where no dedupe step stands, `last` is added first. */
export const recipe = z.array(recipeStep).max(50);
export type Recipe = z.infer<typeof recipe>;

export const snapshot = z.object({
  /** Hash over canonical sorted rows and recipe: the same input and recipe give the same id anywhere. */
  id: entityId,
  name: z.string(),
  createdAt: isoTime,
  sourceIds: z.array(entityId).min(1),
  recipe,
  /** Rows before and after each step, in order. */
  steps: z.array(z.object({ step: recipeStep, before: count, after: count })),
  ratings: count,
  users: count,
  items: count,
  scale: ratingScale,
  hasTime: z.boolean(),
  /** Whether the files said of ratings which part of a split they are. */
  hasParts: z.boolean().optional(),
  /** Of how many users and items something is said beside titles; absent where nothing is. */
  attributes: z.object({ users: count, items: count }).optional(),
  from: isoTime.nullable(),
  to: isoTime.nullable(),
  missing,
});
export type Snapshot = z.infer<typeof snapshot>;

const histogram = z.array(z.object({ label: z.string(), value: z.number(), count }));
export const profile = z.object({
  ratings: count,
  users: count,
  items: count,
  /** Share of the users × items matrix that is filled, 0…1. */
  density: z.number(),
  mean: z.number(),
  median: z.number(),
  standardDeviation: z.number(),
  ratingHistogram: histogram,
  /** Quantiles 0, .1, .25, .5, .75, .9, .99, 1 of ratings per user and per item. */
  ratingsPerUser: z.array(z.object({ quantile: z.number(), value: z.number() })),
  ratingsPerItem: z.array(z.object({ quantile: z.number(), value: z.number() })),
  /** Gini coefficient of ratings over items / users, 0 (equal) … 1. */
  giniItems: z.number(),
  giniUsers: z.number(),
  /** Lorenz curve over items, least rated first: share of items → share of ratings (≤ 101 points). */
  lorenzItems: z.array(z.object({ share: z.number(), ratings: z.number() })),
  /** Ratings per calendar month; empty without times. */
  activity: z.array(z.object({ month: z.string(), count })),
  topItems: z.array(z.object({ itemId, title: z.string().nullable(), count, mean: z.number() })),
  warnings: z.array(z.string()),
});
export type Profile = z.infer<typeof profile>;
