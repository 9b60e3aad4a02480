import type { Algorithm } from "./algorithm.ts";
import type { FactorModel } from "./servable.ts";
import { modelBytes, requireRatings, trainingSetBytes } from "./training-limits.ts";

/** Everyone gets the most rated items: the baseline that a personal model has to beat. */
export const popularity: Algorithm<FactorModel> = {
  info: {
    id: "popularity",
    name: "Popularity",
    summary: "Ranks items by how many people rated them. The same list for everyone.",
    whenToUse:
      "As the baseline of every comparison, and as the answer for people of whom nothing is known. A personal model that does not beat it is not worth serving.",
    paper: {
      citation:
        "P. Cremonesi, Y. Koren, R. Turrin. Performance of recommender algorithms on top-N recommendation tasks. RecSys 2010, §3.1 (Top Popular).",
      url: "https://doi.org/10.1145/1864708.1864721",
    },
    predictsRatings: false,
    iterative: false,
    uses: [],
    offers: [],
    hyperparameters: [],
  },
  estimateCost: (shape) => ({ bytes: trainingSetBytes(shape) + modelBytes(shape, 0), flops: shape.ratings }),
  fit: async (data) => {
    requireRatings(data);
    const itemBias = new Float32Array(data.items);
    for (const item of data.item) itemBias[item] = (itemBias[item] ?? 0) + 1;
    return {
      form: "factors",
      users: data.users,
      items: data.items,
      factors: 0,
      globalMean: 0,
      userBias: new Float32Array(data.users),
      itemBias,
      userFactors: new Float32Array(0),
      itemFactors: new Float32Array(0),
      foldIn: { kind: "none" },
      predictsRatings: false,
      scale: data.scale,
    };
  },
};
