import type { UserVector } from "../recommend/recommender.ts";
import type { Query, Scanner } from "../recommend/scanner.ts";
import { areaUnderCurve } from "./auc.ts";
import type { EvaluationInput, EvaluationOutput, RatingsByUser } from "./evaluation-data.ts";
import { listColumns, listRater } from "./list-metrics.ts";
import { exponentialGain, isRelevant } from "./relevance.ts";
import { rateSampled, sampledColumns } from "./sampled.ts";

/** Users with a test rating, ascending. */
export function testUsers(test: Pick<RatingsByUser, "userStart">): Int32Array {
  const users: number[] = [];
  for (let u = 0; u + 1 < test.userStart.length; u++) if (test.userStart[u + 1]! > test.userStart[u]!) users.push(u);
  return Int32Array.from(users);
}

/** Names of the per-user columns that an evaluation fills. */
export function columnNames(
  predictsRatings: boolean,
  { cutoffs, facts, curves = true, sampled }: Pick<EvaluationInput, "cutoffs" | "facts" | "curves" | "sampled">,
): string[] {
  return [
    "test_ratings",
    ...(predictsRatings ? ["rmse_sum", "mae_sum"] : []),
    ...cutoffs.flatMap((k) => listColumns(k, facts.likeness !== null)),
    ...(curves ? ["auc"] : []),
    ...(sampled === null || sampled === undefined ? [] : cutoffs.flatMap(sampledColumns)),
  ];
}

/** Memory for one evaluation, in arrays that threads can share. */
export function evaluationOutput(
  names: readonly string[],
  input: EvaluationInput,
  shape: {
    readonly items: number;
    readonly predictsRatings: boolean;
  },
): EvaluationOutput {
  const { users, test, cutoffs } = input;
  const doubles = (length: number) => new Float64Array(new SharedArrayBuffer(length * 8));
  return {
    columns: new Map(names.map((name) => [name, doubles(users.length)])),
    listed: cutoffs.map(() => new Int32Array(new SharedArrayBuffer(shape.items * 4))),
    places: new Int32Array(new SharedArrayBuffer(test.item.length * 4)),
    predictions: doubles(shape.predictsRatings ? test.item.length : 0),
  };
}

/** Rows that are ranked at once: as many as one call of the scan takes. */
const rowsPerScan = 64;

interface Person extends Query {
  readonly row: number;
  readonly u: number;
  readonly who: UserVector;
  readonly exclude: Int32Array;
}

/**
 * Evaluates rows `from` … `to` − 1 on the full ranking: candidates are all items of the snapshot but the user's own
 * training items; relevant are the user's test items that the rule says. A user without training ratings is answered as a
 * stranger (fold-in of nothing), or by fold-in of the ratings given for the user. Scores are those of the recommender that also
 * serves.
 */
