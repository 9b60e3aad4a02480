import { ReelbenchError } from "../../contract/errors.ts";
import { createRandom } from "../../random.ts";
import { createRecommender } from "../../recommend/recommender.ts";
import { algorithmOf } from "./anchor.ts";
import type { Anchor, AnchorContext, AnchorRow, Measured } from "./anchor.ts";
import { binarised, trainingSetOf } from "./anchor-ratings.ts";
import type { AnchorRatings } from "./anchor-ratings.ts";
import { fitModel } from "./fit-model.ts";

/** What is kept of the data, and how many users are held out. */
export interface HeldOutShape {
  /** Ratings from here up count; null: all. */
  readonly positiveFrom: number | null;
  readonly leastPerUser: number;
  readonly leastPerItem: number;
  /** As many for validation (not used here) and as many for the test. */
  readonly heldOutUsers: number;
}

const foldInShare = 0.8;

/** D. Liang et al., "Variational autoencoders for collaborative filtering", WWW 2018, on MovieLens 20M. */
export const liangMovieLens: Anchor = liang({
  id: "liang-ml-20m",
  title: "Held-out users of Liang et al. 2018, MovieLens 20M",
  dataset: "ml-20m",
  shape: { positiveFrom: 4, leastPerUser: 5, leastPerItem: 0, heldOutUsers: 10_000 },
  rows: [
    rowOf("ml-20m", "ease", "EASE", { regularization: 500 }, [0.391, 0.521, 0.42]),
    rowOf("ml-20m", "ials", "iALS (ours)", { factors: 256, unobservedWeight: 0.1, regularization: 0.003 }, null),
    rowOf("ml-20m", "popularity", "popularity (ours)", {}, null),
  ],
});

/** The same on the Million Song Dataset. */
export const liangSongs: Anchor = liang({
  id: "liang-msd",
  title: "Held-out users of Liang et al. 2018, Million Song Dataset",
  dataset: "msd",
  shape: { positiveFrom: null, leastPerUser: 20, leastPerItem: 200, heldOutUsers: 50_000 },
  rows: [
    rowOf("msd", "ease", "EASE", { regularization: 200 }, [0.333, 0.428, 0.389]),
    rowOf("msd", "popularity", "popularity", {}, [0.043, 0.068, 0.058]),
    rowOf("msd", "ials", "iALS (ours)", { factors: 256, unobservedWeight: 0.02, regularization: 0.002 }, null),
  ],
});

function liang(given: {
  readonly id: string;
  readonly title: string;
  readonly dataset: "ml-20m" | "msd";
  readonly shape: HeldOutShape;
  readonly rows: readonly AnchorRow[];
}): Anchor {
  const { positiveFrom, leastPerUser, leastPerItem, heldOutUsers } = given.shape;
  return {
    ...given,
    datasets: [given.dataset],
    citation:
      "Protocol: D. Liang et al., WWW 2018. Figures: H. Steck, Embarrassingly shallow autoencoders for sparse data, WWW 2019 (as tabulated by VASP, table III).",
    url: "https://arxiv.org/abs/1802.05814",
    protocol: `${positiveFrom === null ? "All plays" : `Ratings of ${String(positiveFrom)} and more`}, users with ${String(leastPerUser)} or more${leastPerItem > 0 ? `, items with ${String(leastPerItem)} or more` : ""}; ${heldOutUsers.toLocaleString("en-US")} users held out of training (and as many left aside); 80 % of each one's items are folded in, the others are to be found.`,
    warning: "Users are held out, not times: what is folded in may be later than what is to be found.",
    metrics: [
      { metric: "recall@20", convention: "hits / min(20, held items): not the usual recall", higherIsBetter: true },
      { metric: "recall@50", convention: "hits / min(50, held items)", higherIsBetter: true },
      { metric: "ndcg@100", convention: "binary gain, ideal of min(100, held items)", higherIsBetter: true },
    ],
    measure: (ratings, one, context) => measureHeldOut(ratings, one, given.shape, context),
  };
}

function rowOf(
  dataset: "ml-20m" | "msd",
  algorithm: string,
  name: string,
  hyperparameters: AnchorRow["hyperparameters"],
  published: readonly [number, number, number] | null,
): AnchorRow {
  if (published === null) return { algorithm, name, hyperparameters, published: {} };
  const [recall20, recall50, ndcg100] = published;
  const figures = { "recall@20": recall20, "recall@50": recall50, "ndcg@100": ndcg100 };
  return { algorithm, name, hyperparameters, published: { [dataset]: figures } };
}

