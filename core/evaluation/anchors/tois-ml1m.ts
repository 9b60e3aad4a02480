import type { Hyperparameters } from "../../contract/entities.ts";
import type { Algorithm, TrainingSet } from "../../models/algorithm.ts";
import { algorithms, parseHyperparameters } from "../../models/registry.ts";
import type { ServableModel } from "../../models/servable.ts";
import { createRandom } from "../../random.ts";
import { createRecommender } from "../../recommend/recommender.ts";

/**
 * The protocol of M. Ferrari Dacrema, S. Boglio, P. Cremonesi, D. Jannach, "A troubling analysis of reproducibility and progress
 * in recommender systems research", TOIS 39(2), 2021, for MovieLens 1M (additional material, table 79): every rating a positive,
 * 20 % of the ratings of all people together drawn for the test, 10 % of the rest for validation; hyperparameters by the
 * validation part, then a fit on all but the test; every item not rated in the fit is a candidate; lists of ten.
 *
 * Their NDCG@10 divides by the ideal gain of *all* of a person's test items, not of the ten that a list can hold (the code that
 * made the table), so it is lower than what is mostly called NDCG@10; ours of the other kind is told beside it. Recall divides
 * by all test items.
 */
export const toisPublished: readonly ToisPublished[] = [
  { algorithm: "popularity", name: "TopPop", ndcg: 0.0939, recall: 0.0685 },
  { algorithm: "user-knn", name: "UserKNN (asymmetric)", ndcg: 0.223, recall: 0.1726 },
  { algorithm: "puresvd", name: "PureSVD", ndcg: 0.2132, recall: 0.1624 },
  { algorithm: "ials", name: "iALS", ndcg: 0.22, recall: 0.1702 },
  { algorithm: "bpr", name: "MF-BPR", ndcg: 0.1807, recall: 0.1384 },
  { algorithm: "slim", name: "SLIM (elastic net)", ndcg: 0.2321, recall: 0.177 },
  { algorithm: "ease", name: "EASE", ndcg: 0.2364, recall: 0.182 },
];

export interface ToisPublished {
  readonly algorithm: string;
  readonly name: string;
  readonly ndcg: number;
  readonly recall: number;
}

export interface ToisResult {
  /** Null for what the table does not have. */
  readonly published: ToisPublished | null;
  readonly algorithm: string;
  readonly hyperparameters: Hyperparameters;
  /** Settings tried, and the validation NDCG@10 (theirs) of the best, −∞ where there was nothing to choose. */
  readonly trials: number;
  readonly validation: number;
  readonly test: ListQuality;
  readonly seconds: number;
}

/** Means over people with a test rating. */
export interface ListQuality {
  /** @10, over the ideal gain of all test items: the published convention. */
  readonly ndcg: number;
  /** @10, over the ideal gain of ten. */
  readonly ndcgTruncated: number;
  /** @10, over all test items. */
  readonly recall: number;
  readonly users: number;
}

const listLength = 10;
/** While searching, every third person is enough to tell settings apart. */
const validationStep = 3;

/**
 * What is tried for each algorithm, and for a variant of one that the table does not have (`algorithm+variant`); about as many settings as the time for one fit allows, chosen before any
 * test figure.
 */
export const toisSearch: Readonly<Record<string, readonly Record<string, unknown>[]>> = {
  popularity: [{}],
  "item-knn": grid({ neighbours: [50, 100, 300], asymmetry: [0.3, 0.5], shrinkage: [0, 50, 300] }),
  "user-knn": grid({
    neighbourhood: ["own", "theirs"],
    neighbours: [60, 120, 250, 500],
    asymmetry: [0.3, 0.5, 0.7, 0.9],
  }),
  puresvd: grid({ factors: [12, 16, 20, 24, 28, 32, 40, 50, 64] }),
  ials: grid({ factors: [96, 160], unobservedWeight: [0.2, 0.4, 0.8], regularization: [0.004, 0.006, 0.009] }).map(
    (given) => ({ ...given, epochs: 12 }),
  ),
  bpr: grid({ factors: [64, 128], regularization: [0.003, 0.01, 0.03] }),
  slim: grid({ l1: [1, 3, 6], l2: [50, 150, 400] }),
  ease: grid({ regularization: [100, 200, 300, 400, 600, 900, 1300, 2000] }),
  "ease+weighting": grid({ activityExponent: [0.35, 0.5], dropout: [0.2, 0.3], regularization: [400, 600] }),
};

