import { Alert, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import type { EvaluationReport, Run } from "../../../../core/contract/entities.ts";
import { HelpTerm } from "../../components/help-term.tsx";
import { formatMetric, metricLabel, metricMeaning, metricNames } from "../../components/format/metrics.ts";
import { formatCount, formatDecimal } from "../../components/format/numbers.ts";
import { attributesOf, segmentsByAttribute } from "./attribute-segments.ts";

type Segment = EvaluationReport["segments"][number];

/** Users by what is known of them stand after the first of these, a table for each attribute. */
const kinds: readonly { readonly kind: Segment["kind"]; readonly title: string }[] = [
  { kind: "activity", title: "Users by training ratings" },
  { kind: "popularity", title: "Films by popularity" },
  { kind: "genre", title: "Films by genre" },
  { kind: "time", title: "Test ratings by time" },
];

/** All metrics of a run, and what its evaluation found beside them. */
export function RunReport({ run }: { readonly run: Run }) {
  return (
    <Stack gap="md">
      <RunMetrics run={run} />
      {run.report !== undefined && <RunSegments report={run.report} columns={{ base: 1 }} />}
    </Stack>
  );
}

interface RunSegmentsProps {
  readonly report: EvaluationReport;
  /** How many tables stand beside each other, by the window's width. */
  readonly columns: Readonly<Record<string, number>>;
}

/** What an evaluation found beside its metrics: for whom and for what it is good. */
export function RunSegments({ report, columns }: RunSegmentsProps) {
  return (
    <Stack gap="md">
      {report.warnings.map((warning) => (
        <Alert key={warning} color="yellow" title="Sampled metrics">
          {warning}
        </Alert>
      ))}
      {report.relevantFrom !== null && (
        <Text size="sm" c="dimmed">
          Relevant in lists: test ratings from {report.relevantFrom} up ({formatCount(report.relevantRatings)}).{" "}
          {formatCount(report.usersWithoutRelevant)} test users have none and are in no metric of lists.
        </Text>
      )}
      <SimpleGrid cols={columns} style={{ alignItems: "start" }}>
        <Calibration report={report} />
        {tablesOf(report.segments).map(({ title, rows }) => (
          <Segments key={title} title={title} k={report.k} rows={rows} />
        ))}
      </SimpleGrid>
    </Stack>
  );
}

function tablesOf(
  segments: readonly Segment[],
): readonly { readonly title: string; readonly rows: readonly Segment[] }[] {
  const [activity, ...others] = kinds.map(({ kind, title }) => ({
    title,
    rows: segments.filter((segment) => segment.kind === kind),
  }));
  const byAttribute = attributesOf(segments).map((attribute) => ({
    title: `Users by ${attribute}`,
    rows: segmentsByAttribute(segments, attribute),
  }));
  return [...(activity === undefined ? [] : [activity]), ...byAttribute, ...others];
}

/** Every metric with its interval. */
export function RunMetrics({ run }: { readonly run: Run }) {
  if (run.metrics.length === 0) return null;
  return (
    <Table fz="sm" aria-label="Metrics of the run">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Metric</Table.Th>
          <Table.Th ta="right">Value</Table.Th>
          <Table.Th ta="right">95 % interval</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {metricNames([run]).flatMap((name) =>
          run.metrics
            .filter(({ metric }) => metric === name)
            .map(({ value, interval }) => (
              <Table.Tr key={name}>
                <Table.Td>
                  <HelpTerm help={metricMeaning(name)} metric={name}>
                    {metricLabel(name)}
                  </HelpTerm>
                </Table.Td>
                <Table.Td ta="right">{formatMetric(value)}</Table.Td>
                <Table.Td ta="right">
                  {interval === null ? "" : `${formatMetric(interval.low)} to ${formatMetric(interval.high)}`}
                </Table.Td>
              </Table.Tr>
            )),
        )}
      </Table.Tbody>
    </Table>
  );
}

function Calibration({ report }: { readonly report: EvaluationReport }) {
  if (report.calibration.length === 0) return null;
  return (
    <Table fz="sm" aria-label="Calibration">
      <Table.Thead>
        <Table.Tr>
          <Table.Th ta="right">Predicted, mean of a tenth</Table.Th>
          <Table.Th ta="right">Rated</Table.Th>
          <Table.Th ta="right">Test ratings</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {report.calibration.map(({ predicted, observed, ratings }) => (
          <Table.Tr key={predicted}>
            <Table.Td ta="right">{formatDecimal(predicted, 3)}</Table.Td>
            <Table.Td ta="right">{formatDecimal(observed, 3)}</Table.Td>
            <Table.Td ta="right">{formatCount(ratings)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Segments({
  title,
  k,
  rows,
}: {
  readonly title: string;
  readonly k: number;
  readonly rows: readonly Segment[];
}) {
  if (rows.length === 0) return null;
  const withErrors = rows.some(({ rmse }) => rmse !== null);
  const cell = (value: number | null) => (value === null ? "" : formatMetric(value));
  return (
    <Table fz="sm" aria-label={title} layout="fixed">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{title}</Table.Th>
          <Table.Th ta="right" w={125}>
            Test ratings
          </Table.Th>
          {withErrors && (
            <Table.Th ta="right" w={80}>
              RMSE
            </Table.Th>
          )}
          <Table.Th ta="right" w={110}>
            Recall@{k}
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map(({ label, ratings, rmse, recall }) => (
          <Table.Tr key={label}>
            <Table.Td>{label}</Table.Td>
            <Table.Td ta="right">{formatCount(ratings)}</Table.Td>
            {withErrors && <Table.Td ta="right">{cell(rmse)}</Table.Td>}
            <Table.Td ta="right">{cell(recall)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
