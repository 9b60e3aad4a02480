import type { EvaluationReport } from "../core/contract/entities.ts";
import { formatTable } from "./table.ts";

type Segment = EvaluationReport["segments"][number];

const titles: Readonly<Record<Segment["kind"], string>> = {
  activity: "users by training ratings",
  attribute: "users by attribute",
  popularity: "items by popularity",
  genre: "items by genre",
  time: "test ratings by time",
};

/** What an evaluation found beside its metrics: calibration, intervals, segments, warnings. */
export function describeReport(report: EvaluationReport): string {
  const relevance =
    report.relevantFrom === null
      ? ""
      : `\nRelevant: test ratings from ${String(report.relevantFrom)} up (${String(report.relevantRatings)}); ${String(report.usersWithoutRelevant)} test users have none and are in no metric of lists.\n`;
  const warnings = report.warnings.map((warning) => `! ${warning}\n`).join("");
  return `${relevance}${warnings}${calibrationTable(report)}${intervalsText(report)}${segmentTables(report)}`;
}

function calibrationTable({ calibration }: EvaluationReport): string {
  if (calibration.length === 0) return "";
  return `\n${formatTable(
    calibration,
    [
      { title: "predicted", value: ({ predicted }) => predicted.toFixed(3), right: true },
      { title: "observed", value: ({ observed }) => observed.toFixed(3), right: true },
      { title: "test ratings", value: ({ ratings }) => ratings },
    ],
    "",
  )}`;
}

function intervalsText({ intervals }: EvaluationReport): string {
  return intervals
    .map(
      ({ level, coverage, width }) =>
        `Predictive intervals of ${(100 * level).toFixed(0)} % hold ${(100 * coverage).toFixed(1)} % of the test ratings; mean width ${width.toFixed(3)}.\n`,
    )
    .join("");
}

function segmentTables({ segments, k }: EvaluationReport): string {
  const number = (value: number | null) => value?.toFixed(4) ?? null;
  return Object.entries(titles)
    .map(([kind, title]) => {
      const rows = segments.filter((segment) => segment.kind === kind);
      if (rows.length === 0) return "";
      return `\n${formatTable(
        rows,
        [
          { title, value: ({ label }) => label },
          { title: "test ratings", value: ({ ratings }) => ratings },
          { title: "RMSE", value: ({ rmse }) => number(rmse), right: true },
          { title: `recall@${String(k)}`, value: ({ recall }) => number(recall), right: true },
          { title: `ndcg@${String(k)}`, value: ({ ndcg }) => number(ndcg), right: true },
        ],
        "",
      )}`;
    })
    .join("");
}
