import { UMAP } from "umap-js";
import { createRandom } from "../random.ts";
import type { Nearest } from "./nearest-items.ts";

interface LayoutRequest {
  readonly nearest: Nearest;
  readonly neighbours: number;
  /** [points × 2] where points begin; only their proportions count. */
  readonly start: Float32Array;
  readonly seed: number;
}

/** As the authors' implementation begins with coordinates of its own: within ±10. */
const startRadius = 10;
const minimumDistance = 0.1;
/** Two films with the very same direction would otherwise be at distance 0, which the library takes for "no neighbour". */
const leastDistance = 1e-7;

/**
 * UMAP (McInnes, Healy and Melville 2018, arXiv:1802.03426) over given neighbours, by umap-js. It begins with the principal
 * components instead of at random: the large shape is then the data's own and not the seed's (Kobak and Linderman 2021).
 * The same request gives the same coordinates. `onProgress`: epochs.
 */
export function neighbourLayout(
  { nearest, neighbours, start, seed }: LayoutRequest,
  onProgress: (done: number, total: number) => void = () => undefined,
): Float32Array {
  const points = start.length / 2;
  const umap = new UMAP({
    nComponents: 2,
    nNeighbors: neighbours + 1,
    minDist: minimumDistance,
    random: createRandom(seed).unit,
  });
  umap.setPrecomputedKNN(...withThemselves(nearest, points, neighbours));
  // Neighbours are given, so the library looks at nothing of the points but their number.
  const epochs = umap.initializeFit(Array.from({ length: points }, () => [0]));
  const embedding = umap.getEmbedding();
  place(embedding, start);
  for (let epoch = 0; epoch < epochs; epoch++) {
    umap.step();
    onProgress(epoch + 1, epochs);
  }
  return Float32Array.from(embedding.flat());
}

/** The library counts every point as its own first neighbour, at distance 0. */
function withThemselves(nearest: Nearest, points: number, neighbours: number): [number[][], number[][]] {
  const rows = (values: Int32Array | Float64Array, own: (point: number) => number, least: number) =>
    Array.from({ length: points }, (_, point) => [
      own(point),
      ...Array.from(values.subarray(point * neighbours, (point + 1) * neighbours), (value) => Math.max(least, value)),
    ]);
  return [rows(nearest.points, (point) => point, 0), rows(nearest.distances, () => 0, leastDistance)];
}

function place(embedding: number[][], start: Float32Array): void {
  const farthest = start.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scale = farthest > 0 ? startRadius / farthest : 0;
  embedding.forEach((point, at) => {
    // Where the start says nothing the library's own random place stays.
    if (scale === 0) return;
    // A little of the random place keeps points apart that begin at the same one.
    point[0] = (start[2 * at] ?? 0) * scale + (point[0] ?? 0) * 1e-4;
    point[1] = (start[2 * at + 1] ?? 0) * scale + (point[1] ?? 0) * 1e-4;
  });
}
