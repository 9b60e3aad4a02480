import { Group, Select, Stack, Text } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import type { RunRow } from "../../../../core/contract/run-table.ts";
import { ChartFrame } from "../../charts/chart-frame.tsx";
import { paretoFront } from "../../charts/pareto-front.ts";
import { ScatterPlot } from "../../charts/scatter-plot.tsx";
import { findMetric, metricLabel, metricNames } from "../../components/format/metrics.ts";
import { useAlgorithmNames } from "../../transport/use-algorithm-names.ts";

const route = getRouteApi("/compare");

interface Measure {
  readonly id: string;
  readonly label: string;
  readonly higherIsBetter: boolean;
  readonly of: (run: RunRow) => number | null;
}

/** What a run can be weighed by: every metric, and what it costs. */
function measuresOf(runs: readonly RunRow[]): readonly Measure[] {
  const metrics = metricNames(runs).map((name): Measure => {
    const known = runs.flatMap((run) => findMetric(run.metrics, name) ?? [])[0];
    return {
      id: name,
      label: metricLabel(name),
      higherIsBetter: known?.higherIsBetter ?? true,
      of: (run) => findMetric(run.metrics, name)?.value ?? null,
    };
  });
  const seconds = (id: "fit" | "evaluate", label: string): Measure => ({
    id,
    label,
    higherIsBetter: false,
    of: ({ timings }) => timings?.[id] ?? null,
  });
  return [...metrics, seconds("fit", "seconds of training"), seconds("evaluate", "seconds of evaluation")];
}

/** One measure against another; the front is what nothing beats in both. */
export function TradeTab({ runs, note }: { readonly runs: readonly RunRow[]; readonly note: string }) {
  const navigate = route.useNavigate();
  const [wantedX, setX] = useState<string | null>("fit");
  const [wantedY, setY] = useState<string | null>(null);
  const { algorithm: algorithmName } = useAlgorithmNames();
  const measures = measuresOf(runs);
  const y = measures.find(({ id }) => id === wantedY) ?? measures[0];
  const x = measures.find(({ id }) => id === wantedX) ?? measures[0];
  if (x === undefined || y === undefined) return null;
  const algorithms = [...new Set(runs.map(({ algorithm }) => algorithm))].sort();
  const measured = runs.flatMap((run) => {
    const [left, top] = [x.of(run), y.of(run)];
    return left === null || top === null
      ? []
      : [{ id: run.id, label: run.name, x: left, y: top, series: algorithms.indexOf(run.algorithm) }];
  });
  const front = paretoFront(measured, { x: x.higherIsBetter, y: y.higherIsBetter });
  const onFront = new Set(front.map(({ id }) => id));
  const choices = measures.map(({ id, label }) => ({ value: id, label }));
  return (
    <Stack gap="sm">
      <Group gap="md" align="flex-end">
        <Select label="Good in" w={220} searchable data={choices} value={y.id} onChange={setY} allowDeselect={false} />
        <Select label="Against" w={220} searchable data={choices} value={x.id} onChange={setX} allowDeselect={false} />
        <Text size="xs" c="dimmed" mb={8}>
          {note} Filled: nothing is better in both. Colour: the algorithm. A click opens the run.
        </Text>
      </Group>
      <ChartFrame
        title={`${y.label} against ${x.label}`}
        description={`${String(onFront.size)} of ${String(measured.length)} ${measured.length === 1 ? "run" : "runs"} ${onFront.size === 1 ? "is" : "are"} beaten by none in both`}
        height={380}
        logAxes={["x", "y"]}
        logAtFirst={["x"]}
        table={{
          columns: ["Run", "Algorithm", x.label, y.label, "Beaten by none"],
          rows: measured.map(({ id, label, x: left, y: top, series }) => [
            label,
            algorithmName(algorithms[series] ?? ""),
            left,
            top,
            onFront.has(id) ? "yes" : "no",
          ]),
        }}
      >
        {(height) => (
          <ScatterPlot
            points={measured.map((point) => ({ ...point, best: onFront.has(point.id) }))}
            front={[...front]}
            height={height}
            xLabel={x.label}
            yLabel={y.label}
            legend={algorithms.map((id) => ({ id, label: algorithmName(id) }))}
            title={`${y.label} against ${x.label}`}
            onOpen={(open) => void navigate({ search: (before) => ({ ...before, open }), replace: true })}
          />
        )}
      </ChartFrame>
    </Stack>
  );
}
