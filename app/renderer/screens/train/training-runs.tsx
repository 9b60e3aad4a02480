import { Card, Group, SegmentedControl, Stack, Table, Text, Title } from "@mantine/core";
import { useState } from "react";
import { useQueries } from "@tanstack/react-query";
import type { Split } from "../../../../core/contract/entities.ts";
import type { RunRow } from "../../../../core/contract/run-table.ts";
import { ChartFrame } from "../../charts/chart-frame.tsx";
import { useTurn } from "../../charts/draw-in-turn.ts";
import { LinePlot } from "../../charts/line-plot.tsx";
import type { Series } from "../../charts/series.ts";
import { Answer } from "../../components/feedback/answer.tsx";
import { HelpTerm } from "../../components/help-term.tsx";
import {
  curveLabel,
  findMetric,
  formatMetric,
  metricLabel,
  metricMeaning,
  metricNames,
} from "../../components/format/metrics.ts";
import { formatCount } from "../../components/format/numbers.ts";
import { withDistinctNames } from "../../components/format/run-names.ts";
import { formatSeconds } from "../../components/format/times.ts";
import { InlineLink, LinkButton, TextLink } from "../../components/link-button.tsx";
import { StateBadge } from "../../components/shell/job-state.tsx";
import { useCurves } from "../../transport/use-curves.ts";
import { useEngine } from "../../transport/engine-context.tsx";
import { methodQuery, useQueryMethod } from "../../transport/hooks.ts";

/** How many are shown; the others are on the compare screen. */
const shownRuns = 50;

/** The latest runs on this split: what trains now, with its curve, and what came out. */
export function TrainingRuns({ split }: { readonly split: Split }) {
  const runs = useQueryMethod("runs.query", { splitId: split.id, limit: shownRuns }, { keepPrevious: true });
  return (
    <Answer of={runs}>
      {({ rows, total }) =>
        rows.length === 0 ? <NoRuns /> : <RunsOfSplit runs={rows} total={total} splitId={split.id} />
      }
    </Answer>
  );
}

function NoRuns() {
  return (
    <Text size="sm" c="dimmed">
      No runs on this split yet. Popularity and biases take seconds and show what a model must beat.
    </Text>
  );
}

interface RunsOfSplitProps {
  /** Newest first. */
  readonly runs: readonly RunRow[];
  readonly total: number;
  readonly splitId: string;
}

function RunsOfSplit({ runs, total, splitId }: RunsOfSplitProps) {
  return (
    <Stack gap="md">
      <LearningCurves runs={withDistinctNames(runs.slice(0, mostCurves))} />
      <RunsTable runs={runs} total={total} splitId={splitId} />
    </Stack>
  );
}

/** The latest ones; the others are on the compare screen. */
const mostCurves = 12;

/** A page of runs comes without their curves: those of the few that are drawn are asked for. */
function LearningCurves({ runs }: { readonly runs: readonly RunRow[] }) {
  const { connection } = useEngine();
  const whole = useQueries({ queries: runs.map(({ id }) => methodQuery(connection, "runs.get", { runId: id })) });
  const drawn = runs.map((run, index) => ({ ...run, curve: whole[index]?.data?.curve ?? [] }));
  const curves = useCurves(drawn);
  const withCurve = drawn.filter(({ id }) => (curves.get(id)?.length ?? 0) > 1);
  return withCurve.length === 0 ? null : <CurvesChart runs={withCurve} curves={curves} />;
}

interface CurvesChartProps {
  readonly runs: readonly RunRow[];
  readonly curves: ReturnType<typeof useCurves>;
}

