import { useState } from "react";
import { plainNotation } from "../components/format/notation.ts";
import { formatGeneral } from "../components/format/numbers.ts";
import { DrawnNotation } from "../components/notation.tsx";
import { TooltipCard } from "./chart-tooltip.tsx";
import styles from "./line-plot.module.css";
import { PointReader } from "./point-reader.tsx";
import { usePlotWidth } from "./use-plot-width.ts";

export interface ParallelAxis {
  readonly id: string;
  readonly label: string;
  readonly logarithmic: boolean;
  readonly choices: readonly string[] | null;
}

export interface ParallelLine {
  readonly id: string;
  readonly label: string;
  /** By axis; null: this run has none. */
  readonly values: readonly (number | string | null)[];
  /** 0 (worst) … 1 (best). */
  readonly strength: number;
}

interface ParallelPlotProps {
  readonly axes: readonly ParallelAxis[];
  readonly lines: readonly ParallelLine[];
  readonly height: number;
  readonly title: string;
  readonly onOpen?: (id: string) => void;
}

const margin = { top: 34, bottom: 22, side: 54 } as const;
/** From the outer axes to where their titles begin and end. */
const side = margin.side - 4;
/** Of a letter of an axis's title. */
const letterWidth = 7;

/** Every run a line over its settings, the better the stronger. Arrow keys go from the best to the next. */
export function ParallelPlot({ axes, lines, height, title, onOpen }: ParallelPlotProps) {
  const { ref, width } = usePlotWidth();
  const [at, setAt] = useState<number | null>(null);
  // The best are drawn last, over the others.
  const ordered = [...lines].sort((a, b) => a.strength - b.strength);
  const current = at === null ? undefined : ordered[ordered.length - 1 - Math.min(at, ordered.length - 1)];
  const columnX = (index: number) =>
    margin.side + (axes.length < 2 ? 0 : (index * (width - 2 * margin.side)) / (axes.length - 1));
  const columnWidth = axes.length < 2 ? width : (width - 2 * margin.side) / (axes.length - 1);
  // Titles that do not fit beside each other stand in two rows, by turns.
  const crowded = axes.some(({ label }) => label.length * letterWidth > columnWidth);
  const scales = axes.map((axis, index) =>
    scaleOf(
      axis,
      lines.map(({ values }) => values[index] ?? null),
      height,
    ),
  );
  const pathOf = ({ values }: ParallelLine) => {
    const places = values.flatMap((value, index) => {
      const y = value === null ? null : (scales[index]?.place(value) ?? null);
      return y === null ? [] : [`${columnX(index).toFixed(1)} ${y.toFixed(1)}`];
    });
    return places.length < 2 ? "" : `M${places.join("L")}`;
  };
  return (
    <div ref={ref} className={styles["drawing"]} style={{ height }}>
      {width > 0 && (
        <svg
          data-chart="parallel"
          role="img"
          aria-label={`${title}: ${axes.map(({ label }) => plainNotation(label)).join(", ")} of ${String(lines.length)} runs`}
          width={width}
          height={height}
          {...{ onPointerLeave: () => setAt(null) }}
        >
          {ordered.map((line, index) => (
            <path
              key={line.id}
              d={pathOf(line)}
              fill="none"
              stroke="var(--rb-series-0)"
              strokeWidth={line.strength > 0.9 ? 1.8 : 1}
              strokeOpacity={0.25 + 0.65 * line.strength ** 2}
              {...{
                onPointerEnter: () => setAt(ordered.length - 1 - index),
                onClick: () => onOpen?.(line.id),
              }}
            />
          ))}
          {current !== undefined && (
            <path d={pathOf(current)} fill="none" stroke="var(--rb-series-1)" strokeWidth={2.6} pointerEvents="none" />
          )}
          {axes.map((axis, index) => (
            <g key={axis.id}>
              <line
                x1={columnX(index)}
                x2={columnX(index)}
                y1={margin.top}
                y2={height - margin.bottom}
                stroke="var(--rb-axis)"
              />
              <text
                x={columnX(index) + (index === 0 ? -side : index === axes.length - 1 ? side : 0)}
                y={crowded && index % 2 === 1 ? 11 : crowded ? 25 : 14}
                textAnchor={index === 0 ? "start" : index === axes.length - 1 ? "end" : "middle"}
                fontSize={11}
                fontWeight={600}
                fill="var(--mantine-color-text)"
              >
                <title>{plainNotation(axis.label)}</title>
                <DrawnNotation>{shortened(axis.label, (crowded ? 2 : 1) * columnWidth)}</DrawnNotation>
              </text>
              {scales[index]?.ticks.map(({ text, y }) => (
                <text
                  key={text}
                  x={columnX(index) + 5}
                  y={y + 3.5}
                  fontSize={10.5}
                  fill="var(--mantine-color-text)"
                  stroke="var(--rb-surface)"
                  strokeWidth={3}
                  paintOrder="stroke"
                >
                  {text}
                </text>
              ))}
            </g>
          ))}
        </svg>
      )}
      <PointReader
        label={`Read the runs of ${title}, from the best on`}
        text={current === undefined ? "none" : describe(current, axes)}
        count={lines.length}
        at={at}
        onRead={setAt}
        {...(current === undefined || onOpen === undefined ? {} : { onOpen: () => onOpen(current.id) })}
      />
      {current !== undefined && (
        <div className={styles["reading"]} role="status" style={{ right: 12 }}>
          <TooltipCard
            title={current.label}
            lines={axes.flatMap(({ id, label }, index) => {
              const value = current.values[index] ?? null;
              return value === null
                ? []
                : [
                    {
                      key: id,
                      label: plainNotation(label),
                      value: typeof value === "number" ? formatGeneral(value) : value,
                    },
                  ];
            })}
          />
        </div>
      )}
    </div>
  );
}

