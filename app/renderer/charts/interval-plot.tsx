import { useElementSize } from "@mantine/hooks";
import { useState } from "react";
import { formatDecimal } from "../components/format/numbers.ts";
import { TooltipCard } from "./chart-tooltip.tsx";
import styles from "./line-plot.module.css";
import { linearScale } from "./line-scale.ts";
import { HorizontalAxis, letters } from "./plot-axes.tsx";
import { PointReader } from "./point-reader.tsx";

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

const longestLabel = 28;
const letterWidth = 6.5;
const whiskerEnd = 5;

/** Dot and whisker: a value for each row with its interval. */
export function IntervalPlot(props: IntervalPlotProps) {
  const { ref, width } = useElementSize();
  return (
    <div ref={ref} className={styles["drawing"]} style={{ height: props.height }}>
      {width > 0 && <Drawing {...props} width={width} />}
    </div>
  );
}

function Drawing({ rows, height, width, xLabel, title, reference }: IntervalPlotProps & { readonly width: number }) {
  const [at, setAt] = useState<number | null>(null);
  const labelWidth = 14 + letterWidth * Math.max(4, ...rows.map(({ label }) => Math.min(longestLabel, label.length)));
  const margin = { top: 6, right: 22, bottom: 34, left: labelWidth };
  const x = linearScale(extent(rows, reference), [margin.left, Math.max(margin.left + 40, width - margin.right)]);
  const band = (height - margin.top - margin.bottom) / Math.max(1, rows.length);
  const place = (value: number) => x.place(value) ?? 0;
  const read = at === null ? undefined : rows[at];
  const pointer = {
    onPointerLeave: () => setAt(null),
    onPointerMove: (event: React.PointerEvent<SVGSVGElement>) => {
      const { top } = event.currentTarget.getBoundingClientRect();
      const row = Math.floor((event.clientY - top - margin.top) / band);
      setAt(row >= 0 && row < rows.length ? row : null);
    },
  };
  return (
    <>
      <svg
        data-chart="intervals"
        role="img"
        aria-label={`${title}. The table beside it has the figures.`}
        width={width}
        height={height}
        {...pointer}
      >
        <HorizontalAxis {...{ x, width, height, margin, xLabel }} lines />
        {reference !== undefined && (
          <line
            x1={place(reference)}
            x2={place(reference)}
            y1={margin.top}
            y2={height - margin.bottom}
            stroke="var(--rb-axis)"
            strokeDasharray="4 4"
          />
        )}
        {rows.map(({ id, label, value, low, high }, index) => {
          const middle = margin.top + (index + 0.5) * band;
          return (
            <g key={id}>
              <text x={margin.left - 8} y={middle + 3.5} textAnchor="end" {...letters}>
                {shortened(label)}
              </text>
              {low !== null && high !== null && (
                <path
                  d={whisker(place(low), place(high), middle)}
                  fill="none"
                  stroke="var(--rb-series-0)"
                  strokeWidth={1.6}
                />
              )}
              <circle cx={place(value)} cy={middle} r={index === at ? 6 : 4.5} fill="var(--rb-series-0)" />
            </g>
          );
        })}
      </svg>
      {read !== undefined && at !== null && (
        <div
          className={styles["reading"]}
          role="status"
          style={{
            top: margin.top + at * band,
            ...(place(read.value) > (margin.left + width) / 2
              ? { right: width - place(read.value) + 12 }
              : { left: place(read.value) + 12 }),
          }}
        >
          <TooltipCard title={read.label} lines={intervalLines(read)} />
        </div>
      )}
      <PointReader
        label={`Read the rows of ${title}`}
        text={read === undefined ? "none" : spoken(read)}
        count={rows.length}
        at={at}
        onRead={setAt}
      />
    </>
  );
}

function whisker(low: number, high: number, middle: number): string {
  const end = (left: number) => `M${left} ${middle - whiskerEnd}V${middle + whiskerEnd}`;
  return `M${low} ${middle}H${high}${end(low)}${end(high)}`;
}

/** On one line, which is all the room that a row has: a break would part the ellipsis from its word. */
function shortened(label: string): string {
  const text = label.length > longestLabel ? `${label.slice(0, longestLabel - 1).trimEnd()}…` : label;
  return text.replaceAll(" ", "\u00a0");
}

function spoken(row: IntervalRow): string {
  return `${row.label}: ${intervalLines(row)
    .map(({ label, value }) => `${label} ${value}`)
    .join(", ")}`;
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
