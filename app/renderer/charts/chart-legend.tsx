import { UnstyledButton } from "@mantine/core";
import { seriesColor } from "../theme/tokens.ts";
import { useChartView } from "./chart-view.ts";
import styles from "./line-plot.module.css";

interface LegendEntry {
  readonly id: string;
  readonly label: string;
}

export const legendHeight = 28;

/** Names in the colours of their series; a click or Enter hides a series and shows it again. */
export function ChartLegend({ entries }: { readonly entries: readonly LegendEntry[] }) {
  const { hidden, toggleSeries } = useChartView();
  return (
    <div className={styles["legend"]} role="group" aria-label="Series">
      {entries.map(({ id, label }, index) => (
        <UnstyledButton
          key={id}
          className={styles["entry"]}
          data-legend-entry={seriesColor(index)}
          aria-pressed={!hidden.has(id)}
          onClick={() => toggleSeries(id)}
        >
          <span className={styles["swatch"]} style={{ background: seriesColor(index) }} aria-hidden />
          {label}
        </UnstyledButton>
      ))}
    </div>
  );
}
