import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { TrainingSet } from "../core/models/algorithm.ts";

/** Ratings as triples, dense indices in order of first appearance. */
export interface Ratings {
  readonly users: number;
  readonly items: number;
  readonly user: Int32Array;
  readonly item: Int32Array;
  readonly rating: Float32Array;
  /** Unix seconds, NaN where a line has none; null when none has. */
  readonly time: Float64Array | null;
}

/** Reads `user<sep>item<sep>rating[<sep>seconds]…` with tab, `::`, `,` or `;` between, with or without a header, gzipped or not. For benchmarks: the product reads files with core/ratings. */
export function readRatingsFile(path: string): Ratings {
  const bytes = readFileSync(path);
  const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("latin1");
  const userIndex = new Map<string, number>();
  const itemIndex = new Map<string, number>();
  const indexOf = (map: Map<string, number>, id: string): number => {
    const known = map.get(id);
    if (known !== undefined) return known;
    map.set(id, map.size);
    return map.size - 1;
  };
  const user: number[] = [];
  const item: number[] = [];
  const rating: number[] = [];
  const time: number[] = [];
  for (const line of text.split(/\r?\n/)) {
    const [userId = "", itemId = "", value = "", seconds = ""] = line.split(/\t|::|,|;/);
    const parsed = Number(value);
    if (value === "" || Number.isNaN(parsed)) continue;
    user.push(indexOf(userIndex, userId));
    item.push(indexOf(itemIndex, itemId));
    rating.push(parsed);
    time.push(seconds === "" ? NaN : Number(seconds));
  }
  return {
    users: userIndex.size,
    items: itemIndex.size,
    user: Int32Array.from(user),
    item: Int32Array.from(item),
    rating: Float32Array.from(rating),
    time: time.every(Number.isNaN) ? null : Float64Array.from(time),
  };
}

/** The chosen ratings as a TrainingSet over all users and items. */
export function trainingSet(ratings: Ratings, keep: (index: number) => boolean): TrainingSet {
  const { users, items } = ratings;
  const kept = Array.from(ratings.user.keys()).filter(keep);
  const key = (index: number) => (ratings.user[index] ?? 0) * items + (ratings.item[index] ?? 0);
  kept.sort((a, b) => key(a) - key(b));
  const userStart = new Int32Array(users + 1);
  for (const index of kept)
    userStart[(ratings.user[index] ?? 0) + 1] = (userStart[(ratings.user[index] ?? 0) + 1] ?? 0) + 1;
  for (let u = 0; u < users; u++) userStart[u + 1] = (userStart[u + 1] ?? 0) + (userStart[u] ?? 0);
  let minimum = Infinity;
  let maximum = -Infinity;
  for (const value of ratings.rating) {
    minimum = Math.min(minimum, value);
    maximum = Math.max(maximum, value);
  }
  return {
    users,
    items,
    userStart,
    item: Int32Array.from(kept, (index) => ratings.item[index] ?? 0),
    rating: Float32Array.from(kept, (index) => ratings.rating[index] ?? 0),
    time: ratings.time && Float64Array.from(kept, (index) => ratings.time?.[index] ?? NaN),
    scale: { minimum, maximum },
  };
}

/** A fold number 0 … folds − 1 for every rating: a seeded shuffle dealt round. */
export function foldOfRating(count: number, folds: number, seed: number): Uint8Array {
  const order = Int32Array.from({ length: count }, (_, index) => index);
  let state = seed >>> 0;
  // Mulberry32: small, seeded, good enough to shuffle.
  const random = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const swap = order[last] ?? 0;
    order[last] = order[other] ?? 0;
    order[other] = swap;
  }
  const fold = new Uint8Array(count);
  order.forEach((index, place) => (fold[index] = place % folds));
  return fold;
}
