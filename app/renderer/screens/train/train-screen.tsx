import { Card, Group, SegmentedControl, Select, Stack, Text, Title } from "@mantine/core";
import { IconDatabase } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { memo, useDeferredValue } from "react";
import type { Snapshot } from "../../../../core/contract/entities.ts";
import { Answer } from "../../components/feedback/answer.tsx";
import { EmptyState } from "../../components/feedback/empty-state.tsx";
import { formatCount, formatQuantity } from "../../components/format/numbers.ts";
import { InlineLink, LinkButton } from "../../components/link-button.tsx";
import { Screen } from "../../components/screen.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";
import { AlgorithmPicker } from "./algorithm-picker.tsx";
import { SearchForm } from "./search-form.tsx";
import { SearchList } from "./search-list.tsx";
import { SplitPicker } from "./split-picker.tsx";
import { TrainingRuns } from "./training-runs.tsx";

const route = getRouteApi("/train");
// Not drawn again with each change of the address.
const Algorithms = memo(AlgorithmPicker);
const LatestRuns = memo(TrainingRuns);

export function TrainScreen() {
  const snapshots = useQueryMethod("snapshots.list", {});
  return (
    <Screen
      title="Train"
      subtitle="What is trained on, what is tested, and how. Each algorithm becomes a run in the queue."
    >
      <Answer of={snapshots} height={360}>
        {(known) => (known.length === 0 ? <NoSnapshot /> : <TrainSteps snapshots={known} />)}
      </Answer>
    </Screen>
  );
}

function NoSnapshot() {
  return (
    <EmptyState
      icon={IconDatabase}
      title="Nothing to train on yet"
      actions={
        <>
          <LinkButton to="/data">Go to Data</LinkButton>
          <LinkButton variant="default" to="/">
            Create the sample
          </LinkButton>
        </>
      }
    >
      Models are trained on a snapshot of your ratings. Import a file and make one, or start with the sample.
    </EmptyState>
  );
}

function TrainSteps({ snapshots }: { readonly snapshots: readonly Snapshot[] }) {
  const search = route.useSearch();
  const mode = search.mode ?? "train";
  // What was shown stays until the other is drawn.
  const drawn = useDeferredValue(mode);
  const navigate = route.useNavigate();
  const splits = useQueryMethod("splits.list", {});
  const newest = [...snapshots].sort((left, right) => right.createdAt.localeCompare(left.createdAt));
  const fromSplit = splits.data?.find(({ id }) => id === search.split)?.snapshotId;
  const snapshot = newest.find(({ id }) => id === (search.snapshot ?? fromSplit)) ?? newest[0];
  if (snapshot === undefined) return null;
  return (
    <Stack gap="md">
      <Card>
        <StepTitle number={1} title="Snapshot" />
        <Group gap="md" align="flex-end">
          <Select
            aria-label="Snapshot"
            w={360}
            searchable
            data={newest.map(({ id, name, ratings }) => ({ value: id, label: `${name} (${formatCount(ratings)})` }))}
            value={snapshot.id}
            onChange={(id) => id !== null && void navigate({ search: { snapshot: id } })}
          />
          <Text size="sm" c="dimmed">
            {formatQuantity(snapshot.ratings, "rating")} of {formatQuantity(snapshot.users, "user")} on{" "}
            {formatQuantity(snapshot.items, "film")}
            {!snapshot.hasTime && ", no times"}.{" "}
            <InlineLink to="/data/snapshots/$snapshotId" params={{ snapshotId: snapshot.id }}>
              Profile
            </InlineLink>
          </Text>
        </Group>
      </Card>
      <Card>
        <StepTitle number={2} title="Split" hint="What the models learn from, and what they are tested on" />
        <SplitPicker
          key={snapshot.id}
          snapshot={snapshot}
          splitId={search.split}
          onSplit={(split) =>
            void navigate({ search: (before) => ({ ...before, snapshot: snapshot.id, split }), replace: true })
          }
        />
      </Card>
      <Answer of={splits}>
        {(known) => {
          const split = known.find(({ id, snapshotId }) => id === search.split && snapshotId === snapshot.id);
          return (
            <>
              <Card>
                <Group justify="space-between" align="flex-start">
                  <StepTitle
                    number={3}
                    title={mode === "train" ? "Algorithms" : "Search"}
                    hint={
                      mode === "train"
                        ? "Choose one or several; they queue up and train one after another"
                        : "Settings are tried one after another; each trial is a run"
                    }
                  />
                  <SegmentedControl
                    aria-label="Train or search"
                    data={[
                      { value: "train", label: "Train" },
                      { value: "search", label: "Search" },
                    ]}
                    value={mode}
                    onChange={(value) =>
                      void navigate({
                        search: (before) => ({ ...before, mode: value === "search" ? "search" : undefined }),
                        replace: true,
                      })
                    }
                  />
                </Group>
                {drawn === "train" ? (
                  <Algorithms snapshot={snapshot} split={split} likeRun={search.run} />
                ) : split === undefined ? (
                  <Text size="sm" c="dimmed">
                    Choose a split first.
                  </Text>
                ) : (
                  <SearchForm key={split.id} snapshot={snapshot} split={split} />
                )}
              </Card>
              {split !== undefined && <SearchList split={split} />}
              {split !== undefined && <LatestRuns split={split} />}
            </>
          );
        }}
      </Answer>
    </Stack>
  );
}

function StepTitle({
  number,
  title,
  hint,
}: {
  readonly number: number;
  readonly title: string;
  readonly hint?: string;
}) {
  return (
    <Group gap="xs" mb="sm" align="baseline">
      <Title order={2}>
        <Text span inherit c="dimmed" mr={6}>
          {number}
        </Text>
        {title}
      </Title>
      {hint !== undefined && (
        <Text size="sm" c="dimmed">
          {hint}
        </Text>
      )}
    </Group>
  );
}
