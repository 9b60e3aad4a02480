/**
 * The plans of the statements that run for requests, on as many rows of feedback as asked for: in the empty database that is named, or in a
 * Postgres of its own that is removed afterwards.
 *
 *     node bench/postgres-plans.ts --rows 10000000 [postgres://user:password@host/empty_database]
 */
import { parseArgs } from "node:util";
import type { Pool } from "pg";
import { createProductionPool } from "../core/production/database.ts";
import { startPostgres } from "../e2e/services/start-postgres.ts";
import { migrate } from "../core/production/migrate.ts";

export interface Plan {
  readonly name: string;
  /** Types of the nodes that read tables, and of what. */
  readonly scans: readonly { readonly node: string; readonly relation: string; readonly index: string | null }[];
  /** Milliseconds of its execution, with everything in memory. */
  readonly milliseconds: number;
  readonly blocks: number;
}

interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly "Shared Hit Blocks"?: number;
  readonly "Shared Read Blocks"?: number;
  readonly "Actual Loops"?: number;
  readonly Plans?: readonly PlanNode[];
}

/** Statements as the servers send them, by what they are for. */
const statements: readonly { readonly name: string; readonly sql: string; readonly values: readonly unknown[] }[] = [
  {
    name: "epoch",
    sql: "select user_id, count(*) as epoch from reelbench.feedback where user_id = any ($1) and namespace = $2 group by user_id",
    values: [["u77"], "data"],
  },
  {
    name: "latest feedback",
    sql: `select item_id, kind, value, occurred_at from (
       select distinct on (item_id, kind) item_id, kind, value, occurred_at from reelbench.feedback
       where user_id = $1 and namespace = $2 order by item_id, kind, occurred_at desc, received_at desc, idempotency_key) latest
     order by occurred_at desc, item_id limit $3`,
    values: ["u77", "data", 5000],
  },
  {
    name: "repeated delivery",
    sql: "select from reelbench.feedback where user_id = $1 and namespace = $2 and idempotency_key = $3",
    values: ["u77", "data", "k77"],
  },
  {
    name: "trending",
    sql: `select item_id, count(*) from reelbench.feedback
      where kind <> 'dismiss' and occurred_at > now() - make_interval(days => $1) and occurred_at <= now() + interval '5 minutes' group by item_id`,
    values: [1],
  },
  {
    name: "outcomes of one user",
    sql: "select hit from reelbench.exposure_outcomes where user_id = $1 and shown_at > now() - interval '1 day'",
    values: ["u77"],
  },
  {
    name: "page of histories",
    sql: "select user_id, item_ids, ratings from reelbench.histories where snapshot_id = $1 and user_id > $2 order by user_id limit $3",
    values: ["s-1", "u5", 500],
  },
];

/** Fills an empty target: `rows` pieces of feedback over a year, an exposure for every tenth of them of the last days, and histories. */
export async function fillTarget(
  pool: Pool,
  rows: number,
  onBatch: (filled: number) => void = () => undefined,
): Promise<void> {
  await migrate(pool);
  const users = Math.max(100, Math.round(rows / 100));
  const batch = 500_000;
  for (let from = 0; from < rows; from += batch) {
    await pool.query(
      `insert into reelbench.feedback (user_id, namespace, idempotency_key, item_id, kind, value, occurred_at)
       select 'u' || (n::bigint * 7919 % $3), 'data', 'k' || n, 'i' || (n::bigint * n % 5003), case n % 3 when 0 then 'rating' else 'click' end,
              case n % 3 when 0 then 3.5 end, now() - ((n::bigint * 104729) % 31536000) * interval '1 second'
       from generate_series($1::int, $2::int) n`,
      [from, Math.min(rows, from + batch) - 1, users],
    );
    onBatch(Math.min(rows, from + batch));
  }
  await pool.query(
    `insert into reelbench.exposures (user_id, namespace, shown_at, id, channel, version, basis, item_ids)
     select 'u' || (n % $2), 'data', now() - (n % 86000) * interval '1 second', gen_random_uuid(), 'production', 'v', 'personal', array['i1','i2','i3']
     from generate_series(1, $1::int) n`,
    [Math.round(rows / 10), users],
  );
  // Enough that a partition is more than a few pages.
  const histories = Math.max(100_000, users);
  await pool.query("insert into reelbench.history_sets values ('s-1', $1, 0, now())", [histories]);
  await pool.query(
    "insert into reelbench.histories select 'u' || n, 's-1', array['a','b'], array[1,2], array[null,null]::bigint[] from generate_series(1, $1::int) n",
    [histories],
  );
  await pool.query("vacuum (analyze) reelbench.feedback, reelbench.exposures, reelbench.histories");
}

