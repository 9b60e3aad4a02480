import type { Pool } from "pg";
import { expect, test } from "vitest";
import { testDatabase } from "../../e2e/services/services.ts";
import { createProductionPool } from "./database.ts";
import { migrate, productionMigrations } from "./migrate.ts";

/** What a target of each schema version may hold; each is written at its own version and must be there at the newest. */
const data: readonly string[] = [
  `insert into reelbench.versions (version, algorithm, run_id, snapshot_id, split_id, sha256, model_hash, bytes, users, items, factors, card)
     values ('old-1', 'biased-svd', 'r', 's-1', 'p', repeat('a', 64), repeat('b', 64), 10, 2, 2, 2, '{}');
   update reelbench.versions set state = 'ready', target_sha256 = sha256, probed_at = now();
   insert into reelbench.artifact_files values ('old-1', 'card.json', 3, 1);
   insert into reelbench.artifact_chunks values ('old-1', 'card.json', 0, decode(repeat('00', 32), 'hex'), '\\x010203');
   begin;
   update reelbench.versions set state = 'active';
   insert into reelbench.deployments (channel, active_version, epoch) values ('production', 'old-1', 1);
   commit;
   insert into reelbench.history_sets values ('s-1', 1000, 3000, now());
   insert into reelbench.histories select 'u' || n, 's-1', array['a','b','c'], array[1,2,3], array[1,null,n] from generate_series(1, 1000) n;
   insert into reelbench.items (item_id, title, year, genres, revision) values ('a', 'Amélie', 2001, '{Drama}', 1);
   insert into reelbench.feedback (user_id, namespace, idempotency_key, item_id, kind, value, occurred_at, received_at)
     select 'u' || n % 300, 'data', 'k' || n, 'a', 'rating', 3.5, '2026-01-01'::timestamptz + n * interval '1 hour', '2026-02-01' from generate_series(1, 2000) n;
   insert into reelbench.api_keys (name, prefix, hash, scopes) values ('k', 'rb_abcd', decode(repeat('01', 32), 'hex'), '{recommend}');`,
  `insert into reelbench.accounts (id, email_index, email_sealed, password_hash) values ('00000000-0000-4000-8000-000000000001', decode(repeat('02', 32), 'hex'), '\\x00', '$argon2id$x');
   insert into reelbench.audit_log (actor_kind, action, outcome) values ('console', 'test', 'done');`,
  `update reelbench.items set hidden = true where item_id = 'a';`,
  ``,
];

const everything = `select
  (select count(*) from reelbench.histories) as histories,
  (select md5(string_agg(h::text, ',' order by user_id)) from (select user_id, snapshot_id, item_ids, ratings, times from reelbench.histories) h) as histories_md5,
  (select count(*) from reelbench.feedback) as feedback,
  (select md5(string_agg(f::text, ',' order by idempotency_key)) from (select user_id, namespace, idempotency_key, item_id, kind, value, occurred_at, received_at from reelbench.feedback) f) as feedback_md5,
  (select active_version from reelbench.deployments) as active,
  (select octet_length(data) from reelbench.artifact_chunks) as bytes,
  (select title from reelbench.items) as title,
  (select count(*) from reelbench.api_keys) as keys`;

async function grantsOf(pool: Pool, role: string) {
  const { rows } = await pool.query(
    `select table_name, privilege_type from information_schema.role_table_grants
     where grantee = $1 and table_name in ('feedback', 'histories') order by 1, 2`,
    [role],
  );
  return rows as unknown[];
}

const newest = productionMigrations();

test.each(newest.slice(0, -1).map(({ name, number }) => [name, number] as const))(
  "a target left at %s comes to the newest version with all it holds, and servers keep their grants",
  async (_name, number) => {
    const url = await testDatabase();
    const pool = createProductionPool({ url, applicationName: "test" });
    const role = `kept_${new URL(url).pathname.slice(-8)}`;
    for (let version = 1; version <= number; version++) {
      await migrate(pool, newest.slice(0, version));
      const sql = data[version - 1];
      if (sql !== undefined && sql !== "") await pool.query(sql);
    }
    await pool.query(
      `create role ${role}; grant usage on schema reelbench to ${role}; grant select, insert on reelbench.feedback to ${role};
       grant select on reelbench.histories to ${role}`,
    );
    const before = (await pool.query(everything)).rows[0] as Record<string, unknown>;
    expect(before).toMatchObject({ histories: "1000", feedback: "2000" });
    const grants = await grantsOf(pool, role);
    expect(grants).toHaveLength(3);
    const result = await migrate(pool);
    expect(result).toMatchObject({ from: number, to: newest.length });
    expect((await pool.query(everything)).rows[0]).toEqual(before);
    expect(await grantsOf(pool, role)).toEqual(grants);
    // What holds there still holds: a rating given twice counts once, and a snapshot takes its histories along.
    const again = await pool.query(
      `insert into reelbench.feedback (user_id, namespace, idempotency_key, item_id, kind, value, occurred_at)
       values ('u1', 'data', 'k1', 'a', 'rating', 1, now()) on conflict do nothing`,
    );
    expect(again.rowCount).toBe(0);
    await pool.query("delete from reelbench.history_sets");
    expect((await pool.query("select from reelbench.histories")).rowCount).toBe(0);
    await pool.query(`drop owned by ${role}; drop role ${role}`);
    await pool.end();
  },
);