function shortened(label: string, room: number): string {
  const letters = Math.max(4, Math.floor(room / letterWidth) - 1);
  return label.length > letters ? `${label.slice(0, letters - 1).trimEnd()}…` : label;
}

function describe({ label, values }: ParallelLine, axes: readonly ParallelAxis[]): string {
  const told = axes.map((axis, index) => `${plainNotation(axis.label)} ${String(values[index] ?? "none")}`);
  return `${label}: ${told.join(", ")}`;
}

interface AxisScale {
  readonly ticks: readonly { readonly text: string; readonly y: number }[];
  place(value: number | string): number | null;
}

function scaleOf(axis: ParallelAxis, values: readonly (number | string | null)[], height: number): AxisScale {
  const [top, bottom] = [margin.top, height - margin.bottom];
  const between = (share: number) => bottom - share * (bottom - top);
  if (axis.choices !== null) {
    const { choices } = axis;
    const place = (value: number | string) => {
      const index = choices.indexOf(String(value));
      return index === -1 ? null : between(choices.length === 1 ? 0.5 : index / (choices.length - 1));
    };
    return { ticks: choices.map((text) => ({ text, y: place(text) ?? 0 })), place };
  }
  const numbers = values.filter((value) => typeof value === "number" && (!axis.logarithmic || value > 0)) as number[];
  const map = (value: number) => (axis.logarithmic ? Math.log10(value) : value);
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const span = map(high) - map(low);
  const place = (value: number | string) => {
    if (typeof value !== "number" || (axis.logarithmic && value <= 0)) return null;
    return span === 0 ? between(0.5) : between((map(value) - map(low)) / span);
  };
  const middle = axis.logarithmic ? 10 ** ((map(low) + map(high)) / 2) : (low + high) / 2;
  const shown = span === 0 ? [low] : [low, middle, high];
  return {
    ticks: shown.flatMap((value) => {
      const y = place(value);
      return y === null ? [] : [{ text: formatGeneral(Number(value.toPrecision(3))), y }];
    }),
    place,
  };
}
