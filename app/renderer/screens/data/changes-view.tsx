import { Badge, Card, Group, Select, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { useState } from "react";
import type { Snapshot } from "../../../../core/contract/entities.ts";
import type { SnapshotDifference } from "../../../../core/contract/snapshot-insight.ts";
import { Fact, Facts } from "../../components/fact.tsx";
import { Answer } from "../../components/feedback/answer.tsx";
import { HelpTerm } from "../../components/help-term.tsx";
import { formatCount, formatDecimal, formatShare } from "../../components/format/numbers.ts";
import { useQueryMethod } from "../../transport/hooks.ts";

/** What changed to this snapshot from another one, and how far each distribution shifted. */
export function ChangesView({ snapshot }: { readonly snapshot: Snapshot }) {
  const snapshots = useQueryMethod("snapshots.list", {});
  const [chosen, setChosen] = useState<string | null>(null);
  const others = (snapshots.data ?? [])
    .filter(({ id }) => id !== snapshot.id)
    .sort((left, right) => right.createdAt.localeCompare(left.createdAt));
  // The one made last before it is most likely what it follows.
  const before =
    others.find(({ id }) => id === chosen) ??
    others.find(({ createdAt }) => createdAt < snapshot.createdAt) ??
    others[0];
  if (before === undefined) {
    return (
      <Text size="sm" c="dimmed">
        There is no other snapshot to compare with. Import newer ratings, or make one with another recipe.
      </Text>
    );
  }
  return (
    <Stack gap="md">
      <Select
        label="Compared with"
        maw={420}
        data={others.map(({ id, name, ratings }) => ({ value: id, label: `${name} (${formatCount(ratings)})` }))}
        value={before.id}
        onChange={setChosen}
      />
      <Changes before={before.id} after={snapshot.id} />
    </Stack>
  );
}

function Changes(ids: { readonly before: string; readonly after: string }) {
  const difference = useQueryMethod("snapshots.difference", ids);
  return (
    <Answer of={difference} height={320} errorTitle="The snapshots could not be compared">
      {(known) => <Difference known={known} />}
    </Answer>
  );
}

function Difference({ known }: { readonly known: SnapshotDifference }) {
  const { before, after } = known;
  const row = (label: string, from: number, to: number, added: number, removed: number) => (
    <Table.Tr key={label}>
      <Table.Td>{label}</Table.Td>
      <Table.Td ta="right">{formatCount(from)}</Table.Td>
      <Table.Td ta="right">{formatCount(to)}</Table.Td>
      <Table.Td ta="right">{added === 0 ? "0" : `+${formatCount(added)}`}</Table.Td>
      <Table.Td ta="right">{removed === 0 ? "0" : formatCount(-removed)}</Table.Td>
    </Table.Tr>
  );
  return (
    <Stack gap="md">
      <Card>
        <Facts>
          <Fact label="Same ratings">{formatCount(known.unchanged)}</Fact>
          <Fact label="Changed ratings" help="The same user and film, another rating.">
            {formatCount(known.changed)}
          </Fact>
        </Facts>
        <Table mt="sm" fz="sm" maw={640} aria-label="What was added and removed">
          <Table.Thead>
            <Table.Tr>
              <Table.Th />
              <Table.Th ta="right">Before</Table.Th>
              <Table.Th ta="right">Now</Table.Th>
              <Table.Th ta="right">Added</Table.Th>
              <Table.Th ta="right">Removed</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {row("Ratings", before.ratings, after.ratings, known.added, known.removed)}
            {row("Users", before.users, after.users, known.usersAdded, known.usersRemoved)}
            {row("Films", before.items, after.items, known.itemsAdded, known.itemsRemoved)}
          </Table.Tbody>
        </Table>
      </Card>
      <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }} spacing="md">
        {known.shifts.map((shift) => (
          <Shift key={shift.name} shift={shift} />
        ))}
      </SimpleGrid>
    </Stack>
  );
}

const shiftNames = {
  ratings: "Ratings given",
  "ratings-per-user": "Ratings per user",
  "ratings-per-item": "Ratings per film",
} as const;

const psiHelp =
  "Population stability index: Σ (now − before) · ln(now ÷ before) over the shares of the bins. Below 0.1 the distribution is stable, up to 0.25 it has shifted, above that it is another population: models trained before should be judged again.";

function Shift({ shift }: { readonly shift: SnapshotDifference["shifts"][number] }) {
  const total = (side: "before" | "after") => shift.bins.reduce((sum, bin) => sum + bin[side], 0) || 1;
  const all = { before: total("before"), after: total("after") };
  const verdict =
    shift.psi < 0.1
      ? { label: "stable", color: "green" }
      : shift.psi < 0.25
        ? { label: "shifted", color: "orange" }
        : { label: "another population", color: "red" };
  return (
    <Card>
      <Group justify="space-between" mb={4} wrap="nowrap">
        <Text fw={600} size="sm">
          {shiftNames[shift.name]}
        </Text>
        <Badge color={verdict.color}>{verdict.label}</Badge>
      </Group>
      <Text size="xs" c="dimmed" mb={6}>
        <HelpTerm help={psiHelp}>PSI</HelpTerm> {formatDecimal(shift.psi, 3)}
      </Text>
      <Table fz="xs" verticalSpacing={2} aria-label={`Shares of ${shiftNames[shift.name]}`}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Value</Table.Th>
            <Table.Th ta="right">Before</Table.Th>
            <Table.Th ta="right">Now</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {shift.bins.map(({ label, before, after }) => (
            <Table.Tr key={label}>
              <Table.Td>{label}</Table.Td>
              <Table.Td ta="right">{formatShare(before / all.before)}</Table.Td>
              <Table.Td ta="right">{formatShare(after / all.after)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  );
}
