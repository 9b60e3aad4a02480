import { ReelbenchError } from "../contract/errors.ts";
import { createRandom } from "../random.ts";
import type { RatingColumns } from "./rating-columns.ts";

/** Ratings without a time come before all others. */
export function timeOf(ratings: RatingColumns, row: number): number {
  const time = ratings.time[row] ?? Number.NaN;
  return Number.isNaN(time) ? -Infinity : time;
}

/** Throws RB_SPLIT_NO_TIME when no rating has a time. */
export function requireTimes(ratings: RatingColumns): void {
  if (ratings.time.every(Number.isNaN)) throw new ReelbenchError("RB_SPLIT_NO_TIME");
}

/** All times, ascending. */
export function sortedTimes(ratings: RatingColumns): Float64Array {
  return new Float64Array(ratings.count).map((_, row) => timeOf(ratings, row)).sort();
}

/**
 * The moment from which on ratings lie behind the cut that leaves about `wanted` of the `sorted` times before it. A cut
 * is a moment, not a count: ratings of the same second fall on the same side, so that none is learnt from that was given
 * at the time of one that is tested. Of the two moments around the wanted place the nearer one is taken.
 */
export function cutMoment(sorted: Float64Array, wanted: number): number {
  const moment = sorted[Math.min(wanted, sorted.length - 1)] ?? 0;
  const below = lowerBound(sorted, moment);
  const above = upperBound(sorted, moment);
  const cutAbove = below === 0 || (above < sorted.length && above - wanted < wanted - below);
  return cutAbove ? (sorted[above] ?? Infinity) : moment;
}

export function lowerBound(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function upperBound(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** [ratings] how many of the moments (ascending) lie at or before each rating. */
export function windowsOf(ratings: RatingColumns, moments: readonly number[]): Uint8Array {
  return new Uint8Array(ratings.count).map((_, row) => {
    const time = timeOf(ratings, row);
    let window = 0;
    for (const moment of moments) if (time >= moment) window++;
    return window;
  });
}

/** Calls `visit` with the rows of each user, in the order of the columns (which is by user). */
export function forEachUser(ratings: RatingColumns, visit: (start: number, end: number) => void): void {
  let start = 0;
  while (start < ratings.count) {
    let end = start + 1;
    while (end < ratings.count && ratings.u[end] === ratings.u[start]) end++;
    visit(start, end);
    start = end;
  }
}

/**
 * Gives the last ratings of each user to parts, newest first: `sizes(n)` says how many each of `parts` gets of a user's n.
 * Ratings without a time stay where they are.
 */
export function lastOfEachUser(
  ratings: RatingColumns,
  seed: number,
  parts: readonly number[],
  sizes: (ratings: number) => readonly number[],
): Uint8Array {
  const assigned = new Uint8Array(ratings.count);
  const random = createRandom(seed);
  const draw = new Uint32Array(ratings.count).map(() => random.uint32());
  const later = (a: number, b: number) =>
    timeOf(ratings, b) - timeOf(ratings, a) || (draw[b] ?? 0) - (draw[a] ?? 0) || b - a;
  forEachUser(ratings, (start, end) => {
    const timed: number[] = [];
    for (let row = start; row < end; row++) if (timeOf(ratings, row) !== -Infinity) timed.push(row);
    timed.sort(later);
    let from = 0;
    sizes(end - start).forEach((size, at) => {
      for (const row of timed.slice(from, from + size)) assigned[row] = parts[at] ?? 0;
      from += size;
    });
  });
  return assigned;
}
