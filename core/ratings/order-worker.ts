/** Orders ratings and hashes them (`snapshot.ts`, which alone starts this file). Answers twice: ordered, then the id. */
import { parentPort, workerData } from "node:worker_threads";
import type { Recipe } from "../contract/entities.ts";
import { canonicalId } from "./canonical-id.ts";
import type { IdArena } from "./id-arena.ts";
import { orderRatings } from "./order-ratings.ts";
import type { OrderedRatings, UnorderedRatings } from "./order-ratings.ts";

export interface OrderRequest {
  readonly ratings: UnorderedRatings;
  readonly keep: Parameters<typeof orderRatings>[1];
  readonly recipe: Recipe;
  readonly userIds: IdArena;
  readonly itemIds: IdArena;
}

export type OrderAnswer = { readonly ordered: OrderedRatings } | { readonly id: string };

const { ratings, keep, recipe, userIds, itemIds } = workerData as OrderRequest;
const ordered = orderRatings(ratings, keep);
parentPort?.postMessage({ ordered } satisfies OrderAnswer);
parentPort?.postMessage({ id: canonicalId(recipe, ordered, userIds, itemIds) } satisfies OrderAnswer);
