import { Button, Card, Group, MultiSelect, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconDatabaseImport } from "@tabler/icons-react";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useReducer, useState } from "react";
import type { Snapshot, Source } from "../../../../core/contract/entities.ts";
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
import { beginWith, editRecipe } from "./recipe-editing.ts";
import { RecipeOutcome } from "./recipe-outcome.tsx";
import { useRecipePreview } from "./use-recipe-preview.ts";

const route = getRouteApi("/data/new-snapshot");

export function NewSnapshotScreen() {
  const { like } = route.useSearch();
  const sources = useQueryMethod("sources.list", {});
  const model = useQueryMethod("snapshots.get", { snapshotId: like ?? "" }, { enabled: like !== undefined });
  return (
    <Screen
      title="New snapshot"
      crumbs={<Crumbs />}
      width={980}
      subtitle="A cleaned, unchanging copy of the ratings. The same sources and recipe always give the same snapshot."
    >
      <Answer of={sources} height={320}>
        {(known) =>
          known.length === 0 ? (
            <NoSources />
          ) : like === undefined ? (
            <SnapshotForm sources={known} start={null} />
          ) : (
            <Answer of={model} height={320} errorTitle="The snapshot whose recipe this begins with cannot be read">
              {(snapshot) => <SnapshotForm key={snapshot.id} sources={known} start={snapshot} />}
            </Answer>
          )
        }
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

interface SnapshotFormProps {
  readonly sources: readonly Source[];
  /** The snapshot whose recipe is the beginning. */
  readonly start: Snapshot | null;
}

function SnapshotForm({ sources, start: like }: SnapshotFormProps) {
  const search = route.useSearch();
  const navigate = useNavigate();
  const newest = [...sources].sort((left, right) => right.createdAt.localeCompare(left.createdAt))[0];
  const chosen = (search.source ?? (newest === undefined ? [] : [newest.id])).filter((id) =>
    sources.some((source) => source.id === id),
  );
  const [name, setName] = useState("");
  const [history, change] = useReducer(editRecipe, null, () =>
    beginWith(like?.recipe ?? (search.keep === undefined ? [] : [{ step: "dedupe", keep: search.keep }])),
  );
  const counting = useRecipePreview(chosen, history.present);
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
            onChange={(ids) =>
              void navigate({
                to: "/data/new-snapshot",
                search: (before) => ({ ...before, source: ids }),
                replace: true,
              })
            }
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
        <Group justify="space-between" mb="xs">
          <Title order={2}>Cleaning recipe</Title>
          {like !== null && (
            <Text size="sm" c="dimmed">
              Begun with the recipe of {like.name}, which stays as it is
            </Text>
          )}
        </Group>
        <RecipeBuilder history={history} onChange={change} counts={counting.counts} />
        <RecipeOutcome steps={history.present} counting={counting} />
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
