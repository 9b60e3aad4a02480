import { useState } from "react";
import { formatGeneral } from "../components/format/numbers.ts";
import { seriesColor } from "../theme/tokens.ts";
import { ChartLegend, legendHeight } from "./chart-legend.tsx";
import { TooltipCard } from "./chart-tooltip.tsx";
import { useChartView } from "./chart-view.ts";
import styles from "./line-plot.module.css";
import { linearScale, logarithmicScale } from "./line-scale.ts";
import { PlotAxes } from "./plot-axes.tsx";
import { PointReader } from "./point-reader.tsx";
import { usePlotWidth } from "./use-plot-width.ts";

export interface ScatterPoint {
  readonly id: string;
  readonly label: string;
  readonly x: number;
  readonly y: number;
  /** Colour by the palette. */
  readonly series?: number;
  /** Drawn filled and named: nothing is better in both respects. */
  readonly best?: boolean;
}

interface ScatterPlotProps {
  readonly points: readonly ScatterPoint[];
  readonly height: number;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly title: string;
  /** Of the colours, by `series`: names that hide and show their points. Left out: there is one kind. */
  readonly legend?: readonly { readonly id: string; readonly label: string }[];
  /** Joined by a staircase, in the order given: the Pareto front. */
  readonly front?: readonly ScatterPoint[];
  /** Where both axes mean the same: the line on which they are equal. */
  readonly diagonal?: boolean;
  readonly onOpen?: (id: string) => void;
}

const margin = { top: 10, right: 18, bottom: 36, left: 66 } as const;
const mostNames = 12;

/** Points in two measures. Arrow keys walk through them from left to right, Enter opens one. */
export function ScatterPlot(props: ScatterPlotProps) {
  const { ref, width } = usePlotWidth();
  const { legend = [], height } = props;
  const below = legend.length > 1 ? legendHeight : 0;
  return (
    <div>
      <div ref={ref} className={styles["drawing"]} style={{ height: height - below }}>
        {width > 0 && <Drawing {...props} height={height - below} width={width} />}
      </div>
      {legend.length > 1 && <ChartLegend entries={legend} />}
    </div>
  );
}

