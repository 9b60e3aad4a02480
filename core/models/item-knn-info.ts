import type { AlgorithmInfo } from "../contract/entities.ts";
import { inputFields } from "./history-input.ts";

/** Both kinds of neighbours have these. */
export const similarityFields: AlgorithmInfo["hyperparameters"] = [
  {
    name: "asymmetry",
    label: "Asymmetry α",
    description:
      "Whose length counts how much in the cosine: 0.5 both alike, the cosine itself; towards 0 neighbours with few ratings gain, towards 1 only the one asked about counts.",
    kind: "real",
    default: 0.5,
    minimum: 0,
    maximum: 1,
  },
  {
    name: "shrinkage",
    label: "Shrinkage",
    description: "Makes likeness that rests on few ratings count less.",
    kind: "real",
    default: 50,
    minimum: 0,
    maximum: 1e6,
  },
];

export const itemKnnInfo: AlgorithmInfo = {
  id: "item-knn",
  name: "Item neighbours",
  summary:
    "Recommends what the same people chose together with what somebody has chosen (cosine of the items' columns).",
  whenToUse:
    "As a baseline that is fitted in seconds, for large catalogues where EASE and SLIM do not fit, and where a list must be explained in one sentence.",
  paper: {
    citation:
      "B. Sarwar, G. Karypis, J. Konstan, J. Riedl. Item-based collaborative filtering recommendation algorithms. WWW 2001. Asymmetric cosine: F. Aiolli. Efficient top-N recommendation for very large scale binary rated datasets. RecSys 2013.",
    url: "https://doi.org/10.1145/371920.372071",
  },
  predictsRatings: false,
  iterative: false,
  uses: ["rating-values"],
  offers: ["fold-in", "explain"],
  hyperparameters: [
    {
      name: "neighbours",
      label: "Neighbours k",
      description: "Most similar items kept for each item.",
      kind: "integer",
      default: 200,
      minimum: 1,
      maximum: 5000,
      logarithmic: true,
    },
    ...similarityFields,
    {
      name: "userWeighting",
      label: "Weighting of people",
      description:
        "tf-idf: what people with few ratings have in common says more than what those with many have. none: all alike.",
      kind: "choice",
      choices: ["none", "tf-idf"],
      default: "none",
    },
    ...inputFields,
  ],
};
