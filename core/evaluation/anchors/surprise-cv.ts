import { createRandom } from "../../random.ts";
import { algorithmOf } from "./anchor.ts";
import type { Anchor, AnchorContext, AnchorRow, Measured } from "./anchor.ts";
import { trainingSetOf } from "./anchor-ratings.ts";
import type { AnchorRatings } from "./anchor-ratings.ts";
import { fitModel } from "./fit-model.ts";
import { rootMeanSquaredError } from "./rating-error.ts";

const folds = 5;

/** N. Hug, "Surprise: A Python library for recommender systems", JOSS 2020; the benchmark table of its README. */
export const surpriseCrossValidation: Anchor = {
  id: "surprise-cv",
  title: "Surprise's README, 5-fold cross-validation",
  citation:
    "N. Hug. Surprise: a Python library for recommender systems. JOSS 5(52), 2020; README, table of benchmarks.",
  url: "https://github.com/NicolasHug/Surprise#benchmarks",
  protocol:
    "Five random folds over all ratings; each is predicted by a model of the other four; defaults on both sides.",
  warning: "Random folds let a model learn from ratings given after the one that it predicts.",
  datasets: ["ml-100k", "ml-1m"],
  metrics: [
    {
      metric: "rmse",
      convention: "over a fold's ratings, predictions clipped to the scale; mean of the five folds",
      higherIsBetter: false,
    },
  ],
  rows: [
    rowOf("biases", "BaselineOnly", 0.944, 0.909),
    rowOf("biased-svd", "SVD", 0.934, 0.873),
    rowOf("svdpp", "SVD++", 0.919, 0.862),
    rowOf("nmf", "NMF", 0.963, 0.916),
    { algorithm: "bayesian-mf", name: "Bayesian MF (ours)", hyperparameters: {}, published: {} },
  ],
  measure: crossValidate,
};

function rowOf(algorithm: string, name: string, ml100k: number, ml1m: number): AnchorRow {
  const published = { "ml-100k": { rmse: ml100k }, "ml-1m": { rmse: ml1m } };
  return { algorithm, name, hyperparameters: {}, published };
}

async function crossValidate(ratings: AnchorRatings, row: AnchorRow, context: AnchorContext): Promise<Measured> {
  const { algorithm, hyperparameters } = algorithmOf(row);
  const fold = randomFolds(ratings.rating.length, context.seed);
  let sum = 0;
  for (let tested = 0; tested < folds; tested++) {
    const train = trainingSetOf(ratings, (n) => fold[n] !== tested);
    const test = trainingSetOf(ratings, (n) => fold[n] === tested);
    const model = await fitModel(algorithm, hyperparameters, train, context);
    sum += rootMeanSquaredError(model, train, test);
  }
  return { values: { rmse: sum / folds }, hyperparameters };
}

/** Folds whose sizes differ by one at most. */
function randomFolds(count: number, seed: number): Uint8Array {
  const random = createRandom(seed);
  const fold = new Uint8Array(count).map((_, n) => n % folds);
  for (let n = count - 1; n > 0; n--) {
    const other = random.below(n + 1);
    [fold[n], fold[other]] = [fold[other] ?? 0, fold[n] ?? 0];
  }
  return fold;
}
