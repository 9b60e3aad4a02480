import type { InnerValidation } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import type { TrainingSet } from "../models/algorithm.ts";
import type { TrainingData } from "../ratings/training-data.ts";

export interface ValidationSelection {
  /** Null: what was loaded is a split's own training and validation part already. */
  readonly inner: InnerValidation | null;
  /** Ratings below do not count as relevant, as in the split's test. */
  readonly relevantFrom?: number | undefined;
  readonly userShare: number;
  readonly seed: number;
}

/**
 * What a trial of a search learns from and is judged by: a validation part taken out of the training part, whose test part
 * is not looked at, and of both only the share of users that takes part. Shares nest: who is in a smaller one is in a
 * larger one too. The same selection gives the same ratings.
 * @throws ReelbenchError RB_SPLIT_NO_TIME, RB_SPLIT_EMPTY
 */
export function validationData(loaded: TrainingData, selection: ValidationSelection): TrainingData {
  const { inner, userShare, seed, relevantFrom = -Infinity } = selection;
  const takesPart = (u: number) => userShare >= 1 || hash(seed, 0x5eed, u) < userShare;
  const ofUsers = (set: TrainingSet) => (userShare >= 1 ? set : selectRatings(set, (_, u) => takesPart(u)));
  if (inner === null) {
    const { train, test, foldIn } = loaded;
    return required({
      train: ofUsers(train),
      test: test === null ? null : ofUsers(test),
      foldIn: foldIn === null ? null : ofUsers(foldIn),
    });
  }
  const held = heldRatings(loaded.train, inner, seed);
  const train = selectRatings(loaded.train, (n, u) => held[n] === 0 && takesPart(u));
  const test = selectRatings(
    loaded.train,
    (n, u) => held[n] === 1 && takesPart(u) && (loaded.train.rating[n] ?? 0) >= relevantFrom,
  );
  return required({ train, test, foldIn: null });
}

function required(data: TrainingData): TrainingData {
  if (data.train.item.length === 0 || data.test === null || data.test.item.length === 0)
    throw new ReelbenchError(
      "RB_SPLIT_EMPTY",
      "The validation part, or what is left to train on, holds no rating: give more users or another share.",
    );
  return data;
}

/** [ratings] 1: of the validation part. */
function heldRatings(data: TrainingSet, { protocol, share }: InnerValidation, seed: number): Uint8Array {
  const count = data.item.length;
  if (protocol === "random") return new Uint8Array(count).map((_, n) => (hash(seed, 1, n) < share ? 1 : 0));
  const { time } = data;
  if (time === null || time.every(Number.isNaN)) throw new ReelbenchError("RB_SPLIT_NO_TIME");
  if (protocol === "global-temporal") {
    const known = time.filter((moment) => !Number.isNaN(moment)).sort();
    const cut = known[Math.min(known.length - 1, Math.max(1, Math.round(known.length * (1 - share))))] ?? Infinity;
    // A moment parts them, so that nothing is learnt from that was given at the time of what is predicted.
    return new Uint8Array(count).map((_, n) => ((time[n] ?? NaN) >= cut ? 1 : 0));
  }
  const held = new Uint8Array(count);
  for (let u = 0; u < data.users; u++) {
    const [from, to] = [data.userStart[u] ?? 0, data.userStart[u + 1] ?? 0];
    const ratings = to - from;
    const wanted = protocol === "leave-last-out" ? 1 : Math.max(1, Math.round(ratings * share));
    const later = (a: number, b: number) => (time[b] ?? 0) - (time[a] ?? 0) || hash(seed, 2, b) - hash(seed, 2, a);
    const timed = Array.from({ length: ratings }, (_, at) => from + at).filter((n) => !Number.isNaN(time[n]));
    // At least one rating stays to learn the user from.
    for (const n of timed.sort(later).slice(0, Math.min(wanted, ratings - 1))) held[n] = 1;
  }
  return held;
}

function selectRatings(data: TrainingSet, keep: (n: number, u: number) => boolean): TrainingSet {
  const chosen: number[] = [];
  const userStart = new Int32Array(new SharedArrayBuffer(4 * (data.users + 1)));
  for (let u = 0; u < data.users; u++) {
    for (let n = data.userStart[u] ?? 0; n < (data.userStart[u + 1] ?? 0); n++) if (keep(n, u)) chosen.push(n);
    userStart[u + 1] = chosen.length;
  }
  const item = new Int32Array(new SharedArrayBuffer(4 * chosen.length));
  const rating = new Float32Array(new SharedArrayBuffer(4 * chosen.length));
  const time = data.time === null ? null : new Float64Array(new SharedArrayBuffer(8 * chosen.length));
  for (const [at, n] of chosen.entries()) {
    item[at] = data.item[n] ?? 0;
    rating[at] = data.rating[n] ?? 0;
    if (time !== null) time[at] = data.time?.[n] ?? NaN;
  }
  const { weight } = data;
  const weights =
    weight === undefined || weight === null ? {} : { weight: Float32Array.from(chosen, (n) => weight[n] ?? 1) };
  return { ...data, userStart, item, rating, time, ...weights };
}

/** A number of [0, 1) that belongs to a rating or a user, not to the order of anything (murmur3's finish). */
function hash(seed: number, purpose: number, n: number): number {
  let x = (seed ^ Math.imul(purpose, 0x9e3779b9) ^ Math.imul(n + 1, 0x85ebca6b)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return ((x ^ (x >>> 16)) >>> 0) / 0x1_0000_0000;
}
