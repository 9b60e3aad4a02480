import { useState } from "react";
import { formatCount, formatGeneral } from "../components/format/numbers.ts";
import { seriesColor, seriesDash } from "../theme/tokens.ts";
import { ChartLegend, legendHeight } from "./chart-legend.tsx";
import { TooltipCard } from "./chart-tooltip.tsx";
import { useChartView } from "./chart-view.ts";
import type { ChartView } from "./chart-view.ts";
import styles from "./line-plot.module.css";
import { linearScale, logarithmicScale } from "./line-scale.ts";
import type { LineScale } from "./line-scale.ts";
import { letters, PlotAxes } from "./plot-axes.tsx";
import { mergeSeries } from "./series.ts";
import type { MergedRow, Series } from "./series.ts";
import { usePlotWidth } from "./use-plot-width.ts";

interface LinePlotProps {
  readonly series: readonly Series[];
  readonly height: number;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly title: string;
  /** Marks beside the line, where there are few points and each is a measurement. */
  readonly dots?: boolean;
  /** Points further apart than this, in units of x, are not joined: nothing was measured between them. */
  readonly gapAfter?: number;
}

const margin = { top: 8, right: 14, bottom: 34, left: 66 } as const;

/**
 * Curves over a common axis, thinned to what can be seen. Names in the legend hide and show their curve; the pointer and the
 * arrow keys read it off. Drawn here and not by the charting library, which takes 55 to 300 ms for a redraw: learning
 * curves are redrawn several times a second while two cores are busy training.
 */
export function LinePlot({ series, height, xLabel, yLabel, title, dots = false, gapAfter = Infinity }: LinePlotProps) {
  const view = useChartView();
  const { ref, width } = usePlotWidth();
  const below = series.length > 1 ? legendHeight : 0;
  return (
    <div>
      <div ref={ref} style={{ height: height - below }}>
        {width > 0 && (
          <Drawing {...{ series, view, width, xLabel, yLabel, title, dots, gapAfter }} height={height - below} />
        )}
      </div>
      {series.length > 1 && <ChartLegend entries={series} />}
    </div>
  );
}

/** As many as there is room for. What is counted, as epochs are, has none between one and the next. */
function mostTicks(xs: readonly number[], width: number): number {
  const room = Math.max(3, Math.floor(width / 110));
  if (!xs.every((x) => Number.isInteger(x))) return room;
  return Math.min(room, Math.max(...xs) - Math.min(...xs) + 1);
}

interface DrawingProps extends Required<LinePlotProps> {
  readonly view: ChartView;
  readonly width: number;
}

function Drawing(props: DrawingProps) {
  const { series, width, height, xLabel, yLabel, title, dots, gapAfter } = props;
  const { hidden, logarithmic } = props.view;
  const rows = mergeSeries(series);
  const drawn = series.flatMap(({ id, label }, index) => (hidden.has(id) ? [] : [{ id, label, index }]));
  const xs = rows.map((row) => row["x"] ?? 0);
  const values = drawn.flatMap(({ index }) => rows.flatMap((row) => row[`s${String(index)}`] ?? []));
  const x = scaleOf(xs, [margin.left, width - margin.right], logarithmic.has("x"), {
    ticks: mostTicks(xs, width),
    tight: true,
  });
  const y = scaleOf(values, [height - margin.bottom, margin.top], logarithmic.has("y"));
  const without = [...(logarithmic.has("x") ? xs : []), ...(logarithmic.has("y") ? values : [])].filter(
    (value) => value <= 0,
  ).length;
  const reading = useReading(rows, x);
  const single = rows.length <= 2 || dots;
  const gap = gapAfter === Infinity ? Infinity : (x.place(gapAfter) ?? 0) - (x.place(0) ?? 0);
  return (
    <div className={styles["drawing"]}>
      <svg
        data-chart="lines"
        role="img"
        aria-label={`${title}: ${yLabel} by ${xLabel}`}
        width={width}
        height={height}
        {...reading.pointer}
      >
        <PlotAxes {...{ x, y, width, height, margin, xLabel, yLabel }} />
        {drawn.map(({ id, index }) => {
          const points = pointsOf(rows, index, x, y);
          return (
            <g key={id}>
              <path
                d={pathThrough(points, gap)}
                fill="none"
                stroke={seriesColor(index)}
                strokeWidth={1.8}
                strokeDasharray={seriesDash(index)}
              />
              {single &&
                points.map(([left, top]) => <circle key={left} cx={left} cy={top} r={2.6} fill={seriesColor(index)} />)}
            </g>
          );
        })}
        {without > 0 && (
          <text x={width - margin.right} y={margin.top + 10} textAnchor="end" {...letters}>
            {`${formatCount(without)} at or below zero: no place on a log axis`}
          </text>
        )}
        {reading.row !== null && (
          <line
            x1={x.place(reading.row["x"] ?? 0) ?? 0}
            x2={x.place(reading.row["x"] ?? 0) ?? 0}
            y1={margin.top}
            y2={height - margin.bottom}
            stroke="var(--rb-axis)"
            strokeDasharray="2 2"
          />
        )}
      </svg>
      <input
        type="range"
        className="rb-visually-hidden"
        aria-label={`Read the values of ${title}`}
        aria-valuetext={reading.row === null ? "none" : `${xLabel} ${formatGeneral(reading.row["x"] ?? 0)}`}
        min={0}
        max={Math.max(0, rows.length - 1)}
        value={reading.index ?? 0}
        onChange={({ currentTarget }) => reading.read(Number(currentTarget.value))}
        onFocus={() => reading.read(reading.index ?? 0)}
        onBlur={() => reading.read(null)}
      />
      {reading.row !== null && (
        <Reading row={reading.row} drawn={drawn} at={x.place(reading.row["x"] ?? 0) ?? 0} {...{ width, xLabel }} />
      )}
    </div>
  );
}

