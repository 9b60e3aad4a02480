import { UnstyledButton } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useState } from "react";
import { formatCompact, formatGeneral } from "../components/format/numbers.ts";
import { seriesColor } from "../theme/tokens.ts";
import styles from "./line-plot.module.css";
import { linearScale } from "./line-scale.ts";

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

const margin = { top: 6, right: 20, bottom: 34, left: 170 } as const;
const legendHeight = 28;

/** Bars from zero, one for each series in each segment. */
export function SegmentPlot({ title, height, xLabel, segments, series }: SegmentPlotProps) {
  const { ref, width } = useElementSize();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const shown = series.flatMap((one, index) => (hidden.has(one.id) ? [] : [{ ...one, index }]));
  const tall = height - legendHeight;
  const largest = Math.max(1e-9, ...shown.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const x = linearScale([0, largest], [margin.left, Math.max(margin.left + 40, width - margin.right)]);
  const band = (tall - margin.top - margin.bottom) / Math.max(1, segments.length);
  const bar = Math.min(14, (band - 6) / Math.max(1, shown.length));
  const toggle = (id: string) => {
    const next = new Set(hidden);
    if (!next.delete(id)) next.add(id);
    setHidden(next);
  };
  return (
    <div ref={ref}>
      {width > 0 && (
        <svg
          data-chart="segments"
          role="img"
          aria-label={`${title}. The table beside it has the figures.`}
          width={width}
          height={tall}
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
          {segments.map(({ label, count }, at) => {
            const top = margin.top + at * band;
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
                  {label.length > 18 ? `${label.slice(0, 17)}…` : label}
                  <tspan fill="var(--rb-axis)">{`  ${formatCompact(count)}`}</tspan>
                </text>
                {shown.map(({ id, label: name, values, index }, place) => {
                  const value = values[at] ?? null;
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
                    >
                      <title>{`${name}, ${label}: ${formatGeneral(value)} (${String(count)} test ratings)`}</title>
                    </rect>
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
      <div className={styles["legend"]}>
        {series.map(({ id, label }, index) => (
          <UnstyledButton
            key={id}
            className={styles["entry"]}
            aria-pressed={!hidden.has(id)}
            onClick={() => toggle(id)}
          >
            <span className={styles["swatch"]} style={{ background: seriesColor(index) }} aria-hidden />
            {label}
          </UnstyledButton>
        ))}
      </div>
    </div>
  );
}
