/**
 * What content says of items that nobody has rated: of MovieLens data with genres, items are drawn (share 0.2, seeded) and
 * all their ratings held out; a model is fitted to the rest; held-out ratings are predicted with and without the regression
 * from content to factors (`core/models/content-regression.ts`), and for each person with likes (at least 4) and others
 * among the held-out items the share of pairs in the right order (AUC).
 *   node bench/cold-items.ts RATINGS [ITEMS] [--algorithms biased-svd,ials] [--regularization 10] [--seeds 1,2,3] [--set name=value]…
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { TrainingSet } from "../core/models/algorithm.ts";
import { regressColdItems } from "../core/models/content-regression.ts";
import { divideRatings } from "../core/models/divide-ratings.ts";
import { algorithmById, parseHyperparameters } from "../core/models/registry.ts";
import type { FactorModel } from "../core/models/servable.ts";
import { createRandom } from "../core/random.ts";
import { importSource } from "../core/ratings/import.ts";
import { createSnapshot } from "../core/ratings/snapshot.ts";
import { loadTrainingData } from "../core/ratings/training-data.ts";
import { createRecommender } from "../core/recommend/recommender.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    algorithms: { type: "string", default: "biased-svd,ials" },
    regularization: { type: "string", default: "10" },
    seeds: { type: "string", default: "1,2,3" },
    threads: { type: "string", default: "2" },
    set: { type: "string", multiple: true, default: [] },
  },
});
const [ratingsPath = "../shared/data/ml-100k/u.data", itemsPath] = positionals;
const context = { signal: new AbortController().signal, onProgress: () => undefined };
const data = await load();
console.log(
  `${ratingsPath}: ${data.item.length} ratings, ${data.items} items, ${data.itemFeatures?.names.length ?? 0} features; a fifth of the items held out`,
);
const given = Object.fromEntries(
  values.set.map((pair) => [pair.slice(0, pair.indexOf("=")), Number(pair.slice(pair.indexOf("=") + 1))]),
);

for (const id of values.algorithms.split(",")) {
  const algorithm = algorithmById(id);
  const known = new Set(algorithm.info.hyperparameters.map(({ name }) => name));
  const hyperparameters = parseHyperparameters(
    algorithm,
    Object.fromEntries(Object.entries(given).filter(([name]) => known.has(name))),
  );
  for (const seed of values.seeds.split(",").map(Number)) {
    const random = createRandom(seed);
    const isCold = Uint8Array.from({ length: data.items }, () => (random.unit() < 0.2 ? 1 : 0));
    const { kept, taken } = divideRatings(data, (n) => isCold[data.item[n] ?? 0] === 1);
    const model = await algorithm.fit(kept, hyperparameters, {
      seed: 1,
      threads: Number(values.threads),
      ...context,
      onEpoch: () => undefined,
      resumeFrom: null,
      saveCheckpoint: () => Promise.resolve(),
    });
    if (model.form !== "factors") throw new Error(`${id} has no factors.`);
    console.log(`${id} seed ${seed}  without ${describe(model, taken)}`);
    for (const regularization of values.regularization.split(",").map(Number))
      console.log(
        `${id} seed ${seed}  λ ${regularization} ${describe(regressColdItems(model, kept, regularization), taken)}`,
      );
  }
}

async function load(): Promise<TrainingSet> {
  const folder = await mkdtemp(join(tmpdir(), "reelbench-cold-"));
  try {
    const request = { path: ratingsPath, options: {}, itemsPath };
    const source = await importSource(request, join(folder, "sources"), context);
    const sources = [{ id: source.id, directory: join(folder, "sources", source.id) }];
    const snapshot = await createSnapshot({ sources, recipe: [] }, join(folder, "snapshots"), context);
    return (await loadTrainingData(join(folder, "snapshots", snapshot.id), { part: "all" })).train;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function describe(model: FactorModel, test: TrainingSet): string {
  const recommender = createRecommender(model);
  let [squares, people, area] = [0, 0, 0];
  for (let u = 0; u < test.users; u++) {
    const from = test.userStart[u] ?? 0;
    const rated = Array.from(test.item.subarray(from, test.userStart[u + 1]), (i, n) => ({
      rating: test.rating[from + n] ?? 0,
      score: recommender.score(u, i),
    }));
    for (const { rating, score } of rated)
      squares += (rating - Math.min(test.scale.maximum, Math.max(test.scale.minimum, score))) ** 2;
    const [likes, others] = [rated.filter(({ rating }) => rating >= 4), rated.filter(({ rating }) => rating < 4)];
    if (likes.length === 0 || others.length === 0) continue;
    const right = likes.flatMap((like) =>
      others.map((other) => (like.score > other.score ? 1 : like.score === other.score ? 0.5 : 0)),
    );
    area += right.reduce((sum: number, value) => sum + value, 0) / right.length;
    people++;
  }
  const rmse = model.predictsRatings ? `RMSE ${Math.sqrt(squares / test.item.length).toFixed(4)}  ` : "";
  return `${rmse}AUC ${(area / people).toFixed(4)} of ${people} people`;
}
