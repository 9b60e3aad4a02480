import { ReelbenchError } from "../contract/errors.ts";

/**
 * What an evaluation found for each user with at least one test rating. Columns by name: `test_ratings`; `rmse_sum` and
 * `mae_sum` (sums of squared and absolute errors, where the model predicts ratings); one for each metric of lists
 * (`ndcg@10`, …). NaN where a user has none.
 */
export interface PerUserTable {
  /** [rows] dense user index, ascending. */
  readonly users: Int32Array;
  /** name → [rows] */
  readonly columns: ReadonlyMap<string, Float64Array>;
}

/** Counts and sums add up over folds; metrics of lists are averaged over the folds in which the user has one. */
const addedColumns: ReadonlySet<string> = new Set(["test_ratings", "rmse_sum", "mae_sum"]);

/** One table for all folds of a cross-validation. Folds must have the same columns. */
export function poolFolds(folds: readonly PerUserTable[]): PerUserTable {
  const users = Int32Array.from(new Set(folds.flatMap((fold) => Array.from(fold.users)))).sort();
  const rowOf = new Map(Array.from(users, (u, row) => [u, row]));
  const names = [...(folds[0]?.columns.keys() ?? [])];
  const columns = new Map(names.map((name) => [name, poolColumn(folds, name, users.length, rowOf)]));
  return { users, columns };
}

function poolColumn(
  folds: readonly PerUserTable[],
  name: string,
  rows: number,
  rowOf: ReadonlyMap<number, number>,
): Float64Array {
  const sums = new Float64Array(rows);
  const counts = new Int32Array(rows);
  for (const fold of folds) {
    const column = columnOf(fold, name);
    fold.users.forEach((u, at) => {
      const value = column[at]!;
      const row = rowOf.get(u)!; // Every fold's user is in the union.
      if (Number.isNaN(value)) return;
      sums[row]! += value;
      counts[row]!++;
    });
  }
  return sums.map((sum, row) => (counts[row] === 0 ? NaN : addedColumns.has(name) ? sum : sum / counts[row]!));
}

/** Throws RB_CORRUPT when the table lacks the column or it has another length. */
export function columnOf(table: PerUserTable, name: string): Float64Array {
  const column = table.columns.get(name);
  if (column === undefined || column.length !== table.users.length) {
    throw new ReelbenchError("RB_CORRUPT", `The per-user values have no proper column "${name}".`);
  }
  return column;
}
