import { bySimplicity } from "../contract/comparisons.ts";
import { ReelbenchError } from "../contract/errors.ts";
import type { Comparison } from "../contract/entities.ts";
import { bootstrapSums, fewestUsersForIntervals, percentileInterval } from "./bootstrap.ts";
import { checkComparable } from "./comparable.ts";
import type { EvaluatedRun } from "./comparable.ts";
import { familyOf, metricFamilies } from "./metric.ts";
import { conclude, describeRun } from "./sentences.ts";
import { correctedResampledTest } from "./repeated-splits.ts";
import { cohensDz, holm, randomisationTests } from "./significance.ts";
import { hasMetric, ratio, total, userStatistic } from "./statistic.ts";
import type { UserStatistic } from "./statistic.ts";
import { sumsOfGroups } from "./user-groups.ts";

export type { EvaluatedRun } from "./comparable.ts";

type MetricComparison = Comparison["runs"][number]["comparisons"][number];
type Interval = MetricComparison["interval"];

export const comparisonResamples = 2000;
export const significanceLevel = 0.05;
/** The same table always shows the same numbers. */
const comparisonSeed = 20_260_701;

/** One run against another on one metric; indices into the table's runs. */
interface Pairing {
  readonly metric: string;
  readonly challenger: EvaluatedRun;
  readonly against: EvaluatedRun;
  readonly ours: UserStatistic;
  readonly theirs: UserStatistic;
}

/**
 * Compares runs of one split with a baseline, paired over users: bootstrap percentile interval of the difference, Cohen's
 * d_z, randomisation test, Holm's correction over all comparisons of the table. Null baseline: the simplest run. A metric
 * that the baseline lacks (RMSE beside Popularity) is compared with the simplest run that has it (`against`).
 *
 * A comparison of thousands of users takes a second or more: call it off the event loop.
 * Throws RB_INCOMPARABLE (different splits, definitions, users; refits; unfinished runs) and RB_NOT_FOUND (baseline).
 */
export function compareRuns(runs: readonly EvaluatedRun[], baselineId: string | null): Comparison {
  checkComparable(runs);
  const ordered = runs.toSorted((a, b) => bySimplicity(a.run, b.run));
  const baseline = baselineId === null ? ordered[0] : runs.find(({ run }) => run.id === baselineId);
  if (baseline === undefined)
    throw new ReelbenchError("RB_NOT_FOUND", `The baseline ${String(baselineId)} is not among the runs.`);

  const statisticOf = sharedStatistics();
  const pairings = runs.flatMap((challenger) => pairRun(challenger, baseline, ordered, statisticOf));
  const tested = pairings.length > 0 && baseline.perUser.users.length >= fewestUsersForIntervals;
  const intervals = tested ? differenceIntervals(pairings) : [];
  const tests = tested
    ? randomisationTests(
        sumsOfGroups(pairings.map(({ ours, theirs }) => pairedDifferences(ours, theirs))),
        comparisonSeed,
      )
    : { single: [], joint: [] };
  const corrected = holm(tests.single);
  const compared = pairings.map((pairing, at) =>
    describePairing(
      pairing,
      baseline,
      tested
        ? {
            interval: intervals[at] ?? null,
            pValue: tests.single[at]!,
            corrected: corrected[at]!,
            correctedJointly: tests.joint[at]!,
          }
        : null,
    ),
  );

  const results = runs.map(({ run }) => {
    const comparisons = compared.filter((_, at) => pairings[at]?.challenger.run.id === run.id);
    return {
      runId: run.id,
      comparisons,
      sentence: describeRun(run, comparisons, baseline.run, nameOf(runs), compared.length),
    };
  });
  return {
    splitId: baseline.run.splitId,
    baselineId: baseline.run.id,
    runs: results,
    conclusion: conclude(
      runs.map(({ run }) => run),
      results,
      baseline.run,
    ),
  };
}

function nameOf(runs: readonly EvaluatedRun[]): (id: string) => string {
  return (id) => runs.find(({ run }) => run.id === id)?.run.name ?? id;
}

function pairRun(
  challenger: EvaluatedRun,
  baseline: EvaluatedRun,
  ordered: readonly EvaluatedRun[],
  statisticOf: (entry: EvaluatedRun, metric: string) => UserStatistic,
): Pairing[] {
  const metrics = challenger.run.metrics
    .map(({ metric }) => metric)
    .filter((metric) => familyOf(metric).tested && hasMetric(challenger.perUser, metric));
  return metrics.sort(byTableOrder).flatMap((metric) => {
    const against = hasMetric(baseline.perUser, metric)
      ? baseline
      : ordered.find(({ perUser }) => hasMetric(perUser, metric));
    if (against === undefined || against.run.id === challenger.run.id) return [];
    return [
      { metric, challenger, against, ours: statisticOf(challenger, metric), theirs: statisticOf(against, metric) },
    ];
  });
}

