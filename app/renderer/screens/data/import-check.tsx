import { Alert, Badge, Card, Group, List, Stack, Table, Text, Title } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import type { ImportCheck } from "../../../../core/contract/import-check.ts";
import { Fact, Facts } from "../../components/fact.tsx";
import { formatCount, formatShare } from "../../components/format/numbers.ts";
import { formatDataDate, formatSeconds } from "../../components/format/times.ts";
import { CopyMenu } from "../../components/table/copy-menu.tsx";
import { rejectLabels } from "./reject-labels.ts";

/** What the import would have: everything counted, nothing kept. */
export function ImportCheckView({ check }: { readonly check: ImportCheck }) {
  const { read, accepted, rejected, users, items, duplicates, conflicts, timed, from, to, titled } = check;
  const { described, tagged, scale } = check;
  const span = from === null || to === null ? "none" : `${formatDataDate(from)} – ${formatDataDate(to)}`;
  const place = useRef<HTMLElement>(null);
  // It comes below what is seen of most windows: somebody who asked for it is led to it.
  useEffect(() => {
    place.current?.scrollIntoView({ block: "nearest" });
  }, []);
  return (
    <Card component="section" aria-label="What the import would have" ref={place}>
      <Group justify="space-between" mb="xs">
        <Title order={2}>What the import would have</Title>
        <Text size="xs" c="dimmed">
          All {formatCount(read)} records read in {formatSeconds(check.seconds)}; nothing is stored yet
        </Text>
      </Group>
      <Stack gap="sm">
        {check.refusal !== null && (
          <Alert color="red" icon={<IconAlertTriangle size={18} />} title="It would be refused" role="alert">
            <Text size="sm">{check.refusal.message}</Text>
            <Text size="sm" fw={500}>
              {check.refusal.remedy}
            </Text>
          </Alert>
        )}
        <Facts>
          <Fact label="Records">{formatCount(read)}</Fact>
          <Fact label="Accepted">{formatCount(accepted)}</Fact>
          <Fact label="Rejected">
            {formatCount(rejected)}
            {rejected > 0 && ` (${formatShare(rejected / read)})`}
          </Fact>
          <Fact label="Users">{formatCount(users)}</Fact>
          <Fact label="Films">{formatCount(items)}</Fact>
          <Fact
            label="Duplicates"
            help="Ratings beyond the first that a user gave a film. All are imported; a snapshot keeps one of each."
          >
            {formatCount(duplicates)}
          </Fact>
          <Fact label="Rated differently" help="Pairs of a user and a film with several ratings that are not equal.">
            {formatCount(conflicts)}
          </Fact>
          <Fact label="With a time">{accepted === 0 ? "–" : formatShare(timed / accepted)}</Fact>
          <Fact label="Times">{span}</Fact>
          <Fact
            label="Scale"
            help="As all ratings of the file have it. What stands above was told from its first lines and its layout; the whole file decides, unless you set it there."
          >
            {scale.minimum} to {scale.maximum}
            {scale.step !== null && `, step ${String(scale.step)}`}
          </Fact>
          <Fact label="Films with a title">{titled === null ? "no titles" : formatCount(titled)}</Fact>
          {described !== null && (
            <Fact
              label="Users with attributes"
              help="Of those who rate, the ones that the file of users says something of."
            >
              {formatCount(described)}
            </Fact>
          )}
          {tagged !== null && (
            <Fact label="Films with tags" help="Of the rated films; a tag is kept that at least three films have.">
              {formatCount(tagged)}
            </Fact>
          )}
        </Facts>
        {check.warnings.length > 0 && (
          <List size="sm">
            {check.warnings.map((warning) => (
              <List.Item key={warning}>{warning}</List.Item>
            ))}
          </List>
        )}
        {rejected > 0 && <RejectExamples check={check} />}
      </Stack>
    </Card>
  );
}

function RejectExamples({ check: { rejectsByReason, examples } }: { readonly check: ImportCheck }) {
  return (
    <div>
      <Group justify="space-between" mb={4}>
        <Group gap="xs">
          {Object.entries(rejectsByReason).map(([reason, count]) => (
            <Badge key={reason} color="orange">
              {rejectLabels[reason as keyof typeof rejectLabels]}: {formatCount(count)}
            </Badge>
          ))}
        </Group>
        <CopyMenu
          table={() => ({
            columns: ["line", "reason", "raw"],
            rows: examples.map(({ line, reason, raw }) => [line, reason, raw]),
          })}
        />
      </Group>
      <Table.ScrollContainer minWidth={520} mah={260}>
        <Table fz="sm" aria-label="Examples of rejected records" verticalSpacing={3}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th ta="right" w={80}>
                Line
              </Table.Th>
              <Table.Th w={200}>Reason</Table.Th>
              <Table.Th>As it stands in the file</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {examples.map(({ line, reason, raw }) => (
              <Table.Tr key={`${String(line)} ${reason}`}>
                <Table.Td ta="right">{formatCount(line)}</Table.Td>
                <Table.Td style={{ whiteSpace: "nowrap" }}>{rejectLabels[reason]}</Table.Td>
                <Table.Td>
                  <code>{raw}</code>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </div>
  );
}
