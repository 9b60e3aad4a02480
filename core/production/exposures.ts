import type { Pool, PoolClient } from "pg";
import { z } from "zod";
import { ask } from "./ask.ts";
import { bigCount, inTransaction, parseRow, parseRows } from "./database.ts";
import type { Database } from "./database.ts";

export type Arm = "champion" | "challenger";

/** One list for somebody. */
export interface ShownList {
  readonly namespace: "data" | "account";
  readonly userId: string;
  readonly channel: string;
  readonly version: string;
  /** What the list was made from. */
  readonly basis: string;
  /** Of an experiment; null outside of one. */
  readonly assignment: { readonly experiment: string; readonly arm: Arm } | null;
  /** Rank of the first item; 1 but for what follows a first page. */
  readonly firstRank: number;
  /** In the order shown. */
  readonly itemIds: readonly string[];
}

/** That it was shown, once. */
export interface Exposure {
  /** A UUID: what makes a repeated delivery the same exposure. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly shownAt: number;
  /** What is shown again and again may be one object: it is sent once. */
  readonly list: ShownList;
}

/** Keeps exposures in one statement; the same ids again change nothing. */
export async function insertExposures(database: Database, exposures: readonly Exposure[]): Promise<void> {
  if (exposures.length === 0) return;
  const lists = new Map<ShownList, number>();
  const which = exposures.map(({ list }) => {
    const known = lists.get(list);
    if (known !== undefined) return known;
    lists.set(list, lists.size);
    return lists.size - 1;
  });
  await ask(
    database,
    `insert into reelbench.exposures (user_id, namespace, shown_at, id, channel, version, basis, experiment, arm, first_rank, item_ids)
     select u, n, to_timestamp(t / 1000.0), i, c, v, b, x, a, r, items
     from unnest($2::integer[], $3::bigint[], $4::uuid[]) as shown (k, t, i)
     join json_to_recordset($1::json)
       as list (k integer, u text, n text, c text, v text, b text, x uuid, a text, r integer, items text[]) using (k)
     on conflict (user_id, shown_at, id) do nothing`,
    [
      JSON.stringify(
        Array.from(lists, ([list, k]) => ({
          k,
          u: list.userId,
          n: list.namespace,
          c: list.channel,
          v: list.version,
          b: list.basis,
          x: list.assignment?.experiment ?? null,
          a: list.assignment?.arm ?? null,
          r: list.firstRank,
          items: list.itemIds,
        })),
      ),
      `{${which.join(",")}}`,
      `{${exposures.map(({ shownAt }) => shownAt).join(",")}}`,
      `{${exposures.map(({ id }) => id).join(",")}}`,
    ],
  );
}

const shownRow = z
  .object({ shown_at: z.date(), version: z.string(), item_ids: z.array(z.string()) })
  .transform((row) => ({ shownAt: row.shown_at, version: row.version, itemIds: row.item_ids }));

/** The lists that somebody was shown, the latest first. */
export async function exposuresOfUser(
  database: Database,
  namespace: ShownList["namespace"],
  userId: string,
  limit: number,
): Promise<z.output<typeof shownRow>[]> {
  return parseRows(
    shownRow,
    await ask(
      database,
      `select shown_at, version, item_ids from reelbench.exposures
       where user_id = $1 and namespace = $2 order by shown_at desc limit $3`,
      [userId, namespace, limit],
    ),
  );
}

/** Days' partitions a week ahead, none older than `keepDays`. Returns how many were made and dropped. */
export async function keepExposurePartitions(
  database: Database,
  keepDays: number,
): Promise<{ readonly made: number; readonly dropped: number }> {
  const row = parseRow(
    z.object({ made: z.int(), dropped: z.int() }),
    await ask(database, "select made, dropped from reelbench.keep_exposure_partitions($1)", [keepDays]),
  );
  return row ?? { made: 0, dropped: 0 };
}