function Reading({
  row,
  drawn,
  at,
  width,
  xLabel,
}: {
  readonly row: MergedRow;
  readonly drawn: readonly { readonly id: string; readonly label: string; readonly index: number }[];
  readonly at: number;
  readonly width: number;
  readonly xLabel: string;
}) {
  const side = at > width / 2 ? { right: width - at + 10 } : { left: at + 10 };
  return (
    <div className={styles["reading"]} style={side} role="status">
      <TooltipCard
        title={`${xLabel} ${formatGeneral(row["x"] ?? 0)}`}
        lines={drawn.flatMap(({ id, label, index }) => {
          const value = row[`s${String(index)}`];
          return value === undefined
            ? []
            : [{ key: id, label, value: formatGeneral(value), color: seriesColor(index) }];
        })}
      />
    </div>
  );
}

/** The row that is pointed at, or walked to with the arrow keys. */
function useReading(rows: readonly MergedRow[], x: LineScale) {
  const [at, setAt] = useState<number | null>(null);
  const index = at === null ? null : Math.min(at, rows.length - 1);
  return {
    index,
    row: index === null ? null : (rows[index] ?? null),
    read: setAt,
    pointer: {
      onPointerMove: (event: React.PointerEvent<SVGSVGElement>) => {
        const pointed = event.clientX - event.currentTarget.getBoundingClientRect().left;
        setAt(nearest(rows, x, pointed));
      },
      onPointerLeave: () => setAt(null),
    },
  };
}

function nearest(rows: readonly MergedRow[], x: LineScale, pixels: number): number | null {
  let best: number | null = null;
  let distance = Infinity;
  rows.forEach((row, index) => {
    const away = Math.abs((x.place(row["x"] ?? 0) ?? 0) - pixels);
    if (away < distance) {
      distance = away;
      best = index;
    }
  });
  return best;
}

/** Where nothing is above zero a logarithmic axis would be empty: it stays as it was. */
function scaleOf(
  values: readonly number[],
  pixels: readonly [number, number],
  logarithmic: boolean,
  linear: Parameters<typeof linearScale>[2] = {},
): LineScale {
  const positive = logarithmic ? values.filter((value) => value > 0) : [];
  return positive.length > 0 ? logarithmicScale(extent(positive), pixels) : linearScale(extent(values), pixels, linear);
}

function extent(values: readonly number[]): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 1];
}

function pointsOf(rows: readonly MergedRow[], index: number, x: LineScale, y: LineScale): [number, number][] {
  return rows.flatMap((row): [number, number][] => {
    const value = row[`s${String(index)}`];
    const left = x.place(row["x"] ?? 0);
    const top = value === undefined ? null : y.place(value);
    return left === null || top === null ? [] : [[left, top]];
  });
}

/** `gap`: pixels beyond which two points are not joined. */
function pathThrough(points: readonly (readonly [number, number])[], gap: number): string {
  let before = -Infinity;
  return points
    .map(([left, top]) => {
      const joined = left - before <= gap && before !== -Infinity;
      before = left;
      return `${joined ? "L" : "M"}${left.toFixed(1)} ${top.toFixed(1)}`;
    })
    .join("");
}