/** One statistic for a run and metric, and one denominator for equal ones: equal columns are then the same array. */
function sharedStatistics(): (entry: EvaluatedRun, metric: string) => UserStatistic {
  const known = new Map<string, UserStatistic>();
  const denominators: Float64Array[] = [];
  const share = (column: Float64Array): Float64Array => {
    const equal = denominators.find(
      (other) => other.length === column.length && other.every((value, row) => value === column[row]),
    );
    if (equal === undefined) denominators.push(column);
    return equal ?? column;
  };
  return ({ run, perUser }, metric) => {
    const key = JSON.stringify([run.id, metric]);
    const found = known.get(key);
    if (found !== undefined) return found;
    const statistic = userStatistic(perUser, metric);
    const shared = { ...statistic, denominator: share(statistic.denominator) };
    known.set(key, shared);
    return shared;
  };
}

function byTableOrder(a: string, b: string): number {
  const place = (metric: string) => metricFamilies.indexOf(familyOf(metric));
  return place(a) - place(b) || Number(a.split("@")[1] ?? 0) - Number(b.split("@")[1] ?? 0);
}

/**
 * What is exchangeable between the two runs for each user. For means over users: the user's values. For errors: the sums,
 * because with equal numbers of ratings the difference of the totals orders all relabellings as the metric itself does.
 */
function pairedDifferences(ours: UserStatistic, theirs: UserStatistic): Float64Array {
  return ours.numerator.map((value, row) => value - theirs.numerator[row]!);
}

/** All pairings see the same resamples of users. Columns that pairings share (the baseline's, the counts) are added up once. */
function differenceIntervals(pairings: readonly Pairing[]): Interval[] {
  const places = new Map<Float64Array, number>();
  const place = (column: Float64Array): number => {
    const known = places.get(column) ?? places.size;
    places.set(column, known);
    return known;
  };
  // The denominator is equal for both: the same users and test ratings.
  const placed = pairings.map(
    ({ ours, theirs }) => [place(ours.numerator), place(theirs.numerator), place(ours.denominator)] as const,
  );
  const columns = places.size;
  // A map goes through its keys in the order in which they were put in.
  const sums = bootstrapSums(sumsOfGroups([...places.keys()]), comparisonResamples, comparisonSeed);
  return pairings.map(({ ours: { root } }, at) => {
    const [mine, theirs, count] = placed[at]!;
    const difference = (start: number) =>
      ratio(sums[start + mine]!, sums[start + count]!, root) - ratio(sums[start + theirs]!, sums[start + count]!, root);
    return percentileInterval(Float64Array.from({ length: comparisonResamples }, (_, r) => difference(r * columns)));
  });
}

function describePairing(
  { metric, challenger, against, ours, theirs }: Pairing,
  baseline: EvaluatedRun,
  test: {
    readonly interval: Interval;
    readonly pValue: number;
    readonly corrected: number;
    readonly correctedJointly: number;
  } | null,
): MetricComparison {
  const value = ratio(total(ours.numerator), total(ours.denominator), ours.root);
  const reference = ratio(total(theirs.numerator), total(theirs.denominator), theirs.root);
  const differences = pairedDifferences(ours, theirs);
  const { higherIsBetter } = familyOf(metric);
  const above = differences.filter((difference) => difference > 0).length;
  const below = differences.filter((difference) => difference < 0).length;
  return {
    metric,
    ...(against.run.id === baseline.run.id ? {} : { against: against.run.id }),
    baseline: reference,
    value,
    difference: value - reference,
    interval: test?.interval ?? null,
    effectSize: cohensDz(differences),
    pValue: test?.pValue ?? null,
    pValueCorrected: test?.corrected ?? null,
    pValueMaxT: test?.correctedJointly ?? null,
    overFolds: overFolds(challenger, against, metric),
    wins: higherIsBetter ? above : below,
    losses: higherIsBetter ? below : above,
    ties: challenger.perUser.users.length - above - below,
    verdict: verdict(value - reference, higherIsBetter, test?.corrected ?? null),
  };
}

/** Fold by fold, where both runs have folds: the same split gives both the same ones. */
function overFolds(challenger: EvaluatedRun, against: EvaluatedRun, metric: string): MetricComparison["overFolds"] {
  const [ours, theirs] = [challenger.run.report?.folds, against.run.report?.folds];
  const [mine, other] = [ours?.values[metric], theirs?.values[metric]];
  if (ours === undefined || mine === undefined || other === undefined || mine.length !== other.length) return null;
  const test = correctedResampledTest(
    mine.map((value, fold) => value - (other[fold] ?? NaN)),
    ours.testShare,
  );
  return test === null || !Number.isFinite(test.t)
    ? null
    : { folds: mine.length, difference: test.difference, t: test.t, pValue: test.pValue };
}

function verdict(difference: number, higherIsBetter: boolean, corrected: number | null): MetricComparison["verdict"] {
  if (corrected === null) return "not-tested";
  if (corrected >= significanceLevel || difference === 0) return "no-difference-shown";
  return difference > 0 === higherIsBetter ? "better" : "worse";
}
