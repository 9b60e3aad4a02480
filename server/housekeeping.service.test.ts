import pino from "pino";
import { expect, test } from "vitest";
import { testDatabase } from "../e2e/services/services.ts";
import { servingTarget, smallVersion, testChannel } from "../e2e/services/serving-target.ts";
import type { ServingTarget } from "../e2e/services/serving-target.ts";
import { createProductionPool } from "../core/production/database.ts";
import { createDriftWatch } from "./exposures/drift.ts";
import { keepHouse } from "./housekeeping.ts";
import { createLiveModels } from "./live-model/live-models.ts";
import { createLoader } from "./live-model/loader.ts";
import { createMetrics } from "./telemetry/metrics.ts";

const logger = pino({ level: "silent" });
const config = { auditDays: 30, exposures: { days: 3, buffer: 100 }, channel: testChannel };

async function houseOf(target: ServingTarget) {
  const database = createProductionPool({ url: target.url, applicationName: "house", connections: 1 });
  return { keep: () => keepHouse({ database, config, accounts: null, logger }), end: () => database.end() };
}

const count = async (target: ServingTarget, sql: string) =>
  (await target.pool.query<{ count: number }>(`select count(*)::int as count from ${sql}`)).rows[0]?.count;

const partitionsSql =
  "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'reelbench.exposures'::regclass order by 1";

test("what is old goes, what is not stays, and a week of partitions is ahead", async () => {
  const target = await servingTarget(await testDatabase());
  const house = await houseOf(target);
  try {
    await target.upload(smallVersion("v1"));
    // As if ten days had passed: a partition of then, with something in it.
    await target.pool.query("select reelbench.keep_exposure_partitions(30, (now() at time zone 'UTC')::date - 10)");
    for (const days of [9, 0])
      await target.pool.query(
        `insert into reelbench.exposures (user_id, namespace, shown_at, id, channel, version, basis, first_rank, item_ids)
         values ('u', 'data', now() - make_interval(days => $1), gen_random_uuid(), 'c', 'v1', 'popularity', 1, '{a}')`,
        [days],
      );
    await target.pool.query(
      `insert into reelbench.audit_log (at, actor_kind, action, outcome)
       values (now() - interval '31 days', 'console', 'old', 'done'), (now() - interval '29 days', 'console', 'young', 'done')`,
    );
    await target.pool.query(
      `insert into reelbench.servers (id, channel, software, seen_at)
       values ('gone', 'c', 's', now() - interval '2 days'), ('there', 'c', 's', now() - interval '1 hour')`,
    );
    for (const days of [8, 6]) {
      const { rows } = await target.pool.query<{ id: string }>(
        `insert into reelbench.probe_rounds (channel, version, expires_at) values ('c', 'v1', now() - make_interval(days => $1)) returning id`,
        [days],
      );
      const round = rows[0]?.id;
      await target.pool.query(
        `insert into reelbench.probe_requests (round_id, n, kind, user_id, list_length, exclude_seen) values ($1, 0, 'known', 'u', 5, true)`,
        [round],
      );
      await target.pool.query(
        `insert into reelbench.probe_answers (round_id, n, server_id, item_ids, scores) values ($1, 0, 's', '{}', '{}')`,
        [round],
      );
    }

    await house.keep();
    await house.keep(); // Again changes nothing.

    expect(await count(target, "reelbench.exposures")).toBe(1);
    expect(await count(target, "reelbench.exposures where shown_at < now() - interval '3 days'")).toBe(0);
    const { rows: partitions } = await target.pool.query<{ relname: string }>(partitionsSql);
    const days = partitions.flatMap(({ relname }) => /^exposures_(\d{8})$/.exec(relname)?.[1] ?? []);
    const dayFromNow = (n: number) =>
      new Date(Date.now() + n * 86_400_000).toISOString().slice(0, 10).replaceAll("-", "");
    expect(days).toContain(dayFromNow(7));
    expect(days.every((day) => day >= dayFromNow(-4))).toBe(true);
    const { rows: audit } = await target.pool.query(
      "select action from reelbench.audit_log where actor_kind = 'console'",
    );
    expect(audit).toEqual([{ action: "young" }]);
    const { rows: servers } = await target.pool.query("select id from reelbench.servers");
    expect(servers).toEqual([{ id: "there" }]);
    expect(await count(target, "reelbench.probe_answers")).toBe(1);
  } finally {
    await house.end();
    await target.close();
  }
});

