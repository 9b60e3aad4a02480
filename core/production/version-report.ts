import { z } from "zod";
import type { EvaluationReport, ParityResult } from "../contract/entities.ts";
import { segmentKind } from "../contract/evaluation.ts";
import { ask } from "./ask.ts";
import { bigCount, parseRows } from "./database.ts";
import type { Database } from "./database.ts";
import { findEvaluation } from "./evaluations.ts";
import type { Evaluation, GateResult } from "./evaluations.ts";

const segmentRow = z.object({
  kind: segmentKind,
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

type Segments = Pick<EvaluationReport, "segments"> & {
  /** Length of the lists that recall and NDCG are for; null where there are no segments. */
  readonly k: number | null;
};
/** Newest first. */
type ParityRecords = readonly (ParityResult & { readonly passed: boolean; readonly finishedAt: Date })[];
type GateRecords = readonly (GateResult & { readonly overridden: boolean; readonly checkedAt: Date })[];

/** All that the target knows of a version's quality. */
export interface VersionReport extends Segments {
  /** Null where nothing was measured. */
  readonly evaluation: Evaluation | null;
  readonly gates: GateRecords;
  readonly parity: ParityRecords;
}

/** The evaluation by groups of users, items and time, in the order of the run; none where the target has none. */
export async function readSegments(database: Database, version: string): Promise<Segments> {
  const rows = parseRows(
    segmentRow,
    await ask(
      database,
      "select kind, label, k, ratings, users, rmse, mae, recall, ndcg from reelbench.evaluation_segments where version = $1 order by position",
      [version],
    ),
  );
  return { k: rows[0]?.k ?? null, segments: rows.map(({ k: _ofAll, ...segment }) => segment) };
}

/** What the version had to pass before it was sent. */
export async function readGates(database: Database, version: string): Promise<GateRecords> {
  return parseRows(
    gateRow,
    await ask(
      database,
      "select gate, passed, overridden, reason, checked_at from reelbench.gate_results where version = $1 order by gate",
      [version],
    ),
  );
}

/** The last hundred times that servers' answers were compared with the workbench's. */
export async function readParity(database: Database, version: string): Promise<ParityRecords> {
  return parseRows(
    parityRow,
    await ask(
      database,
      `select answered_by, servers, probes, compared, mismatches, largest_difference, passed, finished_at
       from reelbench.parity_results where version = $1 order by finished_at desc limit 100`,
      [version],
    ),
  );
}

/** Metrics with intervals, segments, gates and parity probes of a version; all empty where the target does not have it. */
export async function readVersionReport(database: Database, version: string): Promise<VersionReport> {
  const evaluation = await findEvaluation(database, version);
  const segments = await readSegments(database, version);
  const gates = await readGates(database, version);
  return { evaluation, ...segments, gates, parity: await readParity(database, version) };
}
