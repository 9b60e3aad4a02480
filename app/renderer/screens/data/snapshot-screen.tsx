import { Card, Group, Stack, Table, Tabs, Text } from "@mantine/core";
import { IconEdit, IconSchool } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { memo, useDeferredValue } from "react";
import type { Snapshot } from "../../../../core/contract/entities.ts";
import { Answer } from "../../components/feedback/answer.tsx";
import { formatCount, formatQuantity, formatShare } from "../../components/format/numbers.ts";
import { formatDataDate } from "../../components/format/times.ts";
import { LinkButton } from "../../components/link-button.tsx";
import { Screen } from "../../components/screen.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";
import { ChangesView } from "./changes-view.tsx";
import { Crumbs } from "./crumbs.tsx";
import { FeatureView } from "./feature-view.tsx";
import { InsightView } from "./insight-view.tsx";
import { LineageView } from "./lineage-view.tsx";
import { ProfileView } from "./profile-view.tsx";
import { QualityView } from "./quality-view.tsx";
import { describeStep } from "./recipe-editing.ts";
import { RowsView } from "./rows-view.tsx";

const route = getRouteApi("/data/snapshots/$snapshotId");

export function SnapshotScreen() {
  const { snapshotId } = route.useParams();
  const { tab = "profile" } = route.useSearch();
  const navigate = route.useNavigate();
  // What was shown stays until the other is drawn.
  const drawn = useDeferredValue(tab);
  const snapshot = useQueryMethod("snapshots.get", { snapshotId });
  return (
    <Screen
      title={snapshot.data?.name ?? "Snapshot"}
      crumbs={<Crumbs />}
      subtitle={snapshot.data === undefined ? undefined : <Summary snapshot={snapshot.data} />}
      actions={
        <LinkButton to="/train" search={{ snapshot: snapshotId }} leftSection={<IconSchool size={15} aria-hidden />}>
          Train on it
        </LinkButton>
      }
    >
      <Answer of={snapshot} height={420} errorTitle="The snapshot cannot be shown">
        {(known) => (
          <Tabs
            value={tab}
            onChange={(value) =>
              void navigate({
                search: (before) => ({ ...before, tab: tabOf(value) }),
                replace: true,
              })
            }
          >
            <Tabs.List mb="md">
              <Tabs.Tab value="profile">Profile</Tabs.Tab>
              <Tabs.Tab value="quality">Quality</Tabs.Tab>
              <Tabs.Tab value="users">People</Tabs.Tab>
              <Tabs.Tab value="tables">Users and films</Tabs.Tab>
              <Tabs.Tab value="rows">Rows</Tabs.Tab>
              <Tabs.Tab value="recipe">Recipe</Tabs.Tab>
              <Tabs.Tab value="changes">Changes</Tabs.Tab>
              <Tabs.Tab value="lineage">Lineage</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value={tab}>
              <View tab={drawn} snapshot={known} />
            </Tabs.Panel>
          </Tabs>
        )}
      </Answer>
    </Screen>
  );
}

interface ViewProps {
  readonly tab: (typeof tabs)[number] | "profile";
  readonly snapshot: Snapshot;
}

const views = {
  profile: ProfileView,
  quality: QualityView,
  users: InsightView,
  tables: FeatureView,
  rows: RowsView,
  recipe: RecipeView,
  changes: ChangesView,
  lineage: LineageView,
} as const;

const View = memo(function View({ tab, snapshot }: ViewProps) {
  const Shown = views[tab];
  return <Shown snapshot={snapshot} />;
});

const tabs = ["quality", "users", "tables", "rows", "recipe", "changes", "lineage"] as const;

/** The tab of the address; none for the first one. */
function tabOf(value: string | null): (typeof tabs)[number] | undefined {
  return tabs.find((tab) => tab === value);
}

function Summary({ snapshot }: { readonly snapshot: Snapshot }) {
  const span =
    snapshot.from === null || snapshot.to === null
      ? "no times"
      : `${formatDataDate(snapshot.from)} to ${formatDataDate(snapshot.to)}`;
  return (
    <>
      {formatQuantity(snapshot.ratings, "rating")} of {formatQuantity(snapshot.users, "user")} on{" "}
      {formatQuantity(snapshot.items, "film")}, {span}. Id <code>{snapshot.id}</code>
    </>
  );
}

function RecipeView({ snapshot }: { readonly snapshot: Snapshot }) {
  return (
    <Stack gap="sm" maw={760}>
      <Group justify="flex-end">
        <LinkButton
          variant="default"
          to="/data/new-snapshot"
          search={{ source: snapshot.sourceIds, like: snapshot.id }}
          leftSection={<IconEdit size={14} aria-hidden />}
        >
          Edit recipe as new
        </LinkButton>
      </Group>
      <Card padding={0}>
        <Table aria-label="Steps of the recipe">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Step</Table.Th>
              <Table.Th ta="right">Before</Table.Th>
              <Table.Th ta="right">After</Table.Th>
              <Table.Th ta="right">Removed</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {snapshot.steps.map(({ step, before, after }, index) => (
              // The steps of a finished recipe never change places.
              <Table.Tr key={index}>
                <Table.Td>{describeStep(step)}</Table.Td>
                <Table.Td ta="right">{formatCount(before)}</Table.Td>
                <Table.Td ta="right">{formatCount(after)}</Table.Td>
                <Table.Td ta="right">
                  {before === 0 ? "–" : `${formatCount(before - after)} (${formatShare((before - after) / before)})`}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Card>
      {snapshot.steps.length === 0 && (
        <Text size="sm" c="dimmed">
          No steps: every rating of the source is in.
        </Text>
      )}
    </Stack>
  );
}
