import { Alert, Group, SegmentedControl, Select, SimpleGrid, Stack, Text } from "@mantine/core";
import { useState } from "react";
import type { EvaluationReport, Run } from "../../../../core/contract/entities.ts";
import { ChartFrame } from "../../charts/chart-frame.tsx";
import { LinePlot } from "../../charts/line-plot.tsx";
import { ScatterPlot } from "../../charts/scatter-plot.tsx";
import { SegmentPlot } from "../../charts/segment-plot.tsx";
import { attributesOf, segmentsByAttribute } from "./attribute-segments.ts";
import { SplitNote } from "./split-note.tsx";

type Segment = EvaluationReport["segments"][number];
const kinds = [
  { value: "activity", label: "Users by ratings" },
  { value: "attribute", label: "Users by attribute" },
  { value: "popularity", label: "Films by popularity" },
  { value: "genre", label: "Genre" },
  { value: "time", label: "Time" },
] as const satisfies readonly { readonly value: Segment["kind"]; readonly label: string }[];
const measures = ["recall", "ndcg", "rmse", "mae"] as const;
type MeasureName = (typeof measures)[number];

/** Where a model is good and where it is not: by segment, and whether predicted ratings are what people gave. */
export function ErrorsTab({ runs }: { readonly runs: readonly Run[] }) {
  const reported = runs.flatMap(({ id, name, report }) => (report === undefined ? [] : [{ id, name, report }]));
  if (reported.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        None of the chosen runs has a report of its evaluation.
      </Text>
    );
  }
  return (
    <Stack gap="md">
      <SplitNote runs={runs} />
      <Segments reported={reported} />
      <Calibration reported={reported} />
    </Stack>
  );
}

interface Reported {
  readonly id: string;
  readonly name: string;
  readonly report: EvaluationReport;
}

function Segments({ reported }: { readonly reported: readonly Reported[] }) {
  const [kind, setKind] = useState<Segment["kind"]>("activity");
  const [wanted, setWanted] = useState<MeasureName | null>(null);
  const [wantedAttribute, setAttribute] = useState<string | null>(null);
  const all = reported.flatMap(({ report }) => report.segments);
  const attributes = attributesOf(all);
  const attribute = attributes.find((name) => name === wantedAttribute) ?? attributes[0] ?? "";
  const segmentsOf = (among: readonly Segment[]) =>
    kind === "attribute" ? segmentsByAttribute(among, attribute) : among.filter((segment) => segment.kind === kind);
  const offered = kinds.filter(({ value }) => all.some((segment) => segment.kind === value));
  const segments = segmentsOf(all);
  const measured = measures.filter((name) => segments.some((segment) => segment[name] !== null));
  const measure = measured.find((name) => name === wanted) ?? measured[0];
  const k = reported[0]?.report.k ?? 10;
  const labelOf = (name: MeasureName) =>
    ({ recall: `Recall@${String(k)}`, ndcg: `NDCG@${String(k)}`, rmse: "RMSE", mae: "MAE" })[name];
  const title = (name: MeasureName) => `${labelOf(name)} by ${kind === "attribute" ? attribute : "segment"}`;
  const labels = [...new Set(segments.map(({ label }) => label))];
  const byLabel = new Map(
    reported.map(({ id, report }) => [id, new Map(segmentsOf(report.segments).map((each) => [each.label, each]))]),
  );
  const valueOf = ({ id }: Reported, label: string) =>
    measure === undefined ? null : (byLabel.get(id)?.get(label)?.[measure] ?? null);
  const ratingsOf = (label: string) => segments.find((segment) => segment.label === label)?.ratings ?? 0;
  return (
    <>
      <Group gap="md">
        <SegmentedControl
          aria-label="Segments"
          data={offered}
          value={kind}
          onChange={(value) => setKind(kinds.find((known) => known.value === value)?.value ?? "activity")}
        />
        {kind === "attribute" && attributes.length > 0 && (
          <Select
            aria-label="Attribute of users"
            w={170}
            data={[...attributes]}
            value={attribute}
            onChange={setAttribute}
            allowDeselect={false}
          />
        )}
        {measure !== undefined && (
          <Select
            aria-label="Measure of the segments"
            w={150}
            data={measured.map((name) => ({ value: name, label: labelOf(name) }))}
            value={measure}
            onChange={(value) => setWanted(measures.find((name) => name === value) ?? null)}
            allowDeselect={false}
          />
        )}
      </Group>
      {measure === undefined ? (
        <Alert color="gray">The chosen runs were not judged by these segments.</Alert>
      ) : (
        <ChartFrame
          title={title(measure)}
          description="Of the test ratings that fall into each segment; the count is of test ratings"
          height={Math.max(220, 60 + labels.length * (10 + reported.length * 12))}
          table={{
            columns: ["Segment", "Test ratings", ...reported.map(({ name }) => name)],
            rows: labels.map((label) => [label, ratingsOf(label), ...reported.map((one) => valueOf(one, label))]),
          }}
        >
          {(height) => (
            <SegmentPlot
              title={title(measure)}
              height={height}
              xLabel={labelOf(measure)}
              segments={labels.map((label) => ({ label, count: ratingsOf(label) }))}
              series={reported.map((one) => ({
                id: one.id,
                label: one.name,
                values: labels.map((label) => valueOf(one, label)),
              }))}
            />
          )}
        </ChartFrame>
      )}
    </>
  );
}

function Calibration({ reported }: { readonly reported: readonly Reported[] }) {
  const predicting = reported.filter(({ report }) => report.calibration.length > 0);
  if (predicting.length === 0) return null;
  const rows = predicting.flatMap(({ name, report }) =>
    report.calibration.map(({ predicted, observed, ratings }) => [
      name,
      predicted,
      observed,
      observed - predicted,
      ratings,
    ]),
  );
  const table = { columns: ["Run", "Predicted", "Rated", "Rated − predicted", "Test ratings"], rows };
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
      <ChartFrame
        title="Calibration"
        description="Test ratings in ten groups by prediction: mean predicted against mean rated. On the line: as promised"
        height={300}
        table={table}
      >
        {(height) => (
          <ScatterPlot
            points={predicting.flatMap(({ id, name, report }, series) =>
              report.calibration.map(({ predicted, observed }, group) => ({
                id: `${id} ${String(group)}`,
                label: name,
                x: predicted,
                y: observed,
                series,
              })),
            )}
            height={height}
            xLabel="mean predicted"
            yLabel="mean rated"
            title="Calibration"
            legend={predicting.map(({ id, name }) => ({ id, label: name }))}
            diagonal
          />
        )}
      </ChartFrame>
      <ChartFrame
        title="Residuals"
        description="What people rated above (or below) the prediction, by prediction"
        height={300}
        table={table}
      >
        {(height) => (
          <LinePlot
            series={predicting.map(({ id, name, report }) => ({
              id,
              label: name,
              points: report.calibration.map(({ predicted, observed }) => ({ x: predicted, y: observed - predicted })),
            }))}
            height={height}
            xLabel="mean predicted"
            yLabel="rated − predicted"
            title="Residuals"
            dots
          />
        )}
      </ChartFrame>
    </SimpleGrid>
  );
}
