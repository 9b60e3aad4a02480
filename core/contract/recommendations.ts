/** Items with their scores and where these come from. */
import { z } from "zod";
import { isoTime, itemId } from "./identifiers.ts";

export const rating = z.object({ itemId, rating: z.number() });

export const catalogueItem = z.object({
  itemId,
  title: z.string().nullable(),
  year: z.int().nullable(),
  genres: z.array(z.string()),
});
export type CatalogueItem = z.infer<typeof catalogueItem>;

export const contribution = z.object({
  itemId,
  title: z.string().nullable(),
  /** Signed share of the score, in score units; with `baseline` they sum to the score exactly. */
  contribution: z.number(),
});

export const recommendation = catalogueItem.extend({
  rank: z.int().positive(),
  score: z.number(),
  explanation: z.object({ baseline: z.number(), contributions: z.array(contribution) }).nullable(),
});
export type Recommendation = z.infer<typeof recommendation>;

export const ratedItem = catalogueItem.extend({ rating: z.number(), time: isoTime.nullable() });
