import { Alert, Group, Select, Stack, Table, Text } from "@mantine/core";
import { IconGavel } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import type { Comparison, Run } from "../../../../core/contract/entities.ts";
import { ChartFrame } from "../../charts/chart-frame.tsx";
import { IntervalPlot } from "../../charts/interval-plot.tsx";
import { HelpTerm } from "../../components/help-term.tsx";
import { Answer } from "../../components/feedback/answer.tsx";
import { formatMetric, metricLabel, metricMeaning } from "../../components/format/metrics.ts";
import { formatCount, formatDecimal, formatPValue, formatSigned } from "../../components/format/numbers.ts";
import { CopyMenu } from "../../components/table/copy-menu.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";
import { comparisonTable } from "./comparison-table.ts";
import { verdictLabels } from "./verdict-labels.ts";

type MetricComparison = Comparison["runs"][number]["comparisons"][number];

const route = getRouteApi("/compare");

/** Whether the difference is more than chance, said in a sentence and shown with its numbers. */
export function VerdictTab({
  runs,
  baselineId,
}: {
  readonly runs: readonly Run[];
  readonly baselineId: string | undefined;
}) {
  const runIds = runs.map(({ id }) => id);
  const baseline = runIds.find((id) => id === baselineId) ?? null;
  const comparison = useQueryMethod("runs.compare", { runIds, baselineId: baseline }, { enabled: runs.length >= 2 });
  if (runs.length < 2) {
    return (
      <Text size="sm" c="dimmed">
        Choose at least two finished runs of one split.
      </Text>
    );
  }
  return (
    <Answer
      of={comparison}
      height={280}
      errorTitle="These runs cannot be compared"
      waitingFor="Every metric of every run is resampled over the test users. It goes on while you look elsewhere, and is kept."
    >
      {(known) => <Verdict comparison={known} runs={runs} />}
    </Answer>
  );
}

function Verdict({ comparison, runs }: { readonly comparison: Comparison; readonly runs: readonly Run[] }) {
  const wanted = route.useSearch({ select: ({ metric }) => metric });
  const navigate = route.useNavigate();
  const names = [...new Set(comparison.runs.flatMap(({ comparisons }) => comparisons.map(({ metric }) => metric)))];
  const metric = names.find((name) => name === wanted) ?? names[0];
  const nameOf = (id: string) => runs.find((run) => run.id === id)?.name ?? id;
  return (
    <Stack gap="md">
      <Alert color="petrol" variant="light" icon={<IconGavel size={18} />}>
        <Text size="sm" fw={600}>
          {comparison.conclusion}
        </Text>
        {comparison.runs.map(({ runId, sentence }) => (
          <Text key={runId} size="sm" mt={4}>
            {sentence}
          </Text>
        ))}
      </Alert>
      {metric !== undefined && (
        <>
          <Group justify="space-between">
            <Select
              aria-label="Metric"
              w={180}
              data={names.map((name) => ({ value: name, label: metricLabel(name) }))}
              value={metric}
              onChange={(value) =>
                value !== null && void navigate({ search: (before) => ({ ...before, metric: value }), replace: true })
              }
            />
            <CopyMenu label="Copy all as" table={() => comparisonTable(comparison, nameOf)} />
          </Group>
          <DifferencePlot comparison={comparison} metric={metric} nameOf={nameOf} />
          <DifferenceTable comparison={comparison} metric={metric} nameOf={nameOf} />
        </>
      )}
    </Stack>
  );
}

interface OfMetricProps {
  readonly comparison: Comparison;
  readonly metric: string;
  readonly nameOf: (runId: string) => string;
}

function ofMetric({ comparison, metric }: OfMetricProps) {
  return comparison.runs.flatMap(({ runId, comparisons }) => {
    const found = comparisons.find((candidate) => candidate.metric === metric);
    return found === undefined ? [] : [{ runId, ...found }];
  });
}

