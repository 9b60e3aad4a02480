import { Badge, Group, Text } from "@mantine/core";
import type { AlgorithmInfo, Run, Snapshot, Split } from "../../../../core/contract/entities.ts";
import type { MethodOutput } from "../../../../core/contract/methods.ts";
import type { RunRow } from "../../../../core/contract/run-table.ts";
import {
  findMetric,
  formatMetric,
  isHeadline,
  metricLabel,
  metricMeaning,
  orderedMetrics,
} from "../../components/format/metrics.ts";
import { formatGeneral } from "../../components/format/numbers.ts";
import { formatDateTime, formatSeconds } from "../../components/format/times.ts";
import { StateBadge } from "../../components/shell/job-state.tsx";
import type { DataColumn } from "../../components/table/data-table.tsx";
import { splitTitle } from "../train/protocol-text.ts";

export type RunColumn = DataColumn<RunRow>;
type Facets = MethodOutput<"runs.facets">;

export interface Surroundings {
  readonly splits: readonly Split[];
  readonly snapshots: readonly Snapshot[];
  readonly algorithms: readonly AlgorithmInfo[];
  readonly baselineId: string | undefined;
}

const putAway = ["seed", "evaluate", "snapshot", "note", "codeVersion"];
/** Of the metrics, as many as there is room for. */
const metricsAtFirst = 8;

/** The columns that are put away until somebody asks for them. */
export function hiddenAtFirst(columns: readonly RunColumn[]): readonly string[] {
  const metrics = columns.filter(({ id }) => id.startsWith("metric:"));
  const shown = new Set(
    metrics
      .filter(({ id }) => isHeadline(id.slice("metric:".length)))
      .slice(0, metricsAtFirst)
      .map(({ id }) => id),
  );
  return columns
    .filter(({ id }) => id.startsWith("hyper:") || putAway.includes(id) || (id.startsWith("metric:") && !shown.has(id)))
    .map(({ id }) => id);
}

/** The field by which the engine sorts and groups a column. */
export function fieldOfColumn(id: string): string {
  if (id.startsWith("metric:")) return id.slice("metric:".length);
  if (id.startsWith("hyper:")) return `param.${id.slice("hyper:".length)}`;
  return { createdAt: "created", codeVersion: "code", tags: "tag" }[id] ?? id;
}

