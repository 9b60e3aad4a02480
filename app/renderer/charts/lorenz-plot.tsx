import { Area, CartesianGrid, ComposedChart, Line, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import type { Profile } from "../../../core/contract/entities.ts";
import { formatShare } from "../components/format/numbers.ts";
import { axisLook, axisTitle, gridLook } from "./axes.ts";
import { TooltipCard } from "./chart-tooltip.tsx";

const percent = (share: number) => `${String(Math.round(share * 100))}%`;

/** How unequally ratings fall on films: the further below the diagonal, the more the few hold. */
export function LorenzPlot({ curve, height }: { readonly curve: Profile["lorenzItems"]; readonly height: number }) {
  const rows = curve.map(({ share, ratings }) => ({ share, ratings, equal: share }));
  return (
    <ResponsiveContainer width="100%" height={height}>
      <ComposedChart
        data={rows}
        margin={{ top: 6, right: 14, bottom: 14, left: 6 }}
        accessibilityLayer
        title="Lorenz curve of ratings over films"
      >
        <CartesianGrid {...gridLook} />
        <XAxis
          dataKey="share"
          type="number"
          domain={[0, 1]}
          tickFormatter={percent}
          label={axisTitle("share of films, least rated first", "x")}
          {...axisLook}
        />
        <YAxis
          domain={[0, 1]}
          tickFormatter={percent}
          width={58}
          label={axisTitle("share of ratings", "y")}
          {...axisLook}
        />
        <Tooltip
          isAnimationActive={false}
          content={({ active, payload, label }) =>
            active ? (
              <TooltipCard
                title={`The least rated ${formatShare(Number(label))} of films`}
                lines={payload
                  .filter(({ dataKey }) => dataKey === "ratings")
                  .map(({ value }) => ({
                    key: "ratings",
                    label: "hold",
                    value: `${formatShare(Number(value))} of ratings`,
                  }))}
              />
            ) : null
          }
        />
        <Line
          dataKey="equal"
          stroke="var(--rb-axis)"
          strokeDasharray="4 4"
          dot={false}
          isAnimationActive={false}
          name="equal shares"
        />
        <Area
          dataKey="ratings"
          stroke="var(--rb-series-0)"
          fill="var(--rb-series-0)"
          fillOpacity={0.14}
          strokeWidth={1.8}
          isAnimationActive={false}
          name="ratings"
        />
      </ComposedChart>
    </ResponsiveContainer>
  );
}
