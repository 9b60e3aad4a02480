import type { AlgorithmInfo } from "../contract/entities.ts";
import { inputFields } from "./history-input.ts";

export const slimInfo: AlgorithmInfo = {
  id: "slim",
  name: "SLIM",
  summary:
    "A few weights to each item from those that predict it, by which what somebody has chosen is predicted from the rest of their choices (elastic net).",
  whenToUse:
    "For top-N lists, where a small model is wanted that says plainly which items led to which. Ranks about as well as EASE, takes longer to fit, and its model is a hundred times smaller.",
  paper: {
    citation:
      "X. Ning, G. Karypis. SLIM: sparse linear methods for top-N recommender systems. ICDM 2011. By coordinate descent over the gramian as in J. Friedman, T. Hastie, R. Tibshirani. Regularization paths for generalized linear models via coordinate descent. Journal of Statistical Software 33(1), 2010, §2.2.",
    url: "https://doi.org/10.1109/ICDM.2011.134",
  },
  predictsRatings: false,
  iterative: false,
  uses: ["rating-values"],
  offers: ["fold-in", "explain"],
  hyperparameters: [
    {
      name: "l1",
      label: "Sparsity λ₁",
      description:
        "Drops weights: an item that somebody chose together with the target less often than this gives it none.",
      kind: "real",
      default: 5,
      minimum: 0,
      maximum: 1e6,
    },
    {
      name: "l2",
      label: "Shrinkage λ₂",
      description: "Makes the weights small and alike, as EASE's λ does. Larger data want more.",
      kind: "real",
      default: 100,
      minimum: 1e-3,
      maximum: 1e7,
      logarithmic: true,
    },
    {
      name: "nonNegative",
      label: "Only positive weights",
      description:
        "As in the paper. Without it an item may also speak against another; such models are larger and often a little better.",
      kind: "boolean",
      default: true,
    },
    {
      name: "weightsPerItem",
      label: "Weights kept for each item",
      description: "The largest ones; 0 keeps all that are not zero.",
      kind: "integer",
      default: 0,
      minimum: 0,
      maximum: 100_000,
    },
    {
      name: "tolerance",
      label: "Tolerance",
      description: "The descent ends when no weight moves by more.",
      kind: "real",
      default: 1e-4,
      minimum: 1e-7,
      maximum: 0.1,
      logarithmic: true,
    },
    ...inputFields,
  ],
};
