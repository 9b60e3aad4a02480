import type { TrainingSet } from "../models/algorithm.ts";
import type { ItemFacts } from "./item-facts.ts";
import type { Relevance } from "./relevance.ts";

/** Ratings by user in CSR, as in TrainingSet; evaluation needs no more. */
export type RatingsByUser = Pick<TrainingSet, "userStart" | "item" | "rating"> & {
  /** [ratings] Unix seconds, NaN where unknown: a model that changes with time is asked for its prediction then. */
  readonly time?: TrainingSet["time"];
};

/** What is to be evaluated. Arrays may lie in shared memory. */
export interface EvaluationInput {
  /** What is known of the users: never recommended to them, and what their activity and the items' popularity are counted in. */
  readonly rated: Pick<RatingsByUser, "userStart" | "item">;
  readonly test: RatingsByUser;
  /** Ratings of test users that training never saw: folded in when the model is asked. */
  readonly foldIn?: RatingsByUser | null;
  /** [rows] users with at least one test rating, ascending (`testUsers`). */
  readonly users: Int32Array;
  /** List lengths, ascending. */
  readonly cutoffs: readonly number[];
  readonly relevance: Relevance;
  readonly facts: ItemFacts;
  /** False: no AUC, which needs all scores. Default true. */
  readonly curves?: boolean;
  /** Only to reproduce papers: candidates are each relevant item and so many unseen ones, drawn with the seed. */
  readonly sampled?: { readonly negatives: number; readonly seed: number } | null;
}

/** Where results go: disjoint ranges of rows may be filled by different threads. */
export interface EvaluationOutput {
  /** name → [rows] */
  readonly columns: ReadonlyMap<string, Float64Array>;
  /** One a cutoff, [items]: lists in which the item stood at a place beyond the cutoff before and within this one. */
  readonly listed: readonly Int32Array[];
  /** [test ratings] place in the user's list, from 1; 0 where it is in none. */
  readonly places: Int32Array;
  /** [test ratings] predicted rating; empty where the model predicts none. */
  readonly predictions: Float64Array;
}