/** Everything a runs table can show, metrics and hyperparameters that occur among it. */
export function runColumns(facets: Facets, around: Surroundings): readonly RunColumn[] {
  const splitOf = new Map(around.splits.map((split) => [split.id, split]));
  const snapshotOf = new Map(around.snapshots.map((snapshot) => [snapshot.id, snapshot]));
  const settings = around.algorithms.flatMap(({ hyperparameters }) => hyperparameters);
  const labelOf = new Map(settings.toReversed().map(({ name, label }) => [name, label]));
  const algorithmOf = new Map(around.algorithms.map((algorithm) => [algorithm.id, algorithm]));
  return [
    {
      id: "name",
      header: "Run",
      width: 220,
      value: ({ name }) => name,
      cell: (run) => <RunName run={run} baseline={run.id === around.baselineId} />,
    },
    {
      id: "state",
      header: "State",
      width: 122,
      value: ({ state }) => state,
      cell: ({ state }) => <StateBadge state={state} />,
    },
    {
      id: "algorithm",
      header: "Algorithm",
      width: 130,
      value: ({ algorithm }) => algorithmOf.get(algorithm)?.name ?? algorithm,
    },
    ...orderedMetrics(facets.metrics.map(({ metric }) => metric)).map((name) =>
      metricColumn(name, facets.metrics.find(({ metric }) => metric === name)?.higherIsBetter ?? true),
    ),
    {
      id: "tags",
      header: "Tags",
      width: 150,
      value: ({ tags = [] }) => (tags.length === 0 ? null : tags.join(", ")),
      cell: ({ tags = [] }) => (
        <Group gap={4} wrap="nowrap">
          {tags.map((tag) => (
            <Badge key={tag} color="gray" variant="light" style={{ flex: "none" }}>
              {tag}
            </Badge>
          ))}
        </Group>
      ),
    },
    {
      id: "fit",
      header: "Fit",
      name: "Fit (s)",
      width: 84,
      numeric: true,
      bestFirst: "low",
      value: ({ timings }) => timings?.fit ?? null,
      cell: ({ timings }) => (timings === null ? "–" : formatSeconds(timings.fit)),
    },
    { id: "split", header: "Split", width: 210, value: ({ splitId }) => splitName(splitOf.get(splitId), splitId) },
    {
      id: "createdAt",
      header: "Started",
      width: 150,
      bestFirst: "high",
      value: ({ createdAt }) => createdAt,
      cell: ({ createdAt }) => formatDateTime(createdAt),
    },
    { id: "seed", header: "Seed", width: 70, numeric: true, value: ({ seed }) => seed },
    {
      id: "evaluate",
      header: "Evaluation",
      name: "Evaluation (s)",
      width: 96,
      numeric: true,
      value: ({ timings }) => timings?.evaluate ?? null,
      cell: ({ timings }) => (timings === null ? "–" : formatSeconds(timings.evaluate)),
    },
    {
      id: "snapshot",
      header: "Snapshot",
      width: 180,
      value: ({ snapshotId }) => snapshotOf.get(snapshotId)?.name ?? snapshotId,
    },
    { id: "note", header: "Note", width: 220, value: ({ note }) => note },
    { id: "codeVersion", header: "Code", width: 90, value: ({ codeVersion }) => codeVersion },
    ...facets.hyperparameters.map(({ name }): RunColumn => ({
      id: `hyper:${name}`,
      header: labelOf.get(name) ?? name,
      name,
      help: `“${name}” in a search.`,
      width: Math.max(120, 28 + 8 * (labelOf.get(name) ?? name).length),
      numeric: true,
      value: ({ hyperparameters }) => hyperparameters[name] ?? null,
      cell: ({ hyperparameters }) => showValue(hyperparameters[name]),
    })),
  ];
}

function splitName(split: Split | undefined, id: string): string {
  return split === undefined ? id : splitTitle(split);
}

export function showValue(value: Run["hyperparameters"][string] | undefined): string {
  if (value === undefined) return "–";
  return typeof value === "number" ? formatGeneral(value) : String(value);
}

function metricColumn(name: string, higher: boolean): RunColumn {
  return {
    id: `metric:${name}`,
    header: metricLabel(name),
    help: metricMeaning(name),
    width: 118,
    numeric: true,
    bestFirst: higher ? "high" : "low",
    value: ({ metrics }) => findMetric(metrics, name)?.value ?? null,
    cell: ({ metrics }) => {
      const metric = findMetric(metrics, name);
      return metric === undefined ? (
        "–"
      ) : (
        <span title={intervalText(metric.interval)}>{formatMetric(metric.value)}</span>
      );
    },
  };
}

function intervalText(
  interval: { readonly low: number; readonly high: number; readonly level: number } | null,
): string | undefined {
  return interval === null
    ? undefined
    : `${String(Math.round(interval.level * 100))}% interval ${formatMetric(interval.low)} to ${formatMetric(interval.high)}`;
}

function RunName({ run, baseline }: { readonly run: RunRow; readonly baseline: boolean }) {
  return (
    <Group gap={6} wrap="nowrap">
      <Text size="sm" truncate title={run.name} fw={500}>
        {run.name}
      </Text>
      {run.refitOf !== null && (
        <Badge color="gray" style={{ flex: "none" }}>
          refit
        </Badge>
      )}
      {run.archivedAt !== undefined && (
        <Badge color="gray" style={{ flex: "none" }}>
          archived
        </Badge>
      )}
      {baseline && <Badge>baseline</Badge>}
    </Group>
  );
}
