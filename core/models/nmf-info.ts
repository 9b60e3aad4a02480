import type { AlgorithmInfo } from "../contract/entities.ts";

/** The default of λ was chosen on MovieLens latest-small (RMSE of a fifth held out within the training part of fold 0, seed 20). */
export const nmfInfo: AlgorithmInfo = {
  id: "nmf",
  name: "NMF",
  summary:
    "A product of person and item factors none of which is below zero: what a person is into adds up, and nothing is taken off.",
  whenToUse:
    "When factors are to be read: each is a theme that people and items have more or less of. It has no biases, so ALS, biased SVD and SVD++ predict ratings better.",
  paper: {
    citation:
      "A. Cichocki, A.-H. Phan. Fast local algorithms for large scale nonnegative matrix and tensor factorizations. IEICE Transactions E92-A(3), 2009. Over known ratings only, with a penalty that grows with them, as in Y. Zhou et al., AAIM 2008.",
    url: "https://doi.org/10.1587/transfun.E92.A.708",
  },
  predictsRatings: true,
  iterative: true,
  uses: ["rating-values", "weights"],
  offers: ["fold-in", "explain", "warm-start", "early-stopping"],
  hyperparameters: [
    {
      name: "factors",
      label: "Factors k",
      description: "Number of themes.",
      kind: "integer",
      default: 16,
      minimum: 1,
      maximum: 512,
      logarithmic: true,
    },
    {
      name: "epochs",
      label: "Epochs",
      description: "Rounds: all items, then all users.",
      kind: "integer",
      default: 30,
      minimum: 1,
      maximum: 1000,
      logarithmic: true,
    },
    {
      name: "regularization",
      label: "Regularization λ",
      description: "A row's penalty is λ · its ratings · ‖row‖², on a scale four wide.",
      kind: "real",
      default: 0.1,
      minimum: 1e-6,
      maximum: 100,
      logarithmic: true,
    },
    {
      name: "sweeps",
      label: "Sweeps",
      description: "Most sweeps of coordinate descent over a row's factors in each epoch; fewer once none moves.",
      kind: "integer",
      default: 8,
      minimum: 1,
      maximum: 1000,
      logarithmic: true,
    },
    {
      name: "initialDeviation",
      label: "Initial deviation",
      description:
        "The random factors at the start have this standard deviation, divided by √k, about twice as large a mean.",
      kind: "real",
      default: 0.5,
      minimum: 1e-6,
      maximum: 10,
      logarithmic: true,
    },
  ],
};
