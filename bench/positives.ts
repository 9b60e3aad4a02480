/** Positives of MovieLens' shapes, invented: what the benchmarks of implicit-feedback algorithms fit. */
import { seededRandom } from "../core/compute/test-data.fixture.ts";
import type { TrainingSet } from "../core/models/algorithm.ts";

const shapes: Readonly<Record<string, readonly [users: number, items: number, positives: number]>> = {
  "ml-20m": [136_677, 20_108, 9_600_000],
  "ml-20m-tenth": [13_668, 6703, 960_000],
  "ml-1m": [6040, 3706, 1_000_209],
};

/** Ratings of four and more of MovieLens 20M (or a tenth of it), or all of MovieLens 1M's. */
export function generatePositives(shape: string): TrainingSet {
  const numbers = shapes[shape];
  if (numbers === undefined) throw new Error(`--shape is one of ${Object.keys(shapes).join(", ")}`);
  return generate(...numbers);
}

/** Users' counts log-normal (median about half of the mean, as MovieLens), items' popularity falling as 1/(rank + 30). */
export function generate(users: number, items: number, positives: number): TrainingSet {
  const random = seededRandom(5);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const activity = Array.from({ length: users }, () => Math.exp(1.1 * normal()));
  const scale = positives / activity.reduce((sum, x) => sum + x, 0);
  const userStart = new Int32Array(users + 1);
  activity.forEach((x, u) => {
    const count = Math.min(Math.floor(items / 4), Math.max(1, Math.round(x * scale)));
    userStart[u + 1] = (userStart[u] ?? 0) + count;
  });
  const item = new Int32Array(userStart[users] ?? 0);
  for (let u = 0; u < users; u++) {
    const [from, to] = [userStart[u] ?? 0, userStart[u + 1] ?? 0];
    const taken = new Set<number>();
    while (taken.size < to - from) {
      taken.add(Math.min(items - 1, Math.floor(30 * ((items / 30 + 1) ** random() - 1))));
    }
    item.set(Int32Array.from(taken).sort(), from);
  }
  return {
    users,
    items,
    userStart,
    item,
    rating: new Float32Array(item.length).fill(5),
    time: null,
    scale: { minimum: 1, maximum: 5 },
  };
}
