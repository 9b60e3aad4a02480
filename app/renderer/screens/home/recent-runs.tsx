import { Card, Group, Table, Text, Title } from "@mantine/core";
import { StateBadge } from "../../components/shell/job-state.tsx";
import { findMetric, formatMetric, metricLabel, metricNames } from "../../components/format/metrics.ts";
import { formatAgo } from "../../components/format/times.ts";
import { useNow } from "../../components/format/use-now.ts";
import { TextLink } from "../../components/link-button.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";

/** The last few runs, newest first. */
export function RecentRuns() {
  const now = useNow(60_000);
  const recent = useQueryMethod("runs.query", { limit: 6 }).data?.rows ?? [];
  if (recent.length === 0) return null;
  const metrics = metricNames(recent)
    .filter((name) => /^(ndcg@|recall@|rmse)/.test(name))
    .slice(0, 3);
  return (
    <Card>
      <Group justify="space-between" mb="xs">
        <Title order={2}>Recent runs</Title>
        <TextLink to="/compare">All runs</TextLink>
      </Group>
      <Table.ScrollContainer minWidth={560}>
        <Table aria-label="Recent runs" fz="sm">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Run</Table.Th>
              <Table.Th>State</Table.Th>
              {metrics.map((name) => (
                <Table.Th key={name} ta="right">
                  {metricLabel(name)}
                </Table.Th>
              ))}
              <Table.Th ta="right">When</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {recent.map((run) => (
              <Table.Tr key={run.id}>
                <Table.Td>
                  <TextLink to="/compare" search={{ run: [run.id] }}>
                    {run.name}
                  </TextLink>
                </Table.Td>
                <Table.Td>
                  <StateBadge state={run.state} />
                </Table.Td>
                {metrics.map((name) => {
                  const metric = findMetric(run.metrics, name);
                  return (
                    <Table.Td key={name} ta="right">
                      {metric === undefined ? "–" : formatMetric(metric.value)}
                    </Table.Td>
                  );
                })}
                <Table.Td ta="right">
                  <Text size="sm" c="dimmed">
                    {formatAgo(run.createdAt, now)}
                  </Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Card>
  );
}
