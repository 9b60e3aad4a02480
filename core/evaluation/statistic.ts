import { familyOf } from "./metric.ts";
import { columnOf } from "./per-user.ts";
import type { PerUserTable } from "./per-user.ts";

/**
 * Every metric with per-user values is one ratio of two sums over users: Σ numerator ÷ Σ denominator, RMSE its root. So
 * one resampling serves all: resample users, add up, divide.
 */
export interface UserStatistic {
  /** [rows]; 0 where the user has no value. */
  readonly numerator: Float64Array;
  /** [rows]; test ratings for errors, 1 (or 0 without a value) for means over users. */
  readonly denominator: Float64Array;
  readonly root: boolean;
}

export function userStatistic(table: PerUserTable, metric: string): UserStatistic {
  const { pooled } = familyOf(metric);
  const values = columnOf(table, pooled?.sum ?? metric);
  const weights = pooled === null ? values.map(() => 1) : columnOf(table, pooled.count);
  return {
    numerator: values.map((value) => (Number.isNaN(value) ? 0 : value)),
    denominator: weights.map((weight, row) => (Number.isNaN(values[row]!) ? 0 : weight)),
    root: pooled?.root ?? false,
  };
}

/** The metric's value from the two sums; NaN when nobody has one. */
export function ratio(numerator: number, denominator: number, root: boolean): number {
  const value = numerator / denominator;
  return root ? Math.sqrt(value) : value;
}

/** Whether the table can give this metric. */
export function hasMetric(table: PerUserTable, metric: string): boolean {
  const { pooled, perUser } = familyOf(metric);
  return perUser && table.columns.has(pooled?.sum ?? metric);
}

/** In the order of rows, so that the same table gives the same bits. */
export function total(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
