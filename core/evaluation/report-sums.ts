import { z } from "zod";
import type { EvaluationReport } from "../contract/entities.ts";
import { segmentKind, segmentKinds } from "../contract/evaluation.ts";

/** What is added up over folds before a report is made of it. */
const calibrationSums = z.object({ ratings: z.number(), predicted: z.number(), observed: z.number() });
export type CalibrationSums = z.infer<typeof calibrationSums>;

const segmentSums = z.object({
  kind: segmentKind,
  label: z.string(),
  /** Position among its kind. */
  order: z.number(),
  ratings: z.number(),
  /** Sums of squared and absolute errors; 0 where the model predicts no ratings. */
  squared: z.number(),
  absolute: z.number(),
  relevant: z.number(),
  /** Relevant test ratings within the first k places. */
  hits: z.number(),
  /** For groups of users: how many have an NDCG, and its sum. */
  users: z.number(),
  ndcg: z.number(),
});
export type SegmentSums = z.infer<typeof segmentSums>;

const intervalSums = z.object({ level: z.number(), ratings: z.number(), covered: z.number(), width: z.number() });
export type IntervalSums = z.infer<typeof intervalSums>;

export const reportSums = z.object({
  k: z.int(),
  predictsRatings: z.boolean(),
  trainRatings: z.number(),
  testRatings: z.number(),
  relevantRatings: z.number(),
  usersWithoutRelevant: z.number(),
  calibration: z.array(calibrationSums),
  intervals: z.array(intervalSums),
  segments: z.array(segmentSums),
});
export type ReportSums = z.infer<typeof reportSums>;

/** One report of all folds: groups of the same name added up. */
export function addReports(folds: readonly ReportSums[]): ReportSums {
  const [first, ...others] = folds;
  if (first === undefined) throw new Error("There is no fold.");
  return others.reduce((total, fold) => addTwo(total, fold), first);
}

function addTwo(a: ReportSums, b: ReportSums): ReportSums {
  const key = ({ kind, label }: SegmentSums) => `${kind}\0${label}`;
  const segments = new Map(a.segments.map((segment) => [key(segment), segment]));
  for (const segment of b.segments) {
    const known = segments.get(key(segment));
    segments.set(key(segment), known === undefined ? segment : { ...addNumbers(known, segment), order: segment.order });
  }
  return {
    ...a,
    trainRatings: a.trainRatings + b.trainRatings,
    testRatings: a.testRatings + b.testRatings,
    relevantRatings: a.relevantRatings + b.relevantRatings,
    usersWithoutRelevant: a.usersWithoutRelevant + b.usersWithoutRelevant,
    calibration: a.calibration.map((group, at) => addNumbers(group, b.calibration[at] ?? group)),
    intervals: a.intervals.map((interval, at) => ({
      ...addNumbers(interval, b.intervals[at] ?? interval),
      level: interval.level,
    })),
    segments: [...segments.values()],
  };
}

/** Adds the fields that are numbers. */
function addNumbers<T extends object>(a: T, b: T): T {
  const other = new Map<string, unknown>(Object.entries(b));
  const sums = Object.entries(a).map(([key, value]: [string, unknown]): [string, unknown] => {
    const theirs = other.get(key);
    return [key, typeof value === "number" && typeof theirs === "number" ? value + theirs : value];
  });
  return Object.fromEntries(sums) as T; // The same fields as `a`.
}

const ofUsers = (kind: SegmentSums["kind"]) => kind === "activity" || kind === "attribute";

/** What the run keeps. Groups without a test rating are left out. */
export function reportOf(
  sums: ReportSums,
  options: {
    readonly relevantFrom: number | null;
    readonly sampledNegatives: number | null;
    readonly warnings: readonly string[];
  },
): EvaluationReport {
  const share = (part: number, whole: number) => (whole === 0 ? null : part / whole);
  return {
    ...options,
    warnings: [...options.warnings],
    k: sums.k,
    relevantRatings: sums.relevantRatings,
    usersWithoutRelevant: sums.usersWithoutRelevant,
    calibration: sums.calibration
      .filter(({ ratings }) => ratings > 0)
      .map(({ ratings, predicted, observed }) => ({
        ratings,
        predicted: predicted / ratings,
        observed: observed / ratings,
      })),
    intervals: sums.intervals
      .filter(({ ratings }) => ratings > 0)
      .map(({ level, ratings, covered, width }) => ({
        level,
        ratings,
        coverage: covered / ratings,
        width: width / ratings,
      })),
    segments: [...sums.segments]
      .filter(({ ratings }) => ratings > 0)
      .sort(
        (a, b) =>
          segmentKinds.indexOf(a.kind) - segmentKinds.indexOf(b.kind) ||
          a.order - b.order ||
          (a.label < b.label ? -1 : 1),
      )
      .map(({ kind, label, ratings, squared, absolute, relevant, hits, users, ndcg }) => ({
        kind,
        label,
        ratings,
        users: ofUsers(kind) ? users : null,
        rmse: sums.predictsRatings ? Math.sqrt(squared / ratings) : null,
        mae: sums.predictsRatings ? absolute / ratings : null,
        recall: share(hits, relevant),
        ndcg: ofUsers(kind) ? share(ndcg, users) : null,
      })),
  };
}
