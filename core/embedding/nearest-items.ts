import type { FactorModel } from "../models/servable.ts";
import { createScanner, indexForScan } from "../recommend/scanner.ts";

export interface Nearest {
  /** [points × neighbours] nearest first, the point itself left out. */
  readonly points: Int32Array;
  /** [points × neighbours] 1 − cosine, 0 … 2. */
  readonly distances: Float64Array;
}

const pointsPerCall = 256;

/**
 * The exact nearest neighbours of every point by the cosine, as "similar films" has it: each direction is asked of the same
 * scan that finds people's lists, as if it were a user's. `vectors` [points × factors], no direction zero; `neighbours` < points.
 */
export async function nearestPoints(
  vectors: Float32Array,
  factors: number,
  neighbours: number,
  onProgress: (done: number) => void = () => undefined,
): Promise<Nearest> {
  const directions = directionsOf(vectors, factors);
  const points = vectors.length / factors;
  const model: FactorModel = {
    form: "factors",
    users: points,
    items: points,
    factors,
    globalMean: 0,
    userBias: new Float32Array(points),
    itemBias: new Float32Array(points),
    userFactors: directions,
    itemFactors: directions,
    predictsRatings: false,
    scale: { minimum: 0, maximum: 1 },
    foldIn: { kind: "none" },
  };
  const scanner = await createScanner(model, {
    shared: { index: indexForScan(model, { longestList: neighbours }), slot: 0 },
  });
  const found: Nearest = {
    points: new Int32Array(points * neighbours),
    distances: new Float64Array(points * neighbours),
  };
  for (let from = 0; from < points; from += pointsPerCall) {
    const asked = Array.from({ length: Math.min(pointsPerCall, points - from) }, (_, at) => from + at);
    const lists = scanner.topNForMany(
      asked.map((point) => ({ who: point, exclude: [point] })),
      neighbours,
    );
    lists.forEach((list, at) =>
      list.forEach(({ i, score }, rank) => {
        found.points[(from + at) * neighbours + rank] = i;
        found.distances[(from + at) * neighbours + rank] = Math.max(0, 1 - score);
      }),
    );
    onProgress(from + asked.length);
  }
  return found;
}

/** [points × factors] of length 1. */
export function directionsOf(vectors: Float32Array, factors: number): Float32Array {
  const directions = Float32Array.from(vectors);
  for (let start = 0; start < directions.length; start += factors) {
    let squares = 0;
    for (let at = start; at < start + factors; at++) squares += (directions[at] ?? 0) ** 2;
    const length = Math.sqrt(squares);
    if (length > 0) for (let at = start; at < start + factors; at++) directions[at] = (directions[at] ?? 0) / length;
  }
  return directions;
}