export function evaluateRows(
  scanner: Scanner,
  input: EvaluationInput,
  output: EvaluationOutput,
  from: number,
  to: number,
): void {
  const { recommender } = scanner;
  const { items, predictsRatings, scale } = recommender.model;
  const { test } = input;
  const stranger = recommender.foldIn([]);
  const gains = new Float64Array(items).fill(-1);
  const isLeft = new Uint8Array(items);
  const places = new Int32Array(items);
  const rater = listRater(input.cutoffs, output.columns, input.facts, items);
  const longest = input.cutoffs.at(-1) ?? 0;

  const personOf = (row: number): Person => {
    const u = input.users[row]!;
    const trained = rowOf(input.rated, u);
    const given = trained.length === 0 ? givenRatings(input.foldIn, u) : [];
    const exclude = given.length === 0 ? trained : Int32Array.from(given, ({ i }) => i);
    const who =
      given.length > 0 ? recommender.foldIn(given) : trained.length === 0 ? stranger : recommender.userVector(u);
    return { row, u, who, exclude };
  };
  const relevantOf = (u: number): number[] => {
    const relevant: number[] = [];
    for (let at = test.userStart[u]!; at < test.userStart[u + 1]!; at++) {
      if (isRelevant(input.relevance, test.rating[at]!)) relevant.push(test.item[at]!);
    }
    return relevant;
  };

  function rateList({ row, u, exclude }: Person, list: ReturnType<Scanner["topN"]>, relevant: readonly number[]): void {
    const [first, end] = [test.userStart[u]!, test.userStart[u + 1]!];
    for (let at = first; at < end; at++) {
      const rating = test.rating[at]!;
      if (isRelevant(input.relevance, rating)) gains[test.item[at]!] = exponentialGain(rating, scale);
    }
    rater.rate(row, list, gains, relevant, exclude);
    countListed(list, input.cutoffs, output.listed);
    list.forEach(({ i }, position) => (places[i] = position + 1));
    for (let at = first; at < end; at++) output.places[at] = places[test.item[at]!]!;
    for (const { i } of list) places[i] = 0;
    for (const i of relevant) gains[i] = -1;
  }

  function rateCurve(
    { row, exclude }: Person,
    rough: Parameters<Parameters<Scanner["roughScores"]>[1]>[0],
    relevant: readonly number[],
  ): void {
    const column = output.columns.get("auc");
    if (column === undefined) return;
    const { placeOf } = rough;
    let count = 0;
    const mark = (ofItems: Int32Array | readonly number[], value: 0 | 1) => {
      for (let at = 0; at < ofItems.length; at++) {
        const place = placeOf === null ? ofItems[at]! : placeOf[ofItems[at]!]!;
        if (isLeft[place] === value) continue;
        isLeft[place] = value;
        count++;
      }
    };
    mark(exclude, 1);
    mark(relevant, 1);
    const scores = new Float64Array(relevant.length);
    for (let at = 0; at < relevant.length; at++) scores[at] = rough.exactScore(relevant[at]!);
    column[row] = relevant.length === 0 ? NaN : areaUnderCurve(rough, scores, { count, isLeft });
    mark(exclude, 0);
    mark(relevant, 0);
  }

  for (let start = from; start < to; start += rowsPerScan) {
    const people = Array.from({ length: Math.min(rowsPerScan, to - start) }, (_, at) => personOf(start + at));
    const relevant = people.map(({ u }) => relevantOf(u));
    scanner.topNForMany(people, longest).forEach((list, at) => rateList(people[at]!, list, relevant[at]!));
    if (output.columns.has("auc")) {
      scanner.roughScores(
        people.map(({ who }) => who),
        (rough, at) => rateCurve(people[at]!, rough, relevant[at]!),
      );
    }
    people.forEach((person, at) => {
      if (predictsRatings) rateErrors(scanner, person, input, output);
      rateSampled(recommender, input, output, person, relevant[at]!);
      set(output, "test_ratings", person.row, test.userStart[person.u + 1]! - test.userStart[person.u]!);
    });
  }
}

/** Whole numbers added up: the same sums in whatever order threads come. */
function countListed(
  list: ReturnType<Scanner["topN"]>,
  cutoffs: readonly number[],
  listed: readonly Int32Array[],
): void {
  let position = 0;
  cutoffs.forEach((k, at) => {
    const counts = listed[at];
    for (; position < Math.min(k, list.length); position++) {
      if (counts !== undefined) Atomics.add(counts, list[position]!.i, 1);
    }
  });
}

function rateErrors(
  { recommender }: Scanner,
  { who, u, row }: Person,
  { test }: EvaluationInput,
  output: EvaluationOutput,
): void {
  let squared = 0;
  let absolute = 0;
  for (let at = test.userStart[u]!; at < test.userStart[u + 1]!; at++) {
    const predicted = recommender.predict(who, test.item[at]!, test.time?.[at]);
    const error = predicted - test.rating[at]!;
    output.predictions[at] = predicted;
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