const qualityRow = z
  .object({
    version: z.string(),
    arm: z.string(),
    sampled: z.number(),
    answers: bigCount,
    users: bigCount,
    hits: bigCount,
    engaged_users: bigCount,
    reciprocal_rank: z.number(),
    measured_at: z.date(),
  })
  .transform((row) => ({
    version: row.version,
    arm: row.arm,
    sampled: row.sampled,
    answers: row.answers,
    users: row.users,
    hits: row.hits,
    engagedUsers: row.engaged_users,
    reciprocalRank: row.reciprocal_rank,
    measuredAt: row.measured_at,
  }));
export type OnlineQuality = z.output<typeof qualityRow>;

const measuredBefore = z.object({ answers: z.number(), age: z.number().nullable() });

/** So many seconds go by for each exposure of the last day: some hundred times what looking at them takes. */
const secondsPerAnswer = 5e-5;
/** An estimate that is older than this is not built upon, seconds. */
const estimateFor = 3600;

/**
 * Measures the last day's exposures of a channel: by version and arm how many lists had an item that its user took up since
 * (`reelbench.exposure_outcomes`). Replaces what was measured before, unless that is younger than `measuredFor` seconds, or than a
 * second for each 20,000 exposures: it reads the whole day, which must stay about a hundredth of a core's time, and keeps to one. Of
 * more than about `limit` exposures only a share of the users counts. A list shown a minute ago had a minute.
 */
export async function measureOnlineQuality(
  pool: Pool,
  channel: string,
  { limit = 20_000, measuredFor = 50 }: { readonly limit?: number; readonly measuredFor?: number } = {},
): Promise<void> {
  await inTransaction(pool, async (client) => {
    // Another server is at it.
    const { rows } = await client.query<{ mine: boolean }>(
      "select pg_try_advisory_xact_lock(hashtextextended('reelbench quality ' || $1, 0)) as mine",
      [channel],
    );
    if (rows[0]?.mine !== true) return;
    // Those who wait for their lists need the other cores.
    await client.query("set local max_parallel_workers_per_gather = 0");
    const before = parseRow(
      measuredBefore,
      await client.query(
        `select coalesce(sum(answers / sampled), 0) as answers, extract(epoch from now() - max(measured_at))::float8 as age
         from reelbench.online_quality where channel = $1`,
        [channel],
      ),
    );
    const age = before?.age ?? Number.POSITIVE_INFINITY;
    if (age < Math.max(measuredFor, secondsPerAnswer * (before?.answers ?? 0))) return;
    const answers = age < estimateFor ? (before?.answers ?? 0) : await countExposures(client, channel);
    const every = Math.max(1, Math.ceil(answers / limit));
    await client.query("delete from reelbench.online_quality where channel = $1", [channel]);
    await client.query(
      `insert into reelbench.online_quality (channel, version, arm, sampled, answers, users, hits, engaged_users, reciprocal_rank)
       select $1, version, coalesce(arm, ''), 1.0 / $2::float8, count(*), count(distinct (namespace, user_id)),
              count(*) filter (where hit), count(distinct (namespace, user_id)) filter (where hit), avg(coalesce(1.0 / hit_rank, 0))
       from reelbench.exposure_outcomes
       where shown_at > now() - interval '1 day' and channel = $1 and mod(abs(hashtextextended(user_id, 7) % 1000000007), $2::bigint) = 0
       group by version, coalesce(arm, '')`,
      [channel, every],
    );
  });
}

async function countExposures(client: PoolClient, channel: string): Promise<number> {
  const counted = parseRow(
    z.object({ answers: bigCount }),
    await client.query(
      "select count(*) as answers from reelbench.exposures where shown_at > now() - interval '1 day' and channel = $1",
      [channel],
    ),
  );
  return counted?.answers ?? 0;
}

/** As it was last measured, by version and arm. */
export async function onlineQuality(database: Database, channel: string): Promise<OnlineQuality[]> {
  return parseRows(
    qualityRow,
    await ask(
      database,
      `select version, arm, sampled, answers, users, hits, engaged_users, reciprocal_rank, measured_at
       from reelbench.online_quality where channel = $1 order by version, arm`,
      [channel],
    ),
  );
}
