import { algorithmOf } from "./anchor.ts";
import type { Anchor } from "./anchor.ts";
import { trainingSetOf } from "./anchor-ratings.ts";
import { fitModel } from "./fit-model.ts";
import { rootMeanSquaredError } from "./rating-error.ts";

/** `u1.test` of the distribution is the first fifth of `u.data` (its mku.sh). */
const testRatings = 20_000;

/** The fold u1 of MovieLens 100K, as in myFM's documentation. */
export const myfmU1: Anchor = {
  id: "myfm-u1",
  title: "myFM's documentation, fold u1 of MovieLens 100K",
  citation:
    "T. Ohtsuki. myFM: Bayesian factorization machines, tutorial on MovieLens 100K (timeSVD++ flipped, rank 10).",
  url: "https://myfm.readthedocs.io/",
  protocol: "Tested on u1.test (the first 20,000 lines of u.data), trained on u1.base (the others).",
  warning: "One fold, divided regardless of time.",
  datasets: ["ml-100k"],
  metrics: [
    { metric: "rmse", convention: "over the test's ratings, predictions clipped to the scale", higherIsBetter: false },
  ],
  rows: [
    {
      algorithm: "bayesian-mf",
      name: "Bayesian timeSVD++ flipped, rank 10",
      hyperparameters: { factors: 10, sweeps: 500, days: true, implicitItems: true, implicitUsers: true },
      published: { "ml-100k": { rmse: 0.889 } },
    },
    { algorithm: "biased-svd", name: "biased SVD (ours)", hyperparameters: {}, published: {} },
  ],
  unfit: ({ inFileOrder }) =>
    inFileOrder
      ? null
      : "the fold u1 goes by the order of u.data, which a snapshot does not keep: give the file (--data)",
  async measure(ratings, row, context) {
    const { algorithm, hyperparameters } = algorithmOf(row);
    const train = trainingSetOf(ratings, (n) => n >= testRatings);
    const test = trainingSetOf(ratings, (n) => n < testRatings);
    const model = await fitModel(algorithm, hyperparameters, train, context);
    return { values: { rmse: rootMeanSquaredError(model, train, test) }, hyperparameters };
  },
};
