import { Badge, Card, Table, Text, Title } from "@mantine/core";
import type { Target } from "../../../../core/contract/entities.ts";
import type { ProductionExperiment } from "../../../../core/contract/production-metrics.ts";
import { formatCount, formatShare, formatSigned } from "../../components/format/numbers.ts";
import { formatDateTime } from "../../components/format/times.ts";
import { useQueryMethod } from "../../transport/hooks.ts";

/** What is or was tried on a share of the users; nothing where nothing was. */
export function Experiments({ target, asked }: { readonly target: Target; readonly asked: boolean }) {
  const experiments = useQueryMethod(
    "production.experiments",
    { targetId: target.id },
    { enabled: asked, refetchInterval: asked ? 30_000 : false },
  );
  const known = experiments.data ?? [];
  if (known.length === 0) return null;
  return (
    <Card component="section" aria-label="Experiments">
      <Title order={2} mb="xs">
        Experiments
      </Title>
      <Table.ScrollContainer minWidth={760}>
        <Table fz="sm" aria-label="Experiments">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Experiment</Table.Th>
              <Table.Th>State</Table.Th>
              <Table.Th>Champion</Table.Th>
              <Table.Th>Challenger</Table.Th>
              <Table.Th ta="right">Share</Table.Th>
              <Table.Th ta="right">Difference in hit rate</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {known.map((each) => (
              <ExperimentRow key={each.id} experiment={each} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Card>
  );
}

function ExperimentRow({ experiment }: { readonly experiment: ProductionExperiment }) {
  const { name, champion, challenger, share, startedAt, endedAt, outcome, difference } = experiment;
  return (
    <Table.Tr>
      <Table.Td>
        {name}
        <Text size="xs" c="dimmed">
          {endedAt === null
            ? `since ${formatDateTime(startedAt)}`
            : `${formatDateTime(startedAt)} to ${formatDateTime(endedAt)}`}
        </Text>
      </Table.Td>
      <Table.Td>
        <Badge color={endedAt === null ? "green" : "gray"}>{endedAt === null ? "Running" : "Over"}</Badge>
      </Table.Td>
      <ArmCell version={champion} arm={outcome.champion} />
      <ArmCell version={challenger} arm={outcome.challenger} />
      <Table.Td ta="right">{formatShare(share)}</Table.Td>
      <Table.Td ta="right">
        {difference === null
          ? "too few users"
          : `${formatSigned(difference.value)} (${formatSigned(difference.low)} to ${formatSigned(difference.high)})`}
      </Table.Td>
    </Table.Tr>
  );
}

function ArmCell({
  version,
  arm,
}: {
  readonly version: string;
  readonly arm: ProductionExperiment["outcome"]["champion"];
}) {
  return (
    <Table.Td>
      {version}
      <Text size="xs" c="dimmed">
        {formatShare(arm.mean)} of {formatCount(arm.answers)} lists, {formatCount(arm.users)} users
      </Text>
    </Table.Td>
  );
}