export async function measureHeldOut(
  ratings: AnchorRatings,
  row: AnchorRow,
  shape: HeldOutShape,
  context: AnchorContext,
): Promise<Measured> {
  const { algorithm, hyperparameters } = algorithmOf(row);
  const { kept, testUsers, aside } = divide(ratings, shape, context.seed);
  const train = binarised(trainingSetOf(ratings, (n) => kept[n] === 1 && aside[ratings.user[n] ?? 0] === 0));
  // What no training user has is no candidate, as in the published code.
  const candidates = new Set(train.item);
  const all = trainingSetOf(ratings, (n) => kept[n] === 1 && candidates.has(ratings.item[n] ?? 0));
  const recommender = createRecommender(await fitModel(algorithm, hyperparameters, train, context), () => []);
  const unknown = Int32Array.from({ length: ratings.items }, (_, i) => i).filter((i) => !candidates.has(i));
  const sums = { "recall@20": 0, "recall@50": 0, "ndcg@100": 0 };
  let users = 0;
  for (const u of testUsers) {
    const { folded, held } = foldIn(all.item.subarray(all.userStart[u], all.userStart[u + 1]), context.seed, u);
    if (held.size === 0 || folded.length === 0) continue;
    users++;
    const who = recommender.foldIn(folded.map((i) => ({ i, rating: 1 })));
    const list = recommender.topN(who, 100, { exclude: Int32Array.from([...folded, ...unknown]) });
    const places = list.flatMap(({ i }, place) => (held.has(i) ? [place] : []));
    const found = (k: number) => places.filter((place) => place < k).length / Math.min(k, held.size);
    sums["recall@20"] += found(20);
    sums["recall@50"] += found(50);
    sums["ndcg@100"] +=
      places.reduce((gain, place) => gain + 1 / Math.log2(place + 2), 0) / ideal(Math.min(100, held.size));
  }
  const values = Object.fromEntries(Object.entries(sums).map(([metric, sum]) => [metric, sum / users]));
  return { values, hyperparameters };
}

function divide(ratings: AnchorRatings, shape: HeldOutShape, seed: number) {
  const { users, items, user, item, rating } = ratings;
  const kept = rating.map((value) => (shape.positiveFrom === null || value >= shape.positiveFrom ? 1 : 0));
  drop(kept, item, items, shape.leastPerItem);
  const perUser = drop(kept, user, users, shape.leastPerUser);
  const eligible = Array.from({ length: users }, (_, u) => u).filter(
    (u) => (perUser[u] ?? 0) >= Math.max(1, shape.leastPerUser),
  );
  if (eligible.length <= 2 * shape.heldOutUsers)
    throw new ReelbenchError(
      "RB_INVALID_INPUT",
      `Of ${String(eligible.length)} users ${String(2 * shape.heldOutUsers)} cannot be held out.`,
    );
  const random = createRandom(seed);
  for (let n = eligible.length - 1; n > 0; n--) {
    const other = random.below(n + 1);
    [eligible[n], eligible[other]] = [eligible[other] ?? 0, eligible[n] ?? 0];
  }
  const aside = new Uint8Array(users);
  for (const u of eligible.slice(-2 * shape.heldOutUsers)) aside[u] = 1;
  return { kept, aside, testUsers: eligible.slice(-shape.heldOutUsers) };
}

/** Leaves out rows of what has too few of them; returns how many each has. */
function drop(kept: Float32Array, of: Int32Array, size: number, least: number): Int32Array {
  const counts = new Int32Array(size);
  kept.forEach((is, n) => {
    if (is === 1) counts[of[n] ?? 0] = (counts[of[n] ?? 0] ?? 0) + 1;
  });
  kept.forEach((is, n) => {
    if (is === 1 && (counts[of[n] ?? 0] ?? 0) < least) kept[n] = 0;
  });
  return counts;
}

function foldIn(items: Int32Array, seed: number, u: number): { folded: number[]; held: Set<number> } {
  const random = createRandom((seed ^ Math.imul(u + 1, 0x85ebca6b)) >>> 0);
  const order = Array.from(items);
  for (let n = order.length - 1; n > 0; n--) {
    const other = random.below(n + 1);
    [order[n], order[other]] = [order[other] ?? 0, order[n] ?? 0];
  }
  const held = Math.floor((1 - foldInShare) * order.length + 1e-9);
  return { folded: order.slice(held), held: new Set(order.slice(0, held)) };
}

function ideal(count: number): number {
  let gain = 0;
  for (let place = 0; place < count; place++) gain += 1 / Math.log2(place + 2);
  return gain;
}
