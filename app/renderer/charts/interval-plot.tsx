import {
  CartesianGrid,
  ErrorBar,
  ReferenceLine,
  ResponsiveContainer,
  Scatter,
  ScatterChart,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { formatDecimal, formatGeneral } from "../components/format/numbers.ts";
import { axisLook, axisTitle, gridLook } from "./axes.ts";
import { TooltipCard } from "./chart-tooltip.tsx";
import { niceTicks } from "./nice-ticks.ts";

export interface IntervalRow {
  readonly id: string;
  readonly label: string;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

interface IntervalPlotProps {
  readonly rows: readonly IntervalRow[];
  readonly height: number;
  readonly xLabel: string;
  readonly title: string;
  /** A line to compare with: the baseline's value, or zero for differences. */
  readonly reference?: number;
}

const longestLabel = 24;

/** Dot and whisker: a value for each row with its interval. */
export function IntervalPlot({ rows, height, xLabel, title, reference }: IntervalPlotProps) {
  const data = rows.map((row) => ({
    ...row,
    whisker: [row.value - (row.low ?? row.value), (row.high ?? row.value) - row.value],
  }));
  const ticks = niceTicks(...extent(rows, reference));
  const labelWidth = 14 + 7 * Math.max(4, ...rows.map(({ label }) => Math.min(longestLabel, label.length)));
  return (
    <ResponsiveContainer width="100%" height={height}>
      <ScatterChart margin={{ top: 6, right: 18, bottom: 16, left: 6 }} accessibilityLayer title={title}>
        <CartesianGrid {...gridLook} horizontal={false} />
        <XAxis
          type="number"
          dataKey="value"
          domain={[ticks[0] ?? 0, ticks.at(-1) ?? 1]}
          ticks={[...ticks]}
          interval={0}
          tickFormatter={formatGeneral}
          label={axisTitle(xLabel, "x")}
          {...axisLook}
        />
        <YAxis
          type="category"
          dataKey="label"
          width={labelWidth}
          allowDuplicatedCategory
          interval={0}
          reversed
          tickFormatter={shortened}
          {...axisLook}
        />
        {reference !== undefined && <ReferenceLine x={reference} stroke="var(--rb-axis)" strokeDasharray="4 4" />}
        <Tooltip
          isAnimationActive={false}
          cursor={false}
          content={({ active, payload }) => {
            const row = payload[0]?.payload as IntervalRow | undefined;
            return active && row !== undefined ? <TooltipCard title={row.label} lines={intervalLines(row)} /> : null;
          }}
        />
        <Scatter data={data} fill="var(--rb-series-0)" isAnimationActive={false}>
          <ErrorBar
            dataKey="whisker"
            direction="x"
            width={5}
            strokeWidth={1.6}
            stroke="var(--rb-series-0)"
            isAnimationActive={false}
          />
        </Scatter>
      </ScatterChart>
    </ResponsiveContainer>
  );
}

/** On one line, which is all the room that a row has: a break would part the ellipsis from its word. */
function shortened(label: string): string {
  const text = label.length > longestLabel ? `${label.slice(0, longestLabel - 1).trimEnd()}…` : label;
  return text.replaceAll(" ", "\u00a0");
}

function intervalLines({ value, low, high }: IntervalRow) {
  const estimate = { key: "value", label: "value", value: formatDecimal(value, 4) };
  if (low === null || high === null)
    return [estimate, { key: "interval", label: "interval", value: "none: too few users" }];
  return [
    estimate,
    { key: "interval", label: "interval", value: `${formatDecimal(low, 4)} to ${formatDecimal(high, 4)}` },
  ];
}

/** Room for every whisker and a little air: an axis from zero would flatten the differences these plots are for. */
function extent(rows: readonly IntervalRow[], reference: number | undefined): [number, number] {
  const ends = rows.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value]);
  if (reference !== undefined) ends.push(reference);
  const low = Math.min(...ends);
  const high = Math.max(...ends);
  const air = (high - low) * 0.06 || Math.abs(high) * 0.05 || 0.01;
  return [low - air, high + air];
}
