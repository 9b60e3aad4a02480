import { z } from "zod";
import type { EvaluationReport, ParityResult } from "../contract/entities.ts";
import { ask } from "./ask.ts";
import { bigCount, parseRows } from "./database.ts";
import type { Database } from "./database.ts";
import { findEvaluation } from "./evaluations.ts";
import type { Evaluation, GateResult } from "./evaluations.ts";

const segmentRow = z.object({
  kind: z.enum(["activity", "popularity", "genre", "time"]),
  label: z.string(),
  k: z.int(),
  ratings: bigCount,
  users: bigCount.nullable(),
  rmse: z.number().nullable(),
  mae: z.number().nullable(),
  recall: z.number().nullable(),
  ndcg: z.number().nullable(),
});

const gateRow = z
  .object({ gate: z.string(), passed: z.boolean(), overridden: z.boolean(), reason: z.string(), checked_at: z.date() })
  .transform(({ checked_at, ...row }) => ({ ...row, checkedAt: checked_at }));

const parityRow = z
  .object({
    answered_by: z.enum(["live", "bundled"]),
    servers: z.int(),
    probes: z.int(),
    compared: z.int(),
    mismatches: z.int(),
    largest_difference: z.number(),
    passed: z.boolean(),
    finished_at: z.date(),
  })
  .transform(({ answered_by, largest_difference, finished_at, ...row }) => ({
    ...row,
    answeredBy: answered_by,
    largestDifference: largest_difference,
    finishedAt: finished_at,
  }));

/** All that the target knows of a version's quality. */
export interface VersionReport {
  /** Null where nothing was measured. */
  readonly evaluation: Evaluation | null;
  /** Length of the lists that the segments' recall and NDCG are for; null where there are no segments. */
  readonly k: number | null;
  readonly segments: EvaluationReport["segments"];
  readonly gates: readonly (GateResult & { readonly overridden: boolean; readonly checkedAt: Date })[];
  /** Newest first. */
  readonly parity: readonly (ParityResult & { readonly passed: boolean; readonly finishedAt: Date })[];
}

/** Metrics with intervals, segments, gates and parity probes of a version; all empty where the target does not have it. */
export async function readVersionReport(database: Database, version: string): Promise<VersionReport> {
  const evaluation = await findEvaluation(database, version);
  const segments = parseRows(
    segmentRow,
    await ask(
      database,
      "select kind, label, k, ratings, users, rmse, mae, recall, ndcg from reelbench.evaluation_segments where version = $1 order by position",
      [version],
    ),
  );
  const gates = parseRows(
    gateRow,
    await ask(
      database,
      "select gate, passed, overridden, reason, checked_at from reelbench.gate_results where version = $1 order by gate",
      [version],
    ),
  );
  const parity = parseRows(
    parityRow,
    await ask(
      database,
      `select answered_by, servers, probes, compared, mismatches, largest_difference, passed, finished_at
       from reelbench.parity_results where version = $1 order by finished_at desc limit 100`,
      [version],
    ),
  );
  return {
    evaluation,
    k: segments[0]?.k ?? null,
    segments: segments.map(({ kind, label, ratings, users, rmse, mae, recall, ndcg }) => ({
      kind,
      label,
      ratings,
      users,
      rmse,
      mae,
      recall,
      ndcg,
    })),
    gates,
    parity,
  };
}
