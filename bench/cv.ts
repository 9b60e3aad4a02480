/**
 * Cross-validation on a ratings file, random folds. Predictors of ratings: RMSE and MAE over a fold's ratings, predictions
 * clipped to the scale and, for models with effects of time, as of the rating's time (fourth column), averaged over folds (as
 * Surprise's README reports). The others: NDCG@10 over all items not rated in
 * training, binary relevance, mean over people.
 *   node bench/cv.ts [FILE] [--algorithms biases,biased-svd,svdpp] [--folds 5] [--seed 20] [--threads 2] [--set name=value]…
 *     [--only 0,1] [--validate]
 * `--only`: these folds alone. `--validate`: what is held out comes from each fold's training part (its next fold), and the
 * fold itself is left aside, so that settings can be chosen without a look at what will be reported.
 */
import { parseArgs } from "node:util";
import type { Algorithm, TrainingSet } from "../core/models/algorithm.ts";
import { algorithmById, parseHyperparameters } from "../core/models/registry.ts";
import type { ServableModel } from "../core/models/servable.ts";
import { createRecommender } from "../core/recommend/recommender.ts";
import { foldOfRating, readRatingsFile, trainingSet } from "./ratings-file.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    algorithms: { type: "string", default: "biases,biased-svd,svdpp" },
    folds: { type: "string", default: "5" },
    seed: { type: "string", default: "20" },
    threads: { type: "string", default: "2" },
    only: { type: "string" },
    validate: { type: "boolean", default: false },
    set: { type: "string", multiple: true, default: [] },
  },
});
const path = positionals[0] ?? "../shared/data/ml-100k/u.data";
const folds = Number(values.folds);
const chosen = values.only?.split(",").map(Number) ?? Array.from({ length: folds }, (_, fold) => fold);
const ratings = readRatingsFile(path);
const fold = foldOfRating(ratings.rating.length, folds, Number(values.seed));
console.log(
  `${path}: ${ratings.rating.length} ratings, ${ratings.users} users, ${ratings.items} items; folds ${chosen.join(" ")} of ${folds}, seed ${values.seed}${values.validate ? ", held out within the training part" : ""}`,
);

for (const id of values.algorithms.split(",")) await crossValidate(algorithmById(id));

async function crossValidate(algorithm: Algorithm): Promise<void> {
  const settings = Object.fromEntries(values.set.map(setting));
  const known = new Set(algorithm.info.hyperparameters.map(({ name }) => name));
  const hyperparameters = parseHyperparameters(
    algorithm,
    Object.fromEntries(Object.entries(settings).filter(([name]) => known.has(name))),
  );
  const results: { metrics: Record<string, number>; seconds: number }[] = [];
  for (const tested of chosen) {
    const held = values.validate ? (tested + 1) % folds : tested;
    const train = trainingSet(ratings, (index) => fold[index] !== tested && fold[index] !== held);
    const test = trainingSet(ratings, (index) => fold[index] === held);
    const started = performance.now();
    const model = await algorithm.fit(train, hyperparameters, {
      seed: 1,
      threads: Number(values.threads),
      signal: new AbortController().signal,
      onProgress: () => undefined,
      onEpoch: () => undefined,
      resumeFrom: null,
      saveCheckpoint: () => Promise.resolve(),
    });
    const seconds = (performance.now() - started) / 1000;
    results.push({
      metrics: model.predictsRatings ? errors(model, train, test) : { "NDCG@10": ndcgAt10(model, train, test) },
      seconds,
    });
  }
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const metrics = Object.keys(results[0]?.metrics ?? {}).map((name) => {
    const perFold = results.map((result) => result.metrics[name] ?? NaN);
    return `${name} ${mean(perFold).toFixed(4)} (${perFold.map((value) => value.toFixed(4)).join(" ")})`;
  });
  console.log(
    `${algorithm.info.id.padEnd(11)} ${metrics.join("  ")}  fit ${mean(results.map(({ seconds }) => seconds)).toFixed(2)} s  ${JSON.stringify(hyperparameters)}`,
  );
}

function errors(model: ServableModel, train: TrainingSet, test: TrainingSet): { RMSE: number; MAE: number } {
  const recommender = createRecommender(model);
  const stranger = recommender.foldIn([]);
  let squares = 0;
  let absolute = 0;
  for (let u = 0; u < test.users; u++) {
    // Somebody with no rating in training is a stranger to the model, as in the product's evaluation.
    const who = train.userStart[u] === train.userStart[u + 1] ? stranger : recommender.userVector(u);
    for (let n = test.userStart[u] ?? 0; n < (test.userStart[u + 1] ?? 0); n++) {
      const error = (test.rating[n] ?? 0) - recommender.predict(who, test.item[n] ?? 0, test.time?.[n]);
      squares += error * error;
      absolute += Math.abs(error);
    }
  }
  return { RMSE: Math.sqrt(squares / test.rating.length), MAE: absolute / test.rating.length };
}

function ndcgAt10(model: ServableModel, train: TrainingSet, test: TrainingSet): number {
  const recommender = createRecommender(model);
  const gain = (rank: number) => 1 / Math.log2(rank + 2);
  const gains: number[] = [];
  for (let u = 0; u < test.users; u++) {
    const relevant = new Set(test.item.subarray(test.userStart[u], test.userStart[u + 1]));
    if (relevant.size === 0) continue;
    const seen = train.item.subarray(train.userStart[u], train.userStart[u + 1]);
    const top = recommender.topN(recommender.userVector(u), 10, { exclude: seen });
    const found = top.reduce((sum, { i }, rank) => sum + (relevant.has(i) ? gain(rank) : 0), 0);
    const best = top.slice(0, relevant.size).reduce((sum, _, rank) => sum + gain(rank), 0);
    gains.push(found / best);
  }
  return gains.reduce((sum, value) => sum + value, 0) / gains.length;
}

/** `factors=64` → ["factors", 64]; `true`, `false` and other words stay what they are. */
function setting(pair: string): [string, number | boolean | string] {
  const [name = "", value = ""] = pair.split("=");
  if (value === "true" || value === "false") return [name, value === "true"];
  return [name, Number.isNaN(Number(value)) ? value : Number(value)];
}
