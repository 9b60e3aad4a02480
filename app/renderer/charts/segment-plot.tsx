import { useState } from "react";
import { formatCompact, formatGeneral } from "../components/format/numbers.ts";
import { seriesColor } from "../theme/tokens.ts";
import { ChartLegend, legendHeight } from "./chart-legend.tsx";
import { TooltipCard } from "./chart-tooltip.tsx";
import { useChartView } from "./chart-view.ts";
import styles from "./line-plot.module.css";
import { linearScale } from "./line-scale.ts";
import { PointReader } from "./point-reader.tsx";
import { usePlotWidth } from "./use-plot-width.ts";

interface SegmentPlotProps {
  readonly title: string;
  readonly height: number;
  readonly xLabel: string;
  readonly segments: readonly { readonly label: string; readonly count: number }[];
  readonly series: readonly {
    readonly id: string;
    readonly label: string;
    /** [segments] */
    readonly values: readonly (number | null)[];
  }[];
}

const edge = { top: 6, right: 20, bottom: 34 } as const;
/** Letters of a segment's name; longer ones are cut, and told in full where the row is read. */
const mostLetters = 30;
/** Of a letter, and of the count after a name. */
const [letterWidth, countWidth] = [6.6, 52] as const;

/** Bars from zero, one for each series in each segment. */
export function SegmentPlot({ title, height, xLabel, segments, series }: SegmentPlotProps) {
  const { ref, width } = usePlotWidth();
  const { hidden } = useChartView();
  const [at, setAt] = useState<number | null>(null);
  const shown = series.flatMap((one, index) => (hidden.has(one.id) ? [] : [{ ...one, index }]));
  const tall = height - legendHeight;
  const letters = Math.min(mostLetters, Math.max(...segments.map(({ label }) => label.length), 0));
  const left = Math.min(0.45 * width, Math.max(120, letters * letterWidth + countWidth));
  const margin = { ...edge, left };
  const room = Math.floor((left - countWidth) / letterWidth);
  const largest = Math.max(1e-9, ...shown.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const x = linearScale([0, largest], [margin.left, Math.max(margin.left + 40, width - margin.right)]);
  const band = (tall - margin.top - margin.bottom) / Math.max(1, segments.length);
  const bar = Math.min(14, (band - 6) / Math.max(1, shown.length));
  const read = at === null ? undefined : segments[at];
  return (
    <div ref={ref} className={styles["drawing"]}>
      {width > 0 && (
        <svg
          data-chart="segments"
          role="img"
          aria-label={`${title}. The table beside it has the figures.`}
          width={width}
          height={tall}
          {...{
            onPointerLeave: () => setAt(null),
            onPointerMove: (event: React.PointerEvent<SVGSVGElement>) => {
              const row = Math.floor(
                (event.clientY - event.currentTarget.getBoundingClientRect().top - margin.top) / band,
              );
              setAt(row >= 0 && row < segments.length ? row : null);
            },
          }}
        >
          {x.ticks.map((tick) => (
            <g key={tick}>
              <line
                x1={x.place(tick) ?? 0}
                x2={x.place(tick) ?? 0}
                y1={margin.top}
                y2={tall - margin.bottom}
                stroke="var(--rb-grid)"
              />
              <text
                x={x.place(tick) ?? 0}
                y={tall - margin.bottom + 15}
                textAnchor="middle"
                fontSize={11}
                fill="var(--rb-axis)"
              >
                {formatGeneral(tick)}
              </text>
            </g>
          ))}
          {segments.map(({ label, count }, segment) => {
            const top = margin.top + segment * band;
            const middle = top + band / 2;
            return (
              <g key={label}>
                <text
                  x={margin.left - 8}
                  y={middle + 4}
                  textAnchor="end"
                  fontSize={11.5}
                  fill="var(--mantine-color-text)"
                >
                  {label.length > room ? `${label.slice(0, room - 1)}…` : label}
                  <tspan fill="var(--rb-axis)">{`  ${formatCompact(count)}`}</tspan>
                </text>
                {shown.map(({ id, values, index }, place) => {
                  const value = values[segment] ?? null;
                  if (value === null) return null;
                  const y = middle - (shown.length * bar) / 2 + place * bar;
                  return (
                    <rect
                      key={id}
                      x={margin.left}
                      y={y}
                      width={Math.max(0, (x.place(value) ?? 0) - margin.left)}
                      height={Math.max(1, bar - 1.5)}
                      fill={seriesColor(index)}
                    />
                  );
                })}
              </g>
            );
          })}
          <text x={(margin.left + width) / 2} y={tall - 4} textAnchor="middle" fontSize={11} fill="var(--rb-axis)">
            {xLabel}
          </text>
        </svg>
      )}
      {read !== undefined && at !== null && (
        <div className={styles["reading"]} role="status" style={{ right: margin.right, top: margin.top + at * band }}>
          <TooltipCard
            title={`${read.label}: ${formatCompact(read.count)} test ratings`}
            lines={shown.flatMap(({ id, label, values, index }) => {
              const value = values[at] ?? null;
              return value === null ? [] : [{ key: id, label, value: formatGeneral(value), color: seriesColor(index) }];
            })}
          />
        </div>
      )}
      <PointReader
        label={`Read the segments of ${title}`}
        text={read === undefined ? "none" : `${read.label}: ${spoken(shown, at ?? 0)}`}
        count={segments.length}
        at={at}
        onRead={setAt}
      />
      <ChartLegend entries={series} />
    </div>
  );
}

function spoken(series: SegmentPlotProps["series"], at: number): string {
  return series
    .flatMap(({ label, values }) => {
      const value = values[at] ?? null;
      return value === null ? [] : [`${label} ${formatGeneral(value)}`];
    })
    .join(", ");
}
