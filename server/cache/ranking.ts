import type { Basis } from "../live-model/score-job.ts";

/** A user's best items under one version and one epoch, seen ones left out, before any filter of a request. */
export interface Ranking {
  readonly basis: Basis;
  readonly ratingsUsed: number;
  /** Dense indices of the version. */
  readonly items: readonly number[];
  readonly scores: readonly number[];
}
