import { memo } from "react";
import { Area, ComposedChart, Line, Tooltip, XAxis, YAxis } from "recharts";
import type { Profile } from "../../../core/contract/entities.ts";
import { formatShare } from "../components/format/numbers.ts";
import { TooltipCard } from "./chart-tooltip.tsx";
import { InTurn } from "./in-turn.tsx";
import type { LineScale } from "./line-scale.ts";
import { PlotAxes, plotMargin } from "./plot-axes.tsx";
import { usePlotWidth } from "./use-plot-width.ts";
import { usePointedAt } from "./use-pointed-at.ts";

/** Room for half of the last label. */
const margin = { ...plotMargin, right: 20 };
const quarters = [0, 0.25, 0.5, 0.75, 1];
const percent = (share: number) => `${String(Math.round(share * 100))}%`;

const words = {
  films: {
    axis: "share of films, least rated first",
    least: "The least rated",
    title: "Lorenz curve of ratings over films",
  },
  users: {
    axis: "share of users, least active first",
    least: "The least active",
    title: "Lorenz curve of ratings over users",
  },
} as const;

interface LorenzPlotProps {
  readonly curve: Profile["lorenzItems"];
  readonly of: keyof typeof words;
  readonly height: number;
}

const shareScale = (from: number, to: number): LineScale => ({
  ticks: quarters,
  place: (share) => from + share * (to - from),
});

/** How unequally ratings fall on films or users: the further below the diagonal, the more the few hold. */
export function LorenzPlot(props: LorenzPlotProps) {
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

interface DrawingProps extends LorenzPlotProps {
  readonly width: number;
  readonly isPointedAt: boolean;
}

const Drawing = memo(function Drawing({ curve, of, height, width, isPointedAt }: DrawingProps) {
  const rows = curve.map(({ share, ratings }) => ({ share, ratings, equal: share }));
  return (
    <ComposedChart width={width} height={height} data={rows} margin={margin} accessibilityLayer title={words[of].title}>
      <PlotAxes
        x={shareScale(margin.left, width - margin.right)}
        y={shareScale(height - margin.bottom, margin.top)}
        formatX={percent}
        formatY={percent}
        xLabel={words[of].axis}
        yLabel="share of ratings"
        {...{ width, height, margin }}
      />
      <XAxis dataKey="share" type="number" domain={[0, 1]} ticks={quarters} hide />
      <YAxis domain={[0, 1]} ticks={quarters} hide />
      {isPointedAt && (
        <Tooltip
          isAnimationActive={false}
          content={({ active, payload, label }) =>
            active ? (
              <TooltipCard
                title={`${words[of].least} ${formatShare(Number(label))} of ${of}`}
                lines={payload
                  .filter(({ dataKey }) => dataKey === "ratings")
                  .map(({ value }) => ({
                    key: "ratings",
                    label: "hold",
                    value: `${formatShare(Number(value))} of ratings`,
                  }))}
              />
            ) : null
          }
        />
      )}
      <Line
        dataKey="equal"
        stroke="var(--rb-axis)"
        strokeDasharray="4 4"
        dot={false}
        isAnimationActive={false}
        name="equal shares"
      />
      <Area
        dataKey="ratings"
        stroke="var(--rb-series-0)"
        fill="var(--rb-series-0)"
        fillOpacity={0.14}
        strokeWidth={1.8}
        isAnimationActive={false}
        name="ratings"
      />
    </ComposedChart>
  );
});
