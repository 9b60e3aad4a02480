import type { AlgorithmInfo } from "../contract/entities.ts";

/**
 * Defaults were tuned on MovieLens latest-small (5 folds, seed 7, some twenty settings of rate, decay, λ, λ_b, σ, k) and the
 * choice among the best was made on MovieLens 1M. MovieLens 100K, which would like λ = 0.1 a little better, had no say.
 */
export const biasedSvdInfo: AlgorithmInfo = {
  id: "biased-svd",
  name: "Biased SVD",
  summary:
    "Biases plus a product of learned person and item factors, fitted to the observed ratings by stochastic gradient descent.",
  whenToUse:
    "When ratings are explicit (stars) and predicted stars matter. For the order of a list alone, PureSVD is often better: this model learns only from what people chose to rate.",
  paper: {
    citation:
      "Y. Koren, R. Bell, C. Volinsky. Matrix factorization techniques for recommender systems. IEEE Computer 42(8), 2009, eq. 5.",
    url: "https://doi.org/10.1109/MC.2009.263",
  },
  predictsRatings: true,
  iterative: true,
  uses: ["rating-values"],
  offers: ["fold-in", "explain", "warm-start", "early-stopping"],
  hyperparameters: [
    {
      name: "factors",
      label: "Factors k",
      description: "Length of each person's and each item's vector. Memory and time grow in proportion.",
      kind: "integer",
      default: 100,
      minimum: 1,
      maximum: 2048,
      logarithmic: true,
    },
    {
      name: "epochs",
      label: "Epochs",
      description: "Passes over all ratings.",
      kind: "integer",
      default: 60,
      minimum: 1,
      maximum: 2000,
      logarithmic: true,
    },
    {
      name: "learningRate",
      label: "Learning rate γ",
      description:
        "Size of the first epoch's steps, for ratings on a scale four wide (other scales are brought to it).",
      kind: "real",
      default: 0.02,
      minimum: 1e-5,
      maximum: 1,
      logarithmic: true,
    },
    {
      name: "learningRateDecay",
      label: "Learning-rate decay",
      description: "What the learning rate is multiplied by after each epoch; 1 keeps it constant.",
      kind: "real",
      default: 0.975,
      minimum: 0.5,
      maximum: 1,
    },
    {
      name: "regularization",
      label: "Regularization λ",
      description: "Weight decay of the factors, applied once for each rating.",
      kind: "real",
      default: 0.08,
      minimum: 1e-6,
      maximum: 10,
      logarithmic: true,
    },
    {
      name: "biasRegularization",
      label: "Bias regularization λ_b",
      description: "Weight decay of the biases, applied once for each rating.",
      kind: "real",
      default: 0.05,
      minimum: 1e-6,
      maximum: 10,
      logarithmic: true,
    },
    {
      name: "initialDeviation",
      label: "Initial deviation σ",
      description: "Standard deviation of the random factors at the start.",
      kind: "real",
      default: 0.1,
      minimum: 1e-6,
      maximum: 1,
      logarithmic: true,
    },
  ],
};
