import { algorithmOf } from "./anchor.ts";
import type { Anchor } from "./anchor.ts";
import { runTois, toisParts, toisPublished } from "./tois-ml1m.ts";
import type { ToisParts } from "./tois-ml1m.ts";

/** The parts of the last ratings asked for: all rows share them. */
const parted = new WeakMap<object, ToisParts>();

/** TOIS 2021, table 79 (`tois-ml1m.ts`): the only table here for which settings are searched, on its validation part. */
export const tois: Anchor = {
  id: "tois-ml-1m",
  title: "TOIS 2021, table 79, MovieLens 1M",
  citation:
    "M. Ferrari Dacrema, S. Boglio, P. Cremonesi, D. Jannach. A troubling analysis of reproducibility and progress in recommender systems research. TOIS 39(2), 2021, additional material, table 79.",
  url: "https://doi.org/10.1145/3434185",
  protocol:
    "Every rating a positive; a random fifth is the test, a tenth of the rest chooses the settings; all items not rated in the fit are candidates.",
  warning: "A random division lets a model learn from ratings given after those that it predicts.",
  datasets: ["ml-1m"],
  metrics: [
    { metric: "ndcg@10", convention: "divided by the ideal gain of all test items, not of ten", higherIsBetter: true },
    { metric: "recall@10", convention: "divided by all test items", higherIsBetter: true },
  ],
  rows: toisPublished.map(({ algorithm, name, ndcg, recall }) => ({
    algorithm,
    name,
    hyperparameters: {},
    published: { "ml-1m": { "ndcg@10": ndcg, "recall@10": recall } },
  })),
  async measure(ratings, row, { seed, threads, signal, say }) {
    algorithmOf(row);
    const parts = parted.get(ratings) ?? toisParts(ratings, seed);
    parted.set(ratings, parts);
    const onTrial = (_id: string, given: object, validation: number) =>
      say(`${row.name} ${JSON.stringify(given)}: ${validation.toFixed(4)}`);
    for await (const { test, hyperparameters } of runTois(parts, {
      seed,
      threads,
      signal,
      algorithms: [row.algorithm],
      onTrial,
    }))
      return { values: { "ndcg@10": test.ndcg, "recall@10": test.recall }, hyperparameters };
    return { values: {}, hyperparameters: {} };
  },
};
