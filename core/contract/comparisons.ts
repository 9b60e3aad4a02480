/** Runs against a baseline, paired over users. */
import { z } from "zod";
import { metricName } from "./evaluation.ts";
import { count, entityId } from "./identifiers.ts";

/** One run against the baseline on one metric, paired over users. */
export const metricComparison = z.object({
  metric: metricName,
  /** The run compared against, where it is not the table's baseline (which may lack this metric). */
  against: entityId.optional(),
  baseline: z.number(),
  value: z.number(),
  difference: z.number(),
  /** Paired bootstrap interval of the difference. */
  interval: z.object({ low: z.number(), high: z.number(), level: z.number() }).nullable(),
  /** Standardised mean difference of the paired per-user values (Cohen's d_z). */
  effectSize: z.number().nullable(),
  /** Randomisation-test p-value, and after Holm's correction over all comparisons on the table. */
  pValue: z.number().nullable(),
  pValueCorrected: z.number().nullable(),
  /** After the max-T correction (Westfall & Young), which knows how strongly the comparisons hang together. */
  pValueMaxT: z.number().nullable().optional(),
  /**
   * Where both runs have folds: the corrected resampled t-test over them (Nadeau & Bengio), which asks whether the difference would
   * be there with other training data, too. p is null where all folds differ by exactly the same.
   */
  overFolds: z
    .object({ folds: z.int(), difference: z.number(), t: z.number(), pValue: z.number().nullable() })
    .nullable()
    .optional(),
  wins: count,
  losses: count,
  ties: count,
  verdict: z.enum(["better", "worse", "no-difference-shown", "not-tested"]),
});

export const comparison = z.object({
  splitId: entityId,
  baselineId: entityId,
  runs: z.array(z.object({ runId: entityId, comparisons: z.array(metricComparison), sentence: z.string() })),
  /** What the whole table says, in a sentence. */
  conclusion: z.string(),
});
export type Comparison = z.infer<typeof comparison>;

/** The order of runs by which the first is the baseline where nobody chose one: models that know less come first; among equals, the older run. */
export function bySimplicity(a: BaselineCandidate, b: BaselineCandidate): number {
  return simplicity(a) - simplicity(b) || compareText(a.createdAt, b.createdAt) || compareText(a.id, b.id);
}

interface BaselineCandidate {
  readonly id: string;
  readonly algorithm: string;
  readonly createdAt: string;
}

function simplicity({ algorithm }: BaselineCandidate): number {
  const at = ["popularity", "biases"].indexOf(algorithm);
  return at < 0 ? 2 : at;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
