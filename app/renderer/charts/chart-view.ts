import { createContext, useContext, useState } from "react";

export type ChartAxis = "x" | "y";

/** How somebody looks at one chart. Kept by its frame, so that it is the same in full screen and behind the table. */
export interface ChartView {
  /** Axes that are logarithmic now. */
  readonly logarithmic: ReadonlySet<ChartAxis>;
  /** Ids of series that are not drawn. */
  readonly hidden: ReadonlySet<string>;
  toggleAxis(axis: ChartAxis): void;
  toggleSeries(id: string): void;
}

const ignore = () => undefined;

export const ChartViewContext = createContext<ChartView>({
  logarithmic: new Set(),
  hidden: new Set(),
  toggleAxis: ignore,
  toggleSeries: ignore,
});

/** What the frame around a plot was told by its switches and its legend. */
export function useChartView(): ChartView {
  return useContext(ChartViewContext);
}

export function useNewChartView(initiallyLogarithmic: readonly ChartAxis[]): ChartView {
  const [logarithmic, setLogarithmic] = useState<ReadonlySet<ChartAxis>>(new Set(initiallyLogarithmic));
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  return {
    logarithmic,
    hidden,
    toggleAxis: (axis) => setLogarithmic((before) => toggled(before, axis)),
    toggleSeries: (id) => setHidden((before) => toggled(before, id)),
  };
}

function toggled<T>(before: ReadonlySet<T>, one: T): ReadonlySet<T> {
  const next = new Set(before);
  if (!next.delete(one)) next.add(one);
  return next;
}
