import { Alert, Button, Card, Group, List, Progress, Stack, Text } from "@mantine/core";
import { IconChevronLeft, IconInfoCircle } from "@tabler/icons-react";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Fragment } from "react";
import type { MethodOutput } from "../../../../core/contract/methods.ts";
import type { Search } from "../../../../core/contract/searches.ts";
import { ChartFrame } from "../../charts/chart-frame.tsx";
import { LinePlot } from "../../charts/line-plot.tsx";
import { Fact, Facts } from "../../components/fact.tsx";
import { Answer } from "../../components/feedback/answer.tsx";
import { tellFailure } from "../../components/feedback/tell.ts";
import { formatMetric, metricLabel, metricMeaning } from "../../components/format/metrics.ts";
import { formatGeneral } from "../../components/format/numbers.ts";
import { LinkButton, TextLink } from "../../components/link-button.tsx";
import { Notation } from "../../components/notation.tsx";
import { Screen } from "../../components/screen.tsx";
import { JobActions } from "../../components/shell/job-actions.tsx";
import { StateBadge } from "../../components/shell/job-state.tsx";
import { CopyMenu } from "../../components/table/copy-menu.tsx";
import { DataTable } from "../../components/table/data-table.tsx";
import { useCommand, useJobs, useQueryMethod } from "../../transport/hooks.ts";
import { samplerLabels, scheduleLabels } from "./search-budget.tsx";
import { dataCurve, dataCurveSentence, isDataCurve, progressSeries } from "./search-results.ts";
import { trialColumns, trialsAsText } from "./trial-columns.tsx";

type Found = MethodOutput<"searches.get">;

const route = getRouteApi("/train/searches/$searchId");

export function SearchScreen() {
  const { searchId } = route.useParams();
  const found = useQueryMethod("searches.get", { searchId });
  return (
    <Screen
      title={found.data?.search.name ?? "Search"}
      crumbs={
        <TextLink
          to="/train"
          search={found.data === undefined ? {} : { split: found.data.search.splitId }}
          style={{ display: "inline-flex", alignItems: "center", gap: 2, marginBottom: 6 }}
        >
          <IconChevronLeft size={14} aria-hidden />
          Train
        </TextLink>
      }
      actions={found.data !== undefined && <Actions found={found.data} />}
    >
      <Answer of={found} height={420} errorTitle="The search cannot be shown">
        {(known) => <SearchPage found={known} />}
      </Answer>
    </Screen>
  );
}

function Actions({ found: { search } }: { readonly found: Found }) {
  const job = useJobs().find(({ id }) => id === search.jobId);
  const remove = useCommand("searches.delete");
  const navigate = useNavigate();
  const over = search.state !== "running" && search.state !== "queued";
  return (
    <>
      {job !== undefined && <JobActions job={job} />}
      {over && (
        <Button
          variant="default"
          loading={remove.isPending}
          onClick={() =>
            remove.mutate(
              { searchId: search.id },
              {
                onSuccess: () => void navigate({ to: "/train", search: { split: search.splitId } }),
                onError: (error) => tellFailure("The search could not be deleted", error),
              },
            )
          }
        >
          Delete the search
        </Button>
      )}
      {search.winnerRunId !== null && (
        <LinkButton to="/compare" search={{ run: [search.winnerRunId] }}>
          {isDataCurve(search) ? "Show the run" : "Show the winner"}
        </LinkButton>
      )}
    </>
  );
}

function SearchPage({ found }: { readonly found: Found }) {
  const { search } = found;
  return (
    <Stack gap="md">
      <SearchFacts found={found} />
      {search.warnings.length > 0 && (
        <Alert color="yellow" icon={<IconInfoCircle size={18} />} title="How to read the winner's figures">
          <List size="sm">
            {search.warnings.map((warning) => (
              <List.Item key={warning}>{warning}</List.Item>
            ))}
          </List>
        </Alert>
      )}
      {isDataCurve(search) ? <DataCurve found={found} /> : <SearchProgress found={found} />}
      <Trials found={found} />
    </Stack>
  );
}

