import { useElementSize } from "@mantine/hooks";
import { useState } from "react";
import { formatCompact, formatCount } from "../components/format/numbers.ts";
import { TooltipCard } from "./chart-tooltip.tsx";
import { useChartView } from "./chart-view.ts";
import styles from "./line-plot.module.css";
import { linearScale, logarithmicScale } from "./line-scale.ts";
import type { LineScale } from "./line-scale.ts";
import { PlotAxes } from "./plot-axes.tsx";
import { PointReader } from "./point-reader.tsx";

interface BarPlotProps {
  readonly bars: readonly { readonly label: string; readonly count: number }[];
  readonly height: number;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly title: string;
  /** Leads to what a bar counts; there must be another way to it for those without a mouse. */
  readonly onBar?: (index: number) => void;
}

const margin = { top: 8, right: 8, bottom: 34, left: 66 } as const;

/** Counts by category or by time. */
export function BarPlot(props: BarPlotProps) {
  const { ref, width } = useElementSize();
  return (
    <div ref={ref} className={styles["drawing"]} style={{ height: props.height }}>
      {width > 0 && <Drawing {...props} width={width} />}
    </div>
  );
}

function Drawing({ bars, height, width, xLabel, yLabel, title, onBar }: BarPlotProps & { readonly width: number }) {
  const logarithmic = useChartView().logarithmic.has("y");
  const [at, setAt] = useState<number | null>(null);
  const bottom = height - margin.bottom;
  const band = Math.max(1, width - margin.left - margin.right) / Math.max(1, bars.length);
  const x: LineScale = {
    ticks: bars.map((_, index) => index),
    place: (index) => margin.left + (index + 0.5) * band,
  };
  const counts = bars.map(({ count }) => count);
  const y = (logarithmic ? powersOfTen : fromZero)(counts, [bottom, margin.top]);
  const read = at === null ? undefined : bars[at];
  const open = () => at !== null && onBar?.(at);
  const pointer = {
    onPointerLeave: () => setAt(null),
    onPointerMove: (event: React.PointerEvent<SVGSVGElement>) => {
      const { left } = event.currentTarget.getBoundingClientRect();
      const index = Math.floor((event.clientX - left - margin.left) / band);
      setAt(index >= 0 && index < bars.length ? index : null);
    },
    onClick: open,
  };
  const middle = x.place(at ?? 0) ?? 0;
  return (
    <>
      <svg
        data-chart="bars"
        role="img"
        aria-label={`${title}: ${yLabel} by ${xLabel}. The table beside it has the figures.`}
        width={width}
        height={height}
        style={onBar !== undefined && at !== null ? { cursor: "pointer" } : undefined}
        {...pointer}
      >
        {at !== null && (
          <rect
            x={margin.left + at * band}
            y={margin.top}
            width={band}
            height={bottom - margin.top}
            fill="var(--rb-hover)"
          />
        )}
        <PlotAxes
          {...{ x, y, width, height, margin, xLabel, yLabel }}
          formatX={(index) => bars[index]?.label ?? ""}
          formatY={formatCompact}
        />
        <path d={outlines(counts, x, y, band, bottom)} fill="var(--rb-series-0)" />
      </svg>
      {read !== undefined && (
        <div
          className={styles["reading"]}
          role="status"
          style={middle > width / 2 ? { right: width - middle + 10 } : { left: middle + 10 }}
        >
          <TooltipCard title={read.label} lines={[{ key: "count", label: yLabel, value: formatCount(read.count) }]} />
        </div>
      )}
      <PointReader
        label={`Read the bars of ${title}`}
        text={read === undefined ? "none" : `${read.label}: ${formatCount(read.count)} ${yLabel}`}
        count={bars.length}
        at={at}
        onRead={setAt}
        onOpen={open}
      />
    </>
  );
}

/** All bars as one path: hundreds of months are drawn as quickly as ten ratings. */
function outlines(counts: readonly number[], x: LineScale, y: LineScale, band: number, bottom: number): string {
  const wide = counts.length > 60 ? band : band * 0.76;
  return counts
    .map((count, index) => {
      const top = y.place(count);
      if (top === null || count <= 0) return "";
      const left = (x.place(index) ?? 0) - wide / 2;
      const [round, tall] = [counts.length > 60 ? 0 : Math.min(2, bottom - top), bottom - top];
      if (round === 0) return `M${left.toFixed(2)} ${bottom}v${-tall}h${wide.toFixed(2)}v${tall}Z`;
      return (
        `M${left.toFixed(2)} ${bottom}v${round - tall}q0 ${-round} ${round} ${-round}` +
        `h${(wide - 2 * round).toFixed(2)}q${round} 0 ${round} ${round}v${tall - round}Z`
      );
    })
    .join("");
}

function fromZero(counts: readonly number[], pixels: readonly [number, number]): LineScale {
  return linearScale([0, Math.max(1, ...counts)], pixels);
}

/** Powers of ten around the counts; below one, so that a bar of one has something to stand on. */
function powersOfTen(counts: readonly number[], pixels: readonly [number, number]): LineScale {
  const powers = Math.max(1, Math.ceil(Math.log10(Math.max(1, ...counts))));
  return {
    place: logarithmicScale([0.5, 10 ** powers], pixels).place,
    ticks: Array.from({ length: powers + 1 }, (_, power) => 10 ** power),
  };
}
