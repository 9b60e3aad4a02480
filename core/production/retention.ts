import type { Pool } from "pg";
import { z } from "zod";
import { ReelbenchError } from "../contract/errors.ts";
import { ask } from "./ask.ts";
import { bigCount, inTransaction, parseRows } from "./database.ts";
import type { Database } from "./database.ts";

/** What retention makes of a version: why it stays, or null: it goes. */
const verdict = z.object({ version: z.string(), bytes: bigCount, because: z.string().nullable() });
export type RetentionVerdict = z.output<typeof verdict>;

/**
 * PUB-9 and PUB-12 in one place: what is kept, and why; the rest goes. `$1` is the number of retired versions to keep. A
 * withdrawn version cannot be gone back to, so it takes no place among the newest.
 */
const verdicts = `
  select v.version, v.bytes, case
    when exists (select from reelbench.deployments d where d.active_version = v.version)
      then 'it serves ' || (select string_agg(d.channel, ', ' order by d.channel) from reelbench.deployments d where d.active_version = v.version)
    when exists (select from reelbench.deployments d where d.previous_version = v.version)
      then 'a rollback of ' || (select string_agg(d.channel, ', ' order by d.channel) from reelbench.deployments d where d.previous_version = v.version) || ' goes back to it'
    when exists (select from reelbench.experiments e where e.ended_at is null and v.version in (e.champion, e.challenger))
      then 'an experiment runs with it'
    when v.pinned_at is not null then 'it is pinned'
    when v.state = 'retired' and v.version in (
        select version from reelbench.versions where state = 'retired' and withdrawn_at is null
        order by activated_at desc nulls last, version limit $1::integer)
      then 'it is among the newest ' || $1::integer || ' retired versions'
    when v.state in ('failed', 'uploading', 'ready') and greatest(v.created_at, v.failed_at, v.ready_at) >= now() - interval '1 day'
      then 'it is less than a day old'
  end as because
  from reelbench.versions v`;

/** What `collectGarbage` would do with each version, newest first. Changes nothing. */
export async function retentionOf(database: Database, keep: number): Promise<RetentionVerdict[]> {
  return parseRows(verdict, await ask(database, `${verdicts} order by v.created_at desc, v.version`, [keep]));
}

/**
 * Removes the oldest versions beyond the newest `keep` retired ones, and failed or abandoned uploads older than a day;
 * never one that is pinned, or that a channel serves, would roll back to or tries in an experiment (PUB-9). Histories no
 * version needs go with them. Returns what it made of each version.
 */
export async function prune(pool: Pool, keep: number): Promise<RetentionVerdict[]> {
  return inTransaction(pool, async (client) => {
    // Whoever pins, activates or tries one of them meanwhile waits, and then finds it gone or still there.
    const all = parseRows(verdict, await client.query(`${verdicts} for update of v`, [keep]));
    const going = all.filter(({ because }) => because === null).map(({ version }) => version);
    if (going.length > 0)
      await client.query("delete from reelbench.versions where version = any ($1::text[])", [going]);
    await client.query(
      `delete from reelbench.history_sets h
       where not exists (select from reelbench.versions v where v.snapshot_id = h.snapshot_id)`,
    );
    return all;
  });
}

/** `prune`, and the names of what went. */
export async function collectGarbage(pool: Pool, keep: number): Promise<readonly string[]> {
  return (await prune(pool, keep)).flatMap(({ version, because }) => (because === null ? [version] : []));
}

/** A pinned version is never removed by retention; null unpins it. Throws RB_NOT_FOUND. */
export async function pinVersion(database: Database, version: string, note: string | null): Promise<void> {
  const { rowCount } = await ask(
    database,
    `update reelbench.versions set pinned_at = case when $2::text is null then null else coalesce(pinned_at, now()) end,
       pinned_note = coalesce($2, '') where version = $1`,
    [version, note],
  );
  if (rowCount !== 1) throw notThere(version);
}

/** PUB-12: kept, and refused wherever somebody would put it into service. Throws RB_CONFLICT where it serves, RB_NOT_FOUND. */
export async function withdrawVersion(pool: Pool, version: string, reason: string): Promise<void> {
  const { there, done } = await inTransaction(pool, async (client) => {
    // An experiment that is being started with it is waited for, and then seen.
    const found = await client.query("select from reelbench.versions where version = $1 for update", [version]);
    const { rowCount } = await client.query(
      `update reelbench.versions v set withdrawn_at = coalesce(withdrawn_at, now()), withdrawn_reason = $2
     where version = $1 and state <> 'active'
       and not exists (select from reelbench.experiments e where e.ended_at is null and v.version in (e.champion, e.challenger))`,
      [version, reason],
    );
    return { there: found.rowCount === 1, done: rowCount === 1 };
  });
  if (done) return;
  if (!there) throw notThere(version);
  throw new ReelbenchError(
    "RB_CONFLICT",
    `Version ${version} serves a channel or is in an experiment. Put another into service or end the experiment first.`,
  );
}

/** Undoes `withdrawVersion`. Throws RB_NOT_FOUND. */
export async function restoreVersion(database: Database, version: string): Promise<void> {
  const { rowCount } = await ask(
    database,
    "update reelbench.versions set withdrawn_at = null, withdrawn_reason = '' where version = $1",
    [version],
  );
  if (rowCount !== 1) throw notThere(version);
}

function notThere(version: string): ReelbenchError {
  return new ReelbenchError("RB_NOT_FOUND", `Version ${version} is not on the target (any more).`);
}
