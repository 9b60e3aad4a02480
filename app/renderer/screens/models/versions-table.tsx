import { Badge, Group, Text } from "@mantine/core";
import type { ModelEntry } from "../../../../core/contract/model-versions.ts";
import { findMetric, formatMetric, metricLabel, metricNames } from "../../components/format/metrics.ts";
import { targetTitle } from "../../components/format/targets.ts";
import { formatDateTime } from "../../components/format/times.ts";
import { TextLink } from "../../components/link-button.tsx";
import { DataTable } from "../../components/table/data-table.tsx";
import type { DataColumn } from "../../components/table/data-table.tsx";
import { useAlgorithmNames } from "../../transport/use-algorithm-names.ts";
import { versionTitle } from "./model-name.ts";

interface VersionsTableProps {
  readonly entries: readonly ModelEntry[];
  readonly filter: string;
  readonly selected: ReadonlySet<string>;
  readonly onSelect: (selected: ReadonlySet<string>) => void;
  readonly onOpen: (entry: ModelEntry) => void;
}

export function VersionsTable({ entries, ...props }: VersionsTableProps) {
  const { algorithm } = useAlgorithmNames();
  return (
    <DataTable
      label="Versions"
      columns={columnsFor(entries, algorithm)}
      rows={entries}
      rowId={({ version }) => version.id}
      rowLabel={({ version }) => versionTitle(version)}
      maxHeight="calc(100vh - 260px)"
      {...props}
    />
  );
}

const liveOn = ({ publications }: ModelEntry) => publications.filter(({ state }) => state === "active");

function columnsFor(
  entries: readonly ModelEntry[],
  algorithmName: (id: string) => string,
): readonly DataColumn<ModelEntry>[] {
  const metrics = metricNames(entries.map(({ run }) => run))
    .filter((name) => /^(ndcg@|recall@|rmse)/.test(name))
    .slice(0, 3);
  return [
    {
      id: "version",
      header: "Version",
      width: 130,
      value: ({ version }) => versionTitle(version),
      cell: ({ version }) => (
        <TextLink to="/models/$modelId" params={{ modelId: version.id }}>
          {versionTitle(version)}
        </TextLink>
      ),
    },
    {
      id: "aliases",
      header: "Aliases",
      width: 120,
      value: ({ version }) => version.aliases.join(", "),
      cell: ({ version }) => <Aliases aliases={version.aliases} />,
    },
    {
      id: "live",
      header: "Live on",
      width: 90,
      value: (entry) =>
        liveOn(entry)
          .map(({ targetId, targetName }) => targetTitle(targetId, targetName))
          .join(", "),
      cell: (entry) => (
        <Group gap={4} wrap="nowrap">
          {liveOn(entry).map(({ id, targetId, targetName }) => (
            <TextLink key={id} to="/publish" search={{ target: targetId }}>
              {targetTitle(targetId, targetName)}
            </TextLink>
          ))}
        </Group>
      ),
    },
    { id: "run", header: "Run", width: 160, value: ({ run }) => run.name },
    { id: "algorithm", header: "Algorithm", width: 98, value: ({ run }) => algorithmName(run.algorithm) },
    ...metrics.map((name): DataColumn<ModelEntry> => ({
      id: name,
      header: metricLabel(name),
      width: 94,
      numeric: true,
      bestFirst: /^(rmse|mae)/.test(name) ? "low" : "high",
      value: ({ run }) => findMetric(run.metrics, name)?.value ?? null,
      cell: ({ run }) => {
        const metric = findMetric(run.metrics, name);
        return metric === undefined ? "–" : formatMetric(metric.value);
      },
    })),
    {
      id: "registered",
      header: "Registered",
      width: 150,
      value: ({ version }) => version.registeredAt,
      cell: ({ version }) => formatDateTime(version.registeredAt),
    },
  ];
}

export function Aliases({ aliases }: { readonly aliases: readonly string[] }) {
  if (aliases.length === 0)
    return (
      <Text size="sm" c="dimmed" component="span">
        –
      </Text>
    );
  return (
    <Group gap={4} wrap="nowrap">
      {aliases.map((alias) => (
        <Badge key={alias} variant="light" tt="none">
          {alias}
        </Badge>
      ))}
    </Group>
  );
}
