import type { Comparison } from "../../../../core/contract/entities.ts";
import type { TextTable } from "../../components/table/copy-as.ts";

/** A whole comparison as a flat table: one row for each run and metric, full precision. */
export function comparisonTable(comparison: Comparison, nameOf: (runId: string) => string): TextTable {
  return {
    columns: [
      "run",
      "baseline",
      "metric",
      "baseline_value",
      "value",
      "difference",
      "low",
      "high",
      "level",
      "effect_size",
      "p",
      "p_corrected",
      "wins",
      "ties",
      "losses",
      "verdict",
    ],
    rows: comparison.runs.flatMap(({ runId, comparisons }) =>
      comparisons.map((row) => [
        nameOf(runId),
        nameOf(comparison.baselineId),
        row.metric,
        row.baseline,
        row.value,
        row.difference,
        row.interval?.low ?? null,
        row.interval?.high ?? null,
        row.interval?.level ?? null,
        row.effectSize,
        row.pValue,
        row.pValueCorrected,
        row.wins,
        row.ties,
        row.losses,
        row.verdict,
      ]),
    ),
  };
}
