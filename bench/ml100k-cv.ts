/**
 * k-fold cross-validation on a ratings file. Predictors of ratings: clipped RMSE and MAE over a fold, averaged over folds (as
 * Surprise's README reports). The others: NDCG@10 over all items not rated in training, binary relevance, mean over people.
 *   node bench/ml100k-cv.ts [FILE] [--algorithms biases,biased-svd,popularity,puresvd] [--folds 5] [--seed 20] [--threads 2] [--set name=value]…
 */
import { parseArgs } from "node:util";
import type { Algorithm, TrainingSet } from "../core/models/algorithm.ts";
import type { FactorModel } from "../core/models/servable.ts";
import { algorithmById, parseHyperparameters } from "../core/models/registry.ts";
import { foldOfRating, readRatingsFile, trainingSet } from "./ratings-file.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    algorithms: { type: "string", default: "biases,biased-svd,popularity,puresvd" },
    folds: { type: "string", default: "5" },
    seed: { type: "string", default: "20" },
    threads: { type: "string", default: "2" },
    set: { type: "string", multiple: true, default: [] },
  },
});
const path = positionals[0] ?? "../shared/data/ml-100k/u.data";
const folds = Number(values.folds);
const ratings = readRatingsFile(path);
const fold = foldOfRating(ratings.rating.length, folds, Number(values.seed));
console.log(
  `${path}: ${ratings.rating.length} ratings, ${ratings.users} users, ${ratings.items} items; ${folds} folds, seed ${values.seed}`,
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
  for (let held = 0; held < folds; held++) {
    const train = trainingSet(ratings, (index) => fold[index] !== held);
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
    if (model.form !== "factors") throw new Error(`${algorithm.info.id} has no factors.`);
    results.push({
      metrics: model.predictsRatings ? errors(model, test) : { "NDCG@10": ndcgAt10(model, train, test) },
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

function errors(model: FactorModel, test: TrainingSet): { RMSE: number; MAE: number } {
  let squares = 0;
  let absolute = 0;
  for (let u = 0; u < test.users; u++) {
    for (let n = test.userStart[u] ?? 0; n < (test.userStart[u + 1] ?? 0); n++) {
      const error = (test.rating[n] ?? 0) - predict(model, u, test.item[n] ?? 0);
      squares += error * error;
      absolute += Math.abs(error);
    }
  }
  return { RMSE: Math.sqrt(squares / test.rating.length), MAE: absolute / test.rating.length };
}

function ndcgAt10(model: FactorModel, train: TrainingSet, test: TrainingSet): number {
  const gain = (rank: number) => 1 / Math.log2(rank + 2);
  const gains: number[] = [];
  for (let u = 0; u < test.users; u++) {
    const relevant = new Set(test.item.subarray(test.userStart[u], test.userStart[u + 1]));
    if (relevant.size === 0) continue;
    const scores = Float64Array.from({ length: model.items }, (_, i) => scoreOf(model, u, i));
    for (const seen of train.item.subarray(train.userStart[u], train.userStart[u + 1])) scores[seen] = -Infinity;
    const top = Array.from(scores.keys())
      .sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b)
      .slice(0, 10);
    const found = top.reduce((sum, i, rank) => sum + (relevant.has(i) ? gain(rank) : 0), 0);
    const best = top.slice(0, relevant.size).reduce((sum, _, rank) => sum + gain(rank), 0);
    gains.push(found / best);
  }
  return gains.reduce((sum, value) => sum + value, 0) / gains.length;
}

function predict(model: FactorModel, u: number, i: number): number {
  return Math.min(model.scale.maximum, Math.max(model.scale.minimum, scoreOf(model, u, i)));
}

function scoreOf(model: FactorModel, u: number, i: number): number {
  const k = model.factors;
  let score = model.globalMean + (model.userBias[u] ?? 0) + (model.itemBias[i] ?? 0);
  for (let f = 0; f < k; f++) score += (model.userFactors[u * k + f] ?? 0) * (model.itemFactors[i * k + f] ?? 0);
  return score;
}

/** `factors=64` → ["factors", 64]. */
function setting(pair: string): [string, number] {
  const [name = "", value] = pair.split("=");
  return [name, Number(value)];
}
