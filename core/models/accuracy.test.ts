import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { biasedSvd } from "./biased-svd.ts";
import { biases } from "./biases.ts";
import { fitWith, rmse, score } from "./fit.fixture.ts";
import { ials } from "./ials.ts";
import { popularity } from "./popularity.ts";
import { pureSvd } from "./puresvd.ts";
import type { Algorithm, TrainingSet } from "./algorithm.ts";
import { seededRandom } from "../compute/test-data.fixture.ts";
import type { FactorModel } from "./servable.ts";

const file = new URL("../../../shared/data/ml-100k/u.data", import.meta.url);
const present = existsSync(file);

interface Triple {
  readonly u: number;
  readonly i: number;
  readonly rating: number;
}
const [users, items] = [943, 1682];

function readRatings(): Triple[] {
  const lines = readFileSync(file, "utf8").trim().split("\n");
  return lines
    .map((line) => line.split("\t").map(Number))
    .map(([u = 0, i = 0, rating = 0]) => ({ u: u - 1, i: i - 1, rating }));
}

function asTrainingSet(triples: readonly Triple[]): TrainingSet {
  const sorted = triples.toSorted((a, b) => a.u - b.u || a.i - b.i);
  const userStart = new Int32Array(users + 1);
  for (const { u } of sorted) userStart[u + 1] = (userStart[u + 1] ?? 0) + 1;
  for (let u = 0; u < users; u++) userStart[u + 1] = (userStart[u + 1] ?? 0) + (userStart[u] ?? 0);
  return {
    users,
    items,
    userStart,
    time: null,
    scale: { minimum: 1, maximum: 5 },
    item: Int32Array.from(sorted, ({ i }) => i),
    rating: Float32Array.from(sorted, ({ rating }) => rating),
  };
}

/** Five random folds, the same every time. */
function folds(): { readonly train: TrainingSet; readonly held: TrainingSet }[] {
  const random = seededRandom(2026);
  const shuffled = readRatings()
    .map((triple) => ({ triple, key: random() }))
    .toSorted((a, b) => a.key - b.key);
  return [0, 1, 2, 3, 4].map((fold) => ({
    train: asTrainingSet(shuffled.filter((_, n) => n % 5 !== fold).map(({ triple }) => triple)),
    held: asTrainingSet(shuffled.filter((_, n) => n % 5 === fold).map(({ triple }) => triple)),
  }));
}

async function crossValidated(algorithm: Algorithm<FactorModel>): Promise<number> {
  const errors: number[] = [];
  for (const { train, held } of folds()) errors.push(rmse(await fitWith(algorithm, train), held));
  return errors.reduce((sum, error) => sum + error, 0) / errors.length;
}

/** NDCG@10 with binary relevance over all items a person has not rated in training, mean over people with test ratings. */
function ndcgAt10(model: FactorModel, train: TrainingSet, held: TrainingSet): number {
  const values: number[] = [];
  for (let u = 0; u < users; u++) {
    const relevant = new Set(held.item.subarray(held.userStart[u], held.userStart[u + 1]));
    if (relevant.size === 0) continue;
    const seen = new Set(train.item.subarray(train.userStart[u], train.userStart[u + 1]));
    const candidates = Array.from({ length: items }, (_, i) => i).filter((i) => !seen.has(i));
    const scored = candidates
      .map((i) => ({ i, score: score(model, u, i) }))
      .toSorted((a, b) => b.score - a.score || a.i - b.i);
    const gain = (n: number) => 1 / Math.log2(n + 2);
    const found = scored.slice(0, 10).reduce((sum, { i }, n) => sum + (relevant.has(i) ? gain(n) : 0), 0);
    const best = Array.from({ length: Math.min(10, relevant.size) }, (_, n) => gain(n)).reduce((sum, x) => sum + x, 0);
    values.push(found / best);
  }
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

// Surprise's README: Baseline .944, SVD .934, 5-fold, its defaults.
describe.skipIf(!present)("MovieLens 100K (skipped where ../shared/data/ml-100k is absent)", () => {
  test("biases: 5-fold RMSE at most 0.945", async () => {
    expect(await crossValidated(biases)).toBeLessThanOrEqual(0.945);
  });

  test("biased SVD: 5-fold RMSE at most 0.934, and with its defaults below 0.915", async () => {
    const error = await crossValidated(biasedSvd);
    expect(error).toBeLessThanOrEqual(0.934);
    expect(error).toBeLessThan(0.915);
  });

  test("PureSVD's NDCG@10 is well above popularity's", async () => {
    const [fold] = folds();
    if (fold === undefined) throw new Error("no fold");
    const [personal, same] = [await fitWith(pureSvd, fold.train), await fitWith(popularity, fold.train)].map((model) =>
      ndcgAt10(model, fold.train, fold.held),
    );
    expect(personal).toBeGreaterThan(1.25 * (same ?? NaN));
  });

  test("iALS's NDCG@10 is above PureSVD's", async () => {
    const [fold] = folds();
    if (fold === undefined) throw new Error("no fold");
    const [implicit, svd] = [await fitWith(ials, fold.train), await fitWith(pureSvd, fold.train)].map((model) =>
      ndcgAt10(model, fold.train, fold.held),
    );
    expect(implicit).toBeGreaterThan(1.02 * (svd ?? NaN));
  });
});
