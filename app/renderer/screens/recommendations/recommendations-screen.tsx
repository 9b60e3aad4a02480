import { Group, MultiSelect, NumberInput, SegmentedControl, Select, Stack, Switch, Text } from "@mantine/core";
import { IconMovie } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { useDeferredValue } from "react";
import type { Snapshot } from "../../../../core/contract/entities.ts";
import type { RunRow } from "../../../../core/contract/run-table.ts";
import { quotedForSearch } from "../../../../core/contract/run-search.ts";
import { InTurn } from "../../charts/in-turn.tsx";
import { Answer } from "../../components/feedback/answer.tsx";
import { EmptyState } from "../../components/feedback/empty-state.tsx";
import { withDistinctNames } from "../../components/format/run-names.ts";
import { LinkButton } from "../../components/link-button.tsx";
import { Screen } from "../../components/screen.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";
import { useRunChoice } from "../../transport/use-run-choice.ts";
import { PersonColumn } from "./person-column.tsx";
import { ListWishes } from "./list-wishes.tsx";
import { ModelColumns } from "./model-columns.tsx";
import styles from "./recommendations.module.css";
import { UserColumn } from "./user-column.tsx";

const route = getRouteApi("/recommendations");
const mostModels = 4;

export function RecommendationsScreen() {
  const { run, snapshot } = route.useSearch();
  const runs = useRunChoice(
    snapshot === undefined ? "state = succeeded" : `state = succeeded and snapshot = ${quotedForSearch(snapshot)}`,
    run,
  );
  const snapshots = useQueryMethod("snapshots.list", {});
  return (
    <Screen
      title="Recommendations"
      subtitle="What people would actually be shown. Any user of the data, or somebody you make up."
      actions={
        <LinkButton to="/recommendations/map" search={{ run: run?.[0] }} variant="default">
          Map of films
        </LinkButton>
      }
    >
      <Answer of={runs} height={360}>
        {(knownRuns) => (
          <Answer of={snapshots} height={360}>
            {(knownSnapshots) => (
              <WithModels
                runs={knownRuns.filter(({ state, modelHash }) => state === "succeeded" && modelHash !== null)}
                snapshots={knownSnapshots}
              />
            )}
          </Answer>
        )}
      </Answer>
    </Screen>
  );
}

function WithModels({
  runs,
  snapshots,
}: {
  readonly runs: readonly RunRow[];
  readonly snapshots: readonly Snapshot[];
}) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const mode = search.mode ?? "user";
  // What was shown stays until the other is drawn.
  const drawn = useDeferredValue(mode);
  if (runs.length === 0) {
    return (
      <EmptyState
        icon={IconMovie}
        title="No model to ask yet"
        actions={<LinkButton to="/train">Go to Train</LinkButton>}
      >
        Train a model first. Runs of a k-fold split leave no model until they are refitted.
      </EmptyState>
    );
  }
  const update = (part: Partial<typeof search>) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  const newest = [...runs].sort((left, right) => (left.createdAt < right.createdAt ? 1 : -1));
  const asked = runs.filter(({ id }) => search.run?.includes(id) === true);
  const snapshotId = search.snapshot ?? asked[0]?.snapshotId ?? newest[0]?.snapshotId;
  const snapshot = snapshots.find(({ id }) => id === snapshotId);
  const fitting = withDistinctNames(newest.filter((run) => run.snapshotId === snapshotId));
  const models =
    search.run === undefined
      ? fitting.filter(({ refitOf }) => refitOf === null).slice(0, 2)
      : search.run.flatMap((id) => fitting.find((run) => run.id === id) ?? []);
  const n = search.n ?? 10;
  if (snapshot === undefined) return <Text size="sm">The snapshot of this link is not in the workspace.</Text>;
  return (
    <Stack gap="md">
      <Group gap="md" align="flex-end">
        <SegmentedControl
          aria-label="For whom"
          data={[
            { value: "user", label: "A user of the data" },
            { value: "person", label: "An invented person" },
          ]}
          value={mode}
          onChange={(value) => update({ mode: value === "person" ? "person" : "user" })}
        />
        {snapshots.length > 1 && (
          <Select
            label="Snapshot"
            w={230}
            data={snapshots
              .filter(({ id }) => runs.some((run) => run.snapshotId === id))
              .map(({ id, name }) => ({ value: id, label: name }))}
            value={snapshot.id}
            onChange={(id) => id !== null && void navigate({ search: { snapshot: id, mode } })}
          />
        )}
        <MultiSelect
          label="Models, side by side"
          style={{ flex: 1, minWidth: 260 }}
          // No line of its own for the letters that are typed, which are few.
          styles={{ inputField: { minWidth: 40 } }}
          maxValues={mostModels}
          searchable
          limit={60}
          data={fitting.map(({ id, name }) => ({ value: id, label: name }))}
          value={models.map(({ id }) => id)}
          onChange={(ids) => update({ run: ids })}
        />
        <NumberInput
          label="Films"
          w={80}
          min={1}
          max={100}
          allowDecimal={false}
          value={n}
          onChange={(value) => typeof value === "number" && value >= 1 && update({ n: value })}
        />
        {mode === "user" && (
          <Group gap="md" mb={6} wrap="nowrap" style={{ whiteSpace: "nowrap" }}>
            <Switch
              label="Leave out films already rated"
              checked={search.seen !== true}
              onChange={({ currentTarget }) => update({ seen: currentTarget.checked ? undefined : true })}
            />
            {search.seen !== true && models.some(({ refitOf }) => refitOf === null) && (
              <Switch
                label="but show held-out films"
                checked={search.heldOut === true}
                onChange={({ currentTarget }) => update({ heldOut: currentTarget.checked ? true : undefined })}
              />
            )}
          </Group>
        )}
      </Group>
      <InTurn height={62}>
        <ListWishes snapshotId={snapshot.id} wishes={search} onChange={update} />
      </InTurn>
      <InTurn height={420}>
        <div className={styles["layout"]}>
          {drawn === "user" ? (
            <>
              <UserColumn
                snapshot={snapshot}
                userId={search.user}
                onUser={(user) => update({ user })}
                onWhatIf={(ratings) => update({ mode: "person", ratings })}
              />
              <ModelColumns
                models={models}
                who={search.user === undefined ? null : { userId: search.user }}
                n={n}
                excludeSeen={search.seen !== true}
                showHeldOut={search.heldOut === true}
                wishes={search}
              />
            </>
          ) : (
            <>
              <PersonColumn
                snapshot={snapshot}
                ratings={search.ratings ?? []}
                onRatings={(ratings) => update({ ratings: ratings.length === 0 ? undefined : [...ratings] })}
              />
              <ModelColumns
                models={models}
                who={{ ratings: (search.ratings ?? []).map(([itemId, rating]) => ({ itemId, rating })) }}
                n={n}
                excludeSeen
                showHeldOut={false}
                wishes={search}
              />
            </>
          )}
        </div>
      </InTurn>
    </Stack>
  );
}
