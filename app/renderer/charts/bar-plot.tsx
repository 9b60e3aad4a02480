import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { formatCompact, formatCount } from "../components/format/numbers.ts";
import { axisLook, axisTitle, gridLook } from "./axes.ts";
import { TooltipCard } from "./chart-tooltip.tsx";
import { useChartView } from "./chart-view.ts";

interface BarPlotProps {
  readonly bars: readonly { readonly label: string; readonly count: number }[];
  readonly height: number;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly title: string;
  /** Leads to what a bar counts; there must be another way to it for those without a mouse. */
  readonly onBar?: (index: number) => void;
}

/** Counts by category or by time. */
export function BarPlot({ bars, height, xLabel, yLabel, title, onBar }: BarPlotProps) {
  const logarithmic = useChartView().logarithmic.has("y");
  return (
    <ResponsiveContainer width="100%" height={height}>
      <BarChart
        data={bars.map((bar) => ({ ...bar, drawn: logarithmic && bar.count <= 0 ? null : bar.count }))}
        margin={{ top: 6, right: 8, bottom: 14, left: 6 }}
        accessibilityLayer
        title={title}
        barCategoryGap={bars.length > 60 ? 0 : "12%"}
      >
        <CartesianGrid {...gridLook} vertical={false} />
        <XAxis dataKey="label" label={axisTitle(xLabel, "x")} minTickGap={16} {...axisLook} />
        <YAxis
          width={58}
          tickFormatter={formatCompact}
          label={axisTitle(yLabel, "y")}
          {...(logarithmic ? logarithmicAxis(bars.map(({ count }) => count)) : {})}
          {...axisLook}
        />
        <Tooltip
          isAnimationActive={false}
          cursor={{ fill: "var(--rb-hover)" }}
          content={({ active, payload, label }) =>
            active ? (
              <TooltipCard
                title={String(label)}
                lines={payload.map(({ value }) => ({ key: "count", label: yLabel, value: formatCount(Number(value)) }))}
              />
            ) : null
          }
        />
        <Bar
          dataKey="drawn"
          name={yLabel}
          fill="var(--rb-series-0)"
          isAnimationActive={false}
          {...(onBar === undefined
            ? {}
            : { cursor: "pointer", onClick: (_bar: unknown, index: number) => onBar(index) })}
          radius={bars.length > 60 ? 0 : [2, 2, 0, 0]}
        />
      </BarChart>
    </ResponsiveContainer>
  );
}

/** Powers of ten around the counts; below one, so that a bar of one has something to stand on. */
function logarithmicAxis(counts: readonly number[]) {
  const powers = Math.max(1, Math.ceil(Math.log10(Math.max(1, ...counts))));
  return {
    scale: "log" as const,
    domain: [0.5, 10 ** powers],
    ticks: Array.from({ length: powers + 1 }, (_, power) => 10 ** power),
    allowDataOverflow: true,
  };
}
