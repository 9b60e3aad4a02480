import type { Source } from "../contract/entities.ts";
import type { Judgement } from "./judge.ts";

/** What a way of reading leaves in the source's folder (ratings, ids, rejects) comes with this. */
export interface Reading {
  readonly sha256: string;
  readonly bytes: number;
  /** Records of the file, counted apart from the reading. */
  readonly read: number;
  readonly judgement: Pick<Judgement, "range" | "options" | "warnings">;
  readonly accepted: number;
  readonly users: number;
  readonly items: number;
  /** Different pairs of user and item. */
  readonly pairs: number;
  readonly timed: number;
  /** Ratings that occur, up to 10,000 of them. */
  readonly values: readonly number[];
  readonly rejects: Source["rejectsByReason"];
  readonly warnings: readonly string[];
}
