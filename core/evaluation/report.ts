import type { TrainingSet } from "../models/algorithm.ts";
import type { ScoreIntervals } from "../models/servable.ts";
import { calibrationSums } from "./calibration.ts";
import type { EvaluationInput, EvaluationOutput } from "./evaluation-data.ts";
import { intervalSums } from "./interval-coverage.ts";
import { isRelevant } from "./relevance.ts";
import type { ReportSums } from "./report-sums.ts";
import { segmentSums } from "./segments.ts";

/** The length that segments are told for: 10 where it is among the cutoffs, else the shortest. */
export function headlineCutoff(cutoffs: readonly number[]): number {
  return cutoffs.includes(10) ? 10 : (cutoffs[0] ?? 10);
}

/** The sums of one evaluation, by what its threads left. A pass over the test ratings. */
export function sumReport(
  input: EvaluationInput,
  output: EvaluationOutput,
  {
    rated,
    test,
    intervals,
  }: {
    readonly rated: TrainingSet;
    readonly test: TrainingSet;
    /** Of a model that has them. */
    readonly intervals?: ScoreIntervals | undefined;
  },
): ReportSums {
  const k = headlineCutoff(input.cutoffs);
  let relevantRatings = 0;
  let usersWithoutRelevant = 0;
  for (const u of input.users) {
    const before = relevantRatings;
    for (let at = test.userStart[u]!; at < test.userStart[u + 1]!; at++) {
      if (isRelevant(input.relevance, test.rating[at]!)) relevantRatings++;
    }
    if (relevantRatings === before) usersWithoutRelevant++;
  }
  return {
    k,
    predictsRatings: output.predictions.length > 0,
    trainRatings: rated.item.length,
    testRatings: test.item.length,
    relevantRatings,
    usersWithoutRelevant,
    calibration: calibrationSums(output.predictions, test.rating),
    intervals: intervals === undefined ? [] : intervalSums(intervals, test, output.predictions),
    segments: segmentSums({
      input,
      output,
      time: test.time,
      itemFeatures: rated.itemFeatures ?? null,
      userFeatures: rated.userFeatures ?? null,
      k,
    }),
  };
}