/**
 * Settings from searches of one algorithm at a time on the validation part of the parts drawn with seed 1, so that the test can be
 * repeated, and made on other parts, in minutes (`preset`). SLIM's search was cut short; BPR's are its defaults.
 */
export const toisChosen: Readonly<Record<string, Record<string, unknown>>> = {
  popularity: {},
  "item-knn": { neighbours: 50, asymmetry: 0.3, shrinkage: 0 },
  "user-knn": { neighbourhood: "theirs", neighbours: 250, asymmetry: 0.7 },
  puresvd: { factors: 28 },
  ials: { factors: 96, unobservedWeight: 0.4, regularization: 0.006, epochs: 12 },
  bpr: {},
  slim: { l1: 3, l2: 400 },
  ease: { regularization: 400 },
  "ease+weighting": { activityExponent: 0.35, dropout: 0.3, regularization: 600 },
};

/** Every combination, the last name changing fastest. */
function grid(values: Readonly<Record<string, readonly unknown[]>>): Record<string, unknown>[] {
  return Object.entries(values).reduce<Record<string, unknown>[]>(
    (settings, [name, choices]) => settings.flatMap((given) => choices.map((value) => ({ ...given, [name]: value }))),
    [{}],
  );
}

export interface ToisParts {
  readonly train: TrainingSet;
  readonly validation: TrainingSet;
  readonly trainAndValidation: TrainingSet;
  readonly test: TrainingSet;
}

/** Ratings, each once, in any order, binarised here. The same seed: the same parts. */
export function toisParts(
  ratings: { readonly users: number; readonly items: number; readonly user: Int32Array; readonly item: Int32Array },
  seed: number,
): ToisParts {
  const count = ratings.user.length;
  const order = Int32Array.from({ length: count }, (_, n) => n);
  const random = createRandom(seed);
  // Fisher and Yates.
  for (let n = count - 1; n > 0; n--) {
    const other = random.below(n + 1);
    [order[n], order[other]] = [order[other] ?? 0, order[n] ?? 0];
  }
  const testFrom = count - Math.round(0.2 * count);
  const validationFrom = testFrom - Math.round(0.1 * testFrom);
  const part = (from: number, to: number): TrainingSet => binary(ratings, order.subarray(from, to));
  return {
    train: part(0, validationFrom),
    validation: part(validationFrom, testFrom),
    trainAndValidation: part(0, testFrom),
    test: part(testFrom, count),
  };
}

function binary(
  {
    users,
    items,
    user,
    item,
  }: { readonly users: number; readonly items: number; readonly user: Int32Array; readonly item: Int32Array },
  chosen: Int32Array,
): TrainingSet {
  const sorted = Float64Array.from(chosen, (n) => (user[n] ?? 0) * items + (item[n] ?? 0)).sort();
  const userStart = new Int32Array(users + 1);
  for (const key of sorted) {
    const u = Math.floor(key / items);
    userStart[u + 1] = (userStart[u + 1] ?? 0) + 1;
  }
  for (let u = 0; u < users; u++) userStart[u + 1] = (userStart[u + 1] ?? 0) + (userStart[u] ?? 0);
  return {
    users,
    items,
    userStart,
    item: Int32Array.from(sorted, (key) => key % items),
    rating: new Float32Array(sorted.length).fill(1),
    time: null,
    scale: { minimum: 0, maximum: 1 },
  };
}

export interface ToisOptions {
  readonly seed: number;
  readonly threads: number;
  readonly signal: AbortSignal;
  /** Names of `toisSearch`; those whose algorithm the registry does not have are left out. */
  readonly algorithms: readonly string[];
  /** Take the settings of `toisChosen` instead of searching. */
  readonly preset?: boolean;
  readonly onTrial?: (algorithm: string, hyperparameters: Record<string, unknown>, validation: number) => void;
}

