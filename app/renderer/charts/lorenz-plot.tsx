import { useElementSize } from "@mantine/hooks";
import { useState } from "react";
import type { Profile } from "../../../core/contract/entities.ts";
import { formatShare } from "../components/format/numbers.ts";
import { TooltipCard } from "./chart-tooltip.tsx";
import styles from "./line-plot.module.css";
import { linearScale } from "./line-scale.ts";
import { PlotAxes } from "./plot-axes.tsx";
import { PointReader } from "./point-reader.tsx";

interface LorenzPlotProps {
  readonly curve: Profile["lorenzItems"];
  readonly height: number;
}

const margin = { top: 8, right: 18, bottom: 34, left: 66 } as const;
const title = "Lorenz curve of ratings over films";
const percent = (share: number) => `${String(Math.round(share * 100))}%`;

/** How unequally ratings fall on films: the further below the diagonal, the more the few hold. */
export function LorenzPlot(props: LorenzPlotProps) {
  const { ref, width } = useElementSize();
  return (
    <div ref={ref} className={styles["drawing"]} style={{ height: props.height }}>
      {width > 0 && <Drawing {...props} width={width} />}
    </div>
  );
}

function Drawing({ curve, height, width }: LorenzPlotProps & { readonly width: number }) {
  const [at, setAt] = useState<number | null>(null);
  const x = linearScale([0, 1], [margin.left, width - margin.right]);
  const y = linearScale([0, 1], [height - margin.bottom, margin.top]);
  const [left, right] = [x.place(0) ?? 0, x.place(1) ?? 0];
  const [bottom, top] = [y.place(0) ?? 0, y.place(1) ?? 0];
  const line = curve
    .map(({ share, ratings }, index) => `${index === 0 ? "M" : "L"}${x.place(share) ?? 0} ${y.place(ratings) ?? 0}`)
    .join("");
  const read = at === null ? undefined : curve[at];
  const told = read === undefined ? "" : `${formatShare(read.ratings)} of ratings`;
  const place = x.place(read?.share ?? 0) ?? 0;
  const pointer = {
    onPointerLeave: () => setAt(null),
    onPointerMove: (event: React.PointerEvent<SVGSVGElement>) => {
      const share = (event.clientX - event.currentTarget.getBoundingClientRect().left - left) / (right - left);
      setAt(nearest(curve, share));
    },
  };
  return (
    <>
      <svg
        data-chart="lorenz"
        role="img"
        aria-label={`${title}. The table beside it has the figures.`}
        width={width}
        height={height}
        {...pointer}
      >
        <PlotAxes
          {...{ x, y, width, height, margin }}
          xLabel="share of films, least rated first"
          yLabel="share of ratings"
          formatX={percent}
          formatY={percent}
        />
        <line x1={left} y1={bottom} x2={right} y2={top} stroke="var(--rb-axis)" strokeDasharray="4 4" />
        {curve.length > 0 && (
          <path
            d={`${line}L${x.place(curve.at(-1)?.share ?? 0) ?? 0} ${bottom}L${left} ${bottom}Z`}
            fill="var(--rb-series-0)"
            fillOpacity={0.14}
          />
        )}
        <path d={line} fill="none" stroke="var(--rb-series-0)" strokeWidth={1.8} />
        {read !== undefined && <circle cx={place} cy={y.place(read.ratings) ?? 0} r={4} fill="var(--rb-series-0)" />}
      </svg>
      {read !== undefined && (
        <div
          className={styles["reading"]}
          role="status"
          style={place > width / 2 ? { right: width - place + 10 } : { left: place + 10 }}
        >
          <TooltipCard
            title={`The least rated ${formatShare(read.share)} of films`}
            lines={[{ key: "ratings", label: "hold", value: told }]}
          />
        </div>
      )}
      <PointReader
        label={`Read the ${title}`}
        text={read === undefined ? "none" : `the least rated ${formatShare(read.share)} of films hold ${told}`}
        count={curve.length}
        at={at}
        onRead={setAt}
      />
    </>
  );
}

function nearest(curve: Profile["lorenzItems"], share: number): number | null {
  let best: number | null = null;
  let distance = Infinity;
  curve.forEach((point, index) => {
    const away = Math.abs(point.share - share);
    if (away < distance) [best, distance] = [index, away];
  });
  return best;
}
