/**
 * Trains biased SVD at the points of a Sobol sequence and keeps what each came to (RMSE on a random tenth), as a function that
 * searches can be measured on without training again:
 *   node bench/tuning/tabulate.ts [FILE] [--points 512] [--epochs 15] [--threads 2]
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { TrainingSet } from "../../core/models/algorithm.ts";
import { algorithmById, parseHyperparameters } from "../../core/models/registry.ts";
import { createRecommender } from "../../core/recommend/recommender.ts";
import { suggest } from "../../core/tuning/sampler.ts";
import { foldOfRating, readRatingsFile, trainingSet } from "../ratings-file.ts";
import { svdSpace, svdTable, unitPoint } from "./objectives.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    points: { type: "string", default: "512" },
    epochs: { type: "string", default: "15" },
    threads: { type: "string", default: "2" },
  },
});
const path = positionals[0] ?? "../shared/data/ml-100k/u.data";
const ratings = readRatingsFile(path);
const fold = foldOfRating(ratings.rating.length, 10, 3);
const train = trainingSet(ratings, (index) => fold[index] !== 0);
const validation = trainingSet(ratings, (index) => fold[index] === 0);
const algorithm = algorithmById("biased-svd");

const rows = [];
for (let trial = 0; trial < Number(values.points); trial++) {
  const configuration = suggest({
    space: svdSpace,
    sampler: { sampler: "quasi-random" },
    seed: 1,
    trial,
    observations: [],
    pending: [],
  });
  // A fit that diverges is as bad as knowing nothing.
  const value = Math.min(1.5, await rmse({ ...configuration, epochs: Number(values.epochs) }).catch(() => 1.5));
  rows.push({
    at: unitPoint(svdSpace, configuration).map((x) => Number(x.toFixed(6))),
    value: Number(value.toFixed(6)),
  });
  if (trial % 64 === 63)
    console.log(`${String(trial + 1)} trained; best ${Math.min(...rows.map((row) => row.value)).toFixed(4)}`);
}
const source = `biased SVD, ${values.epochs} epochs, RMSE on a random tenth of MovieLens 100K (seed 3)`;
writeFileSync(svdTable, `${JSON.stringify({ source, space: svdSpace, rows })}\n`);

async function rmse(given: Record<string, unknown>): Promise<number> {
  const model = await algorithm.fit(train, parseHyperparameters(algorithm, given), {
    seed: 1,
    threads: Number(values.threads),
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onEpoch: () => undefined,
    resumeFrom: null,
    saveCheckpoint: () => Promise.resolve(),
  });
  const recommender = createRecommender(model);
  let squares = 0;
  for (let u = 0; u < validation.users; u++) squares += squaredErrors(recommender, u, validation);
  return Math.sqrt(squares / validation.rating.length);
}

function squaredErrors(recommender: ReturnType<typeof createRecommender>, u: number, set: TrainingSet): number {
  const vector = recommender.userVector(u);
  let sum = 0;
  for (let n = set.userStart[u] ?? 0; n < (set.userStart[u + 1] ?? 0); n++)
    sum += (recommender.predict(vector, set.item[n] ?? 0) - (set.rating[n] ?? 0)) ** 2;
  return sum;
}
