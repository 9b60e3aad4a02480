import { largestTriangleThreeBuckets, mostPoints } from "./lttb.ts";
import type { XY } from "./lttb.ts";

export interface Series {
  readonly id: string;
  readonly label: string;
  readonly points: readonly XY[];
}

export type MergedRow = Readonly<Record<string, number>>;

/** With fewer a curve loses its bends. */
const fewestPoints = 80;

/** Series as rows by x, thinned to what can be seen. Column `s<n>` is the n-th series; absent where it has no point. */
export function mergeSeries(series: readonly Series[]): readonly MergedRow[] {
  // Thinned curves seldom keep the same x: together they must not have many more rows than one alone.
  const threshold = Math.max(fewestPoints, Math.floor((1.5 * mostPoints) / Math.max(1, series.length)));
  const rows = new Map<number, Record<string, number>>();
  series.forEach(({ points }, index) => {
    for (const { x, y } of largestTriangleThreeBuckets(points, Math.min(mostPoints, threshold))) {
      const row = rows.get(x) ?? { x };
      row[`s${String(index)}`] = y;
      rows.set(x, row);
    }
  });
  return [...rows].sort(([left], [right]) => left - right).map(([, row]) => row);
}
