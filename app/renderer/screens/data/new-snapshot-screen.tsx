import { Button, Card, Group, MultiSelect, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconDatabaseImport } from "@tabler/icons-react";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useReducer, useState } from "react";
import type { Source } from "../../../../core/contract/entities.ts";
import { Answer } from "../../components/feedback/answer.tsx";
import { EmptyState } from "../../components/feedback/empty-state.tsx";
import { ErrorPanel } from "../../components/feedback/error-panel.tsx";
import { tellFailure } from "../../components/feedback/tell.ts";
import { formatCount, formatQuantity } from "../../components/format/numbers.ts";
import { LinkButton } from "../../components/link-button.tsx";
import { Screen } from "../../components/screen.tsx";
import { useJob, useQueryMethod } from "../../transport/hooks.ts";
import { Crumbs } from "./crumbs.tsx";
import { RecipeBuilder } from "./recipe-builder.tsx";
import { editRecipe, emptyHistory } from "./recipe-editing.ts";

const route = getRouteApi("/data/new-snapshot");

export function NewSnapshotScreen() {
  const sources = useQueryMethod("sources.list", {});
  return (
    <Screen
      title="New snapshot"
      crumbs={<Crumbs />}
      width={980}
      subtitle="A cleaned, unchanging copy of the ratings. The same sources and recipe always give the same snapshot."
    >
      <Answer of={sources} height={320}>
        {(known) => (known.length === 0 ? <NoSources /> : <SnapshotForm sources={known} />)}
      </Answer>
    </Screen>
  );
}

function NoSources() {
  return (
    <EmptyState
      icon={IconDatabaseImport}
      title="No ratings yet"
      actions={<LinkButton to="/data/import">Import ratings</LinkButton>}
    >
      A snapshot is made from imported ratings.
    </EmptyState>
  );
}

function SnapshotForm({ sources }: { readonly sources: readonly Source[] }) {
  const search = route.useSearch();
  const navigate = useNavigate();
  const newest = [...sources].sort((left, right) => right.createdAt.localeCompare(left.createdAt))[0];
  const chosen = (search.source ?? (newest === undefined ? [] : [newest.id])).filter((id) =>
    sources.some((source) => source.id === id),
  );
  const [name, setName] = useState("");
  const [history, change] = useReducer(editRecipe, emptyHistory);
  const job = useJob(
    "snapshots.create",
    ({ snapshotId }) => void navigate({ to: "/data/snapshots/$snapshotId", params: { snapshotId } }),
  );
  const start = () => {
    const input = { sourceIds: chosen, recipe: history.present, ...(name.trim() === "" ? {} : { name: name.trim() }) };
    job.start(input).catch((error: unknown) => tellFailure("The snapshot could not be started", error));
  };
  const ratings = sources.filter(({ id }) => chosen.includes(id)).reduce((sum, { accepted }) => sum + accepted, 0);
  return (
    <Stack gap="md">
      <Card>
        <Group align="flex-start" gap="md" grow>
          <MultiSelect
            label="Sources"
            description={
              chosen.length === 0 ? "Choose at least one" : `${formatQuantity(ratings, "rating")} to start from`
            }
            data={sources.map(({ id, name: sourceName, accepted }) => ({
              value: id,
              label: `${sourceName} (${formatCount(accepted)})`,
            }))}
            value={chosen}
            onChange={(ids) => void navigate({ to: "/data/new-snapshot", search: { source: ids }, replace: true })}
          />
          <TextInput
            label="Name"
            description="For lists; made from the sources if left empty"
            value={name}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
          />
        </Group>
      </Card>
      <Card>
        <Title order={2} mb="xs">
          Cleaning recipe
        </Title>
        <RecipeBuilder history={history} onChange={change} />
      </Card>
      {job.error !== null && <ErrorPanel error={job.error} title="The snapshot could not be made" />}
      <Group justify="flex-end" gap="sm">
        {job.busy && (
          <Text size="sm" c="dimmed">
            {job.job?.progress?.message ?? "Waiting for its turn"}
          </Text>
        )}
        <Button size="sm" disabled={chosen.length === 0} loading={job.busy} onClick={start}>
          Create snapshot
        </Button>
      </Group>
    </Stack>
  );
}
