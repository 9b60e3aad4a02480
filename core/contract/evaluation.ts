/** How a run is judged, and what was found. */
import { z } from "zod";
import { count } from "./identifiers.ts";

/** How a run is judged. Part of its metrics' definitions: runs judged differently are never compared. */
export const evaluationOptions = z.object({
  /** Lengths of the lists that are judged. Left out: 10. */
  cutoffs: z.array(z.int().min(1).max(1000)).min(1).max(12).optional(),
  /** Only test ratings of at least this count as relevant in lists. Left out: all of them do. */
  relevantFrom: z.number().optional(),
  /** Only to reproduce papers: judge each relevant item among so many sampled ones, too. The report then carries a warning. */
  sampledNegatives: z.int().min(1).max(100_000).optional(),
  /** False: no AUC and no diversity within lists, which take about as long as all other metrics. Left out: true. */
  thorough: z.boolean().optional(),
});
export type EvaluationOptions = z.infer<typeof evaluationOptions>;

/** What the groups of a report are groups of, in the order in which they are shown. */
export const segmentKinds = ["activity", "attribute", "popularity", "genre", "time"] as const;
export const segmentKind = z.enum(segmentKinds);

/** What an evaluation found beside its metrics. k-fold: groups added up over the folds. */
export const evaluationReport = z.object({
  relevantFrom: z.number().nullable(),
  /** Test ratings that count as relevant, and test users who have none (they are in no metric of lists). */
  relevantRatings: count,
  usersWithoutRelevant: count,
  sampledNegatives: z.int().nullable(),
  /** Test ratings in ten groups by predicted rating, lowest first; means. Empty where the model predicts no ratings. */
  calibration: z.array(z.object({ ratings: count, predicted: z.number(), observed: z.number() })),
  /** Share of test ratings inside the model's predictive intervals, and their mean width, by nominal level. */
  intervals: z.array(z.object({ level: z.number(), ratings: count, coverage: z.number(), width: z.number() })),
  /** The list length that recall and NDCG of the segments are for. */
  k: z.int(),
  segments: z.array(
    z.object({
      kind: segmentKind,
      label: z.string(),
      ratings: count,
      /** Users with an NDCG; null where the segment is not one of users. */
      users: count.nullable(),
      rmse: z.number().nullable(),
      mae: z.number().nullable(),
      /** Of the segment's relevant test ratings, the share within the first k places. */
      recall: z.number().nullable(),
      /** Mean over the segment's users. */
      ndcg: z.number().nullable(),
    }),
  ),
  /** k-fold: each metric's value in each fold, and test ratings ÷ training ratings of a fold. */
  folds: z.object({ values: z.record(z.string(), z.array(z.number())), testShare: z.number() }).optional(),
  warnings: z.array(z.string()),
});
export type EvaluationReport = z.infer<typeof evaluationReport>;

export const metricName = z.string().regex(/^[a-z][a-z0-9-]*(@\d+)?$/);

export const metricValue = z.object({
  /** `rmse`, `mae`, `recall@10`, `ndcg@10`, `coverage@10`, … */
  metric: metricName,
  /** Version of the definition; values with different definitions are never compared. */
  definition: z.string(),
  value: z.number(),
  /** Bootstrap percentile interval over users; null where it would mean nothing. */
  interval: z.object({ low: z.number(), high: z.number(), level: z.number() }).nullable(),
  /** Users it is averaged over. */
  users: count,
  higherIsBetter: z.boolean(),
});
export type MetricValue = z.infer<typeof metricValue>;
