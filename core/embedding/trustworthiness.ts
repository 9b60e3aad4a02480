import { directionsOf } from "./nearest-items.ts";

const mostSampled = 300;

/**
 * How far the `neighbours` nearest on a map are near in the model: 1 − 2/(n k (2N − 3k − 1)) Σ (rank − k) over those that are not
 * among the k nearest there, rank by the cosine (Venna and Kaski 2001, eq. 1), over an even sample of n of the N points.
 * Null where there are not more than 3k points: the scale of the measure is then no 0 … 1.
 */
export function trustworthiness(
  vectors: Float32Array,
  factors: number,
  coordinates: Float32Array,
  neighbours: number,
): number | null {
  const points = coordinates.length / 2;
  if (points <= 3 * neighbours) return null;
  const directions = directionsOf(vectors, factors);
  const sampled = Math.min(mostSampled, points);
  const away = new Float64Array(points);
  const likeness = new Float64Array(points);
  let intruders = 0;
  for (let at = 0; at < sampled; at++) {
    const point = Math.floor((at * points) / sampled);
    for (let other = 0; other < points; other++) {
      away[other] =
        ((coordinates[2 * other] ?? 0) - (coordinates[2 * point] ?? 0)) ** 2 +
        ((coordinates[2 * other + 1] ?? 0) - (coordinates[2 * point + 1] ?? 0)) ** 2;
      let dot = 0;
      for (let f = 0; f < factors; f++)
        dot += (directions[point * factors + f] ?? 0) * (directions[other * factors + f] ?? 0);
      likeness[other] = dot;
    }
    for (const other of smallest(away, neighbours, point)) {
      const rank = rankOf(likeness, other, point);
      if (rank > neighbours) intruders += rank - neighbours;
    }
  }
  return 1 - (2 * intruders) / (sampled * neighbours * (2 * points - 3 * neighbours - 1));
}

/** Indices of the smallest values but `without`; equal ones: the lower index. */
function smallest(values: Float64Array, count: number, without: number): number[] {
  const best: number[] = [];
  for (let at = 0; at < values.length; at++) {
    const value = values[at] ?? 0;
    if (at === without || (best.length === count && value >= (values[best.at(-1) ?? 0] ?? 0))) continue;
    let to = best.length;
    while (to > 0 && (values[best[to - 1] ?? 0] ?? 0) > value) to--;
    best.splice(to, 0, at);
    if (best.length > count) best.pop();
  }
  return best;
}

/** Its place among the others, most alike first, from 1. */
function rankOf(likeness: Float64Array, other: number, point: number): number {
  const value = likeness[other] ?? 0;
  let rank = 1;
  for (let at = 0; at < likeness.length; at++) {
    if (at === point || at === other) continue;
    const against = likeness[at] ?? 0;
    if (against > value || (against === value && at < other)) rank++;
  }
  return rank;
}
