import type { ErrorEnvelope } from "../../core/contract/errors.ts";
import type { GivenRating } from "../../core/recommend/recommender.ts";
import type { SharedModel } from "./shared-model.ts";

export type Basis = "personal" | "fold-in" | "preferences" | "popularity";

/** For whom, or what, a list is made. Dense indices of the version the job is for. */
export type Subject =
  | UserSubject
  | {
      readonly kind: "group";
      readonly members: readonly UserSubject[];
      /** An item's score for all: the mean of the members' scores, or the lowest of them. */
      readonly strategy: GroupStrategy;
    }
  | { readonly kind: "ratings"; readonly ratings: readonly GivenRating[] }
  | { readonly kind: "item"; readonly i: number };

export interface UserSubject {
  readonly kind: "user";
  /** −1: not a user of the model. */
  readonly u: number;
  /** Ratings given since, the latest of each item. They replace those of the history. */
  readonly ratings: readonly GivenRating[];
  /** Items met since (rated, watched). */
  readonly seen: readonly number[];
}

export type GroupStrategy = "average" | "least-misery";

export interface ItemFilter {
  /** Numbers of the catalogue's genres; null: any. Empty: none of those asked for exists. */
  readonly genres: readonly number[] | null;
  /** Items with one of these are left out. */
  readonly withoutGenres: readonly number[];
  readonly yearFrom: number | null;
  readonly yearTo: number | null;
}

export interface ScoreJob {
  readonly subject: Subject;
  readonly n: number;
  readonly excludeSeen: boolean;
  readonly exclude: readonly number[];
  readonly filter: ItemFilter | null;
  readonly explain: boolean;
  /** Explain these instead of looking for the best. */
  readonly only: readonly number[] | null;
}

export interface ScoredList {
  readonly basis: Basis;
  /** Ratings folded in for this list; 0 where the model's own factors answered. */
  readonly ratingsUsed: number;
  readonly items: readonly number[];
  readonly scores: readonly number[];
  readonly explanations: readonly ListExplanation[] | null;
  /** Of a thread's time; for a job answered together with others, its share. */
  readonly seconds: number;
}

export interface ListExplanation {
  readonly baseline: number;
  readonly items: readonly number[];
  readonly contributions: readonly number[];
}

export type ToScorer =
  | { readonly type: "hold"; readonly shared: SharedModel }
  | { readonly type: "drop"; readonly key: number }
  /** Jobs for one version, answered together: those that only look for the best items share one pass over them. */
  | { readonly type: "score"; readonly id: number; readonly key: number; readonly jobs: readonly ScoreJob[] };

export type ScoreAnswer = { readonly list: ScoredList } | { readonly error: ErrorEnvelope };

/** In the order of the jobs. */
export interface FromScorer {
  readonly id: number;
  readonly answers: readonly ScoreAnswer[];
}
