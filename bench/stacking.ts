/**
 * An ensemble against each of its members, cross-validated on a ratings file: RMSE over all held-out ratings, and of the
 * difference the paired bootstrap interval over users (1,000 draws, seed 1).
 *   node bench/stacking.ts [FILE] [--members "svdpp, biased-svd, biases"] [--folds 5] [--only 0,1] [--seed 20] [--json FILE]
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Algorithm, TrainingSet } from "../core/models/algorithm.ts";
import type { Hyperparameters } from "../core/contract/entities.ts";
import { algorithmById, algorithms, parseHyperparameters } from "../core/models/registry.ts";
import { defaultMembers } from "../core/models/stacking-info.ts";
import { parseMembers } from "../core/models/stacking-members.ts";
import { createRandom } from "../core/random.ts";
import { createRecommender } from "../core/recommend/recommender.ts";
import { foldOfRating, readRatingsFile, trainingSet } from "./ratings-file.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    members: { type: "string", default: defaultMembers },
    folds: { type: "string", default: "5" },
    only: { type: "string" },
    seed: { type: "string", default: "20" },
    threads: { type: "string", default: "2" },
    json: { type: "string" },
  },
});
const ratings = readRatingsFile(positionals[0] ?? "../shared/data/ml-100k/u.data");
const folds = Number(values.folds);
const chosen = values.only?.split(",").map(Number) ?? Array.from({ length: folds }, (_, fold) => fold);
const foldOf = foldOfRating(ratings.rating.length, folds, Number(values.seed));

interface Candidate {
  readonly name: string;
  readonly algorithm: Algorithm;
  readonly hyperparameters: Hyperparameters;
  /** [users] Σ of squared errors. */
  readonly squares: Float64Array;
  seconds: number;
}
const stacking = algorithmById("stacking");
const ensemble = candidate("the ensemble", stacking, parseHyperparameters(stacking, { members: values.members }));
const members = parseMembers(values.members, algorithms).map(({ algorithm, hyperparameters }, m) =>
  candidate(`member ${m + 1}, ${algorithm.info.id}`, algorithm, hyperparameters),
);
const counts = new Float64Array(ratings.users);

for (const fold of chosen) {
  const train = trainingSet(ratings, (index) => foldOf[index] !== fold);
  const test = trainingSet(ratings, (index) => foldOf[index] === fold);
  for (let u = 0; u < test.users; u++)
    counts[u] = (counts[u] ?? 0) + (test.userStart[u + 1] ?? 0) - (test.userStart[u] ?? 0);
  for (const one of [ensemble, ...members]) await fitAndTest(one, train, test);
}

const rows = [ensemble, ...members].map((one) => {
  const rmse = rmseOf(one.squares, null);
  const { low, high } = one === ensemble ? { low: 0, high: 0 } : interval(one.squares);
  return { name: one.name, rmse, seconds: one.seconds, low, high };
});
console.log(
  `${ratings.rating.length} ratings, folds ${chosen.join(" ")} of ${folds}, seed ${values.seed}; members: ${values.members}`,
);
for (const { name, rmse, seconds, low, high } of rows)
  console.log(
    `${name.padEnd(28)} RMSE ${rmse.toFixed(4)}  ${name === ensemble.name ? "" : `ensemble − it: ${((rows[0]?.rmse ?? NaN) - rmse).toFixed(4)} [${low.toFixed(4)}, ${high.toFixed(4)}]`}  ${seconds.toFixed(1)} s`,
  );
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ members: values.members, rows }, null, 2)}\n`);

function candidate(name: string, algorithm: Algorithm, hyperparameters: Hyperparameters): Candidate {
  return { name, algorithm, hyperparameters, squares: new Float64Array(ratings.users), seconds: 0 };
}

async function fitAndTest(one: Candidate, train: TrainingSet, test: TrainingSet): Promise<void> {
  const started = performance.now();
  const model = await one.algorithm.fit(train, one.hyperparameters, {
    seed: 1,
    threads: Number(values.threads),
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onEpoch: ({ values: told }) => {
      if ("inner-validation-rmse" in told) console.log(JSON.stringify(told));
    },
    resumeFrom: null,
    saveCheckpoint: () => Promise.resolve(),
  });
  one.seconds += (performance.now() - started) / 1000;
  const recommender = createRecommender(model);
  for (let u = 0; u < test.users; u++) {
    const stranger = train.userStart[u] === train.userStart[u + 1];
    const who = stranger ? recommender.foldIn([]) : recommender.userVector(u);
    for (let n = test.userStart[u] ?? 0; n < (test.userStart[u + 1] ?? 0); n++) {
      const predicted = Math.min(
        test.scale.maximum,
        Math.max(test.scale.minimum, recommender.predict(who, test.item[n] ?? 0)),
      );
      one.squares[u] = (one.squares[u] ?? 0) + ((test.rating[n] ?? 0) - predicted) ** 2;
    }
  }
}

/** Of all users, or of those drawn. */
function rmseOf(squares: Float64Array, drawn: Int32Array | null): number {
  let [sum, count] = [0, 0];
  for (let at = 0; at < squares.length; at++) {
    const u = drawn?.[at] ?? at;
    sum += squares[u] ?? 0;
    count += counts[u] ?? 0;
  }
  return Math.sqrt(sum / count);
}

/** 95 % of 1,000 draws of users lie between. */
function interval(squares: Float64Array): { low: number; high: number } {
  const random = createRandom(1);
  const differences = Array.from({ length: 1000 }, () => {
    const drawn = Int32Array.from({ length: counts.length }, () => random.below(counts.length));
    return rmseOf(ensemble.squares, drawn) - rmseOf(squares, drawn);
  }).sort((a, b) => a - b);
  return { low: differences[24] ?? NaN, high: differences[974] ?? NaN };
}
