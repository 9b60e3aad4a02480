import { Button, Card, Group, Select, Tabs, Text } from "@mantine/core";
import { IconLink } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { memo, useDeferredValue, useMemo, useState } from "react";
import type { Run } from "../../../../core/contract/entities.ts";
import { InTurn } from "../../charts/in-turn.tsx";
import { tellDone } from "../../components/feedback/tell.ts";
import { withDistinctNames } from "../../components/format/run-names.ts";
import { LinkButton } from "../../components/link-button.tsx";
import { CurvesTab } from "./curves-tab.tsx";
import { ErrorsTab } from "./errors-tab.tsx";
import { ChosenOrFound } from "./found-runs.tsx";
import { MetricsTab } from "./metrics-tab.tsx";
import { ParametersTab } from "./parameters-tab.tsx";
import { ReportMenu } from "./report-menu.tsx";
import { SettingsTab } from "./settings-tab.tsx";
import { TradeTab } from "./trade-tab.tsx";
import { UsersTab } from "./users-tab.tsx";
import { VerdictTab } from "./verdict-tab.tsx";

const route = getRouteApi("/compare");
const tabs = ["verdict", "metrics", "curves", "parameters", "errors", "users", "trade", "settings"] as const;

/** The chosen runs against each other. */
export const ComparisonPanel = memo(function ComparisonPanel({ runs: chosen }: { readonly runs: readonly Run[] }) {
  const runs = useMemo(() => withDistinctNames(chosen), [chosen]);
  const finished = useMemo(() => runs.filter(({ state }) => state === "succeeded"), [runs]);
  const search = route.useSearch({ select: ({ tab, baseline }) => ({ tab, baseline }), structuralSharing: true });
  const navigate = route.useNavigate();
  const tab = search.tab ?? (runs.length < 2 ? "metrics" : "verdict");
  // What was shown stays until the other is drawn.
  const drawn = useDeferredValue(tab);
  if (runs.length === 0) return <NothingChosen />;
  const only = finished.length === 1 ? finished[0] : undefined;
  return (
    <Card>
      <Group justify="space-between" mb="sm">
        <Group gap="sm">
          <Text size="sm" fw={600}>
            {runs.length === 1 ? "1 run chosen" : `${String(runs.length)} runs chosen`}
          </Text>
          {finished.length > 1 && (
            <Select
              aria-label="Baseline"
              leftSection={<Text size="xs">vs.</Text>}
              placeholder="the simplest run"
              clearable
              allowDeselect
              clearButtonProps={{ "aria-label": "Let the simplest run be the baseline" }}
              w={260}
              data={finished.map(({ id, name }) => ({ value: id, label: name }))}
              value={finished.some(({ id }) => id === search.baseline) ? (search.baseline ?? null) : null}
              onChange={(baseline) =>
                void navigate({ search: (before) => ({ ...before, baseline: baseline ?? undefined }), replace: true })
              }
            />
          )}
        </Group>
        <Group gap="xs">
          <Button
            variant="subtle"
            color="gray"
            leftSection={<IconLink size={14} aria-hidden />}
            onClick={() =>
              void navigator.clipboard
                .writeText(window.location.href)
                .then(() => tellDone("The link to this view was copied."))
            }
          >
            Copy link
          </Button>
          {finished.length > 0 && <ReportMenu runs={finished} />}
          {only !== undefined && (
            <>
              {only.refitOf === null && (
                <LinkButton variant="default" to="/train" search={{ split: only.splitId, run: only.id }}>
                  Change and train
                </LinkButton>
              )}
              <LinkButton variant="default" to="/recommendations" search={{ run: [only.id] }}>
                See recommendations
              </LinkButton>
              <LinkButton to="/publish" search={{ run: only.id }}>
                Publish
              </LinkButton>
            </>
          )}
          {finished.length > 1 && (
            <LinkButton
              variant="default"
              to="/recommendations"
              search={{ run: finished.slice(0, 4).map(({ id }) => id) }}
            >
              See recommendations
            </LinkButton>
          )}
        </Group>
      </Group>
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(value) =>
          void navigate({
            search: (before) => ({ ...before, tab: tabs.find((known) => known === value) }),
            replace: true,
          })
        }
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="verdict">Is it better?</Tabs.Tab>
          <Tabs.Tab value="metrics">Metrics</Tabs.Tab>
          <Tabs.Tab value="curves">Learning curves</Tabs.Tab>
          <Tabs.Tab value="parameters">Parameters</Tabs.Tab>
          <Tabs.Tab value="errors">Where it errs</Tabs.Tab>
          <Tabs.Tab value="users">User by user</Tabs.Tab>
          <Tabs.Tab value="trade">Trade-offs</Tabs.Tab>
          <Tabs.Tab value="settings">Settings</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value={tab}>
          <InTurn height={280}>
            <Content tab={drawn} runs={runs} finished={finished} baselineId={search.baseline} />
          </InTurn>
        </Tabs.Panel>
      </Tabs>
    </Card>
  );
});

interface ContentProps {
  readonly tab: (typeof tabs)[number];
  readonly runs: readonly Run[];
  readonly finished: readonly Run[];
  readonly baselineId: string | undefined;
}

const Content = memo(function Content({ tab, runs, finished, baselineId }: ContentProps) {
  switch (tab) {
    case "verdict":
      return <VerdictTab runs={finished} baselineId={baselineId} />;
    case "metrics":
      return <MetricsTab runs={finished} />;
    case "curves":
      return <CurvesTab runs={runs} />;
    case "parameters":
      return <ParametersTab runs={runs} />;
    case "errors":
      return <ErrorsTab runs={finished} />;
    case "users":
      return <UsersTab runs={finished} />;
    case "trade":
      return <ChosenOrFound chosen={finished}>{(shown, note) => <TradeTab runs={shown} note={note} />}</ChosenOrFound>;
    case "settings":
      return (
        <ChosenOrFound chosen={finished}>{(shown, note) => <SettingsTab runs={shown} note={note} />}</ChosenOrFound>
      );
  }
});

/** Nothing is chosen, but all that the table finds can be looked at together. */
function NothingChosen() {
  const [tab, setTab] = useState<string | null>(null);
  return (
    <Card>
      <Text size="sm" c="dimmed" mb="sm">
        Nothing is chosen. Choose one run to see its metrics with their intervals, two or more to compare them. Or look
        at all runs of the table at once:
      </Text>
      <Tabs value={tab} onChange={setTab} keepMounted={false} allowTabDeactivation>
        <Tabs.List mb="md">
          <Tabs.Tab value="trade">Trade-offs</Tabs.Tab>
          <Tabs.Tab value="settings">Settings</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="trade">
          <ChosenOrFound chosen={[]}>{(drawn, note) => <TradeTab runs={drawn} note={note} />}</ChosenOrFound>
        </Tabs.Panel>
        <Tabs.Panel value="settings">
          <ChosenOrFound chosen={[]}>{(drawn, note) => <SettingsTab runs={drawn} note={note} />}</ChosenOrFound>
        </Tabs.Panel>
      </Tabs>
    </Card>
  );
}
