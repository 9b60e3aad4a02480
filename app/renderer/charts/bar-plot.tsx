import { memo, useMemo } from "react";
import { Bar, BarChart, Tooltip, XAxis, YAxis } from "recharts";
import type { BarShapeProps } from "recharts";
import { formatCompact, formatCount } from "../components/format/numbers.ts";
import { TooltipCard } from "./chart-tooltip.tsx";
import { useChartView } from "./chart-view.ts";
import { InTurn } from "./in-turn.tsx";
import { linearScale, logarithmicScale } from "./line-scale.ts";
import type { LineScale } from "./line-scale.ts";
import { PlotAxes, plotMargin } from "./plot-axes.tsx";
import { usePlotWidth } from "./use-plot-width.ts";
import { usePointedAt } from "./use-pointed-at.ts";

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
export function BarPlot(props: BarPlotProps) {
  const { ref, width } = usePlotWidth();
  const { isPointedAt, pointing } = usePointedAt();
  return (
    <div ref={ref} aria-busy={width === 0} style={{ height: props.height }} {...pointing}>
      {width > 0 && (
        <InTurn>
          <Drawing {...props} width={width} isPointedAt={isPointedAt} />
        </InTurn>
      )}
    </div>
  );
}

interface DrawingProps extends BarPlotProps {
  readonly width: number;
  readonly isPointedAt: boolean;
}

/** The axes are ours, as on all charts: the library measures each word along its own on the page, and draws them twice. */
const Drawing = memo(function Drawing(props: DrawingProps) {
  const { bars, height, width, xLabel, yLabel, title, onBar, isPointedAt } = props;
  const logarithmic = useChartView().logarithmic.has("y");
  const data = useMemo(
    () => bars.map((bar) => ({ ...bar, drawn: logarithmic && bar.count <= 0 ? null : bar.count })),
    [bars, logarithmic],
  );
  const counts = verticalScale(bars, logarithmic, height);
  return (
    <BarChart
      width={width}
      height={height}
      data={data}
      margin={plotMargin}
      accessibilityLayer
      title={title}
      barCategoryGap={bars.length > 60 ? 0 : "12%"}
    >
      <PlotAxes
        x={categories(bars.length, width)}
        y={counts}
        formatX={(index) => bars[index]?.label ?? ""}
        formatY={formatCompact}
        margin={plotMargin}
        {...{ width, height, xLabel, yLabel }}
      />
      <XAxis dataKey="label" hide />
      <YAxis
        hide
        scale={logarithmic ? "log" : "linear"}
        domain={[counts.low, counts.high]}
        ticks={[counts.low, counts.high]}
        allowDataOverflow
      />
      {isPointedAt && (
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
      )}
      <Bar
        dataKey="drawn"
        name={yLabel}
        fill="var(--rb-series-0)"
        isAnimationActive={false}
        {...(onBar === undefined ? {} : { cursor: "pointer", onClick: (_bar: unknown, index: number) => onBar(index) })}
        shape={bars.length > 60 ? square : rounded}
      />
    </BarChart>
  );
});

/** As the library places bars: each in the middle of an equal part of the width. */
function categories(count: number, width: number): LineScale {
  const each = (width - plotMargin.left - plotMargin.right) / Math.max(1, count);
  return {
    ticks: Array.from({ length: count }, (_, index) => index),
    place: (index) => plotMargin.left + (index + 0.5) * each,
  };
}

/** From nothing up to a round number; powers of ten begin below one, so that a bar of one has something to stand on. */
function verticalScale(bars: BarPlotProps["bars"], logarithmic: boolean, height: number) {
  const most = Math.max(1, ...bars.map(({ count }) => count));
  const place = [height - plotMargin.bottom, plotMargin.top] as const;
  if (logarithmic) {
    const high = 10 ** Math.max(1, Math.ceil(Math.log10(most)));
    return { low: 0.5, high, ...logarithmicScale([0.5, high], place) };
  }
  const scale = linearScale([0, most], place);
  return { low: 0, high: scale.ticks.at(-1) ?? most, ...scale };
}

const square = (bar: BarShapeProps) => column(bar, 0);
const rounded = (bar: BarShapeProps) => column(bar, 2);

/** As the library's own shape, which for the sake of animations measures each bar on the page and draws it twice. */
function column({ x, y, width, height, fill, cursor }: BarShapeProps, radius: number) {
  if (!(width > 0 && height > 0)) return null;
  const r = Math.min(radius, width / 2, height);
  const path = `M${x} ${y + height}V${y + r}Q${x} ${y} ${x + r} ${y}H${x + width - r}Q${x + width} ${y} ${x + width} ${y + r}V${y + height}Z`;
  return <path d={path} fill={fill} cursor={cursor} />;
}
