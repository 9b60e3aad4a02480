import { UnstyledButton } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useState } from "react";
import { formatGeneral } from "../components/format/numbers.ts";
import { seriesColor, seriesDash } from "../theme/tokens.ts";
import { TooltipCard } from "./chart-tooltip.tsx";
import styles from "./line-plot.module.css";
import { linearScale, logarithmicScale } from "./line-scale.ts";
import type { LineScale } from "./line-scale.ts";
import { mergeSeries } from "./series.ts";
import type { MergedRow, Series } from "./series.ts";

interface LinePlotProps {
  readonly series: readonly Series[];
  readonly height: number;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly logarithmic?: boolean;
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
export function LinePlot({
  series,
  height,
  xLabel,
  yLabel,
  logarithmic = false,
  title,
  dots = false,
  gapAfter = Infinity,
}: LinePlotProps) {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const { ref, width } = useElementSize();
  const legendHeight = series.length > 1 ? 28 : 0;
  const toggle = (id: string) => {
    const next = new Set(hidden);
    if (!next.delete(id)) next.add(id);
    setHidden(next);
  };
  return (
    <div>
      <div ref={ref} style={{ height: height - legendHeight }}>
        {width > 0 && (
          <Drawing
            {...{ series, hidden, width, xLabel, yLabel, logarithmic, title, dots, gapAfter }}
            height={height - legendHeight}
          />
        )}
      </div>
      {series.length > 1 && <Legend series={series} hidden={hidden} onToggle={toggle} />}
    </div>
  );
}

interface DrawingProps extends Required<LinePlotProps> {
  readonly hidden: ReadonlySet<string>;
  readonly width: number;
}

function Drawing(props: DrawingProps) {
  const { series, hidden, width, height, xLabel, yLabel, logarithmic, title, dots, gapAfter } = props;
  const rows = mergeSeries(series);
  const drawn = series.flatMap(({ id, label }, index) => (hidden.has(id) ? [] : [{ id, label, index }]));
  const x = linearScale(extent(rows.map((row) => row["x"] ?? 0)), [margin.left, width - margin.right], {
    ticks: Math.max(3, Math.floor(width / 110)),
    tight: true,
  });
  const values = drawn.flatMap(({ index }) => rows.flatMap((row) => row[`s${String(index)}`] ?? []));
  const y = verticalScale(values, [height - margin.bottom, margin.top], logarithmic);
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
        <Axes x={x} y={y} width={width} height={height} xLabel={xLabel} yLabel={yLabel} />
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

function verticalScale(values: readonly number[], pixels: readonly [number, number], logarithmic: boolean): LineScale {
  const positive = logarithmic ? values.filter((value) => value > 0) : [];
  return positive.length > 0 ? logarithmicScale(extent(positive), pixels) : linearScale(extent(values), pixels);
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

interface AxesProps {
  readonly x: LineScale;
  readonly y: LineScale;
  readonly width: number;
  readonly height: number;
  readonly xLabel: string;
  readonly yLabel: string;
}

const letters = { fontSize: 11, fill: "var(--rb-axis)" } as const;

function Axes({ x, y, width, height, xLabel, yLabel }: AxesProps) {
  const bottom = height - margin.bottom;
  const middle = (margin.top + bottom) / 2;
  return (
    <>
      {y.ticks.map((tick) => {
        const top = y.place(tick) ?? 0;
        return (
          <g key={tick}>
            <line x1={margin.left} x2={width - margin.right} y1={top} y2={top} stroke="var(--rb-grid)" />
            <text x={margin.left - 6} y={top + 3.5} textAnchor="end" {...letters}>
              {formatGeneral(tick)}
            </text>
          </g>
        );
      })}
      {x.ticks.map((tick) => (
        <text key={tick} x={x.place(tick) ?? 0} y={bottom + 15} textAnchor="middle" {...letters}>
          {formatGeneral(tick)}
        </text>
      ))}
      <line x1={margin.left} x2={width - margin.right} y1={bottom} y2={bottom} stroke="var(--rb-border)" />
      <text x={(margin.left + width - margin.right) / 2} y={height - 4} textAnchor="middle" {...letters}>
        {xLabel}
      </text>
      <text x={12} y={middle} transform={`rotate(-90 12 ${String(middle)})`} textAnchor="middle" {...letters}>
        {yLabel}
      </text>
    </>
  );
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