/** Searches, fits and tests one algorithm after the other. Throws RB_CANCELLED. */
export async function* runTois(parts: ToisParts, options: ToisOptions): AsyncGenerator<ToisResult> {
  for (const row of options.algorithms) {
    const algorithm = algorithms.find(({ info }) => info.id === row.split("+")[0]);
    if (algorithm !== undefined) yield await testOne(row, algorithm, parts, options);
  }
}

async function testOne(row: string, algorithm: Algorithm, parts: ToisParts, options: ToisOptions): Promise<ToisResult> {
  const started = performance.now();
  const known = new Set(algorithm.info.hyperparameters.map(({ name }) => name));
  const asked = options.preset === true ? [toisChosen[row] ?? {}] : (toisSearch[row] ?? [{}]);
  const settings = asked.map((given) => Object.fromEntries(Object.entries(given).filter(([name]) => known.has(name))));
  let best = { given: settings[0] ?? {}, validation: -Infinity };
  for (const given of settings.length > 1 ? settings : []) {
    const model = await fit(algorithm, given, parts.train, options);
    const { ndcg } = listQuality(model, parts.train, parts.validation, validationStep);
    options.onTrial?.(row, given, ndcg);
    if (ndcg > best.validation) best = { given, validation: ndcg };
  }
  const model = await fit(algorithm, best.given, parts.trainAndValidation, options);
  return {
    published: toisPublished.find(({ algorithm: id }) => id === row) ?? null,
    algorithm: row,
    hyperparameters: parseHyperparameters(algorithm, best.given),
    trials: settings.length,
    validation: best.validation,
    test: listQuality(model, parts.trainAndValidation, parts.test),
    seconds: (performance.now() - started) / 1000,
  };
}

function fit(
  algorithm: Algorithm,
  given: Record<string, unknown>,
  data: TrainingSet,
  { seed, threads, signal }: ToisOptions,
): Promise<ServableModel> {
  return algorithm.fit(data, parseHyperparameters(algorithm, given), {
    seed,
    threads,
    signal,
    onProgress: () => undefined,
    onEpoch: () => undefined,
    resumeFrom: null,
    saveCheckpoint: () => Promise.resolve(),
  });
}

/** Over every `step`-th person with a test rating. */
export function listQuality(model: ServableModel, train: TrainingSet, test: TrainingSet, step = 1): ListQuality {
  const history = (u: number) =>
    Array.from(train.item.subarray(train.userStart[u], train.userStart[u + 1]), (i) => ({ i, rating: 1 }));
  const recommender = createRecommender(model, history);
  const gains = Float64Array.from({ length: test.items }, (_, rank) => 1 / Math.log2(rank + 2));
  const idealOf = gains.map((_, count) => gains.subarray(0, count + 1).reduce((sum, gain) => sum + gain, 0));
  const sums = { ndcg: 0, ndcgTruncated: 0, recall: 0, users: 0 };
  let asked = 0;
  for (let u = 0; u < test.users; u++) {
    const held = test.item.subarray(test.userStart[u], test.userStart[u + 1]);
    if (held.length === 0 || asked++ % step !== 0) continue;
    const relevant = new Set(held);
    const exclude = train.item.subarray(train.userStart[u], train.userStart[u + 1]);
    let gain = 0;
    let hits = 0;
    recommender.topN(u, listLength, { exclude }).forEach(({ i }, rank) => {
      if (!relevant.has(i)) return;
      gain += gains[rank] ?? 0;
      hits++;
    });
    sums.ndcg += gain / (idealOf[held.length - 1] ?? 1);
    sums.ndcgTruncated += gain / (idealOf[Math.min(listLength, held.length) - 1] ?? 1);
    sums.recall += hits / held.length;
    sums.users++;
  }
  const mean = (sum: number): number => sum / sums.users;
  return {
    ndcg: mean(sums.ndcg),
    ndcgTruncated: mean(sums.ndcgTruncated),
    recall: mean(sums.recall),
    users: sums.users,
  };
}
