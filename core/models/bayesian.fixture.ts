import { seededRandom, trainingSetOf } from "../compute/test-data.fixture.ts";
import { createRecommender } from "../recommend/recommender.ts";
import type { TrainingSet } from "./algorithm.ts";
import type { FactorModel } from "./servable.ts";

/** Two independent standard normal numbers (Box and Muller). */
export function normalSource(seed: number): () => number {
  const random = seededRandom(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export interface World {
  readonly train: TrainingSet;
  readonly test: TrainingSet;
  readonly truth: (u: number, i: number) => number;
  readonly noise: number;
}

/**
 * Ratings 5 + b_u + b_i + p_u·q_i + noise of deviation 0.5, two factors whose means are not zero, on a scale wide enough that nothing is
 * cut off.
 */
export function plantedWorld(users: number, items: number, density: number, seed: number): World {
  const normal = normalSource(seed);
  const random = seededRandom(seed + 1);
  const draw = (count: number, deviation: number) => Array.from({ length: count }, () => deviation * normal());
  const [userBias, itemBias] = [draw(users, 0.4), draw(items, 0.6)];
  const [p, q] = [draw(users * 2, 0.8).map((x) => x + 0.7), draw(items * 2, 0.8).map((x) => x - 0.4)];
  const truth = (u: number, i: number) =>
    5 +
    (userBias[u] ?? 0) +
    (itemBias[i] ?? 0) +
    (p[2 * u] ?? 0) * (q[2 * i] ?? 0) +
    (p[2 * u + 1] ?? 0) * (q[2 * i + 1] ?? 0);
  const noise = 0.5;
  const part = (share: number): TrainingSet => {
    const [start, columns, values] = [[0], [] as number[], [] as number[]];
    for (let u = 0; u < users; u++) {
      for (let i = 0; i < items; i++) {
        if (random() >= share) continue;
        columns.push(i);
        values.push(truth(u, i) + noise * normal());
      }
      start.push(columns.length);
    }
    const matrix = {
      start: Int32Array.from(start),
      columns: Int32Array.from(columns),
      values: Float32Array.from(values),
    };
    return trainingSetOf(matrix, items, { minimum: -5, maximum: 15 });
  };
  return { train: part(density), test: part(density / 4), truth, noise };
}

/** Share of ratings within `z` standard deviations of their prediction. */
export function coverage(model: FactorModel, held: TrainingSet, z: number): number {
  const recommender = createRecommender(model);
  let inside = 0;
  for (let u = 0; u < held.users; u++) {
    for (let n = held.userStart[u] ?? 0; n < (held.userStart[u + 1] ?? 0); n++) {
      const i = held.item[n] ?? 0;
      const distance = Math.abs((held.rating[n] ?? 0) - recommender.score(u, i));
      if (distance <= z * (recommender.uncertainty(u, i) ?? 0)) inside++;
    }
  }
  return inside / held.item.length;
}
