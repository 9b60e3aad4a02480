import { formatGeneral } from "../components/format/numbers.ts";
import type { LineScale } from "./line-scale.ts";

export interface PlotMargin {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

/** Room for both axes and their names. */
export const plotMargin = { top: 8, right: 14, bottom: 36, left: 66 } as const satisfies PlotMargin;

interface PlotAxesProps {
  readonly x: LineScale;
  readonly y: LineScale;
  readonly width: number;
  readonly height: number;
  readonly margin: PlotMargin;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly formatX?: (value: number) => string;
  readonly formatY?: (value: number) => string;
}

/** Letters of all axes. */
export const letters = { fontSize: 11, fill: "var(--rb-axis)" } as const;
const letterWidth = 6.2;
const air = 10;

/** Numbers along both axes, lines across from the vertical one, names of both. */
export function PlotAxes(props: PlotAxesProps) {
  const { y, width, height, margin, yLabel, formatY = formatGeneral } = props;
  const middle = (margin.top + height - margin.bottom) / 2;
  return (
    <>
      {y.ticks.map((tick) => {
        const top = y.place(tick) ?? 0;
        return (
          <g key={tick}>
            <line x1={margin.left} x2={width - margin.right} y1={top} y2={top} stroke="var(--rb-grid)" />
            <text x={margin.left - 6} y={top + 3.5} textAnchor="end" {...letters}>
              {formatY(tick)}
            </text>
          </g>
        );
      })}
      <HorizontalAxis {...props} />
      <text x={12} y={middle} transform={`rotate(-90 12 ${String(middle)})`} textAnchor="middle" {...letters}>
        {yLabel}
      </text>
    </>
  );
}

/** The axis below, with as many of its numbers as there is room for. `lines`: up from each. */
export function HorizontalAxis({
  x,
  width,
  height,
  margin,
  xLabel,
  formatX = formatGeneral,
  lines = false,
}: Omit<PlotAxesProps, "y" | "yLabel" | "formatY"> & { readonly lines?: boolean }) {
  const bottom = height - margin.bottom;
  const texts = x.ticks.map((tick) => ({ tick, text: formatX(tick), left: x.place(tick) ?? 0 }));
  const step = stepFor(texts);
  return (
    <>
      {lines &&
        texts.map(({ tick, left }) => (
          <line key={tick} x1={left} x2={left} y1={margin.top} y2={bottom} stroke="var(--rb-grid)" />
        ))}
      {texts.map(
        ({ tick, text, left }, index) =>
          index % step === 0 &&
          left + (text.length / 2) * letterWidth <= width && (
            <text key={tick} x={left} y={bottom + 15} textAnchor="middle" {...letters}>
              {text}
            </text>
          ),
      )}
      <line x1={margin.left} x2={width - margin.right} y1={bottom} y2={bottom} stroke="var(--rb-border)" />
      <text x={(margin.left + width - margin.right) / 2} y={height - 4} textAnchor="middle" {...letters}>
        {xLabel}
      </text>
    </>
  );
}

/** Every how many of these texts can be written without one running into the next. */
export function stepFor(texts: readonly { readonly text: string; readonly left: number }[]): number {
  for (let step = 1; step < texts.length; step++) {
    const kept = texts.filter((_, index) => index % step === 0);
    const fits = kept.every(({ text, left }, index) => {
      const next = kept[index + 1];
      return next === undefined || ((text.length + next.text.length) / 2) * letterWidth + air <= next.left - left;
    });
    if (fits) return step;
  }
  return Math.max(1, texts.length);
}
