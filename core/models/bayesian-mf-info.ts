import type { AlgorithmInfo } from "../contract/entities.ts";

export const bayesianMfInfo: AlgorithmInfo = {
  id: "bayesian-mf",
  name: "Bayesian MF",
  summary:
    "Matrix factorisation averaged over its posterior distribution by Gibbs sampling: no regularization to tune, the most accurate stars, and how sure each is.",
  whenToUse:
    "For predicting ratings as well as can be, with next to nothing to tune. Knows who rated what, features and times where told to. Slower than gradient descent; top-N lists are better by iALS or EASE.",
  paper: {
    citation:
      "R. Salakhutdinov, A. Mnih. Bayesian probabilistic matrix factorization using Markov chain Monte Carlo. ICML 2008. Features, implicit sets and time as in S. Rendle. Scaling factorization machines to relational data. VLDB 2013, and S. Rendle, L. Zhang, Y. Koren. On the difficulty of evaluating baselines. arXiv 1905.01395.",
    url: "https://arxiv.org/abs/1905.01395",
  },
  predictsRatings: true,
  iterative: true,
  uses: ["rating-values", "times", "item-features", "user-features"],
  offers: ["fold-in", "explain", "intervals"],
  hyperparameters: [
    {
      name: "factors",
      label: "Factors k",
      description:
        "Length of each person's and each item's vector. 10 to 20 for a hundred thousand ratings, 32 to 64 from a million on. More hardly harms, but wants more sweeps, and time grows with the square.",
      kind: "integer",
      default: 16,
      minimum: 1,
      maximum: 512,
      logarithmic: true,
    },
    {
      name: "sweeps",
      label: "Sweeps",
      description: "Samples drawn of everything. The first tens find the region, every later one refines the average.",
      kind: "integer",
      default: 200,
      minimum: 1,
      maximum: 10_000,
      logarithmic: true,
    },
    {
      name: "burnIn",
      label: "Sweeps left out",
      description: "So many first sweeps are not part of the average. At least one sweep is.",
      kind: "integer",
      default: 20,
      minimum: 0,
      maximum: 10_000,
    },
    {
      name: "implicitItems",
      label: "What people rated",
      description: "A person's vector starts from the items that they rated, however they rated them (SVD++).",
      kind: "boolean",
      default: true,
    },
    {
      name: "implicitUsers",
      label: "Who rated items",
      description: "An item's vector starts from the people who rated it (Rendle's flipped SVD++).",
      kind: "boolean",
      default: true,
    },
    {
      name: "userNoise",
      label: "Each person's own noise",
      description:
        "How much a person's ratings scatter is learnt of each: who rates evenly counts for more, and intervals are as wide as the person needs.",
      kind: "boolean",
      default: false,
    },
    {
      name: "days",
      label: "Days",
      description:
        "Each day has a bias and factors of its own, which meet those of people and items (timeSVD). Ratings need times. A day without ratings, as all those to come, counts as the mean of the others.",
      kind: "boolean",
      default: false,
    },
    {
      name: "features",
      label: "Features",
      description: "Vectors start from what is known of people and items besides ratings, where something is.",
      kind: "boolean",
      default: true,
    },
    {
      name: "initialDeviation",
      label: "Initial deviation",
      description: "Standard deviation of the random factors at the start.",
      kind: "real",
      default: 0.1,
      minimum: 1e-6,
      maximum: 10,
      logarithmic: true,
    },
    {
      name: "servedFactors",
      label: "Served factors",
      description:
        "Rank of the average that is kept and served. 0: 64 and twice the factors, up to 256. The curve tells how far the served scores are from the exact averages.",
      kind: "integer",
      default: 0,
      minimum: 0,
      maximum: 1024,
    },
  ],
};
