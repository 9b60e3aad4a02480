import { createRandom } from "../core/random.ts";
import type { TrainingSet } from "../core/models/algorithm.ts";

export interface GeneratedShape {
  readonly users: number;
  readonly items: number;
  readonly ratings: number;
}

/**
 * The shape that so many ratings have when a catalogue like MovieLens' grows: users in proportion (154 ratings each), items
 * with the square root (1,700 at 0.1 M, 27,000 at 25 M).
 */
export function shapeOfSize(ratings: number): GeneratedShape {
  return {
    users: Math.max(2, Math.round(ratings / 154)),
    items: Math.max(20, Math.round(1700 * Math.sqrt(ratings / 1e5))),
    ratings,
  };
}

/**
 * Invented ratings straight into a training set, for measuring cost: activity and popularity long-tailed, one to five
 * stars from user, item and two hidden tastes, times over ten years. The same seed gives the same bytes.
 */
export function generatedSet({ users, items, ratings }: GeneratedShape, seed = 1): TrainingSet {
  const random = createRandom(seed);
  const userStart = activity(users, items, ratings);
  const total = userStart[users] ?? 0;
  const shared = (bytes: number) => new SharedArrayBuffer(bytes);
  const item = new Int32Array(shared(4 * total));
  const rating = new Float32Array(shared(4 * total));
  const time = new Float64Array(shared(8 * total));
  const taste = (rows: number) => Float32Array.from({ length: rows * 3 }, () => random.normal());
  const [userTaste, itemTaste] = [taste(users), taste(items)];
  const takenBy = new Int32Array(items).fill(-1);
  for (let u = 0; u < users; u++) {
    const [from, to] = [userStart[u] ?? 0, userStart[u + 1] ?? 0];
    for (let n = from; n < to;) {
      const i = Math.min(items - 1, Math.floor(30 * ((items / 30 + 1) ** random.unit() - 1)));
      if (takenBy[i] === u) continue;
      takenBy[i] = u;
      item[n++] = i;
    }
    item.subarray(from, to).sort();
    for (let n = from; n < to; n++) {
      const i = item[n] ?? 0;
      const of = (array: Float32Array, row: number, at: number) => array[row * 3 + at] ?? 0;
      const mean = 3.4 + 0.35 * (of(userTaste, u, 0) + of(itemTaste, i, 0));
      const liking = 0.4 * (of(userTaste, u, 1) * of(itemTaste, i, 1) + of(userTaste, u, 2) * of(itemTaste, i, 2));
      rating[n] = Math.min(5, Math.max(1, Math.round(mean + liking + 0.6 * random.normal())));
      time[n] = Math.floor(1e9 + 3e8 * random.unit());
    }
  }
  return { users, items, userStart, item, rating, time, scale: { minimum: 1, maximum: 5 } };
}

/** Row starts: user u of all has about 1 / (u + users/20) of the ratings, at least one, at most a third of the items. */
function activity(users: number, items: number, ratings: number): Int32Array {
  const start = new Int32Array(new SharedArrayBuffer(4 * (users + 1)));
  const most = Math.max(1, Math.floor(items / 3));
  const weight = (u: number) => 1 / (u + users / 20);
  let sum = 0;
  for (let u = 0; u < users; u++) sum += weight(u);
  let carried = 0;
  for (let u = 0; u < users; u++) {
    const wanted = (ratings * weight(u)) / sum + carried;
    const count = Math.min(most, Math.max(1, Math.floor(wanted)));
    carried = wanted - count;
    start[u + 1] = (start[u] ?? 0) + count;
  }
  return start;
}
