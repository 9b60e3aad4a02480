import type { SplitProtocol } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import type { RatingColumns } from "./training-data.ts";
import { createRandom } from "./random.ts";
import { testPart, trainPart } from "./split-parts.ts";

/**
 * One byte for each rating (docs/reference/formats.md): 0 train, 1 test, 255 unused; for k-fold the fold's number.
 *
 * Every rule is a total order, so that the same seed gives the same bytes. Of one user's ratings of the same time, a
 * number drawn for each from the seed decides, then the place. A global cut never parts ratings of the same second.
 * Ratings without a time come before all others and are never tested temporally.
 * Throws RB_SPLIT_NO_TIME, RB_SPLIT_EMPTY.
 */
export function assignParts(ratings: RatingColumns, protocol: SplitProtocol, seed: number): Uint8Array {
  if (ratings.count < 2) throw new ReelbenchError("RB_SPLIT_EMPTY", "There are fewer than two ratings to split.");
  const parts = assign(ratings, protocol, seed);
  if (protocol.protocol === "k-fold") {
    for (let fold = 0; fold < protocol.folds; fold++) {
      if (!parts.includes(fold))
        throw new ReelbenchError("RB_SPLIT_EMPTY", `Fold ${String(fold)} of ${String(protocol.folds)} would be empty.`);
    }
  } else if (!parts.includes(trainPart) || !parts.includes(testPart)) {
    throw new ReelbenchError(
      "RB_SPLIT_EMPTY",
      `The split leaves nothing to ${parts.includes(trainPart) ? "test on" : "train on"}.`,
    );
  }
  return parts;
}

function assign(ratings: RatingColumns, protocol: SplitProtocol, seed: number): Uint8Array {
  switch (protocol.protocol) {
    case "random":
      return randomParts(ratings.count, protocol.testShare, seed);
    case "k-fold":
      return foldParts(ratings.count, protocol.folds, seed);
    case "global-temporal":
      requireTimes(ratings);
      return globalTemporalParts(ratings, protocol.testShare);
    case "per-user-temporal":
      requireTimes(ratings);
      // At least one of every user's ratings stays in training: nobody is tested cold.
      return lastOfEachUser(ratings, seed, (n) => Math.min(n - 1, Math.round(n * protocol.testShare)));
    case "leave-last-out":
      requireTimes(ratings);
      return lastOfEachUser(ratings, seed, (n) => (n >= 2 ? 1 : 0));
  }
}

function requireTimes(ratings: RatingColumns): void {
  if (ratings.time.every(Number.isNaN)) throw new ReelbenchError("RB_SPLIT_NO_TIME");
}

/** A number for each rating, from the seed. */
function draws(count: number, seed: number): Uint32Array {
  const random = createRandom(seed);
  return new Uint32Array(count).map(() => random.uint32());
}

/** Exactly round(count × share) ratings, every subset of that size equally likely. */
function randomParts(count: number, share: number, seed: number): Uint8Array {
  const random = createRandom(seed);
  const parts = new Uint8Array(count);
  let wanted = Math.round(count * share);
  // Knuth, TAOCP 2, §3.4.2, algorithm S (selection sampling).
  for (let row = 0; row < count && wanted > 0; row++) {
    if (random.below(count - row) < wanted) {
      parts[row] = testPart;
      wanted--;
    }
  }
  return parts;
}

/** Folds whose sizes differ by one at most. */
function foldParts(count: number, folds: number, seed: number): Uint8Array {
  const random = createRandom(seed);
  const parts = new Uint8Array(count).map((_, row) => row % folds);
  // Fisher and Yates.
  for (let row = count - 1; row > 0; row--) {
    const other = random.below(row + 1);
    const kept = parts[row] ?? 0;
    parts[row] = parts[other] ?? 0;
    parts[other] = kept;
  }
  return parts;
}

const timeOf = (ratings: RatingColumns, row: number) => {
  const time = ratings.time[row] ?? Number.NaN;
  return Number.isNaN(time) ? -Infinity : time;
};

/**
 * The cut is a moment, not a count: ratings of the same second fall on the same side, so that none is learnt from that
 * was given at the time of one that is tested. Of the two moments around the wanted share the nearer one is taken.
 */
function globalTemporalParts(ratings: RatingColumns, share: number): Uint8Array {
  const times = new Float64Array(ratings.count).map((_, row) => timeOf(ratings, row)).sort();
  const wanted = ratings.count - Math.round(ratings.count * share);
  const moment = times[Math.min(wanted, ratings.count - 1)] ?? 0;
  const below = lowerBound(times, moment);
  const above = upperBound(times, moment);
  const cutAbove = below === 0 || (above < ratings.count && above - wanted < wanted - below);
  return new Uint8Array(ratings.count).map((_, row) => {
    const time = timeOf(ratings, row);
    return (cutAbove ? time > moment : time >= moment) ? testPart : trainPart;
  });
}

function lowerBound(sorted: Float64Array, value: number): number {
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

/** The last `testOf(n)` of each user's n ratings are the test. Ratings without a time are never tested. */
function lastOfEachUser(ratings: RatingColumns, seed: number, testOf: (ratings: number) => number): Uint8Array {
  const parts = new Uint8Array(ratings.count);
  const draw = draws(ratings.count, seed);
  const later = (a: number, b: number) =>
    timeOf(ratings, b) - timeOf(ratings, a) || (draw[b] ?? 0) - (draw[a] ?? 0) || b - a;
  let start = 0;
  while (start < ratings.count) {
    let end = start + 1;
    while (end < ratings.count && ratings.u[end] === ratings.u[start]) end++;
    const timed: number[] = [];
    for (let row = start; row < end; row++) if (timeOf(ratings, row) !== -Infinity) timed.push(row);
    timed.sort(later);
    const tested = Math.min(testOf(end - start), timed.length);
    for (const row of timed.slice(0, tested)) parts[row] = testPart;
    start = end;
  }
  return parts;
}
