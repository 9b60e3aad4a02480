import { largestTriangleThreeBuckets } from "./lttb.ts";
import type { XY } from "./lttb.ts";

export interface Series {
  readonly id: string;
  readonly label: string;
  readonly points: readonly XY[];
}

export type MergedRow = Readonly<Record<string, number>>;

/** Series as rows by x, thinned to what can be seen. Column `s<n>` is the n-th series; absent where it has no point. */
export function mergeSeries(series: readonly Series[]): readonly MergedRow[] {
  const rows = new Map<number, Record<string, number>>();
  series.forEach(({ points }, index) => {
    for (const { x, y } of largestTriangleThreeBuckets(points)) {
      const row = rows.get(x) ?? { x };
      row[`s${String(index)}`] = y;
      rows.set(x, row);
    }
  });
  return [...rows].sort(([left], [right]) => left - right).map(([, row]) => row);
}
