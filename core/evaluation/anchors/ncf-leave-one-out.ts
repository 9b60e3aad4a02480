import { createRandom } from "../../random.ts";
import { createRecommender } from "../../recommend/recommender.ts";
import { sampledWarning } from "../sampled.ts";
import { algorithmOf } from "./anchor.ts";
import type { Anchor, AnchorContext, AnchorRow, Measured } from "./anchor.ts";
import { binarised, historyOf, trainingSetOf } from "./anchor-ratings.ts";
import type { AnchorRatings } from "./anchor-ratings.ts";
import { fitModel } from "./fit-model.ts";

const negatives = 100;
const listLength = 10;

/** X. He et al., "Neural collaborative filtering", WWW 2017, as rerun by the reproducibility studies. */
export const ncfLeaveOneOut: Anchor = {
  id: "ncf-loo",
  title: "NCF's leave-one-out with 100 sampled negatives",
  citation:
    "Protocol: X. He et al., WWW 2017. Figures: M. Ferrari Dacrema et al., TOIS 39(2), 2021, additional material, table 55; iALS d = 64: S. Rendle et al., RecSys 2022.",
  url: "https://doi.org/10.1145/3434185",
  protocol:
    "Each user's latest rating is the test, all ratings count as positive; it is ranked among 100 items that the user never rated, drawn at random.",
  warning: sampledWarning,
  datasets: ["ml-1m"],
  metrics: [
    {
      metric: "hr@10",
      convention: "share of users whose item is among the first ten of 101; equal scores count against it",
      higherIsBetter: true,
    },
    { metric: "ndcg@10", convention: "1 / log2(place + 1) of the one item, among 101", higherIsBetter: true },
  ],
  rows: [
    rowOf("popularity", "TopPop", {}, 0.4533, 0.2542),
    rowOf("puresvd", "PureSVD", { factors: 16 }, 0.6937, 0.4303),
    rowOf(
      "ials",
      "iALS d = 64",
      { factors: 64, unobservedWeight: 0.3, regularization: 0.007, epochs: 12 },
      0.722,
      0.445,
    ),
    rowOf("slim", "SLIM (elastic net)", {}, 0.7162, 0.4468),
    rowOf("ease", "EASE", {}, 0.7192, 0.4494),
  ],
  unfit: ({ time }) =>
    time !== null && !time.some(Number.isNaN)
      ? null
      : "each user's latest rating is the test, and not all of these ratings have a time",
  measure,
};

function rowOf(
  algorithm: string,
  name: string,
  hyperparameters: AnchorRow["hyperparameters"],
  hitRate: number,
  ndcg: number,
): AnchorRow {
  return { algorithm, name, hyperparameters, published: { "ml-1m": { "hr@10": hitRate, "ndcg@10": ndcg } } };
}

async function measure(ratings: AnchorRatings, row: AnchorRow, context: AnchorContext): Promise<Measured> {
  const { algorithm, hyperparameters } = algorithmOf(row);
  const latest = latestOfEach(ratings);
  const train = binarised(trainingSetOf(ratings, (n) => latest[ratings.user[n] ?? 0] !== n));
  const model = await fitModel(algorithm, hyperparameters, train, context);
  const recommender = createRecommender(model, historyOf(train));
  let hits = 0;
  let gain = 0;
  let users = 0;
  for (let u = 0; u < ratings.users; u++) {
    const held = ratings.item[latest[u] ?? -1];
    if (held === undefined) continue;
    users++;
    const who = recommender.userVector(u);
    const score = recommender.score(who, held);
    const seen = new Set(train.item.subarray(train.userStart[u], train.userStart[u + 1])).add(held);
    const better = drawnBeside(ratings.items, seen, context.seed, u).filter((i) => recommender.score(who, i) >= score);
    if (better.length >= listLength) continue;
    hits++;
    gain += 1 / Math.log2(better.length + 2);
  }
  return { values: { "hr@10": hits / users, "ndcg@10": gain / users }, hyperparameters };
}

/** [users] the place of each one's latest rating; of equal times the last in the file. −1: without ratings. */
function latestOfEach({ users, user, time, rating }: AnchorRatings): Int32Array {
  const latest = new Int32Array(users).fill(-1);
  for (let n = 0; n < rating.length; n++) {
    const u = user[n] ?? 0;
    const before = latest[u] ?? -1;
    if (before < 0 || (time?.[n] ?? 0) >= (time?.[before] ?? 0)) latest[u] = n;
  }
  return latest;
}

function drawnBeside(items: number, seen: ReadonlySet<number>, seed: number, u: number): number[] {
  const random = createRandom((seed ^ Math.imul(u + 1, 0x9e3779b9)) >>> 0);
  const drawn = new Set<number>();
  const wanted = Math.min(negatives, items - seen.size);
  while (drawn.size < wanted) {
    const i = random.below(items);
    if (!seen.has(i)) drawn.add(i);
  }
  return [...drawn];
}