export async function explain(pool: Pool): Promise<Plan[]> {
  const plans: Plan[] = [];
  for (const { name, sql, values } of statements) {
    const read = () =>
      pool.query<{ "QUERY PLAN": [{ Plan: PlanNode; "Execution Time": number }] }>(
        `explain (analyze, buffers, format json) ${sql}`,
        [...values],
      );
    await read();
    const answer = (await read()).rows[0]?.["QUERY PLAN"][0];
    if (answer === undefined) throw new Error(`There is no plan of "${name}".`);
    plans.push({
      name,
      scans: scansOf(answer.Plan),
      milliseconds: answer["Execution Time"],
      blocks: (answer.Plan["Shared Hit Blocks"] ?? 0) + (answer.Plan["Shared Read Blocks"] ?? 0),
    });
  }
  return plans;
}

/** Only what read something: partitions pruned during execution have no loops, empty ones no blocks. */
function scansOf(node: PlanNode): Plan["scans"] {
  const below = (node.Plans ?? []).flatMap(scansOf);
  const relation = node["Relation Name"];
  if (node["Actual Loops"] === 0 || (node["Shared Hit Blocks"] ?? 0) + (node["Shared Read Blocks"] ?? 0) === 0)
    return below;
  if (node["Node Type"] === "Bitmap Index Scan")
    return [{ node: node["Node Type"], relation: "", index: node["Index Name"] ?? null }, ...below];
  return relation === undefined
    ? below
    : [{ node: node["Node Type"], relation, index: node["Index Name"] ?? null }, ...below];
}

/** Random keys find their pages in memory, and nothing is written twice while it fills. The plans do not depend on it. */
const bulk = ["shared_buffers=2GB", "max_wal_size=16GB", "checkpoint_timeout=1h"];

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    options: { rows: { type: "string", default: "10000000" } },
    allowPositionals: true,
  });
  const own = positionals[0] === undefined ? await startPostgres(bulk) : null;
  const pool = createProductionPool({
    url: positionals[0] ?? own?.url ?? "",
    applicationName: "reelbench bench",
    statementTimeout: 600_000,
  });
  try {
    await report(pool, Number(values.rows));
  } finally {
    await pool.end();
    await own?.stop();
  }
}

async function report(pool: Pool, rows: number): Promise<void> {
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 1000);
  await fillTarget(pool, rows, (filled) => process.stderr.write(`${filled} of ${rows} after ${seconds()} s\n`));
  const { rows: sizes } = await pool.query<{ size: string }>(
    "select pg_size_pretty(pg_database_size(current_database())) as size",
  );
  process.stdout.write(`filled with ${rows} pieces of feedback in ${seconds()} s; ${sizes[0]?.size ?? "?"}\n`);
  for (const { name, milliseconds, blocks, scans } of await explain(pool)) {
    const kinds = [...new Set(scans.map(({ node }) => node))].join(", ");
    process.stdout.write(
      `${name.padEnd(22)} ${milliseconds.toFixed(2).padStart(9)} ms ${String(blocks).padStart(8)} blocks  ${scans.length} × ${kinds}\n`,
    );
  }
}
