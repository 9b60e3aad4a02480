import type { TrainingSet } from "../models/algorithm.ts";
import type { SparseRows } from "./reference.ts";

/** Uniform numbers in [0, 1), the same for the same seed (Mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A random sparse matrix; `density` may leave rows and columns empty. */
export function randomSparse(
  rows: number,
  columns: number,
  density: number,
  seed: number,
  value = (random: () => number) => 1 + Math.floor(random() * 5),
): SparseRows {
  const random = seededRandom(seed);
  const start = [0];
  const columnList: number[] = [];
  const values: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (random() >= density) continue;
      columnList.push(column);
      values.push(value(random));
    }
    start.push(columnList.length);
  }
  return { start: Int32Array.from(start), columns: Int32Array.from(columnList), values: Float32Array.from(values) };
}

export function trainingSetOf(matrix: SparseRows, items: number, scale = { minimum: 1, maximum: 5 }): TrainingSet {
  return {
    users: matrix.start.length - 1,
    items,
    userStart: matrix.start,
    item: matrix.columns,
    rating: matrix.values,
    time: null,
    scale,
  };
}
