import type { AlgorithmInfo } from "../contract/entities.ts";
import { inputFields } from "./history-input.ts";

export const easeInfo: AlgorithmInfo = {
  id: "ease",
  name: "EASE",
  summary:
    "A weight from every item to every other, by which what somebody has chosen is predicted from the rest of their choices; computed at once by one inverse.",
  whenToUse:
    "For top-N lists with catalogues of up to some ten thousand items: few models rank better, and there is one number to choose. Time grows with the cube of the items, the model with their square. New people are answered at once, exactly like known ones.",
  paper: {
    citation:
      "H. Steck. Embarrassingly shallow autoencoders for sparse data. WWW 2019. Dropout: H. Steck. Autoencoders that don't overfit towards the identity. NeurIPS 2020.",
    url: "https://doi.org/10.1145/3308558.3313710",
  },
  predictsRatings: false,
  iterative: false,
  uses: ["rating-values"],
  offers: ["fold-in", "explain"],
  hyperparameters: [
    {
      name: "regularization",
      label: "Regularization λ",
      description:
        "Added to how often each item was chosen, before the inverse. More ratings want more: 100 … 300 for a hundred thousand, 300 … 1000 for a million and more.",
      kind: "real",
      default: 300,
      minimum: 1e-3,
      maximum: 1e7,
      logarithmic: true,
    },
    {
      name: "dropout",
      label: "Dropout p",
      description:
        "As if each choice were left out of the input with this probability: weights lean less on the most popular items. 0: EASE as first published; try 0.1 … 0.5.",
      kind: "real",
      default: 0,
      minimum: 0,
      maximum: 0.95,
    },
    {
      name: "activityExponent",
      label: "Weight of the active",
      description:
        "A person with c choices counts c^−a: 0 lets every choice count alike, so that the most active decide; 1 lets every person count alike. 0.3 … 0.5 often ranks better.",
      kind: "real",
      default: 0,
      minimum: 0,
      maximum: 2,
    },
    {
      name: "weightsPerItem",
      label: "Weights kept for each item",
      description:
        "The largest ones; 0 keeps all. A few hundred make the model small and lists hardly worse; needed from 23,170 items on.",
      kind: "integer",
      default: 0,
      minimum: 0,
      maximum: 100_000,
    },
    ...inputFields,
  ],
};