test("tables that changed much are vacuumed and analysed, partitioned ones too; one server at a time does it", async () => {
  const target = await servingTarget(await testDatabase());
  const house = await houseOf(target);
  try {
    await target.pool.query("alter table reelbench.items set (autovacuum_enabled = false)");
    await target.pool.query(
      "insert into reelbench.items (item_id, title, revision) select 'i' || n, 'x', n from generate_series(1, 12000) n",
    );
    await target.pool.query("delete from reelbench.items where substr(item_id, 2)::int > 1000");
    const vacuumed = async () =>
      (
        await target.pool.query<{ vacuumed: boolean; analysed: boolean }>(
          `select (select last_vacuum is not null from pg_stat_user_tables where relid = 'reelbench.items'::regclass) as vacuumed,
                  (select last_analyze is not null from pg_stat_user_tables where relid = 'reelbench.feedback'::regclass) as analysed`,
        )
      ).rows[0];
    await expect
      .poll(
        () => count(target, "pg_stat_user_tables where relid = 'reelbench.items'::regclass and n_dead_tup > 5000"),
        {
          timeout: 30_000,
        },
      )
      .toBe(1);
    // Another server is at it.
    const other = await target.pool.connect();
    const lock = "hashtextextended('reelbench housekeeping', 0)";
    await other.query(`select pg_advisory_lock(${lock})`);
    await house.keep();
    expect(await vacuumed()).toEqual({ vacuumed: false, analysed: false });
    await other.query(`select pg_advisory_unlock(${lock})`);
    other.release();
    await house.keep();
    await expect.poll(vacuumed, { timeout: 30_000 }).toEqual({ vacuumed: true, analysed: true });
  } finally {
    await house.end();
    await target.close();
  }
});

test("the drift of a week's feedback is measured against what the served version was trained on", async () => {
  const target = await servingTarget(await testDatabase());
  const metrics = createMetrics();
  try {
    await target.upload(smallVersion("v1", { users: 200, items: 60 }));
    const pool = {
      hold: () => undefined,
      drop: () => undefined,
      score: () => Promise.reject(new Error("nobody asks")),
      pending: () => 0,
      heldBytes: () => 0,
      close: () => Promise.resolve(),
    };
    const models = createLiveModels(pool);
    const watch = createDriftWatch({ database: target.pool, models, metrics, logger });
    const measured = async () =>
      (await metrics.driftIndex.get()).values.map(({ labels, value }) => [labels.distribution, value]);
    await watch();
    expect(await measured()).toEqual([]); // Nothing is served yet.
    const load = createLoader(target.url, 1);
    models.serve(models.hold(await load("v1", new AbortController().signal)), 1);
    const rate = (n: number, value: string, ageDays: number) =>
      target.pool.query(
        `insert into reelbench.feedback (user_id, namespace, idempotency_key, item_id, kind, value, occurred_at)
         select 'u' || n, 'data', $1 || n, 'film-' || lpad((n % 60)::text, 3, '0'), 'rating', ${value}, now() - make_interval(days => $2)
         from generate_series(1, $3) n`,
        [`${value}-${ageDays}-`, ageDays, n],
      );
    // The data's ratings are spread over the whole scale; so are these. What is older than a week does not count.
    await rate(1000, "0.5 + (n * 7 % 10) / 2.0", 1);
    await rate(5000, "5", 8);
    await watch();
    const alike = new Map((await measured()) as [string, number][]);
    expect(alike.get("rating")).toBeLessThan(0.1);
    await rate(9000, "5", 2);
    await watch();
    const changed = new Map((await measured()) as [string, number][]);
    expect(changed.get("rating")).toBeGreaterThan(0.25);
  } finally {
    metrics.registry.clear();
    await target.close();
  }
});
