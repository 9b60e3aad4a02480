import { SimpleGrid, Text } from "@mantine/core";
import type { Run } from "../../../../core/contract/entities.ts";
import { ChartFrame } from "../../charts/chart-frame.tsx";
import { IntervalPlot } from "../../charts/interval-plot.tsx";
import { LinePlot } from "../../charts/line-plot.tsx";
import { findMetric, metricLabel, metricMeaning, metricNames } from "../../components/format/metrics.ts";
import { SplitNote } from "./split-note.tsx";

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
      <SplitNote runs={runs} />
      {families(names).map((family) => (
        <ByLength key={family} family={family} names={names} runs={runs} />
      ))}
      {names.map((name) => (
        <MetricPlot key={name} name={name} runs={runs} />
      ))}
    </SimpleGrid>
  );
}

/** Metrics that were measured at several lengths of list. */
function families(names: readonly string[]): readonly string[] {
  const ofLists = names.flatMap((name) => (name.includes("@") ? [name.split("@")[0] ?? name] : []));
  return [...new Set(ofLists)].filter((family) => ofLists.filter((other) => other === family).length > 1);
}

function ByLength({
  family,
  names,
  runs,
}: {
  readonly family: string;
  readonly names: readonly string[];
  readonly runs: readonly Run[];
}) {
  const lengths = names
    .flatMap((name) => (name.startsWith(`${family}@`) ? [Number(name.slice(family.length + 1))] : []))
    .sort((a, b) => a - b);
  const series = runs.map(({ id, name: label, metrics }) => ({
    id,
    label,
    points: lengths.flatMap((k) => {
      const metric = findMetric(metrics, `${family}@${String(k)}`);
      return metric === undefined ? [] : [{ x: k, y: metric.value }];
    }),
  }));
  const title = `${metricLabel(family)} by length of list`;
  return (
    <ChartFrame
      title={title}
      description={metricMeaning(family)}
      height={240}
      logAxes={["x", "y"]}
      table={{
        columns: ["k", ...runs.map(({ name }) => name)],
        rows: lengths.map((k) => [k, ...series.map(({ points }) => points.find(({ x }) => x === k)?.y ?? null)]),
      }}
    >
      {(height) => (
        <LinePlot series={series} height={height} xLabel="k" yLabel={metricLabel(family)} title={title} dots />
      )}
    </ChartFrame>
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
