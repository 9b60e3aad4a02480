import type { TrainingSet } from "../../models/algorithm.ts";

/** Ratings as triples, each pair once, dense indices. */
export interface AnchorRatings {
  readonly users: number;
  readonly items: number;
  readonly user: Int32Array;
  readonly item: Int32Array;
  readonly rating: Float32Array;
  /** NaN where unknown; null: none has one. */
  readonly time: Float64Array | null;
  readonly scale: { readonly minimum: number; readonly maximum: number };
  /** Whether they stand as in the published file, whose order some protocols go by. */
  readonly inFileOrder: boolean;
}

/** The chosen ratings by user, then item. */
export function trainingSetOf(ratings: AnchorRatings, keep: (n: number) => boolean): TrainingSet {
  const { users, items, user, item, rating, time, scale } = ratings;
  const key = (n: number) => (user[n] ?? 0) * items + (item[n] ?? 0);
  const chosen: number[] = [];
  for (let n = 0; n < rating.length; n++) if (keep(n)) chosen.push(n);
  chosen.sort((a, b) => key(a) - key(b));
  const userStart = new Int32Array(users + 1);
  for (const n of chosen) userStart[(user[n] ?? 0) + 1] = (userStart[(user[n] ?? 0) + 1] ?? 0) + 1;
  for (let u = 0; u < users; u++) userStart[u + 1] = (userStart[u + 1] ?? 0) + (userStart[u] ?? 0);
  return {
    users,
    items,
    userStart,
    item: Int32Array.from(chosen, (n) => item[n] ?? 0),
    rating: Float32Array.from(chosen, (n) => rating[n] ?? 0),
    time: time === null ? null : Float64Array.from(chosen, (n) => time[n] ?? NaN),
    scale,
  };
}

/** All ratings 1: what was rated, not how. */
export function binarised(set: TrainingSet): TrainingSet {
  return { ...set, rating: new Float32Array(set.item.length).fill(1), scale: { minimum: 0, maximum: 1 } };
}

/** What a user rated in a set, for models that answer from it. */
export function historyOf(set: TrainingSet): (u: number) => { i: number; rating: number }[] {
  return (u) => {
    const from = set.userStart[u] ?? 0;
    return Array.from(set.item.subarray(from, set.userStart[u + 1]), (i, at) => ({
      i,
      rating: set.rating[from + at] ?? 0,
    }));
  };
}
