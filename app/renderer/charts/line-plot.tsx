import { UnstyledButton } from "@mantine/core";
import { useState } from "react";
import { CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { formatGeneral } from "../components/format/numbers.ts";
import { seriesColor, seriesDash } from "../theme/tokens.ts";
import { axisLook, axisTitle, gridLook } from "./axes.ts";
import { TooltipCard } from "./chart-tooltip.tsx";
import styles from "./line-plot.module.css";
import { mergeSeries } from "./series.ts";
import type { Series } from "./series.ts";

interface LinePlotProps {
  readonly series: readonly Series[];
  readonly height: number;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly logarithmic?: boolean;
  /** False while points are still coming. */
  readonly title: string;
}

/** Curves over a common axis, thinned to what can be seen. Names in the legend hide and show their curve. */
export function LinePlot({ series, height, xLabel, yLabel, logarithmic = false, title }: LinePlotProps) {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const rows = mergeSeries(series);
  const legendHeight = series.length > 1 ? 28 : 0;
  const toggle = (id: string) => {
    const next = new Set(hidden);
    if (!next.delete(id)) next.add(id);
    setHidden(next);
  };
  return (
    <div>
      <ResponsiveContainer width="100%" height={height - legendHeight}>
        <LineChart
          data={[...rows]}
          margin={{ top: 6, right: 14, bottom: 14, left: 6 }}
          accessibilityLayer
          title={title}
        >
          <CartesianGrid {...gridLook} vertical={false} />
          <XAxis
            dataKey="x"
            type="number"
            domain={["dataMin", "dataMax"]}
            label={axisTitle(xLabel, "x")}
            tickFormatter={formatGeneral}
            allowDecimals={false}
            {...axisLook}
          />
          <YAxis
            scale={logarithmic ? "log" : "auto"}
            domain={["auto", "auto"]}
            allowDataOverflow={false}
            width={66}
            tickFormatter={formatGeneral}
            label={axisTitle(yLabel, "y")}
            {...axisLook}
          />
          <Tooltip
            isAnimationActive={false}
            content={({ active, payload, label }) =>
              active ? (
                <TooltipCard
                  title={`${xLabel} ${formatGeneral(Number(label))}`}
                  lines={payload.map((entry) => ({
                    key: String(entry.dataKey),
                    label: String(entry.name),
                    value: formatGeneral(Number(entry.value)),
                    ...(entry.color === undefined ? {} : { color: entry.color }),
                  }))}
                />
              ) : null
            }
          />
          {series.map(({ id, label }, index) => (
            <Line
              key={id}
              dataKey={`s${String(index)}`}
              name={label}
              stroke={seriesColor(index)}
              strokeWidth={1.8}
              {...dashOf(index)}
              dot={rows.length <= 2}
              connectNulls
              hide={hidden.has(id)}
              isAnimationActive={false}
            />
          ))}
        </LineChart>
      </ResponsiveContainer>
      {series.length > 1 && <Legend series={series} hidden={hidden} onToggle={toggle} />}
    </div>
  );
}

function dashOf(index: number) {
  const strokeDasharray = seriesDash(index);
  return strokeDasharray === undefined ? {} : { strokeDasharray };
}

interface LegendProps {
  readonly series: readonly Series[];
  readonly hidden: ReadonlySet<string>;
  readonly onToggle: (id: string) => void;
}

function Legend({ series, hidden, onToggle }: LegendProps) {
  return (
    <div className={styles["legend"]}>
      {series.map(({ id, label }, index) => (
        <UnstyledButton
          key={id}
          className={styles["entry"]}
          aria-pressed={!hidden.has(id)}
          onClick={() => onToggle(id)}
        >
          <span className={styles["swatch"]} style={{ background: seriesColor(index) }} aria-hidden />
          {label}
        </UnstyledButton>
      ))}
    </div>
  );
}
