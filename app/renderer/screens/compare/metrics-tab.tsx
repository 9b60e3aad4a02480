import { SimpleGrid, Text } from "@mantine/core";
import type { Run } from "../../../../core/contract/entities.ts";
import { ChartFrame } from "../../charts/chart-frame.tsx";
import { IntervalPlot } from "../../charts/interval-plot.tsx";
import { findMetric, metricLabel, metricMeaning, metricNames } from "../../components/format/metrics.ts";

/** Each metric of the chosen runs with its interval. */
export function MetricsTab({ runs }: { readonly runs: readonly Run[] }) {
  const names = metricNames(runs);
  if (names.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        None of the chosen runs has finished.
      </Text>
    );
  }
  return (
    <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }} spacing="md">
      {names.map((name) => (
        <MetricPlot key={name} name={name} runs={runs} />
      ))}
    </SimpleGrid>
  );
}

function MetricPlot({ name, runs }: { readonly name: string; readonly runs: readonly Run[] }) {
  const rows = runs.flatMap(({ id, name: label, metrics }) => {
    const metric = findMetric(metrics, name);
    return metric === undefined
      ? []
      : [
          {
            id,
            label,
            value: metric.value,
            low: metric.interval?.low ?? null,
            high: metric.interval?.high ?? null,
            users: metric.users,
            higher: metric.higherIsBetter,
          },
        ];
  });
  const [first] = rows;
  const direction = first === undefined ? "" : first.higher ? "Higher is better" : "Lower is better";
  return (
    <ChartFrame
      title={metricLabel(name)}
      description={direction}
      help={metricMeaning(name)}
      height={Math.max(120, 60 + rows.length * 30)}
      table={{
        columns: ["Run", metricLabel(name), "Low", "High", "Users"],
        rows: rows.map(({ label, value, low, high, users }) => [label, value, low, high, users]),
      }}
    >
      {(height) => <IntervalPlot rows={rows} height={height} xLabel={metricLabel(name)} title={metricLabel(name)} />}
    </ChartFrame>
  );
}
