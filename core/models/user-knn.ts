import type { AlgorithmInfo } from "../contract/entities.ts";
import { throwIfCancelled } from "../compute/pool.ts";
import type { Algorithm } from "./algorithm.ts";
import { asInputs, historyInputOf, inputFields } from "./history-input.ts";
import { numberOf } from "./hyperparameters.ts";
import { similarityFields } from "./item-knn-info.ts";
import type { NeighbourModel } from "./servable.ts";
import { requireRatings, trainingSetBytes } from "./training-limits.ts";

const info: AlgorithmInfo = {
  id: "user-knn",
  name: "User neighbours",
  summary: "Recommends what the people chose whose choices are most like somebody's own (cosine of their rows).",
  whenToUse:
    "As a baseline without any fit, and for small communities. The ratings themselves are the model and go wherever it is served; every answer looks at all people who share an item.",
  paper: {
    citation:
      "P. Resnick, N. Iacovou, M. Suchak, P. Bergstrom, J. Riedl. GroupLens: an open architecture for collaborative filtering of netnews. CSCW 1994. Asymmetric cosine: F. Aiolli. Efficient top-N recommendation for very large scale binary rated datasets. RecSys 2013.",
    url: "https://doi.org/10.1145/192844.192905",
  },
  predictsRatings: false,
  iterative: false,
  uses: ["rating-values"],
  offers: ["fold-in", "explain"],
  hyperparameters: [
    {
      name: "neighbours",
      label: "Neighbours k",
      description: "Most similar people whose choices are added up.",
      kind: "integer",
      default: 120,
      minimum: 1,
      maximum: 100_000,
      logarithmic: true,
    },
    // Of 24 settings, MovieLens 1M liked 120 neighbours without shrinkage best (bench/tois.ts).
    ...similarityFields.map((field) => (field.name === "shrinkage" ? { ...field, default: 0 } : field)),
    ...inputFields,
  ],
};

/** Nothing is learned: the model is the ratings, and neighbours are found when somebody asks (`core/recommend`). */
export const userKnn: Algorithm<NeighbourModel> = {
  info,
  estimateCost: (shape) => ({
    bytes: 3 * trainingSetBytes(shape),
    flops: shape.ratings,
  }),
  fit: async (given, hyperparameters, { signal, onProgress }) => {
    throwIfCancelled(signal);
    requireRatings(given);
    const input = historyInputOf(given.scale, hyperparameters);
    const { users, items, userStart, item, rating, scale } = asInputs(given, input);
    onProgress({ done: users, total: users, unit: "users", message: "Nothing to fit" });
    throwIfCancelled(signal);
    return {
      form: "user-neighbours",
      users,
      items,
      input,
      rows: { start: userStart, item, value: rating },
      similarity: {
        asymmetry: numberOf(hyperparameters, "asymmetry"),
        shrinkage: numberOf(hyperparameters, "shrinkage"),
      },
      neighbours: numberOf(hyperparameters, "neighbours"),
      predictsRatings: false,
      scale,
    };
  },
};
