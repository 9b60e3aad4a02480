import type { Pool } from "pg";
import { z } from "zod";
import { splitProtocol } from "../contract/entities.ts";
import type { EvaluationReport, gateResult, MetricValue, ParityResult, SplitProtocol } from "../contract/entities.ts";
import { ask } from "./ask.ts";
import { bigCount, inTransaction, parseRow, parseRows } from "./database.ts";
import type { Database } from "./database.ts";

export type GateResult = z.infer<typeof gateResult>;

export interface Evaluation {
  /** The run that was measured: for a refit, the one that chose it. */
  readonly runId: string;
  readonly splitId: string;
  readonly protocol: SplitProtocol;
  readonly seed: number;
  readonly codeVersion: string;
  readonly metrics: readonly MetricValue[];
  /** The same by groups of users, items and time, as far as the run has it. */
  readonly segments?: Pick<EvaluationReport, "k" | "segments">;
}

const evaluationRow = z.object({
  run_id: z.string(),
  split_id: z.string(),
  protocol: splitProtocol,
  seed: bigCount,
  code_version: z.string(),
});
const metricRow = z
  .object({
    metric: z.string(),
    definition: z.string(),
    value: z.number(),
    low: z.number().nullable(),
    high: z.number().nullable(),
    level: z.number().nullable(),
    users: z.int(),
    higher_is_better: z.boolean(),
  })
  .transform(({ low, high, level, higher_is_better, ...row }) => ({
    ...row,
    interval: low === null || high === null || level === null ? null : { low, high, level },
    higherIsBetter: higher_is_better,
  }));

/** The same evaluation again changes nothing: what was measured does not change. */
export async function saveEvaluation(pool: Pool, version: string, evaluation: Evaluation): Promise<void> {
  await inTransaction(pool, async (client) => {
    const { rowCount } = await client.query(
      "insert into reelbench.evaluations (version, run_id, split_id, protocol, seed, code_version) values ($1, $2, $3, $4, $5, $6) on conflict (version) do nothing",
      [
        version,
        evaluation.runId,
        evaluation.splitId,
        JSON.stringify(evaluation.protocol),
        evaluation.seed,
        evaluation.codeVersion,
      ],
    );
    if (rowCount === 0) return;
    for (const m of evaluation.metrics) {
      await client.query(
        `insert into reelbench.evaluation_metrics (version, metric, definition, value, low, high, level, users, higher_is_better)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        [
          version,
          m.metric,
          m.definition,
          m.value,
          m.interval?.low ?? null,
          m.interval?.high ?? null,
          m.interval?.level ?? null,
          m.users,
          m.higherIsBetter,
        ],
      );
    }
    for (const [position, s] of (evaluation.segments?.segments ?? []).entries()) {
      await client.query(
        `insert into reelbench.evaluation_segments (version, position, kind, label, k, ratings, users, rmse, mae, recall, ndcg)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
        [
          version,
          position,
          s.kind,
          s.label,
          evaluation.segments?.k,
          s.ratings,
          s.users,
          s.rmse,
          s.mae,
          s.recall,
          s.ndcg,
        ],
      );
    }
  });
}

export async function findEvaluation(database: Database, version: string): Promise<Evaluation | null> {
  const row = parseRow(
    evaluationRow,
    await ask(
      database,
      "select run_id, split_id, protocol, seed, code_version from reelbench.evaluations where version = $1",
      [version],
    ),
  );
  if (row === null) return null;
  const metrics = parseRows(
    metricRow,
    await ask(
      database,
      "select metric, definition, value, low, high, level, users, higher_is_better from reelbench.evaluation_metrics where version = $1 and segment = 'all' order by metric",
      [version],
    ),
  );
  return {
    runId: row.run_id,
    splitId: row.split_id,
    protocol: row.protocol,
    seed: row.seed,
    codeVersion: row.code_version,
    metrics,
  };
}

export async function saveGates(
  pool: Pool,
  version: string,
  gates: readonly GateResult[],
  overridden: boolean,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query("delete from reelbench.gate_results where version = $1", [version]);
    for (const gate of gates) {
      await client.query(
        "insert into reelbench.gate_results (version, gate, passed, overridden, reason) values ($1, $2, $3, $4, $5)",
        [version, gate.gate, gate.passed, overridden && !gate.passed, gate.reason],
      );
    }
  });
}

export async function saveParity(
  database: Database,
  roundId: string,
  version: string,
  parity: ParityResult,
  passed: boolean,
): Promise<void> {
  await ask(
    database,
    `insert into reelbench.parity_results (round_id, version, answered_by, servers, probes, compared, mismatches, largest_difference, passed)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (round_id) do nothing`,
    [
      roundId,
      version,
      parity.answeredBy,
      parity.servers,
      parity.probes,
      parity.compared,
      parity.mismatches,
      parity.largestDifference,
      passed,
    ],
  );
}
