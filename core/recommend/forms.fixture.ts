import { randomSparse } from "../compute/test-data.fixture.ts";
import type { ItemWeightModel, NeighbourModel } from "../models/servable.ts";

const base = { users: 20, items: 15, predictsRatings: false, scale: { minimum: 1, maximum: 5 } } as const;
const itemPopularity = Float32Array.from({ length: 15 }, (_, i) => (i * 7) % 15);

/** Weights between −0.5 and 0.5, most of them absent. */
export function sparseWeightModel(change: Partial<ItemWeightModel> = {}): ItemWeightModel {
  const { start, columns, values } = randomSparse(15, 15, 0.4, 3, (random) => random() - 0.5);
  return {
    ...base,
    form: "item-weights",
    itemPopularity,
    input: { kind: "binary", positiveFrom: 3 },
    weights: { kind: "sparse", start, item: columns, weight: values },
    ...change,
  };
}

/** The same weights, written out. */
export function denseWeightModel(change: Partial<ItemWeightModel> = {}): ItemWeightModel {
  const { weights } = sparseWeightModel();
  const data = new Float32Array(15 * 15);
  if (weights.kind === "sparse") {
    for (let j = 0; j < 15; j++) {
      for (let n = weights.start[j]!; n < weights.start[j + 1]!; n++)
        data[j * 15 + weights.item[n]!] = weights.weight[n]!;
    }
  }
  return sparseWeightModel({ weights: { kind: "dense", data }, ...change });
}

export function neighbourModel(change: Partial<NeighbourModel> = {}): NeighbourModel {
  const { start, columns, values } = randomSparse(20, 15, 0.4, 9);
  return {
    ...base,
    form: "user-neighbours",
    itemPopularity,
    input: { kind: "rating", center: 0 },
    rows: { start, item: columns, value: values },
    similarity: { asymmetry: 0.4, shrinkage: 2 },
    neighbours: 6,
    ...change,
  };
}
