/** Maps of a model's films: their factors laid out in two dimensions. Part of the contract (`methods.ts`). */
import { z } from "zod";
import { entityId, isoTime, itemId } from "./entities.ts";
import { method } from "./method.ts";

const count = z.int().nonnegative();

/**
 * `pca`: the two directions in which the films' factors vary most; distances are true to the model, as far as two dimensions
 * go. `umap`: near films stay near (McInnes, Healy and Melville 2018); distances between groups say little.
 */
export const mapMethod = z.enum(["pca", "umap"]);
export type MapMethod = z.infer<typeof mapMethod>;

/** UMAP lays out at most so many films, the most rated ones. */
export const mostUmapFilms = 20_000;

const ofMap = {
  runId: entityId,
  method: mapMethod.default("pca"),
  /** Of UMAP's random numbers; PCA has none. */
  seed: z.int().min(0).max(0xffff_ffff).default(42),
};

/** What the error of a film is, and how many held-out ratings it was looked for in. */
export const mapError = z.discriminatedUnion("measure", [
  /** Mean of |predicted − held-out rating|, on the rating scale. */
  z.object({ measure: z.literal("mae"), ratings: count, users: count, allUsers: count }),
  /** Share of the users with the film held out whose list of `cutoff` does not hold it. */
  z.object({ measure: z.literal("miss-rate"), cutoff: count, ratings: count, users: count, allUsers: count }),
  z.object({ measure: z.null(), reason: z.string() }),
]);
export type MapError = z.infer<typeof mapError>;

export const filmMap = z.object({
  runId: entityId,
  method: mapMethod,
  seed: count,
  /** Films on the map, and films that the model has learned something about. */
  films: count,
  known: count,
  /** Factors of a film in the model. */
  factors: count,
  /** Share of the factors' variance along each axis; null for UMAP. */
  explained: z.tuple([z.number(), z.number()]).nullable(),
  /** Neighbours that count as near, in the layout and in `trustworthiness`. */
  neighbours: count,
  /**
   * 0 … 1: how far those that are near on the map are near in the model (Venna and Kaski 2001), by the cosine of factors, over
   * a sample of films; 1: all of them are. Null where there are too few films to say.
   */
  trustworthiness: z.number().nullable(),
  error: mapError,
  /** Of the films on the map, the most frequent first. */
  genres: z.array(z.object({ genre: z.string(), films: count })),
  seconds: z.number(),
  madeAt: isoTime,
});
export type FilmMap = z.infer<typeof filmMap>;

/** Column by column: films `offset` … of the map, the most rated first. */
const filmMapPage = z.object({
  total: count,
  itemIds: z.array(itemId),
  titles: z.array(z.string().nullable()),
  years: z.array(z.int().nullable()),
  /** Places in the map's `genres`. */
  genres: z.array(z.array(count)),
  x: z.array(z.number()),
  y: z.array(z.number()),
  /** Ratings that the model learned from. */
  ratings: z.array(count),
  /** Null: no rating of the film was held out, or the map has no errors. */
  errors: z.array(z.number().nullable()),
  /** Held-out ratings that the error is the mean over. */
  tested: z.array(count),
});
export type FilmMapPage = z.infer<typeof filmMapPage>;

export const embeddingMethods = {
  /** Lays out the films and keeps the map beside the run. Refuses with RB_NO_ITEM_FACTORS a model without factors. */
  "embedding.make": method(
    "job",
    z.object(ofMap),
    z.object({ runId: entityId, method: mapMethod, seed: count, films: count }),
  ),
  /** Null: it has not been made yet. `making`: the job that does, once it was started. Refuses as `embedding.make` does. */
  "embedding.get": method("query", z.object(ofMap), z.object({ map: filmMap.nullable(), making: entityId.nullable() })),
  /** Refuses with RB_NOT_FOUND while there is no such map. */
  "embedding.films": method(
    "query",
    z.object({ ...ofMap, offset: count.default(0), limit: z.int().min(1).max(5000).default(2000) }),
    filmMapPage,
  ),
};
