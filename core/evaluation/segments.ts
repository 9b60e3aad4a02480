import type { FeatureTable } from "../models/algorithm.ts";
import type { EvaluationInput, EvaluationOutput } from "./evaluation-data.ts";
import { itemsByGenre } from "./item-facts.ts";
import { isRelevant } from "./relevance.ts";
import type { SegmentSums } from "./report-sums.ts";

/** What groups are made of beside the evaluation itself. */
export interface SegmentSource {
  readonly input: EvaluationInput;
  readonly output: EvaluationOutput;
  /** [test ratings] Unix seconds, NaN where unknown. */
  readonly time: Float64Array | null;
  readonly itemFeatures: FeatureTable | null;
  readonly userFeatures: FeatureTable | null;
  readonly k: number;
}

/** Users by ratings in training: bounds that are the same for all data, so that reports can be laid side by side. */
const activities = [
  { label: "no ratings", below: 1 },
  { label: "1–9 ratings", below: 10 },
  { label: "10–29 ratings", below: 30 },
  { label: "30–99 ratings", below: 100 },
  { label: "100–299 ratings", below: 300 },
  { label: "300 and more", below: Infinity },
] as const;

/** An attribute with more values than this tells persons apart rather than kinds of them. */
const mostValues = 30;

const thirds = ["most popular third", "middle third", "least popular third", "never rated in training"] as const;

/**
 * Errors and hits by groups: users by activity and by what is known of them (age, gender, …), items by popularity and by genre
 * (an item counts in each of its genres), test ratings by time. In order of the test ratings, so that the same evaluation gives the same bits.
 */
export function segmentSums(source: SegmentSource): SegmentSums[] {
  const { input, time, itemFeatures, userFeatures } = source;
  const { rated: known, test } = input;
  const third = popularityThirds(input.facts.popularity);
  const popularity = thirds.map((label, order) => blank("popularity", label, order));
  const activity = activities.map(({ label }, order) => blank("activity", label, order));
  const attributes = attributeGroups(userFeatures);
  const genres = [...(itemsByGenre(itemFeatures, third.length) ?? [])].map(([label, members]) => ({
    members,
    sums: blank("genre", label, 0),
  }));
  const genresOf = (i: number) => genres.filter(({ members }) => members[i] === 1).map(({ sums }) => sums);
  const genresByItem = new Map<number, SegmentSums[]>();
  const none: SegmentSums[] = [];
  const periods = periodsOf(time);

  input.users.forEach((u, row) => {
    const rated = known.userStart[u + 1]! - known.userStart[u]!;
    const groups = [activity[activities.findIndex(({ below }) => rated < below)]!, ...attributes.of(u)];
    const ndcg = source.output.columns.get(`ndcg@${String(source.k)}`)?.[row] ?? NaN;
    if (!Number.isNaN(ndcg)) {
      for (const group of groups) {
        group.users++;
        group.ndcg += ndcg;
      }
    }
    for (let at = test.userStart[u]!; at < test.userStart[u + 1]!; at++) {
      const i = test.item[at]!;
      const ofItem = genres.length === 0 ? none : (genresByItem.get(i) ?? genresOf(i));
      if (genres.length > 0) genresByItem.set(i, ofItem);
      const period = time === null ? null : periods.of(time[at]!);
      const rating = judged(source, at);
      for (const group of groups) addRating(group, rating);
      addRating(popularity[third[i]!]!, rating);
      for (const sums of ofItem) addRating(sums, rating);
      if (period !== null) addRating(period, rating);
    }
  });
  return [...activity, ...attributes.all, ...popularity, ...genres.map(({ sums }) => sums), ...periods.all()];
}

/** `gender: F` and the like, for the attributes of few enough values. */
function attributeGroups(features: FeatureTable | null): { of(u: number): SegmentSums[]; readonly all: SegmentSums[] } {
  if (features === null) return { of: () => [], all: [] };
  const attributeOf = (name: string) => name.slice(0, name.indexOf(": "));
  const values = new Map<string, number>();
  for (const name of features.names) values.set(attributeOf(name), (values.get(attributeOf(name)) ?? 0) + 1);
  const groups = features.names.map((name) =>
    (values.get(attributeOf(name)) ?? 0) > mostValues ? null : blank("attribute", name, 0),
  );
  return {
    of: (u) => [...features.index.subarray(features.start[u], features.start[u + 1])].flatMap((at) => groups[at] ?? []),
    all: groups.filter((group) => group !== null),
  };
}

function blank(kind: SegmentSums["kind"], label: string, order: number): SegmentSums {
  return { kind, label, order, ratings: 0, squared: 0, absolute: 0, relevant: 0, hits: 0, users: 0, ndcg: 0 };
}

/** What a test rating adds to each of its groups. */
interface Judged {
  readonly error: number;
  readonly relevant: 0 | 1;
  readonly hit: 0 | 1;
}

function judged({ input, output, k }: SegmentSource, at: number): Judged {
  const rating = input.test.rating[at]!;
  const error = output.predictions.length > 0 ? output.predictions[at]! - rating : 0;
  const relevant = isRelevant(input.relevance, rating) ? 1 : 0;
  const place = output.places[at]!;
  return { error, relevant, hit: relevant === 1 && place > 0 && place <= k ? 1 : 0 };
}

function addRating(sums: SegmentSums, { error, relevant, hit }: Judged): void {
  sums.ratings++;
  sums.squared += error * error;
  sums.absolute += Math.abs(error);
  sums.relevant += relevant;
  sums.hits += hit;
}

/**
 * [items] which third of the training ratings an item belongs to: from the most popular item down, those that together have
 * the first third of the ratings, the second, the last; 3 where it has none. Equal popularity: lower index first.
 */
export function popularityThirds(popularity: Int32Array): Uint8Array {
  const order = Int32Array.from(popularity, (_, i) => i).sort((a, b) => popularity[b]! - popularity[a]! || a - b);
  let total = 0;
  for (const count of popularity) total += count;
  const third = new Uint8Array(popularity.length);
  let before = 0;
  for (const i of order) {
    third[i] = popularity[i] === 0 ? 3 : Math.min(2, Math.floor((3 * before) / total));
    before += popularity[i]!;
  }
  return third;
}

const secondsPerYear = 31_557_600;

/** Calendar years where the test ratings span more than three of them, else months, else days (UTC). */
function periodsOf(time: Float64Array | null): { of(seconds: number): SegmentSums | null; all(): SegmentSums[] } {
  let first = Infinity;
  let last = -Infinity;
  for (const seconds of time ?? []) {
    if (Number.isNaN(seconds)) continue;
    first = Math.min(first, seconds);
    last = Math.max(last, seconds);
  }
  const span = (last - first) / secondsPerYear;
  const length = span > 3 ? 4 : span > 0.25 ? 7 : 10;
  const known = new Map<string, SegmentSums>();
  const byDay = new Map<number, SegmentSums>();
  const periodOf = (day: number): SegmentSums => {
    const label = new Date(day * 86_400_000).toISOString().slice(0, length);
    const found = known.get(label) ?? blank("time", label, 0);
    known.set(label, found);
    return found;
  };
  return {
    of: (seconds) => {
      if (!Number.isFinite(seconds) || Math.abs(seconds) > 8e12) return null;
      const day = Math.floor(seconds / 86_400);
      const found = byDay.get(day) ?? periodOf(day);
      byDay.set(day, found);
      return found;
    },
    all: () => [...known.values()],
  };
}
