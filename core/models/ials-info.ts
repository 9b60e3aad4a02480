import type { AlgorithmInfo } from "../contract/entities.ts";

/**
 * Defaults of α₀, λ and k were chosen on held-out parts of the training ratings of MovieLens latest-small, split at random and by
 * time, with a look at MovieLens 1M and MovieTweetings; another choice was taken back when MovieLens 100K fell behind PureSVD
 * (docs/reference/algorithms/ials.md).
 */
export const ialsInfo: AlgorithmInfo = {
  id: "ials",
  name: "iALS",
  summary:
    "A product of person and item factors fitted to who rated what, everything not rated counting a little as dislike, by alternating least squares.",
  whenToUse:
    "For top-N lists, and for clicks, views or plays where there are no stars. Scores say how likely an item belongs to a person's list, so RMSE means nothing here. New people are folded in by the very solve that training uses.",
  paper: {
    citation:
      "Y. Hu, Y. Koren, C. Volinsky. Collaborative filtering for implicit feedback datasets. ICDM 2008. Objective, regularization and start as in S. Rendle, W. Krichene, L. Zhang, Y. Koren. Revisiting the performance of iALS on item recommendation benchmarks. RecSys 2022, arXiv 2110.14037.",
    url: "https://doi.org/10.1109/ICDM.2008.22",
  },
  predictsRatings: false,
  iterative: true,
  uses: ["weights"],
  offers: ["fold-in", "explain", "warm-start", "early-stopping"],
  hyperparameters: [
    {
      name: "factors",
      label: "Factors k",
      description:
        "Length of each person's and each item's vector. More is better as long as α₀ and λ are chosen for it; time grows with the square.",
      kind: "integer",
      default: 64,
      minimum: 1,
      maximum: 1024,
      logarithmic: true,
    },
    {
      name: "epochs",
      label: "Epochs",
      description: "Rounds of alternating least squares: all items, then all users. Ten to twenty are enough.",
      kind: "integer",
      default: 16,
      minimum: 1,
      maximum: 1000,
      logarithmic: true,
    },
    {
      name: "unobservedWeight",
      label: "Unobserved weight α₀",
      description:
        "How much a pair without a rating counts as a zero, against 1 for a rated one. The setting that matters most, with λ.",
      kind: "real",
      default: 0.5,
      minimum: 1e-6,
      maximum: 10,
      logarithmic: true,
    },
    {
      name: "regularization",
      label: "Regularization λ",
      description: "Each row's penalty is λ · (its ratings + α₀ · rows of the other side)^ν · ‖row‖².",
      kind: "real",
      default: 0.007,
      minimum: 1e-7,
      maximum: 1000,
      logarithmic: true,
    },
    {
      name: "frequencyExponent",
      label: "Frequency exponent ν",
      description:
        "1: the penalty grows with a row's ratings; 0: it is the same for all rows (λ must then be some hundred times larger).",
      kind: "real",
      default: 1,
      minimum: 0,
      maximum: 2,
    },
    {
      name: "threshold",
      label: "Positive from",
      description:
        "Share of the rating scale from which a rating counts as liked: 0 takes every rating, 0.75 four stars of one to five and up. What is below counts as not rated.",
      kind: "real",
      default: 0,
      minimum: 0,
      maximum: 1,
    },
    {
      name: "solver",
      label: "Solver",
      description:
        "exact: each row's system by Cholesky. conjugate-gradient: some steps towards its solution from the last epoch's; several times faster from 100 factors on, and close. subspace: blocks of factors in turn, each exactly (iALS++, Rendle et al. 2021, arXiv 2110.14044), for several hundred factors.",
      kind: "choice",
      choices: ["exact", "conjugate-gradient", "subspace"],
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
      name: "blockSize",
      label: "Subspace size",
      description:
        "Factors that the subspace solver solves for at a time, rounded up to eights. The others do not use it.",
      kind: "integer",
      default: 32,
      minimum: 1,
      maximum: 256,
      logarithmic: true,
    },
    {
      name: "initialDeviation",
      label: "Initial deviation σ*",
      description: "The random factors at the start have the standard deviation σ*/√k.",
      kind: "real",
      default: 0.1,
      minimum: 1e-6,
      maximum: 10,
      logarithmic: true,
    },
  ],
};