function CurvesChart({ runs, curves }: CurvesChartProps) {
  const names = [
    ...new Set(runs.flatMap(({ id }) => curves.get(id)?.flatMap(({ values }) => Object.keys(values)) ?? [])),
  ].sort();
  const [wanted, setWanted] = useState<string | null>(null);
  const name = wanted !== null && names.includes(wanted) ? wanted : (names[0] ?? "loss");
  const series: readonly Series[] = runs.flatMap(({ id, name: label }) => {
    const points = (curves.get(id) ?? []).flatMap(({ epoch, values }) =>
      values[name] === undefined ? [] : [{ x: epoch, y: values[name] }],
    );
    return points.length === 0 ? [] : [{ id, label, points }];
  });
  return (
    <ChartFrame
      title="Learning curves"
      description={`${curveLabel(name)} after each epoch${runs.some(({ state }) => state === "running") ? ", live" : ""}`}
      height={280}
      logAxes={["x", "y"]}
      table={{
        columns: ["Run", "Epoch", curveLabel(name)],
        rows: series.flatMap(({ label, points }) => points.map(({ x, y }) => [label, x, y])),
      }}
      controls={
        <Group gap="sm" mr="xs" wrap="nowrap">
          {names.length > 1 && (
            <SegmentedControl
              aria-label="Curve"
              data={names.map((value) => ({ value, label: curveLabel(value) }))}
              value={name}
              onChange={setWanted}
            />
          )}
        </Group>
      }
    >
      {(height) => (
        <LinePlot series={series} height={height} xLabel="epoch" yLabel={curveLabel(name)} title="Learning curves" />
      )}
    </ChartFrame>
  );
}

function RunsTable(props: RunsOfSplitProps) {
  const isDrawn = useTurn();
  return isDrawn ? <RowsOfRuns {...props} /> : <Card h={120} aria-busy />;
}

function RowsOfRuns({ runs, total, splitId }: RunsOfSplitProps) {
  const metrics = metricNames(runs).slice(0, 6);
  // A refit was not evaluated itself: it cannot be compared.
  const finished = runs.filter(({ state, refitOf }) => state === "succeeded" && refitOf === null);
  return (
    // Below all that is chosen for a training: laid out when somebody scrolls there.
    <Card
      padding={0}
      style={{ contentVisibility: "auto", containIntrinsicHeight: `auto ${String(90 + 33 * runs.length)}px` }}
    >
      <Group justify="space-between" px="md" py="sm">
        <Group gap="sm" align="baseline">
          <Title order={2}>Runs on this split</Title>
          {total > runs.length && (
            <Text size="sm" c="dimmed">
              The latest {formatCount(runs.length)} of{" "}
              <InlineLink to="/compare" search={{ split: splitId }}>
                all {formatCount(total)}
              </InlineLink>
            </Text>
          )}
        </Group>
        {finished.length > 1 && (
          <LinkButton variant="default" to="/compare" search={{ run: finished.slice(0, 8).map(({ id }) => id) }}>
            Compare {finished.length > 8 ? "the latest 8" : `all ${String(finished.length)}`}
          </LinkButton>
        )}
      </Group>
      <Table.ScrollContainer minWidth={720}>
        <Table aria-label="Runs on this split" highlightOnHover fz="sm" style={{ whiteSpace: "nowrap" }}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Run</Table.Th>
              <Table.Th>State</Table.Th>
              {metrics.map((name) => (
                <Table.Th key={name} ta="right">
                  <HelpTerm help={metricMeaning(name)} metric={name}>
                    {metricLabel(name)}
                  </HelpTerm>
                </Table.Th>
              ))}
              <Table.Th ta="right">Fit</Table.Th>
              <Table.Th ta="right">Seed</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {runs.map((run) => (
              <RunLine key={run.id} run={run} metrics={metrics} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Card>
  );
}

function RunLine({ run, metrics }: { readonly run: RunRow; readonly metrics: readonly string[] }) {
  return (
    <Table.Tr>
      <Table.Td>
        <TextLink to="/compare" search={{ run: [run.id] }}>
          {run.name}
        </TextLink>
        {run.error !== null && run.state !== "cancelled" && (
          <Text size="xs" c="var(--rb-bad)" style={{ whiteSpace: "normal" }}>
            {run.error.message} {run.error.remedy}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <StateBadge state={run.state} />
      </Table.Td>
      {metrics.map((name) => {
        const metric = findMetric(run.metrics, name);
        return (
          <Table.Td key={name} ta="right">
            {metric === undefined ? "–" : formatMetric(metric.value)}
          </Table.Td>
        );
      })}
      <Table.Td ta="right">{run.timings === null ? "–" : formatSeconds(run.timings.fit)}</Table.Td>
      <Table.Td ta="right">{run.seed}</Table.Td>
    </Table.Tr>
  );
}
