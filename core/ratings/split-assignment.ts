import type { SplitProtocol } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { createRandom } from "../random.ts";
import { foldsOf, keepsValidation, partRoles, testPart, trainPart, validationPart } from "./split-parts.ts";
import { cutMoment, lastOfEachUser, lowerBound, requireTimes, sortedTimes, windowsOf } from "./split-temporal.ts";
import { heldOutUserParts } from "./split-users.ts";
import type { RatingColumns } from "./rating-columns.ts";

/**
 * One byte for each rating (docs/reference/formats.md, `split-parts.ts`).
 *
 * Every rule is a total order, so that the same seed gives the same bytes. Of one user's ratings of the same time, a
 * number drawn for each from the seed decides, then the place. A global cut never parts ratings of the same second.
 * Ratings without a time come before all others and are never tested temporally.
 * Throws RB_SPLIT_NO_TIME, RB_SPLIT_EMPTY, RB_INVALID_INPUT (no predefined parts).
 */
export function assignParts(ratings: RatingColumns, protocol: SplitProtocol, seed: number): Uint8Array {
  if (ratings.count < 2) throw new ReelbenchError("RB_SPLIT_EMPTY", "There are fewer than two ratings to split.");
  const parts = assign(ratings, protocol, seed);
  requireRatings(ratings, parts, protocol);
  return parts;
}

/** Every model has something to learn from and something to be tested on. */
function requireRatings(ratings: RatingColumns, parts: Uint8Array, protocol: SplitProtocol): void {
  const relevantFrom = protocol.relevantFrom ?? -Infinity;
  const trained = new Uint8Array(256);
  const tested = new Uint8Array(256);
  for (let row = 0; row < ratings.count; row++) {
    const part = parts[row] ?? 0;
    trained[part] = 1;
    if ((ratings.rating[row] ?? 0) >= relevantFrom) tested[part] = 1;
  }
  const folds = foldsOf(protocol);
  const kinds: readonly ("test" | "validation")[] =
    keepsValidation(protocol) && protocol.protocol !== "predefined" ? ["test", "validation"] : ["test"];
  for (let fold = 0; fold < (folds ?? 1); fold++) {
    for (const kind of kinds) {
      const roles = partRoles(protocol, folds === null ? null : fold, kind);
      const where = folds === null ? "" : ` in fold ${String(fold + 1)} of ${String(folds)}`;
      if (!roles.train.some((used, part) => used === 1 && trained[part] === 1))
        throw new ReelbenchError("RB_SPLIT_EMPTY", `The split leaves nothing to train on${where}.`);
      if (!roles.test.some((used, part) => used === 1 && tested[part] === 1))
        throw new ReelbenchError(
          "RB_SPLIT_EMPTY",
          `The split leaves nothing to ${kind === "test" ? "test" : "validate"} on${where}.`,
        );
    }
  }
}

function assign(ratings: RatingColumns, protocol: SplitProtocol, seed: number): Uint8Array {
  switch (protocol.protocol) {
    case "random":
      return randomParts(ratings.count, [protocol.testShare, protocol.validationShare ?? 0], seed);
    case "k-fold":
      return foldParts(ratings.count, protocol.folds, seed);
    case "global-temporal":
      requireTimes(ratings);
      return globalTemporalParts(ratings, protocol.testShare, protocol.validationShare);
    case "rolling-origin":
      requireTimes(ratings);
      return rollingParts(ratings, protocol.cutoffs, protocol.testShare, protocol.validation === true);
    case "per-user-temporal": {
      requireTimes(ratings);
      const { testShare, validationShare = 0 } = protocol;
      // At least one of every user's ratings stays in training: nobody is tested cold.
      return lastOfEachUser(ratings, seed, [testPart, validationPart], (n) => {
        const test = Math.min(n - 1, Math.round(n * testShare));
        return [test, Math.min(n - test - 1, Math.round((n - test) * validationShare))];
      });
    }
    case "leave-last-out":
      requireTimes(ratings);
      return lastOfEachUser(ratings, seed, [testPart, validationPart], (n) => [
        n >= 2 ? 1 : 0,
        protocol.validation === true && n >= 3 ? 1 : 0,
      ]);
    case "held-out-users":
      if (protocol.foldInBy === "time") requireTimes(ratings);
      return heldOutUserParts(ratings, protocol, seed);
    case "predefined":
      if (ratings.part === null)
        throw new ReelbenchError("RB_INVALID_INPUT", "The ratings do not say which part of a split they are.", {
          remedy:
            "Import the files with --part train, --part validation and --part test (or one file with --part-column), and make a snapshot of them.",
        });
      return Uint8Array.from(ratings.part);
  }
}

/** Exactly round(count × share) ratings for the test, then for validation; every choice of that size equally likely. */
function randomParts(count: number, [testShare, validationShare]: readonly [number, number], seed: number): Uint8Array {
  const random = createRandom(seed);
  const parts = new Uint8Array(count);
  // Knuth, TAOCP 2, §3.4.2, algorithm S (selection sampling).
  const sample = (part: number, left: number, size: number) => {
    let remaining = left;
    let wanted = size;
    for (let row = 0; row < count && wanted > 0; row++) {
      if (parts[row] !== trainPart) continue;
      if (random.below(remaining) < wanted) {
        parts[row] = part;
        wanted--;
      }
      remaining--;
    }
  };
  const tested = Math.round(count * testShare);
  sample(testPart, count, tested);
  sample(validationPart, count - tested, Math.round((count - tested) * validationShare));
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

function globalTemporalParts(
  ratings: RatingColumns,
  testShare: number,
  validationShare: number | undefined,
): Uint8Array {
  const times = sortedTimes(ratings);
  const { count } = ratings;
  const test = cutMoment(times, count - Math.round(count * testShare));
  if (validationShare === undefined)
    return windowsOf(ratings, [test]).map((window) => (window === 1 ? testPart : trainPart));
  const earlier = times.subarray(0, lowerBound(times, test));
  const validation = cutMoment(earlier, earlier.length - Math.round(earlier.length * validationShare));
  const partOfWindow = [trainPart, validationPart, testPart];
  return windowsOf(ratings, [validation, test]).map((window) => partOfWindow[window] ?? trainPart);
}

/** The number of the window each rating lies in: 0 before the first cut-off. With validation there is one window more in front. */
function rollingParts(ratings: RatingColumns, cutoffs: number, testShare: number, validation: boolean): Uint8Array {
  const times = sortedTimes(ratings);
  const { count } = ratings;
  const size = (count * testShare) / cutoffs;
  const first = count - cutoffs * size;
  const moments = Array.from({ length: cutoffs + (validation ? 1 : 0) }, (_, at) => {
    const wanted = Math.round(first + (at - (validation ? 1 : 0)) * size);
    if (wanted <= 0)
      throw new ReelbenchError("RB_SPLIT_EMPTY", "The windows leave nothing to train on before the first.");
    return cutMoment(times, wanted);
  });
  return windowsOf(ratings, moments);
}
