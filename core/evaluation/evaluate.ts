import type { TrainingSet } from "../models/algorithm.ts";
import type { Recommender } from "../recommend/recommender.ts";
import { selectTop } from "../recommend/top-n.ts";
import type { ScoredItem } from "../recommend/top-n.ts";

/** Ratings by user in CSR, as in TrainingSet; evaluation needs no more. */
export type RatingsByUser = Pick<TrainingSet, "userStart" | "item" | "rating">;

/** What is to be evaluated. Arrays may lie in shared memory. */
export interface EvaluationInput {
  readonly train: Pick<RatingsByUser, "userStart" | "item">;
  readonly test: RatingsByUser;
  /** Ratings of test users that training never saw: folded in when the model is asked. */
  readonly foldIn?: RatingsByUser | null;
  /** [rows] users with at least one test rating, ascending (`testUsers`). */
  readonly users: Int32Array;
  /** List lengths, ascending. */
  readonly cutoffs: readonly number[];
}

/** Where results go: disjoint ranges of rows may be filled by different threads. */
export interface EvaluationOutput {
  /** name → [rows] */
  readonly columns: ReadonlyMap<string, Float64Array>;
  /** One a cutoff, [items]: 1 where the item stood in somebody's list. Writers only ever set 1. */
  readonly listed: readonly Uint8Array[];
}

/** Users with a test rating, ascending. */
export function testUsers(test: Pick<RatingsByUser, "userStart">): Int32Array {
  const users: number[] = [];
  for (let u = 0; u + 1 < test.userStart.length; u++) if (test.userStart[u + 1]! > test.userStart[u]!) users.push(u);
  return Int32Array.from(users);
}

/** Names of the per-user columns that an evaluation fills. */
export function columnNames(predictsRatings: boolean, cutoffs: readonly number[]): string[] {
  return [
    "test_ratings",
    ...(predictsRatings ? ["rmse_sum", "mae_sum"] : []),
    ...cutoffs.flatMap((k) => [`ndcg@${k}`, `recall@${k}`, `precision@${k}`, `hit-rate@${k}`, `mrr@${k}`]),
  ];
}

/**
 * Evaluates rows `from` … `to` − 1 on the full ranking: candidates are all items of the snapshot but the user's own
 * training items; relevant are all of the user's test items, whatever their rating. A user without training ratings is
 * answered as a stranger (fold-in of nothing), or by fold-in of the ratings given for the user. Scores come from the recommender that also serves.
 */
export function evaluateRows(
  recommender: Recommender,
  input: EvaluationInput,
  output: EvaluationOutput,
  from: number,
  to: number,
): void {
  const { items, predictsRatings } = recommender.model;
  const scores = new Float64Array(items);
  const blocked = new Uint8Array(items);
  const relevant = new Uint8Array(items);
  const longest = Math.max(...input.cutoffs);
  const stranger = recommender.foldIn([]);

  for (let row = from; row < to; row++) {
    const u = input.users[row]!;
    const trained = rowOf(input.train, u);
    const given = trained.length === 0 ? givenRatings(input.foldIn, u) : [];
    const seen = given.length === 0 ? trained : given.map(({ i }) => i);
    const held = rowOf(input.test, u);
    const vector =
      given.length > 0 ? recommender.foldIn(given) : seen.length === 0 ? stranger : recommender.userVector(u);
    recommender.scoresForUser(vector, scores);

    for (const i of seen) blocked[i] = 1;
    for (const i of held) relevant[i] = 1;
    const list = selectTop(scores, blocked, longest);
    set(output, "test_ratings", row, held.length);
    input.cutoffs.forEach((k, at) => rateList(list, relevant, held.length, k, row, output, at));
    if (predictsRatings) rateErrors(recommender, vector, input.test, u, row, output);
    for (const i of seen) blocked[i] = 0;
    for (const i of held) relevant[i] = 0;
  }
}

function rateList(
  list: readonly ScoredItem[],
  relevant: Uint8Array,
  relevantCount: number,
  k: number,
  row: number,
  output: EvaluationOutput,
  cutoffIndex: number,
): void {
  const listed = output.listed[cutoffIndex];
  let hits = 0;
  let gain = 0;
  let firstHit = 0;
  for (let position = 0; position < Math.min(k, list.length); position++) {
    const { i } = list[position]!;
    if (listed !== undefined) listed[i] = 1;
    if (relevant[i] === 0) continue;
    hits++;
    gain += 1 / Math.log2(position + 2);
    if (firstHit === 0) firstHit = position + 1;
  }
  let ideal = 0;
  for (let position = 0; position < Math.min(k, relevantCount); position++) ideal += 1 / Math.log2(position + 2);
  set(output, `ndcg@${k}`, row, gain / ideal);
  set(output, `recall@${k}`, row, hits / relevantCount);
  set(output, `precision@${k}`, row, hits / k);
  set(output, `hit-rate@${k}`, row, hits > 0 ? 1 : 0);
  set(output, `mrr@${k}`, row, firstHit === 0 ? 0 : 1 / firstHit);
}

function rateErrors(
  recommender: Recommender,
  vector: ReturnType<Recommender["userVector"]>,
  test: RatingsByUser,
  u: number,
  row: number,
  output: EvaluationOutput,
): void {
  let squared = 0;
  let absolute = 0;
  for (let at = test.userStart[u]!; at < test.userStart[u + 1]!; at++) {
    const error = recommender.predict(vector, test.item[at]!) - test.rating[at]!;
    squared += error * error;
    absolute += Math.abs(error);
  }
  set(output, "rmse_sum", row, squared);
  set(output, "mae_sum", row, absolute);
}

function givenRatings(foldIn: RatingsByUser | null | undefined, u: number): { i: number; rating: number }[] {
  if (foldIn === null || foldIn === undefined) return [];
  const from = foldIn.userStart[u]!;
  return Array.from(rowOf(foldIn, u), (i, offset) => ({ i, rating: foldIn.rating[from + offset]! }));
}

function rowOf(ratings: Pick<RatingsByUser, "userStart" | "item">, u: number): Int32Array {
  return ratings.item.subarray(ratings.userStart[u], ratings.userStart[u + 1]);
}

function set(output: EvaluationOutput, name: string, row: number, value: number): void {
  const column = output.columns.get(name);
  if (column !== undefined) column[row] = value;
}