function Drawing(props: ScatterPlotProps & { readonly width: number }) {
  const { width, height, xLabel, yLabel, title, legend = [], front = [], diagonal = false, onOpen } = props;
  const { logarithmic, hidden } = useChartView();
  const isHidden = ({ series }: ScatterPoint) => hidden.has(legend[series ?? 0]?.id ?? "");
  const isPlaced = ({ x, y }: ScatterPoint) => (!logarithmic.has("x") || x > 0) && (!logarithmic.has("y") || y > 0);
  const points = props.points
    .filter((point) => !isHidden(point) && isPlaced(point))
    .sort((left, right) => left.x - right.x);
  const [at, setAt] = useState<number | null>(null);
  const extents = [extent(points.map(({ x }) => x)), extent(points.map(({ y }) => y))] as const;
  const shared = diagonal ? extent(extents.flat()) : null;
  const horizontal = [margin.left, width - margin.right] as const;
  const x = logarithmic.has("x")
    ? logarithmicScale(extents[0], horizontal)
    : linearScale(shared ?? extents[0], horizontal);
  const vertical = [height - margin.bottom, margin.top] as const;
  const y = logarithmic.has("y") ? logarithmicScale(extents[1], vertical) : linearScale(shared ?? extents[1], vertical);
  const place = (point: ScatterPoint) => [x.place(point.x) ?? 0, y.place(point.y) ?? 0] as const;
  const current = at === null ? undefined : points[Math.min(at, points.length - 1)];
  const named = withRoom(
    points.filter(({ best }) => best === true),
    place,
  );
  const pointer = {
    onPointerLeave: () => setAt(null),
    onPointerMove: (event: React.PointerEvent<SVGSVGElement>) => {
      const box = event.currentTarget.getBoundingClientRect();
      setAt(nearest(points.map(place), event.clientX - box.left, event.clientY - box.top));
    },
    onClick: () => current !== undefined && onOpen?.(current.id),
  };
  return (
    <>
      <svg
        data-chart="scatter"
        role="img"
        aria-label={`${title}: ${yLabel} by ${xLabel}, ${String(points.length)} points`}
        width={width}
        height={height}
        {...pointer}
      >
        <PlotAxes {...{ x, y, width, height, margin, xLabel, yLabel }} />
        {shared !== null && (
          <line
            x1={x.place(shared[0]) ?? 0}
            y1={y.place(shared[0]) ?? 0}
            x2={x.place(shared[1]) ?? 0}
            y2={y.place(shared[1]) ?? 0}
            stroke="var(--rb-axis)"
            strokeDasharray="4 4"
          />
        )}
        {front.length > 1 && front.every(isPlaced) && (
          <path d={staircase(front.map(place))} fill="none" stroke="var(--rb-accent-text)" strokeDasharray="4 3" />
        )}
        {points.map((point) => {
          const [left, top] = place(point);
          const color = seriesColor(point.series ?? 0);
          const filled = point.best !== false;
          return (
            <circle
              key={point.id}
              cx={left}
              cy={top}
              r={filled ? 4.5 : 3}
              fill={filled ? color : "none"}
              stroke={color}
              strokeOpacity={filled ? 1 : 0.6}
            />
          );
        })}
        {named.map((point) => {
          const [left, top] = place(point);
          const atRight = left > width - 180;
          return (
            <text
              key={point.id}
              x={left + (atRight ? -8 : 8)}
              y={top - 6}
              textAnchor={atRight ? "end" : "start"}
              fontSize={11}
              fill="var(--mantine-color-text)"
            >
              {point.label.length > 28 ? `${point.label.slice(0, 27)}…` : point.label}
            </text>
          );
        })}
        {current !== undefined && (
          <circle
            cx={place(current)[0]}
            cy={place(current)[1]}
            r={8}
            fill="none"
            stroke="var(--rb-accent-text)"
            strokeWidth={2}
          />
        )}
      </svg>
      <PointReader
        label={`Read the points of ${title}, from left to right`}
        text={
          current === undefined
            ? "none"
            : `${current.label}: ${xLabel} ${formatGeneral(current.x)}, ${yLabel} ${formatGeneral(current.y)}`
        }
        count={points.length}
        at={at}
        onRead={setAt}
        {...(current === undefined || onOpen === undefined ? {} : { onOpen: () => onOpen(current.id) })}
      />
      {current !== undefined && (
        <div
          className={styles["reading"]}
          role="status"
          style={
            place(current)[0] > width / 2 ? { right: width - place(current)[0] + 12 } : { left: place(current)[0] + 12 }
          }
        >
          <TooltipCard
            title={current.label}
            lines={[
              { key: "x", label: xLabel, value: formatGeneral(current.x) },
              { key: "y", label: yLabel, value: formatGeneral(current.y) },
            ]}
          />
        </div>
      )}
    </>
  );
}

/** Names that do not lie over one another; the rest are read with the pointer. */
function withRoom(
  points: readonly ScatterPoint[],
  place: (point: ScatterPoint) => readonly [number, number],
): readonly ScatterPoint[] {
  const kept: ScatterPoint[] = [];
  for (const point of points) {
    const [left, top] = place(point);
    const isFree = kept.every((other) => {
      const [otherLeft, otherTop] = place(other);
      return Math.abs(otherTop - top) > 13 || Math.abs(otherLeft - left) > 110;
    });
    if (isFree && kept.length < mostNames) kept.push(point);
  }
  return kept;
}

function nearest(places: readonly (readonly [number, number])[], left: number, top: number): number | null {
  let best: number | null = null;
  let distance = 30 ** 2;
  places.forEach(([x, y], index) => {
    const away = (x - left) ** 2 + (y - top) ** 2;
    if (away < distance) {
      distance = away;
      best = index;
    }
  });
  return best;
}

function extent(values: readonly number[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : [0, 1];
}

/** Between two points of a front nothing better is known than the worse of both. */
function staircase(places: readonly (readonly [number, number])[]): string {
  return places
    .map(([x, y], index) => {
      const before = places[index - 1];
      return before === undefined ? `M${x} ${y}` : `L${x} ${before[1]}L${x} ${y}`;
    })
    .join("");
}
