import type { Recipe } from "../contract/entities.ts";
import { createValueCounts } from "./value-counts.ts";

/** More are no scale; what step they have does not matter. */
const mostValues = 10_000;

type Keep = Exclude<Extract<Recipe[number], { step: "dedupe" }>["keep"], "mean">;

/** Ratings as columns: in any order, users and items as ranks of their ids. */
export interface UnorderedRatings {
  readonly u: Int32Array;
  readonly i: Int32Array;
  readonly rating: Float64Array;
  /** Unix seconds, NaN where unknown. */
  readonly time: Float64Array;
  /** `split-parts.ts`; null when no file said any. */
  readonly part: Uint8Array | null;
  /** How many ranks there are. */
  readonly users: number;
  readonly items: number;
}

export interface OrderedRatings extends UnorderedRatings {
  /** [users] the rank of each user that is left; `users` and `u` count only those. */
  readonly userRanks: Int32Array;
  readonly itemRanks: Int32Array;
  /** Ratings that occur. */
  readonly values: readonly number[];
  /** Of the known times; Infinity and −Infinity where there are none. */
  readonly earliest: number;
  readonly latest: number;
}

/**
 * The ratings by user, then item, in shared memory, users and items numbered without gaps in the order of their ranks.
 * `keep`: which of several ratings of a pair stays (null: there are none). Later means by time, unknown times first;
 * within the same time by place.
 */
export function orderRatings(ratings: UnorderedRatings, keep: Keep | null): OrderedRatings {
  const all = new Int32Array(ratings.u.length);
  for (let row = 0; row < all.length; row++) all[row] = row;
  const byItem = distributed(all, ratings.i, ratings.items);
  const order = distributed(byItem, ratings.u, ratings.users);
  const kept = keep === null ? order : settled(order, ratings, keep);
  const userRanks = ranksInUse(ratings.u, kept, ratings.users);
  const itemRanks = ranksInUse(ratings.i, kept, ratings.items);
  const rating = gathered(ratings.rating, kept);
  const time = gathered(ratings.time, kept);
  return {
    u: gatheredRanks(ratings.u, kept, userRanks, ratings.users),
    i: gatheredRanks(ratings.i, kept, itemRanks, ratings.items),
    rating,
    time,
    values: valuesOf(rating),
    ...rangeOf(time),
    part: ratings.part === null ? null : gatheredParts(ratings.part, kept),
    users: userRanks.length,
    items: itemRanks.length,
    userRanks,
    itemRanks,
  };
}

function valuesOf(ratings: Float64Array): number[] {
  const values = createValueCounts();
  for (let row = 0; row < ratings.length && values.size < mostValues; row++) values.add(ratings[row]!);
  return [...values.counts().keys()];
}

function rangeOf(times: Float64Array): { earliest: number; latest: number } {
  let earliest = Infinity;
  let latest = -Infinity;
  for (let row = 0; row < times.length; row++) {
    const time = times[row]!;
    if (time < earliest) earliest = time;
    if (time > latest) latest = time;
  }
  return { earliest, latest };
}

/** The rows by key, equal keys in the order they came in (counting sort). */
function distributed(rows: Int32Array, keys: Int32Array, count: number): Int32Array {
  const next = new Int32Array(count + 1);
  for (let at = 0; at < keys.length; at++) next[keys[at]! + 1]!++;
  for (let key = 0; key < count; key++) next[key + 1]! += next[key]!;
  const sorted = new Int32Array(rows.length);
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
    sorted[next[keys[row]!]!++] = row;
  }
  return sorted;
}

/** One row of each pair; the pairs' rows stand side by side, in the order of their places. */
function settled(order: Int32Array, { u, i, rating, time }: UnorderedRatings, keep: Keep): Int32Array {
  const timeOf = (row: number) => (Number.isNaN(time[row]!) ? -Infinity : time[row]!);
  const isBetter = (row: number, than: number): boolean => {
    if (keep === "first") return timeOf(row) < timeOf(than);
    if (keep === "highest" && rating[row]! !== rating[than]!) return rating[row]! > rating[than]!;
    return timeOf(row) >= timeOf(than);
  };
  let kept = 0;
  for (let at = 0; at < order.length; at++) {
    const row = order[at]!;
    const last = kept === 0 ? -1 : order[kept - 1]!;
    if (last !== -1 && u[last] === u[row] && i[last] === i[row]) {
      if (isBetter(row, last)) order[kept - 1] = row;
    } else order[kept++] = row;
  }
  return order.subarray(0, kept);
}

function ranksInUse(ranks: Int32Array, rows: Int32Array, count: number): Int32Array {
  const used = new Uint8Array(count);
  for (const row of rows) used[ranks[row]!] = 1;
  const inUse = new Int32Array(new SharedArrayBuffer(4 * used.reduce((sum, flag) => sum + flag, 0)));
  let found = 0;
  for (let rank = 0; rank < count; rank++) if (used[rank] === 1) inUse[found++] = rank;
  return inUse;
}

function gatheredRanks(ranks: Int32Array, rows: Int32Array, inUse: Int32Array, count: number): Int32Array {
  const dense = new Int32Array(count);
  inUse.forEach((rank, index) => (dense[rank] = index));
  const result = new Int32Array(new SharedArrayBuffer(4 * rows.length));
  for (let at = 0; at < rows.length; at++) result[at] = dense[ranks[rows[at]!]!]!;
  return result;
}

function gathered(values: Float64Array, rows: Int32Array): Float64Array {
  const result = new Float64Array(new SharedArrayBuffer(8 * rows.length));
  for (let at = 0; at < rows.length; at++) result[at] = values[rows[at]!]!;
  return result;
}

function gatheredParts(parts: Uint8Array, rows: Int32Array): Uint8Array {
  const result = new Uint8Array(new SharedArrayBuffer(rows.length));
  for (let at = 0; at < rows.length; at++) result[at] = parts[rows[at]!]!;
  return result;
}
