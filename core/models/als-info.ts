import type { AlgorithmInfo } from "../contract/entities.ts";

/** Defaults of λ and λ_b were chosen on MovieLens latest-small (RMSE of a fifth held out within the training part of fold 0, seed 20). */
export const alsInfo: AlgorithmInfo = {
  id: "als",
  name: "ALS",
  summary:
    "A mean, biases and a product of person and item factors fitted to the ratings by alternating least squares.",
  whenToUse:
    "For predicted ratings. It needs no learning rate, every step is exact and the loss never rises; new people are folded in by the very solve that training uses. Biased SVD or SVD++ often end a little lower on RMSE.",
  paper: {
    citation:
      "Y. Zhou, D. Wilkinson, R. Schreiber, R. Pan. Large-scale parallel collaborative filtering for the Netflix Prize. AAIM 2008. Biases beside the factors as in Y. Koren, R. Bell, C. Volinsky. Matrix factorization techniques for recommender systems. Computer 42(8), 2009.",
    url: "https://doi.org/10.1007/978-3-540-68880-8_32",
  },
  predictsRatings: true,
  iterative: true,
  uses: ["rating-values", "weights"],
  offers: ["fold-in", "explain", "warm-start", "early-stopping"],
  hyperparameters: [
    {
      name: "factors",
      label: "Factors k",
      description: "Length of each person's and each item's vector.",
      kind: "integer",
      default: 32,
      minimum: 1,
      maximum: 1024,
      logarithmic: true,
    },
    {
      name: "epochs",
      label: "Epochs",
      description: "Rounds of alternating least squares: all items, then all users.",
      kind: "integer",
      default: 15,
      minimum: 1,
      maximum: 1000,
      logarithmic: true,
    },
    {
      name: "regularization",
      label: "Regularization λ",
      description: "A row's penalty is λ · its ratings · ‖row‖², on a scale four wide.",
      kind: "real",
      default: 0.09,
      minimum: 1e-6,
      maximum: 100,
      logarithmic: true,
    },
    {
      name: "biases",
      label: "Biases",
      description:
        "Whether there are a mean and a bias for each person and item. Without, as in the paper, factors do it all.",
      kind: "boolean",
      default: true,
    },
    {
      name: "biasRegularization",
      label: "Bias regularization λ_b",
      description: "The same for biases. Not used without them.",
      kind: "real",
      default: 0.05,
      minimum: 1e-6,
      maximum: 100,
      logarithmic: true,
    },
    {
      name: "solver",
      label: "Solver",
      description:
        "exact: each row's system by Cholesky. conjugate-gradient: some steps towards its solution from the last epoch's; several times faster from 100 factors on, and close.",
      kind: "choice",
      choices: ["exact", "conjugate-gradient"],
      default: "exact",
    },
    {
      name: "conjugateSteps",
      label: "Conjugate gradient steps",
      description: "Steps for each row in each epoch. The exact solver does not use it.",
      kind: "integer",
      default: 3,
      minimum: 1,
      maximum: 100,
    },
    {
      name: "initialDeviation",
      label: "Initial deviation",
      description: "The random factors at the start have this standard deviation, divided by √k.",
      kind: "real",
      default: 0.1,
      minimum: 1e-6,
      maximum: 10,
      logarithmic: true,
    },
  ],
};
