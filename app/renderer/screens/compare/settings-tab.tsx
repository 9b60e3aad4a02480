import { Group, MultiSelect, Select, Stack, Text } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import type { RunRow } from "../../../../core/contract/run-table.ts";
import { ChartFrame } from "../../charts/chart-frame.tsx";
import { ParallelPlot } from "../../charts/parallel-plot.tsx";
import { findMetric, metricLabel, metricNames } from "../../components/format/metrics.ts";
import { plainNotation } from "../../components/format/notation.ts";
import { useQueryMethod } from "../../transport/hooks.ts";
import { hyperparameterNames } from "./differences.ts";

const route = getRouteApi("/compare");
const mostAxes = 8;

/** Every run a line over its settings to what came of them. */
export function SettingsTab({ runs, note }: { readonly runs: readonly RunRow[]; readonly note: string }) {
  const navigate = route.useNavigate();
  const { data: algorithms = [] } = useQueryMethod("algorithms.list", {});
  const [wantedMetric, setMetric] = useState<string | null>(null);
  const [wantedNames, setNames] = useState<readonly string[] | null>(null);
  const metrics = metricNames(runs);
  const metric = metrics.find((name) => name === wantedMetric) ?? metrics[0];
  const fields = algorithms.flatMap(({ hyperparameters }) => hyperparameters);
  const labelOf = (name: string) => fields.find((field) => field.name === name)?.label ?? name;
  const varied = hyperparameterNames(runs)
    .filter((name) => new Set(runs.map(({ hyperparameters }) => hyperparameters[name])).size > 1)
    .sort((a, b) => labelOf(a).localeCompare(labelOf(b), "en"));
  const names = (wantedNames ?? varied).filter((name) => varied.includes(name)).slice(0, mostAxes);
  if (metric === undefined || varied.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        The runs have no setting in which they differ.
      </Text>
    );
  }
  const axes = names.map((name) => {
    const values = runs.flatMap(({ hyperparameters }) => hyperparameters[name] ?? []);
    const isNumber = values.every((value) => typeof value === "number");
    return {
      id: name,
      label: labelOf(name),
      logarithmic: isNumber && fields.some((field) => field.name === name && field.logarithmic === true),
      choices: isNumber ? null : [...new Set(values.map(String))].sort(),
    };
  });
  const result = { id: metric, label: metricLabel(metric), logarithmic: false, choices: null };
  const judged = runs.flatMap((run) => {
    const found = findMetric(run.metrics, metric);
    return found === undefined ? [] : [{ run, value: found.value, higher: found.higherIsBetter }];
  });
  const [low, high] = [Math.min(...judged.map(({ value }) => value)), Math.max(...judged.map(({ value }) => value))];
  const lines = judged.map(({ run, value, higher }) => {
    const share = high === low ? 1 : (value - low) / (high - low);
    return {
      id: run.id,
      label: run.name,
      values: [
        ...names.map((name) => {
          const setting = run.hyperparameters[name];
          return setting === undefined ? null : typeof setting === "number" ? setting : String(setting);
        }),
        value,
      ],
      strength: higher ? share : 1 - share,
    };
  });
  return (
    <Stack gap="sm">
      <Group gap="md" align="flex-end">
        <Select
          label="Result"
          w={180}
          data={metrics.map((name) => ({ value: name, label: metricLabel(name) }))}
          value={metric}
          onChange={setMetric}
          allowDeselect={false}
        />
        <MultiSelect
          label="Settings"
          style={{ flex: 1, minWidth: 260 }}
          data={varied.map((name) => ({ value: name, label: plainNotation(labelOf(name)) }))}
          value={[...names]}
          maxValues={mostAxes}
          onChange={setNames}
        />
        <Text size="xs" c="dimmed" mb={8}>
          {note} The better the result, the stronger the line.
        </Text>
      </Group>
      <ChartFrame
        title={`${metricLabel(metric)} by settings`}
        description="One line a run. Settings in which all are alike are left out"
        height={360}
        table={{
          columns: ["Run", ...axes.map(({ label }) => plainNotation(label)), result.label],
          rows: lines.map(({ label, values }) => [label, ...values]),
        }}
      >
        {(height) => (
          <ParallelPlot
            axes={[...axes, result]}
            lines={lines}
            height={height}
            title={`${metricLabel(metric)} by settings`}
            onOpen={(open) => void navigate({ search: (before) => ({ ...before, open }), replace: true })}
          />
        )}
      </ChartFrame>
    </Stack>
  );
}
