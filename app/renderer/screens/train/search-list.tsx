import { Card, Table, Title } from "@mantine/core";
import type { Split } from "../../../../core/contract/entities.ts";
import { formatMetric, metricLabel } from "../../components/format/metrics.ts";
import { formatAgo } from "../../components/format/times.ts";
import { useNow } from "../../components/format/use-now.ts";
import { TextLink } from "../../components/link-button.tsx";
import { StateBadge } from "../../components/shell/job-state.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";
import { isDataCurve } from "./search-results.ts";

/** The searches on a split, newest first. Nothing where there are none. */
export function SearchList({ split }: { readonly split: Split }) {
  const now = useNow(60_000);
  const { data: searches = [] } = useQueryMethod("searches.list", { splitId: split.id });
  if (searches.length === 0) return null;
  const newest = [...searches].sort((left, right) => right.createdAt.localeCompare(left.createdAt));
  return (
    <Card padding={0}>
      <Title order={2} px="md" py="sm">
        Searches on this split
      </Title>
      <Table.ScrollContainer minWidth={640}>
        <Table aria-label="Searches on this split" fz="sm" highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Search</Table.Th>
              <Table.Th>State</Table.Th>
              <Table.Th>For</Table.Th>
              <Table.Th ta="right">Trained</Table.Th>
              <Table.Th ta="right">Best on validation</Table.Th>
              <Table.Th ta="right">When</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {newest.map((search) => (
              <Table.Tr key={search.id}>
                <Table.Td>
                  <TextLink to="/train/searches/$searchId" params={{ searchId: search.id }}>
                    {search.name}
                  </TextLink>
                </Table.Td>
                <Table.Td>
                  <StateBadge state={search.state} />
                </Table.Td>
                <Table.Td>{isDataCurve(search) ? "accuracy by data" : `${String(search.trials)} settings`}</Table.Td>
                <Table.Td ta="right">{search.finishedSteps}</Table.Td>
                <Table.Td ta="right">
                  {search.best === null ? "–" : `${metricLabel(search.metric)} ${formatMetric(search.best.value)}`}
                </Table.Td>
                <Table.Td ta="right">{formatAgo(search.createdAt, now)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Card>
  );
}
