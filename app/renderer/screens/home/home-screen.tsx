import { Button, Card, Code, Group, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { IconArrowRight, IconDatabaseImport, IconSparkles } from "@tabler/icons-react";
import type { MethodOutput } from "../../../../core/contract/methods.ts";
import { useCommands } from "../../components/commands/commands-context.tsx";
import { Fact, Facts } from "../../components/fact.tsx";
import { Answer } from "../../components/feedback/answer.tsx";
import { ErrorPanel } from "../../components/feedback/error-panel.tsx";
import { formatCount } from "../../components/format/numbers.ts";
import { formatDateTime } from "../../components/format/times.ts";
import { LinkButton } from "../../components/link-button.tsx";
import { Screen } from "../../components/screen.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";
import { desktopBridge } from "../../transport/electron.ts";
import { GoOn } from "./go-on.tsx";
import { RecentRuns } from "./recent-runs.tsx";
import { useSample } from "./use-sample.ts";
import type { Sample } from "./use-sample.ts";
import { WhatsNew } from "./whats-new.tsx";
import { WorkspacesCard } from "./workspaces-card.tsx";

type Workspace = MethodOutput<"workspace.get">;

export function HomeScreen() {
  const workspace = useQueryMethod("workspace.get", {});
  const bridge = desktopBridge();
  // Held here: the first-run cards are gone as soon as the sample's source is in, before the job is done.
  const sample = useSample();
  return (
    <Screen
      title="Home"
      subtitle={workspace.data === undefined ? undefined : `Workspace ${workspace.data.name}`}
      width={1240}
    >
      <Answer of={workspace} height={220} errorTitle="The workspace could not be opened">
        {(facts) => (
          <Stack gap="lg">
            {bridge === null && <GoOn workspaceId={facts.id} />}
            {facts.counts.sources === 0 || sample.busy ? (
              <FirstRun sample={sample} />
            ) : (
              <NextStep counts={facts.counts} />
            )}
            {facts.counts.runs > 0 && <RecentRuns />}
            {bridge !== null && <WorkspacesCard workspaces={bridge.workspaces} />}
            <WorkspaceFacts workspace={facts} />
            <WhatsNew />
          </Stack>
        )}
      </Answer>
    </Screen>
  );
}

function FirstRun({ sample }: { readonly sample: Sample }) {
  useCommands([{ id: "sample.create", label: "Create the sample", group: "Data", run: sample.create }]);
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
      <Card>
        <Stack gap="sm" h="100%">
          <Group gap="sm">
            <IconSparkles size={22} color="var(--rb-accent-text)" aria-hidden />
            <Title order={2}>Start with the sample</Title>
          </Group>
          <Text size="sm" c="dimmed" style={{ flex: 1 }}>
            A made-up world of 1,000 people and 1,700 films with 100,000 ratings: tastes, bestsellers, trends and noise.
            It needs no download and is ready in seconds.
          </Text>
          {sample.error !== null && <ErrorPanel error={sample.error} title="The sample could not be created" />}
          <Group>
            <Button size="sm" onClick={sample.create} loading={sample.busy}>
              Create the sample
            </Button>
          </Group>
        </Stack>
      </Card>
      <Card>
        <Stack gap="sm" h="100%">
          <Group gap="sm">
            <IconDatabaseImport size={22} color="var(--rb-accent-text)" aria-hidden />
            <Title order={2}>Bring your own ratings</Title>
          </Group>
          <Text size="sm" c="dimmed" style={{ flex: 1 }}>
            MovieLens in any of its layouts, MovieTweetings, CSV, JSON lines, Parquet, gzip. You see how a file is
            understood before anything is stored, and every row that cannot be read is kept with its reason.
          </Text>
          <Group>
            <LinkButton size="sm" variant="default" to="/data/import">
              Import ratings
            </LinkButton>
          </Group>
        </Stack>
      </Card>
    </SimpleGrid>
  );
}

interface Step {
  readonly title: string;
  readonly text: string;
  readonly label: string;
  readonly to: "/data" | "/train" | "/compare" | "/recommendations" | "/publish" | "/data/new-snapshot";
}

/** What a person most likely wants to do next. `live`: whether anything is in service; undefined: not known yet. */
function nextStep(counts: Workspace["counts"], live: boolean | undefined): Step {
  if (counts.snapshots === 0) {
    return {
      title: "Make a snapshot",
      text: "Your ratings are in. A snapshot is a cleaned, unchanging copy that models are trained on.",
      label: "New snapshot",
      to: "/data/new-snapshot",
    };
  }
  if (counts.runs === 0) {
    return {
      title: "Train the first models",
      text: "Choose what is trained on and what is tested, then train several algorithms at once.",
      label: "Go to Train",
      to: "/train",
    };
  }
  if (counts.publications === 0) {
    return {
      title: "See which model is better, then publish it",
      text: "Compare with intervals, look at actual recommendations, and put the best one on a server.",
      label: "Go to Compare",
      to: "/compare",
    };
  }
  if (live === false) {
    return {
      title: "No published model is live",
      text: "The last publication did not get as far. See why, and publish again.",
      label: "Go to Publish",
      to: "/publish",
    };
  }
  return {
    title: "A model is published",
    text: "See what is live, which servers serve it, or go back to an earlier version.",
    label: "Go to Publish",
    to: "/publish",
  };
}

function NextStep({ counts }: { readonly counts: Workspace["counts"] }) {
  const publications = useQueryMethod("publications.list", {}, { enabled: counts.publications > 0 });
  const step = nextStep(
    counts,
    publications.data?.some(({ state }) => state === "active"),
  );
  return (
    <Card style={{ borderLeft: "3px solid var(--rb-accent-text)" }}>
      <Group justify="space-between" gap="md">
        <div>
          <Title order={2}>{step.title}</Title>
          <Text size="sm" c="dimmed">
            {step.text}
          </Text>
        </div>
        <LinkButton size="sm" to={step.to} rightSection={<IconArrowRight size={15} aria-hidden />}>
          {step.label}
        </LinkButton>
      </Group>
    </Card>
  );
}

function WorkspaceFacts({ workspace }: { readonly workspace: Workspace }) {
  const { counts, engine } = workspace;
  return (
    <Card>
      <Stack gap="md">
        <Title order={2}>This workspace</Title>
        <Facts>
          <Fact label="Sources">{formatCount(counts.sources)}</Fact>
          <Fact label="Snapshots">{formatCount(counts.snapshots)}</Fact>
          <Fact label="Splits">{formatCount(counts.splits)}</Fact>
          <Fact label="Runs">{formatCount(counts.runs)}</Fact>
          <Fact label="Publications">{formatCount(counts.publications)}</Fact>
        </Facts>
        <Text size="sm" c="dimmed">
          Folder <Code>{workspace.path}</Code>: copy it, back it up, send it. Engine {engine.version} on{" "}
          {engine.runtime}, {engine.threads} compute {engine.threads === 1 ? "thread" : "threads"}, running since{" "}
          {formatDateTime(engine.startedAt)}.
        </Text>
      </Stack>
    </Card>
  );
}
