/**
 * Bayesian MF on ratings held out: RMSE (predictions clipped to the scale, at the rating's own time where days are modelled), what intervals cover of
 * what they promise, overall and by how often the item was rated, and how far served scores are from the exact averages.
 *   node bench/bayesian.ts [FILE] [--folds 5] [--seed 20] [--only 0,1] [--set name=value]… [--threads 2]
 *   node bench/bayesian.ts BASE --test TEST …        a given split, as MovieLens 100K's u1.base and u1.test
 * Without FILE: ../shared/data/ml-100k/u1.base and u1.test.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { TrainingSet } from "../core/models/algorithm.ts";
import { bayesianMf } from "../core/models/bayesian-mf.ts";
import { parseHyperparameters } from "../core/models/registry.ts";
import { createRecommender } from "../core/recommend/recommender.ts";
import { foldOfRating, readRatingsFile, trainingSet } from "./ratings-file.ts";
import type { Ratings } from "./ratings-file.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    test: { type: "string" },
    folds: { type: "string", default: "5" },
    seed: { type: "string", default: "20" },
    only: { type: "string" },
    threads: { type: "string", default: "2" },
    set: { type: "string", multiple: true, default: [] },
  },
});
const [base = "../shared/data/ml-100k/u1.base"] = positionals;
const given = positionals.length === 0 ? "../shared/data/ml-100k/u1.test" : values.test;
const hyperparameters = parseHyperparameters(bayesianMf, Object.fromEntries(values.set.map(setting)));
console.log(JSON.stringify(hyperparameters));

/** Standard normal quantiles of the intervals' two sides. */
const levels = [
  [0.5, 0.67449],
  [0.9, 1.64485],
] as const;
const popularity = [
  ["items < 10 ratings", 0, 10],
  ["10 … 99", 10, 100],
  ["≥ 100", 100, Infinity],
] as const;

if (given === undefined) {
  const ratings = readRatingsFile(base);
  const fold = foldOfRating(ratings.rating.length, Number(values.folds), Number(values.seed));
  const chosen = values.only?.split(",").map(Number) ?? Array.from({ length: Number(values.folds) }, (_, n) => n);
  const results: number[] = [];
  for (const held of chosen) results.push(await evaluate(`fold ${held}`, ratings, (n) => fold[n] === held));
  console.log(`mean RMSE ${(results.reduce((sum, value) => sum + value, 0) / results.length).toFixed(4)}`);
} else {
  const { ratings, trained } = readSplit(base, given);
  await evaluate(`${base} → ${given}`, ratings, (n) => n >= trained);
}

async function evaluate(name: string, ratings: Ratings, isHeld: (index: number) => boolean): Promise<number> {
  const [train, test] = [trainingSet(ratings, (n) => !isHeld(n)), trainingSet(ratings, isHeld)];
  const started = performance.now();
  let servedError = NaN;
  const model = await bayesianMf.fit(train, hyperparameters, {
    seed: 1,
    threads: Number(values.threads),
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onEpoch: (point) => (servedError = point.values["served-error"] ?? NaN),
    resumeFrom: null,
    saveCheckpoint: () => Promise.resolve(),
  });
  const elapsed = (performance.now() - started) / 1000;
  const recommender = createRecommender(model);
  const counts = new Int32Array(train.items);
  for (const i of train.item) counts[i] = (counts[i] ?? 0) + 1;
  let squares = 0;
  const inside = popularity.map(() => levels.map(() => 0));
  const total = popularity.map(() => 0);
  eachRating(test, (u, i, rating, time) => {
    const error = Math.abs(recommender.predict(u, i, time) - rating);
    const deviation = recommender.uncertainty(u, i) ?? NaN;
    squares += error * error;
    const segment = popularity.findIndex(([, from, to]) => (counts[i] ?? 0) >= from && (counts[i] ?? 0) < to);
    total[segment] = (total[segment] ?? 0) + 1;
    levels.forEach(([, z], level) => {
      const row = inside[segment];
      if (row !== undefined && error <= z * deviation) row[level] = (row[level] ?? 0) + 1;
    });
  });
  const rmse = Math.sqrt(squares / test.item.length);
  const covered = (rows: readonly number[], all: number): string =>
    levels
      .map(([level], at) => `${(level * 100).toFixed(0)} %: ${((100 * (rows[at] ?? 0)) / all).toFixed(1)} %`)
      .join(", ");
  const overall = levels.map((_, level) => inside.reduce((sum, row) => sum + (row[level] ?? 0), 0));
  console.log(
    `${name}  RMSE ${rmse.toFixed(4)}  served-error ${servedError.toFixed(4)} (${model.factors} factors)  fit ${elapsed.toFixed(1)} s`,
  );
  console.log(`  intervals cover  ${covered(overall, test.item.length)}`);
  popularity.forEach(([label], segment) =>
    console.log(
      `    ${label.padEnd(20)} ${covered(inside[segment] ?? [], total[segment] ?? 0)}  (${total[segment]} ratings)`,
    ),
  );
  return rmse;
}

function eachRating(set: TrainingSet, visit: (u: number, i: number, rating: number, time: number) => void): void {
  for (let u = 0; u < set.users; u++)
    for (let n = set.userStart[u] ?? 0; n < (set.userStart[u + 1] ?? 0); n++)
      visit(u, set.item[n] ?? 0, set.rating[n] ?? 0, set.time?.[n] ?? NaN);
}

/** Both files as one, so that ids mean the same in both; the first `trained` ratings are the first file's. */
function readSplit(first: string, second: string): { ratings: Ratings; trained: number } {
  const folder = mkdtempSync(join(tmpdir(), "reelbench-split-"));
  try {
    const joined = join(folder, "ratings.txt");
    writeFileSync(joined, `${readFileSync(first, "utf8").trimEnd()}\n${readFileSync(second, "utf8")}`);
    return { ratings: readRatingsFile(joined), trained: readRatingsFile(first).rating.length };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `factors=64` → ["factors", 64]. */
function setting(pair: string): [string, number | boolean] {
  const [name = "", value = ""] = pair.split("=");
  return [name, value === "true" || (value === "false" ? false : Number(value))];
}
