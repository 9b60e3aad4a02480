/** Lists with filters and wishes, for anybody: a user of the data or ratings that are folded in. Part of the contract. */
import { z } from "zod";
import { catalogueItem, entityId, itemId, rating, recommendation, userId } from "./entities.ts";
import { method } from "./method.ts";

const share = z.number().min(0).max(1);
const count = z.int().nonnegative();

export const listFilter = z.object({
  /** Films with at least one of these. Left out: any. */
  genres: z.array(z.string().max(100)).max(100).optional(),
  yearFrom: z.int().optional(),
  yearTo: z.int().optional(),
});
export type ListFilter = z.infer<typeof listFilter>;

export const recommendListMethods = {
  /** Refuses with RB_NOT_FOUND whom or what the model does not know. */
  "recommend.list": method(
    "query",
    z.object({
      runId: entityId,
      who: z.union([z.object({ userId }), z.object({ ratings: z.array(rating).max(5000) })]),
      n: z.int().min(1).max(200).default(10),
      excludeSeen: z.boolean().default(true),
      /** As in `recommend.forUser`. */
      showHeldOut: z.boolean().default(false),
      filter: listFilter.default({}),
      /** 0: the model's own order. */
      diversity: share.default(0),
      novelty: share.default(0),
      explain: z.boolean().default(false),
    }),
    z.object({
      films: z.array(recommendation),
      /** What the wishes cost, against the model's own list under the same filter; null where nothing is wished. */
      cost: z
        .object({
          scoreKept: z.number(),
          diversity: z.object({ before: z.number(), after: z.number() }),
          novelty: z.object({ before: z.number(), after: z.number() }),
          kept: count,
        })
        .nullable(),
    }),
  ),
  /** Those of these items that the snapshot has, in the order asked. */
  "items.named": method(
    "query",
    z.object({ snapshotId: entityId, itemIds: z.array(itemId).max(1000) }),
    z.array(catalogueItem),
  ),
  "items.facets": method(
    "query",
    z.object({ snapshotId: entityId }),
    z.object({
      genres: z.array(z.object({ genre: z.string(), items: count })),
      /** Null: no film has a year. */
      years: z.object({ from: z.int(), to: z.int() }).nullable(),
    }),
  ),
};
