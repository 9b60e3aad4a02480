import { Group, SegmentedControl, Select, Slider, Text } from "@mantine/core";
import { useState } from "react";
import type { CurvePoint, Run } from "../../../../core/contract/entities.ts";
import { ChartFrame } from "../../charts/chart-frame.tsx";
import { LinePlot } from "../../charts/line-plot.tsx";
import { mostSmoothing, smooth } from "../../charts/smooth.ts";
import { curveLabel } from "../../components/format/metrics.ts";
import { useCurves } from "../../transport/use-curves.ts";

type Axis = "epoch" | "seconds";

/** Learning curves of the chosen runs, one over the other. */
export function CurvesTab({ runs }: { readonly runs: readonly Run[] }) {
  const curves = useCurves(runs);
  const [wanted, setWanted] = useState<string | null>(null);
  const [axis, setAxis] = useState<Axis>("epoch");
  const [smoothing, setSmoothing] = useState(0);
  const names = [...new Set([...curves.values()].flat().flatMap(({ values }) => Object.keys(values)))].sort();
  const name = wanted !== null && names.includes(wanted) ? wanted : names[0];
  if (name === undefined) {
    return (
      <Text size="sm" c="dimmed">
        None of the chosen runs learns step by step, so there are no curves.
      </Text>
    );
  }
  const series = runs.flatMap(({ id, name: label }) => {
    const points = pointsOf(curves.get(id) ?? [], name, axis);
    return points.length === 0 ? [] : [{ id, label, points: smooth(points, smoothing) }];
  });
  const without = runs.filter(({ id }) => !series.some((each) => each.id === id));
  const learnsAtOnce = ({ id }: Run) => (curves.get(id) ?? []).length === 0;
  const [only] = series.length === 1 ? series : [];
  const xLabel = axis === "epoch" ? "epoch" : "seconds of training";
  return (
    <>
      <Group gap="md" mb="sm" align="center">
        <Select
          aria-label="Curve"
          w={170}
          data={names.map((value) => ({ value, label: curveLabel(value) }))}
          value={name}
          onChange={setWanted}
        />
        <SegmentedControl
          aria-label="Horizontal axis"
          data={[
            { value: "epoch", label: "By epoch" },
            { value: "seconds", label: "By time" },
          ]}
          value={axis}
          onChange={(value) => setAxis(value === "seconds" ? "seconds" : "epoch")}
        />
        <Group gap={8} wrap="nowrap">
          <Text size="xs">Smoothing</Text>
          <Slider
            thumbLabel="Smoothing"
            w={140}
            min={0}
            max={mostSmoothing}
            step={0.05}
            value={smoothing}
            onChange={setSmoothing}
          />
        </Group>
      </Group>
      <ChartFrame
        title="Learning curves"
        description={`${curveLabel(name)} ${smoothing > 0 ? "(smoothed) " : ""}by ${xLabel}${only === undefined ? "" : `: ${only.label}`}`}
        height={340}
        logAxes={["x", "y"]}
        table={{
          columns: ["Run", xLabel, curveLabel(name)],
          rows: series.flatMap(({ label, points }) => points.map(({ x, y }) => [label, x, y])),
        }}
      >
        {(height) => (
          <LinePlot series={series} height={height} xLabel={xLabel} yLabel={curveLabel(name)} title="Learning curves" />
        )}
      </ChartFrame>
      {without.length > 0 && (
        <Text size="xs" c="dimmed" mt="xs">
          Not here: {listed(without.filter(learnsAtOnce), "learnt at once, without steps")}
          {listed(
            without.filter((run) => !learnsAtOnce(run)),
            "with other curves, to be chosen above",
          )}
        </Text>
      )}
    </>
  );
}

function listed(runs: readonly Run[], why: string): string {
  return runs.length === 0 ? "" : `${runs.map(({ name }) => name).join(", ")} (${why}). `;
}

function pointsOf(curve: readonly CurvePoint[], name: string, axis: Axis) {
  return curve.flatMap(({ epoch, seconds, values }) => {
    const y = values[name];
    return y === undefined ? [] : [{ x: axis === "epoch" ? epoch : seconds, y }];
  });
}