function SearchFacts({ found: { search, steps } }: { readonly found: Found }) {
  const { best, metric } = search;
  const labelOf = useSettingLabels(search);
  const tried = new Set(steps.filter(({ state }) => state !== "running").map(({ trial }) => trial)).size;
  return (
    <Card>
      <Group justify="space-between" align="flex-start" mb={search.state === "running" ? "sm" : 0}>
        <Facts>
          <Fact label="State">
            <StateBadge state={search.state} />
          </Fact>
          <Fact label="Trials">
            {tried} of {search.trials}
          </Fact>
          <Fact label="Trainings">{search.finishedSteps}</Fact>
          <Fact label={`Best ${metricLabel(metric)} on validation`} help={metricMeaning(metric)}>
            {best === null ? "–" : formatMetric(best.value)}
          </Fact>
          <Fact label="Sampler">{samplerLabels[search.sampler.sampler]}</Fact>
          <Fact label="Pruner">{scheduleLabels[search.schedule.schedule]}</Fact>
        </Facts>
      </Group>
      {search.state === "running" && (
        <Progress value={(100 * tried) / search.trials} size="sm" aria-label="Trials that have ended" />
      )}
      {best !== null && !isDataCurve(search) && (
        <Text size="sm" mt="sm">
          {search.state === "running" ? "Best so far" : "Best"}, trial {best.trial}:{" "}
          {search.space.map(({ name }, index) => (
            <Fragment key={name}>
              {index > 0 && ", "}
              <Notation>{labelOf(name)}</Notation> = {shownValue(best.hyperparameters[name])}
            </Fragment>
          ))}
        </Text>
      )}
    </Card>
  );
}

/** What the algorithm calls its settings. */
function useSettingLabels({ algorithm }: Search): (name: string) => string {
  const { data: algorithms = [] } = useQueryMethod("algorithms.list", {});
  const settings = algorithms.find(({ id }) => id === algorithm)?.hyperparameters ?? [];
  return (name) => settings.find((setting) => setting.name === name)?.label ?? name;
}

function shownValue(value: number | boolean | string | undefined): string {
  return typeof value === "number" ? formatGeneral(value) : String(value ?? "–");
}

function SearchProgress({ found: { search, steps } }: { readonly found: Found }) {
  const series = progressSeries(steps, search.higherIsBetter);
  const label = metricLabel(search.metric);
  if ((series[0]?.points.length ?? 0) < 2) return null;
  return (
    <ChartFrame
      title="Best so far"
      description={`${label} on the validation part, by training; ${search.higherIsBetter ? "higher" : "lower"} is better`}
      height={280}
      table={{
        columns: ["Training", label, "Best so far"],
        rows: (series[1]?.points ?? []).map(({ x, y }, index) => [x, y, series[0]?.points[index]?.y ?? null]),
      }}
    >
      {(height) => <LinePlot series={series} height={height} xLabel="training" yLabel={label} title="Best so far" />}
    </ChartFrame>
  );
}

function DataCurve({ found: { search, steps } }: { readonly found: Found }) {
  const series = dataCurve(steps);
  const label = metricLabel(search.metric);
  const sentence = dataCurveSentence(series.points, search.higherIsBetter, label);
  if (series.points.length === 0) return null;
  return (
    <ChartFrame
      title="Accuracy by amount of data"
      description={`${label} on the validation part, by share of the users trained on${sentence === null ? "" : `. ${sentence}`}`}
      height={300}
      logAxes={["x", "y"]}
      table={{ columns: ["Users, %", label], rows: series.points.map(({ x, y }) => [x, y]) }}
    >
      {(height) => (
        <LinePlot
          series={[series]}
          height={height}
          xLabel="users, %"
          yLabel={label}
          title="Accuracy by amount of data"
          dots
        />
      )}
    </ChartFrame>
  );
}

function Trials({ found: { search, steps } }: { readonly found: Found }) {
  const labelOf = useSettingLabels(search);
  const columns = trialColumns(search, labelOf).filter(
    ({ id }) => id !== "error" || steps.some(({ error }) => error !== null),
  );
  return (
    <Card padding={0}>
      <Group justify="space-between" px="md" py="sm">
        <Text fw={600} component="h2" m={0} size="lg">
          Trials
        </Text>
        <CopyMenu table={() => trialsAsText(columns, steps)} />
      </Group>
      <DataTable
        label="Trials of the search"
        columns={columns}
        rows={steps}
        rowId={({ step }) => String(step)}
        rowLabel={({ trial, rung }) => `Trial ${String(trial)}, rung ${String(rung)}`}
        maxHeight="max(300px, calc(100vh - 420px))"
        empty={
          <Text size="sm" c="dimmed" px="md" pb="md">
            None yet: the first is chosen when the search begins.
          </Text>
        }
      />
    </Card>
  );
}
