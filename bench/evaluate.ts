/**
 * Full-ranking evaluation, threads started anew each time: every test user's scores for every item, the exact top, all metrics.
 *   node bench/evaluate.ts [--users 6040] [--items 3706] [--ratings 1000209] [--factors 50] [--threads 1,2] [--repeat 3]
 * Factors and ratings are random: the time depends on their number alone. Default: MovieLens 1M's shape, 20 % held out.
 */
import { parseArgs } from "node:util";
import { compareRuns } from "../core/evaluation/compare.ts";
import { createRandom } from "../core/random.ts";
import { summarize } from "../core/evaluation/summarize.ts";
import type { Run } from "../core/contract/entities.ts";
import type { PerUserTable } from "../core/evaluation/per-user.ts";
import type { TrainingSet } from "../core/models/algorithm.ts";
import type { FactorModel } from "../core/models/servable.ts";
import { createRecommender } from "../core/recommend/recommender.ts";
import { evaluateInThreads } from "../core/training/evaluate-in-threads.ts";

const { values } = parseArgs({
  options: {
    users: { type: "string", default: "6040" },
    items: { type: "string", default: "3706" },
    ratings: { type: "string", default: "1000209" },
    factors: { type: "string", default: "50" },
    threads: { type: "string", default: "1,2" },
    repeat: { type: "string", default: "3" },
  },
});
const [users, items, ratings, factors] = [values.users, values.items, values.ratings, values.factors].map(Number) as [
  number,
  number,
  number,
  number,
];
const random = createRandom(1);
const uniform = () => random.uint32() / 2 ** 32 - 0.5;
const scale = { minimum: 1, maximum: 5 };

/** Every user rates the same number of items; every fifth rating is held out. */
function split(): { train: TrainingSet; test: TrainingSet } {
  const perUser = Math.min(items, Math.round(ratings / users));
  const parts = [0, 1].map(() => ({
    userStart: new Int32Array(users + 1),
    item: [] as number[],
    rating: [] as number[],
  }));
  for (let u = 0; u < users; u++) {
    const chosen = new Set<number>();
    while (chosen.size < perUser) chosen.add(random.below(items));
    [...chosen]
      .sort((a, b) => a - b)
      .forEach((i) => {
        const part = parts[random.below(5) === 0 ? 1 : 0];
        part?.item.push(i);
        part?.rating.push(1 + random.below(5));
      });
    for (const part of parts) part.userStart[u + 1] = part.item.length;
  }
  const [train, test] = parts.map(({ userStart, item, rating }) => ({
    users,
    items,
    userStart,
    item: Int32Array.from(item),
    rating: Float32Array.from(rating),
    time: null,
    scale,
  })) as [TrainingSet, TrainingSet];
  return { train, test };
}

const fill = (length: number) => Float32Array.from({ length }, uniform);
const model: FactorModel = {
  form: "factors",
  users,
  items,
  factors,
  globalMean: 3.5,
  userBias: fill(users),
  itemBias: fill(items),
  userFactors: fill(users * factors),
  itemFactors: fill(items * factors),
  foldIn: { kind: "ridge", regularization: 0.1, biasRegularization: 0.1 },
  predictsRatings: true,
  scale,
};
const { train, test } = split();
const context = { signal: new AbortController().signal, onProgress: () => undefined };
console.log(`${users} users × ${items} items, ${train.item.length} + ${test.item.length} ratings, ${factors} factors`);

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
}

async function time(label: string, work: () => unknown): Promise<void> {
  const times: number[] = [];
  for (let run = 0; run < Number(values.repeat); run++) {
    const started = performance.now();
    await work();
    times.push((performance.now() - started) / 1000);
  }
  console.log(
    `${label.padEnd(34)} median ${median(times).toFixed(4)} s  (${times.map((seconds) => seconds.toFixed(4)).join(" ")})`,
  );
}

let perUser: PerUserTable | undefined;
for (const threads of values.threads.split(",").map(Number)) {
  await time(`evaluate, ${threads} threads`, async () => {
    ({ perUser } = await evaluateInThreads({ model, train, test, cutoffs: [10], threads }, context));
  });
}
if (perUser !== undefined) {
  const table = perUser;
  const summary = { cutoffs: [10], whole: new Map<string, number>(), seed: 1 };
  await time("bootstrap intervals of one run", () => summarize(table, summary));
  const run = (id: string): Run => ({
    id,
    name: id,
    state: "succeeded",
    createdAt: "2026-01-01T00:00:00Z",
    finishedAt: null,
    snapshotId: "s",
    splitId: "p",
    algorithm: "puresvd",
    hyperparameters: {},
    seed: 1,
    metrics: summarize(table, summary),
    curve: [],
    timings: null,
    machine: null,
    codeVersion: "",
    modelHash: null,
    refitOf: null,
    error: null,
    note: "",
  });
  const runs = ["a", "b", "c", "d"].map((id) => ({ run: run(id), perUser: table }));
  await time("compare four runs", () => compareRuns(runs, null));
}
const recommender = createRecommender(model);
const asked = 200;
await time(`${asked} × top 10 for one user`, () => {
  for (let u = 0; u < asked; u++) recommender.topN(u % users, 10);
});
const given = Array.from({ length: 50 }, (_, at) => ({ i: (at * 37) % items, rating: 4 }));
await time(`${asked} × fold-in of 50 ratings`, () => {
  for (let at = 0; at < asked; at++) recommender.foldIn(given);
});
