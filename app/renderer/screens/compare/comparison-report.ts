import type { Comparison, Run } from "../../../../core/contract/entities.ts";
import { findMetric, formatMetric, metricLabel, metricNames } from "../../components/format/metrics.ts";
import { formatDecimal, formatGeneral, formatPValue, formatSigned } from "../../components/format/numbers.ts";
import type { CellValue, TextTable } from "../../components/table/copy-as.ts";
import { parameterRows } from "./differences.ts";
import { verdictLabels } from "./verdict-labels.ts";

/** What a report says, before it is written in a format. */
export type ReportBlock =
  | { readonly kind: "heading"; readonly level: 1 | 2 | 3; readonly text: string }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "table"; readonly table: TextTable }
  /** `label` is the drawing's name; a format without drawings leaves it out, the table above has the figures. */
  | { readonly kind: "drawing"; readonly label: string; readonly rows: readonly DrawnInterval[] };

export interface DrawnInterval {
  readonly label: string;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

interface ReportInput {
  readonly runs: readonly Run[];
  /** Null where the runs cannot be compared, or there is one alone; `refusal` says why. */
  readonly comparison: Comparison | null;
  readonly refusal: string | null;
  /** The address of the view it was made from. */
  readonly link: string;
  /** The search the runs were found by. */
  readonly search: string;
  readonly now: Date;
}

const mostDrawings = 4;

/** The chosen runs in one document: what was asked, what came out and how sure it is, what differs, and a card for each. */
export function comparisonReport({
  runs,
  comparison,
  refusal,
  link,
  search,
  now,
}: ReportInput): readonly ReportBlock[] {
  const metrics = metricNames(runs);
  const nameOf = (id: string) => runs.find((run) => run.id === id)?.name ?? id;
  const differing = parameterRows(runs).filter(({ differs }) => differs);
  return [
    { kind: "heading", level: 1, text: runs.length === 1 ? `Report of ${nameOf(runs[0]?.id ?? "")}` : "Comparison" },
    {
      kind: "text",
      text: `Made ${now.toISOString()} by Reelbench of ${runs.map(({ name }) => name).join(", ")}.${search === "" ? "" : ` Found by: ${search}.`} View: ${link}`,
    },
    ...verdict(comparison, refusal, nameOf),
    { kind: "heading", level: 2, text: "Metrics" },
    { kind: "text", text: "Values with their 95 % intervals over users, where there are enough of them." },
    ...runsSideBySide("Metric", runs, metrics.map(metricLabel), (run, row) => metricCell(run, metrics[row] ?? "")),
    ...metrics.slice(0, mostDrawings).map((metric): ReportBlock => ({
      kind: "drawing",
      label: metricLabel(metric),
      rows: runs.flatMap((run) => {
        const found = findMetric(run.metrics, metric);
        return found === undefined
          ? []
          : [
              {
                label: run.name,
                value: found.value,
                low: found.interval?.low ?? null,
                high: found.interval?.high ?? null,
              },
            ];
      }),
    })),
    ...(runs.length > 1 ? differences(runs, differing) : []),
    { kind: "heading", level: 2, text: "Model cards" },
    ...runs.flatMap(card),
  ];
}

function verdict(
  comparison: Comparison | null,
  refusal: string | null,
  nameOf: (id: string) => string,
): readonly ReportBlock[] {
  if (comparison === null) {
    if (refusal === null) return [];
    return [
      { kind: "heading", level: 2, text: "Is it better?" },
      { kind: "text", text: `These runs cannot be compared. ${refusal}` },
    ];
  }
  return [
    { kind: "heading", level: 2, text: "Is it better?" },
    { kind: "text", text: comparison.conclusion },
    ...comparison.runs.map(({ sentence }): ReportBlock => ({ kind: "text", text: sentence })),
    { kind: "text", text: `Baseline: ${nameOf(comparison.baselineId)}. Differences are paired over users.` },
    ...comparison.runs
      .filter(({ comparisons }) => comparisons.length > 0)
      .flatMap(({ runId, comparisons }): readonly ReportBlock[] => [
        { kind: "heading", level: 3, text: `${nameOf(runId)} against ${nameOf(comparison.baselineId)}` },
        { kind: "table", table: differencesTable(comparisons) },
      ]),
  ];
}

/** To be read on paper; the figures in full are in the table that is copied as CSV. */
function differencesTable(comparisons: Comparison["runs"][number]["comparisons"]): TextTable {
  return {
    columns: [
      "Metric",
      "Baseline",
      "Value",
      "Difference",
      "Interval",
      "Effect size",
      "p, corrected",
      "Wins / ties / losses",
      "Verdict",
    ],
    rows: comparisons.map(({ metric, baseline, value, difference, interval, effectSize, pValueCorrected, ...row }) => [
      metricLabel(metric),
      formatMetric(baseline),
      formatMetric(value),
      formatSigned(difference),
      interval === null ? null : `${formatSigned(interval.low)} to ${formatSigned(interval.high)}`,
      effectSize === null ? null : formatDecimal(effectSize, 2),
      pValueCorrected === null ? null : formatPValue(pValueCorrected),
      `${String(row.wins)} / ${String(row.ties)} / ${String(row.losses)}`,
      verdictLabels[row.verdict],
    ]),
  };
}

function differences(runs: readonly Run[], rows: ReturnType<typeof parameterRows>): readonly ReportBlock[] {
  return [
    { kind: "heading", level: 2, text: "What was set differently" },
    ...(rows.length === 0
      ? [{ kind: "text", text: "Nothing: same algorithm, hyperparameters, seed and split." } as const]
      : runsSideBySide(
          "Parameter",
          runs,
          rows.map(({ name }) => name),
          (run, row) => rows[row]?.values[runs.indexOf(run)] ?? null,
        )),
  ];
}

/** As many as there is room for on paper, upright. */
const mostSideBySide = 4;

/** A column for each run; more of them than fit stand in tables below one another, each as full as the others. */
function runsSideBySide(
  what: string,
  runs: readonly Run[],
  names: readonly string[],
  cellOf: (run: Run, row: number) => CellValue,
): readonly ReportBlock[] {
  const tables = Math.ceil(runs.length / mostSideBySide);
  const each = Math.ceil(runs.length / Math.max(1, tables));
  return Array.from({ length: tables }, (_, n): ReportBlock => {
    const shown = runs.slice(n * each, (n + 1) * each);
    return {
      kind: "table",
      table: {
        columns: [what, ...shown.map(({ name }) => name)],
        rows: names.map((name, row) => [name, ...shown.map((run) => cellOf(run, row))]),
      },
    };
  });
}

function metricCell(run: Run, metric: string): string | null {
  const found = findMetric(run.metrics, metric);
  if (found === undefined) return null;
  const { value, interval } = found;
  return interval === null
    ? formatMetric(value)
    : `${formatMetric(value)} [${formatMetric(interval.low)}, ${formatMetric(interval.high)}]`;
}

function card(run: Run): readonly ReportBlock[] {
  const settings = Object.entries(run.hyperparameters).map(
    ([name, value]) => `${name} ${typeof value === "number" ? formatGeneral(value) : String(value)}`,
  );
  const rows: [string, string][] = [
    ["Run", run.id],
    ["Algorithm", run.algorithm],
    ["Hyperparameters", settings.length === 0 ? "none" : settings.join(", ")],
    ["Seed", String(run.seed)],
    ["Snapshot", run.snapshotId],
    ["Split", run.splitId],
    ["Started", run.createdAt],
    ["Model (SHA-256)", run.modelHash ?? "none"],
    ["Code", run.codeVersion],
  ];
  if (run.timings !== null) rows.push(["Seconds of training", formatGeneral(run.timings.fit)]);
  if (run.machine !== null)
    rows.push(["Machine", `${run.machine.cpu}, ${String(run.machine.threads)} threads, ${run.machine.runtime}`]);
  if ((run.tags ?? []).length > 0) rows.push(["Tags", (run.tags ?? []).join(", ")]);
  if (run.note !== "") rows.push(["Note", run.note]);
  return [
    { kind: "heading", level: 3, text: run.name },
    { kind: "table", table: { columns: ["Particular", "Value"], rows } },
    ...(run.report?.warnings ?? []).map((text): ReportBlock => ({ kind: "text", text })),
  ];
}
