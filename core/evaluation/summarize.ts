import type { MetricValue } from "../contract/entities.ts";
import { bootstrapSums, fewestUsersForIntervals, percentileInterval } from "./bootstrap.ts";
import { definitionOf, metricFamilies } from "./metric.ts";
import type { DefinitionContext, MetricFamily } from "./metric.ts";
import type { PerUserTable } from "./per-user.ts";
import { hasMetric, ratio, total, userStatistic } from "./statistic.ts";
import type { UserStatistic } from "./statistic.ts";
import { sumsOfGroups } from "./user-groups.ts";

export const bootstrapResamples = 1000;

export interface SummarizeOptions {
  readonly cutoffs: readonly number[];
  /** Metrics of the evaluation as a whole: `coverage@10`, `gini@10`, `calibration-error`. */
  readonly whole: ReadonlyMap<string, number>;
  readonly seed: number;
  /** Absent: all test ratings are relevant. */
  readonly definitions?: DefinitionContext;
}

const usual: DefinitionContext = { relevance: { from: null }, alike: null, sampledNegatives: null };

/**
 * The metrics of one evaluation with bootstrap percentile intervals over users: users are resampled, with all that is
 * theirs (for RMSE and MAE their sums). The interval is null below 30 users, where it would mean nothing, and for
 * metrics of the whole, which have no value for each user.
 */
export function summarize(table: PerUserTable, options: SummarizeOptions): MetricValue[] {
  const named = metricFamilies.flatMap((family) =>
    family.ofList
      ? options.cutoffs.map((k) => ({ metric: `${family.family}@${k}`, family }))
      : [{ metric: family.family, family }],
  );
  const perUser = named.filter(({ metric }) => hasMetric(table, metric));
  const intervals = bootstrapIntervals(
    perUser.map(({ metric }) => userStatistic(table, metric)),
    table.users.length,
    options.seed,
  );
  return named.flatMap(({ metric, family }) => {
    if (!family.perUser) return wholeValue(metric, family, table, options);
    const at = perUser.findIndex((other) => other.metric === metric);
    if (at < 0) return [];
    const { numerator, denominator, root } = userStatistic(table, metric);
    const value = ratio(total(numerator), total(denominator), root);
    if (!Number.isFinite(value)) return [];
    const users = denominator.filter((weight) => weight > 0).length;
    return [describe(metric, family, value, users, intervals[at] ?? null, options)];
  });
}

/** The tested metrics' values alone, by name. */
export function metricValues(table: PerUserTable, cutoffs: readonly number[]): Map<string, number> {
  const names = metricFamilies
    .filter(({ tested }) => tested)
    .flatMap(({ family, ofList }) => (ofList ? cutoffs.map((k) => `${family}@${String(k)}`) : [family]));
  return new Map(
    names
      .filter((metric) => hasMetric(table, metric))
      .map((metric) => {
        const { numerator, denominator, root } = userStatistic(table, metric);
        return [metric, ratio(total(numerator), total(denominator), root)];
      }),
  );
}

function bootstrapIntervals(
  statistics: readonly UserStatistic[],
  rows: number,
  seed: number,
): MetricValue["interval"][] {
  if (rows < fewestUsersForIntervals) return statistics.map(() => null);
  const columns = statistics.flatMap(({ numerator, denominator }) => [numerator, denominator]);
  const sums = bootstrapSums(sumsOfGroups(columns), bootstrapResamples, seed);
  return statistics.map(({ root }, at) =>
    percentileInterval(
      Float64Array.from({ length: bootstrapResamples }, (_, r) =>
        ratio(sums[r * columns.length + 2 * at]!, sums[r * columns.length + 2 * at + 1]!, root),
      ),
    ),
  );
}

function wholeValue(
  metric: string,
  family: MetricFamily,
  table: PerUserTable,
  options: SummarizeOptions,
): MetricValue[] {
  const value = options.whole.get(metric);
  if (value === undefined || !Number.isFinite(value)) return [];
  return [describe(metric, family, value, table.users.length, null, options)];
}

function describe(
  metric: string,
  family: MetricFamily,
  value: number,
  users: number,
  interval: MetricValue["interval"],
  { definitions = usual }: SummarizeOptions,
): MetricValue {
  const definition = definitionOf(family, definitions);
  return { metric, definition, value, interval, users, higherIsBetter: family.higherIsBetter };
}