function DifferencePlot(props: OfMetricProps) {
  const { metric, nameOf, comparison } = props;
  const rows = ofMetric(props).map(({ runId, difference, interval }) => ({
    id: runId,
    label: nameOf(runId),
    value: difference,
    low: interval?.low ?? null,
    high: interval?.high ?? null,
  }));
  return (
    <ChartFrame
      title={`Difference in ${metricLabel(metric)} to ${nameOf(comparison.baselineId)}`}
      description="Paired over users; the whisker is the bootstrap interval. Clear of the dashed line: more than chance"
      height={Math.max(110, 56 + rows.length * 34)}
      table={{
        columns: ["Run", "Difference", "Low", "High"],
        rows: rows.map(({ label, value, low, high }) => [label, value, low, high]),
      }}
    >
      {(height) => (
        <IntervalPlot
          rows={rows}
          height={height}
          reference={0}
          xLabel={`difference in ${metricLabel(metric)}`}
          title={`Difference in ${metricLabel(metric)}`}
        />
      )}
    </ChartFrame>
  );
}

const verdictColors: Readonly<Record<MetricComparison["verdict"], string>> = {
  better: "var(--rb-good)",
  worse: "var(--rb-bad)",
  "no-difference-shown": "var(--mantine-color-dimmed)",
  "not-tested": "var(--mantine-color-dimmed)",
};

function DifferenceTable(props: OfMetricProps) {
  const { metric, nameOf, comparison } = props;
  const rows = ofMetric(props);
  return (
    <Table.ScrollContainer minWidth={1020}>
      <Table fz="sm" aria-label={`Differences in ${metricLabel(metric)}`}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th miw={170}>Run</Table.Th>
            <Table.Th ta="right">
              <HelpTerm help={metricMeaning(metric)} metric={metric}>
                {metricLabel(metric)}
              </HelpTerm>
            </Table.Th>
            <Table.Th ta="right">Difference</Table.Th>
            <Table.Th ta="right">Interval</Table.Th>
            <Explained
              label="Effect size"
              help="Cohen's d_z: the mean of the per-user differences in units of their standard deviation. About 0.2 is small, 0.5 medium, 0.8 large."
            />
            <Explained
              label="p"
              help="Randomisation test on the per-user differences: how often chance alone would give a difference as large."
            />
            <Explained label="p, corrected" help="After Holm's correction over all comparisons on this table." />
            <Explained
              label="Wins / ties / losses"
              help="Users for whom the run is better, equal, worse than the baseline."
            />
            <Table.Th>Verdict</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          <Table.Tr>
            <Table.Td>
              {nameOf(comparison.baselineId)}{" "}
              <Text span inherit c="dimmed">
                baseline
              </Text>
            </Table.Td>
            <Table.Td ta="right">{rows[0] === undefined ? "–" : formatMetric(rows[0].baseline)}</Table.Td>
            <Table.Td colSpan={7} />
          </Table.Tr>
          {rows.map((row) => (
            <Table.Tr key={row.runId}>
              <Table.Td>{nameOf(row.runId)}</Table.Td>
              <Table.Td ta="right">{formatMetric(row.value)}</Table.Td>
              <Table.Td ta="right">{formatSigned(row.difference)}</Table.Td>
              <Table.Td ta="right" style={{ whiteSpace: "nowrap" }}>
                {row.interval === null
                  ? "–"
                  : `${formatSigned(row.interval.low)} to ${formatSigned(row.interval.high)}`}
              </Table.Td>
              <Table.Td ta="right">{row.effectSize === null ? "–" : formatDecimal(row.effectSize, 2)}</Table.Td>
              <Table.Td ta="right" style={{ whiteSpace: "nowrap" }}>
                {row.pValue === null ? "–" : formatPValue(row.pValue)}
              </Table.Td>
              <Table.Td ta="right">{row.pValueCorrected === null ? "–" : formatPValue(row.pValueCorrected)}</Table.Td>
              <Table.Td ta="right" style={{ whiteSpace: "nowrap" }}>
                {formatCount(row.wins)} / {formatCount(row.ties)} / {formatCount(row.losses)}
              </Table.Td>
              <Table.Td>
                <Text size="sm" fw={600} c={verdictColors[row.verdict]}>
                  {verdictLabels[row.verdict]}
                </Text>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Explained({ label, help }: { readonly label: string; readonly help: string }) {
  return (
    <Table.Th ta="right">
      <HelpTerm help={help}>{label}</HelpTerm>
    </Table.Th>
  );
}
