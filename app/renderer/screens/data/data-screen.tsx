import { Button, Card, Group, Stack, Table, Text, Title } from "@mantine/core";
import { IconDatabaseImport, IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import type { Snapshot, Source } from "../../../../core/contract/entities.ts";
import { DeleteAction } from "../../components/delete-action.tsx";
import { Answer } from "../../components/feedback/answer.tsx";
import { EmptyState } from "../../components/feedback/empty-state.tsx";
import { formatCount } from "../../components/format/numbers.ts";
import { formatDataDate, formatDateTime } from "../../components/format/times.ts";
import { InlineLink, LinkButton, TextLink } from "../../components/link-button.tsx";
import { Screen } from "../../components/screen.tsx";
import { useCommand, useQueryMethod } from "../../transport/hooks.ts";
import { useSample } from "../home/use-sample.ts";
import type { Sample } from "../home/use-sample.ts";
import { RejectsDrawer } from "./rejects-drawer.tsx";

export function DataScreen() {
  const sources = useQueryMethod("sources.list", {});
  const snapshots = useQueryMethod("snapshots.list", {});
  const sample = useSample();
  return (
    <Screen
      title="Data"
      subtitle="Sources are what was imported, whole. Snapshots are cleaned copies to train on."
      actions={
        <>
          <LinkButton variant="default" to="/data/new-snapshot" leftSection={<IconPlus size={14} aria-hidden />}>
            New snapshot
          </LinkButton>
          <LinkButton to="/data/import" leftSection={<IconDatabaseImport size={15} aria-hidden />}>
            Import ratings
          </LinkButton>
        </>
      }
    >
      <Answer of={sources} height={360}>
        {(known) =>
          known.length === 0 || sample.busy ? (
            <NoData sample={sample} />
          ) : (
            <Stack gap="lg">
              <Answer of={snapshots}>{(made) => <Snapshots snapshots={made} />}</Answer>
              <Sources sources={known} />
            </Stack>
          )
        }
      </Answer>
    </Screen>
  );
}

function NoData({ sample }: { readonly sample: Sample }) {
  return (
    <EmptyState
      icon={IconDatabaseImport}
      title="No ratings yet"
      actions={
        <>
          <LinkButton to="/data/import">Import ratings</LinkButton>
          <Button variant="default" loading={sample.busy} onClick={sample.create}>
            Create the sample
          </Button>
        </>
      }
    >
      Import a file of ratings: you see how it is understood before anything is stored. Or look around with the built-in
      sample first.
    </EmptyState>
  );
}

function newestFirst<T extends { readonly createdAt: string }>(entities: readonly T[]): readonly T[] {
  return [...entities].sort((left, right) => right.createdAt.localeCompare(left.createdAt));
}

function Snapshots({ snapshots }: { readonly snapshots: readonly Snapshot[] }) {
  return (
    <Card padding={0}>
      <Title order={2} px="md" py="sm">
        Snapshots
      </Title>
      {snapshots.length === 0 ? (
        <Text size="sm" c="dimmed" px="md" pb="md">
          None yet. <InlineLink to="/data/new-snapshot">Make one from your sources</InlineLink>: models are trained on
          snapshots.
        </Text>
      ) : (
        <Table.ScrollContainer minWidth={760}>
          <Table aria-label="Snapshots" highlightOnHover>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Name</Table.Th>
                <Table.Th ta="right">Ratings</Table.Th>
                <Table.Th ta="right">Users</Table.Th>
                <Table.Th ta="right">Films</Table.Th>
                <Table.Th>Scale</Table.Th>
                <Table.Th>From – to</Table.Th>
                <Table.Th ta="right">Recipe</Table.Th>
                <Table.Th>Made</Table.Th>
                <Table.Th>
                  <span className="rb-visually-hidden">Actions</span>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {newestFirst(snapshots).map((snapshot) => (
                <SnapshotRow key={snapshot.id} snapshot={snapshot} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Card>
  );
}

/** A date broken over lines is hard to read. */
const whole = { whiteSpace: "nowrap" } as const;

function SnapshotRow({ snapshot }: { readonly snapshot: Snapshot }) {
  const { id, name, ratings, users, items, scale, from, to, recipe, createdAt } = snapshot;
  const remove = useCommand("snapshots.delete");
  return (
    <Table.Tr>
      <Table.Td>
        <TextLink to="/data/snapshots/$snapshotId" params={{ snapshotId: id }}>
          {name}
        </TextLink>
      </Table.Td>
      <Table.Td ta="right">{formatCount(ratings)}</Table.Td>
      <Table.Td ta="right">{formatCount(users)}</Table.Td>
      <Table.Td ta="right">{formatCount(items)}</Table.Td>
      <Table.Td>
        {scale.minimum}–{scale.maximum}
      </Table.Td>
      <Table.Td>
        {from === null || to === null ? (
          "no times"
        ) : (
          <>
            <span style={whole}>{formatDataDate(from)} –</span> <span style={whole}>{formatDataDate(to)}</span>
          </>
        )}
      </Table.Td>
      <Table.Td ta="right">{recipe.length === 1 ? "1 step" : `${String(recipe.length)} steps`}</Table.Td>
      <Table.Td miw={120}>{formatDateTime(createdAt)}</Table.Td>
      <Table.Td ta="right">
        <Group gap="xs" wrap="nowrap" justify="flex-end">
          <TextLink to="/train" search={{ snapshot: id }}>
            Train
          </TextLink>
          <DeleteAction
            what={`the snapshot ${name}`}
            consequence="Its sources stay; the same recipe makes it again."
            onDelete={() => remove.mutateAsync({ snapshotId: id })}
          />
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

function Sources({ sources }: { readonly sources: readonly Source[] }) {
  const [rejectsOf, setRejectsOf] = useState<Source | null>(null);
  return (
    <Card padding={0}>
      <Title order={2} px="md" py="sm">
        Sources
      </Title>
      <Table.ScrollContainer minWidth={760}>
        <Table aria-label="Sources" highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Name</Table.Th>
              <Table.Th>Layout</Table.Th>
              <Table.Th ta="right">Read</Table.Th>
              <Table.Th ta="right">Accepted</Table.Th>
              <Table.Th ta="right">Rejected</Table.Th>
              <Table.Th ta="right">Duplicates</Table.Th>
              <Table.Th>Imported</Table.Th>
              <Table.Th>
                <span className="rb-visually-hidden">Actions</span>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {newestFirst(sources).map((source) => (
              <SourceRow key={source.id} source={source} onRejects={() => setRejectsOf(source)} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <RejectsDrawer source={rejectsOf} onClose={() => setRejectsOf(null)} />
    </Card>
  );
}

function SourceRow({ source, onRejects }: { readonly source: Source; readonly onRejects: () => void }) {
  const remove = useCommand("sources.delete");
  return (
    <Table.Tr>
      <Table.Td>
        <Text size="sm" fw={500} title={source.files.map(({ path }) => path).join("\n")}>
          {source.name}
        </Text>
      </Table.Td>
      <Table.Td>
        {source.layout ?? "–"}
        <Text size="xs" c="dimmed">
          {[
            ...(source.hasTime ? ["times"] : []),
            ...(source.hasTitles ? ["titles"] : []),
            ...((source.attributes?.users ?? 0) > 0 ? ["users"] : []),
            ...((source.attributes?.items ?? 0) > 0 ? ["tags"] : []),
          ].join(", ")}
        </Text>
      </Table.Td>
      <Table.Td ta="right">{formatCount(source.read)}</Table.Td>
      <Table.Td ta="right">{formatCount(source.accepted)}</Table.Td>
      <Table.Td ta="right">
        {source.rejected === 0 ? (
          "0"
        ) : (
          <Button
            size="compact-xs"
            variant="default"
            onClick={onRejects}
            aria-label={`Show ${formatCount(source.rejected)} rejected rows of ${source.name}`}
          >
            {formatCount(source.rejected)}
          </Button>
        )}
      </Table.Td>
      <Table.Td ta="right">{formatCount(source.duplicates)}</Table.Td>
      <Table.Td miw={120}>{formatDateTime(source.createdAt)}</Table.Td>
      <Table.Td ta="right">
        <Group gap="xs" wrap="nowrap" justify="flex-end">
          <TextLink to="/data/new-snapshot" search={{ source: [source.id] }}>
            Make a snapshot
          </TextLink>
          <DeleteAction
            what={`the source ${source.name}`}
            consequence="What was imported and the rows kept aside are gone; the file itself is not touched."
            onDelete={() => remove.mutateAsync({ sourceId: source.id })}
          />
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}
