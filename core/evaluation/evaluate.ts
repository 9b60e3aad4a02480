import { ReelbenchError } from "../contract/errors.ts";
import type { UserVector } from "../recommend/recommender.ts";
import type { EvaluationInput, EvaluationOutput, RatingsByUser } from "./evaluation-data.ts";
import { ListRater, listColumns } from "./list-metrics.ts";
import type { Ranked, Ranker, Ranking } from "./ranker.ts";
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

/** Rows that are ranked in one call: a few groups of the scan. */
const rowsPerCall = 32;

interface Person extends Ranked {
  readonly row: number;
  readonly u: number;
}

/**
 * Evaluates rows on the full ranking: candidates are all items of the snapshot but the user's own training items; relevant are
 * the user's test items that the rule says. A user without training ratings is answered as a stranger (fold-in of nothing), or
 * by fold-in of the ratings given for the user. Scores are those of the recommender that also serves.
 *
 * One for each thread and model; a class, so that V8 compiles it once for all models that a thread evaluates.
 */
export class Evaluator {
  private readonly ranker: Ranker;
  private readonly input: EvaluationInput;
  private readonly output: EvaluationOutput;
  private readonly rater: ListRater;
  private readonly stranger: UserVector;
  private readonly auc: Float64Array | undefined;
  private readonly testRatings: Float64Array;
  private readonly longest: number;
  /** [items] −1 where not relevant, else the gain of the row's rating. */
  private readonly gains: Float64Array;
  /** [items] places in the row's list. */
  private readonly places: Int32Array;
  private readonly relevant: Int32Array;
  /** As `output.listed`, of this thread. */
  private readonly listed: readonly Int32Array[];
  private people: readonly Person[] = [];
  private readonly use = (ranking: Ranking, at: number): void => this.rate(this.people[at]!, ranking);

  constructor(ranker: Ranker, input: EvaluationInput, output: EvaluationOutput) {
    const { items } = ranker.recommender.model;
    this.ranker = ranker;
    this.input = input;
    this.output = output;
    this.rater = new ListRater(input.cutoffs, output.columns, input.facts, items);
    this.stranger = ranker.recommender.foldIn([]);
    this.auc = output.columns.get("auc");
    this.testRatings = columnOf(output, "test_ratings");
    this.longest = input.cutoffs.at(-1) ?? 0;
    this.gains = new Float64Array(items).fill(-1);
    this.places = new Int32Array(items);
    this.relevant = new Int32Array(longestRow(input.test.userStart));
    this.listed = input.cutoffs.map(() => new Int32Array(items));
  }

  /** Rows `from` … `to` − 1. */
  rows(from: number, to: number): void {
    for (let start = from; start < to; start += rowsPerCall) {
      const end = Math.min(start + rowsPerCall, to);
      this.people = Array.from({ length: end - start }, (_, at) => this.personOf(start + at));
      this.ranker.rank(this.people, this.longest, this.use);
    }
  }

  /** After the last row: adds what was counted over rows to the output. Whole numbers, the same sums in whatever order threads come. */
  finish(): void {
    this.listed.forEach((counts, at) => {
      const total = this.output.listed[at]!;
      for (let i = 0; i < counts.length; i++) if (counts[i] !== 0) Atomics.add(total, i, counts[i]!);
      counts.fill(0);
    });
  }

  private personOf(row: number): Person {
    const { input, stranger } = this;
    const { recommender } = this.ranker;
    const u = input.users[row]!;
    const trained = rowOf(input.rated, u);
    if (trained.length > 0) return { row, u, who: recommender.userVector(u), exclude: trained };
    const given = givenRatings(input.foldIn, u);
    if (given.length === 0) return { row, u, who: stranger, exclude: trained };
    return { row, u, who: recommender.foldIn(given), exclude: Int32Array.from(given, ({ i }) => i) };
  }

  private rate(person: Person, ranking: Ranking): void {
    const { input, output, gains, places } = this;
    const { test } = input;
    const { row, u } = person;
    const { items, length, directions } = ranking;
    const first = test.userStart[u]!;
    const end = test.userStart[u + 1]!;
    const relevant = this.relevantOf(first, end);
    this.rater.rate({ row, items, length, directions, relevant, profile: person.exclude }, gains);
    for (let at = 0; at < relevant.length; at++) gains[relevant[at]!] = -1;

    this.countListed(items, length);
    for (let position = 0; position < length; position++) places[items[position]!] = position + 1;
    for (let at = first; at < end; at++) output.places[at] = places[test.item[at]!]!;
    for (let position = 0; position < length; position++) places[items[position]!] = 0;

    this.testRatings[row] = end - first;
    if (this.auc !== undefined) this.auc[row] = ranking.areaUnderCurve(relevant);
    if (this.ranker.recommender.model.predictsRatings) this.rateErrors(person);
    if (input.sampled !== null && input.sampled !== undefined) {
      rateSampled(this.ranker.recommender, input, output, person, Array.from(relevant));
    }
  }

  /** The relevant items of the test ratings `first` … `end` − 1, with their gains set. */
  private relevantOf(first: number, end: number): Int32Array {
    const { gains, relevant } = this;
    const { relevance, test } = this.input;
    const { scale } = this.ranker.recommender.model;
    let count = 0;
    for (let at = first; at < end; at++) {
      const rating = test.rating[at]!;
      if (!isRelevant(relevance, rating)) continue;
      const i = test.item[at]!;
      relevant[count++] = i;
      gains[i] = exponentialGain(rating, scale);
    }
    return relevant.subarray(0, count);
  }

  private countListed(items: Int32Array, length: number): void {
    const { cutoffs } = this.input;
    let position = 0;
    for (let at = 0; at < cutoffs.length; at++) {
      const counts = this.listed[at]!;
      for (const end = Math.min(cutoffs[at]!, length); position < end; position++) counts[items[position]!]!++;
    }
  }

  private rateErrors({ who, u, row }: Person): void {
    const { output } = this;
    const { test } = this.input;
    let squared = 0;
    let absolute = 0;
    for (let at = test.userStart[u]!; at < test.userStart[u + 1]!; at++) {
      const predicted = this.ranker.recommender.predict(who, test.item[at]!, test.time?.[at]);
      const error = predicted - test.rating[at]!;
      output.predictions[at] = predicted;
      squared += error * error;
      absolute += Math.abs(error);
    }
    columnOf(output, "rmse_sum")[row] = squared;
    columnOf(output, "mae_sum")[row] = absolute;
  }
}

function longestRow(start: Int32Array): number {
  let longest = 0;
  for (let u = 0; u + 1 < start.length; u++) longest = Math.max(longest, start[u + 1]! - start[u]!);
  return longest;
}

function givenRatings(foldIn: RatingsByUser | null | undefined, u: number): { i: number; rating: number }[] {
  if (foldIn === null || foldIn === undefined) return [];
  const from = foldIn.userStart[u]!;
  return Array.from(rowOf(foldIn, u), (i, offset) => ({ i, rating: foldIn.rating[from + offset]! }));
}

function rowOf(ratings: Pick<RatingsByUser, "userStart" | "item">, u: number): Int32Array {
  return ratings.item.subarray(ratings.userStart[u], ratings.userStart[u + 1]);
}

/** Of a column that `columnNames` always names. */
function columnOf({ columns }: EvaluationOutput, name: string): Float64Array {
  const column = columns.get(name);
  if (column === undefined) throw new ReelbenchError("RB_INTERNAL", `The evaluation has no column "${name}".`);
  return column;
}
