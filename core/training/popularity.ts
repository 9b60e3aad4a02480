import type { TrainingSet } from "../models/algorithm.ts";

/** [items] ratings of each item. */
export function popularityOf({ items, item }: Pick<TrainingSet, "items" | "item">): Float32Array {
  const popularity = new Float32Array(items);
  for (const i of item) popularity[i] = (popularity[i] ?? 0) + 1;
  return popularity;
}
