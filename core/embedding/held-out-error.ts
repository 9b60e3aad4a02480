import type { MapError } from "../contract/embedding.ts";
import { isRelevant } from "../evaluation/relevance.ts";
import type { RatingsByUser } from "../evaluation/evaluation-data.ts";
import type { FactorModel } from "../models/servable.ts";
import { createRecommender } from "../recommend/recommender.ts";
import type { UserVector } from "../recommend/recommender.ts";
import { createScanner, indexForScan } from "../recommend/scanner.ts";

/** What a split keeps from training, as evaluation uses it. Arrays may lie in shared memory. */
export interface HeldOut {
  /** What the model may know of the users; none of it is recommended to them. */
  readonly rated: RatingsByUser;
  readonly test: RatingsByUser;
  /** Ratings of test users that training never saw. */
  readonly foldIn: RatingsByUser | null;
  /** For lists: test ratings of at least this are looked for; null: all. */
  readonly relevantFrom: number | null;
}

export interface ItemErrors {
  /** [items] NaN where none of the item's ratings was held out. */
  readonly error: Float32Array;
  /** [items] held-out ratings behind each. */
  readonly tested: Int32Array;
  readonly about: MapError;
}

/** The lists that are looked at, as most people see them. */
const listLength = 10;
/** For lists: enough for a picture; with more the wait would grow and the colours hardly change. */
const mostListedUsers = 5000;
const usersPerCall = 256;

/**
 * How wrong a model is about each item, by the ratings that its split holds out: the mean absolute error of its predictions,
 * or, of a model that predicts none, the share of lists of 10 which do not hold what they should. People are who they are in
 * the evaluation (`Evaluator`): known users by their own vector, others by fold-in.
 */
export async function heldOutErrors(
  model: FactorModel,
  held: HeldOut,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<ItemErrors> {
  const sums = new Float64Array(model.items);
  const tested = new Int32Array(model.items);
  const testers = usersOf(held.test);
  const measure = model.predictsRatings ? ratingErrors : missedLists;
  const about = await measure(model, held, testers, { sums, tested }, onProgress);
  const error = Float32Array.from(sums, (sum, i) => (tested[i] === 0 ? Number.NaN : sum / (tested[i] ?? 1)));
  return { error, tested, about };
}

interface Sums {
  readonly sums: Float64Array;
  readonly tested: Int32Array;
}

function count({ sums, tested }: Sums, i: number, value: number): void {
  sums[i] = (sums[i] ?? 0) + value;
  tested[i] = (tested[i] ?? 0) + 1;
}

type Measure = (
  model: FactorModel,
  held: HeldOut,
  testers: readonly number[],
  sums: Sums,
  onProgress: (done: number, total: number) => void,
) => Promise<MapError> | MapError;

const ratingErrors: Measure = (model, held, testers, sums, onProgress) => {
  const { test } = held;
  const recommender = createRecommender(model);
  const person = personIn(held, recommender);
  let ratings = 0;
  testers.forEach((u, done) => {
    const who = person(u).who;
    for (let at = test.userStart[u] ?? 0; at < (test.userStart[u + 1] ?? 0); at++, ratings++) {
      const i = test.item[at] ?? 0;
      count(sums, i, Math.abs(recommender.predict(who, i, test.time?.[at]) - (test.rating[at] ?? 0)));
    }
    if (done % usersPerCall === 0) onProgress(done, testers.length);
  });
  return { measure: "mae", ratings, users: testers.length, allUsers: testers.length };
};

const missedLists: Measure = async (model, held, testers, sums, onProgress) => {
  const { test, relevantFrom } = held;
  const recommender = createRecommender(model);
  const scanner = await createScanner(model, {
    recommender,
    shared: { index: indexForScan(model, { longestList: listLength }), slot: 0 },
  });
  const person = personIn(held, recommender);
  const sampled = evenly(testers, mostListedUsers);
  let ratings = 0;
  for (let from = 0; from < sampled.length; from += usersPerCall) {
    const users = sampled.slice(from, from + usersPerCall);
    const lists = scanner.topNForMany(users.map(person), listLength);
    users.forEach((u, at) => {
      const listed = new Set((lists[at] ?? []).map(({ i }) => i));
      for (let row = test.userStart[u] ?? 0; row < (test.userStart[u + 1] ?? 0); row++) {
        if (!isRelevant({ from: relevantFrom }, test.rating[row] ?? 0)) continue;
        const i = test.item[row] ?? 0;
        count(sums, i, listed.has(i) ? 0 : 1);
        ratings++;
      }
    });
    onProgress(Math.min(from + usersPerCall, sampled.length), sampled.length);
  }
  return { measure: "miss-rate", cutoff: listLength, ratings, users: sampled.length, allUsers: testers.length };
};

function personIn(
  { rated, foldIn }: HeldOut,
  recommender: ReturnType<typeof createRecommender<FactorModel>>,
): (u: number) => { readonly who: UserVector; readonly exclude: Int32Array } {
  const stranger = recommender.foldIn([]);
  return (u) => {
    const known = itemsOf(rated, u);
    if (known.length > 0) return { who: recommender.userVector(u), exclude: known };
    const given = foldIn === null ? known : itemsOf(foldIn, u);
    if (foldIn === null || given.length === 0) return { who: stranger, exclude: known };
    const from = foldIn.userStart[u] ?? 0;
    const ratings = Array.from(given, (i, offset) => ({ i, rating: foldIn.rating[from + offset] ?? 0 }));
    return { who: recommender.foldIn(ratings), exclude: given };
  };
}

function itemsOf({ userStart, item }: RatingsByUser, u: number): Int32Array {
  return item.subarray(userStart[u], userStart[u + 1]);
}

function usersOf({ userStart }: RatingsByUser): number[] {
  return Array.from({ length: userStart.length - 1 }, (_, u) => u).filter((u) => userStart[u] !== userStart[u + 1]);
}

function evenly(users: readonly number[], most: number): readonly number[] {
  if (users.length <= most) return users;
  return Array.from({ length: most }, (_, at) => users[Math.floor((at * users.length) / most)] ?? 0);
}
