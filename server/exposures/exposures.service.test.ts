import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "../../e2e/services/http-client.ts";
import type { Client } from "../../e2e/services/http-client.ts";
import { freshDatabase } from "../../e2e/services/services.ts";
import type { FreshDatabase } from "../../e2e/services/services.ts";
import { serverConfig, servingTarget, smallVersion, testChannel } from "../../e2e/services/serving-target.ts";
import type { ServingTarget } from "../../e2e/services/serving-target.ts";
import {
  insertExposures,
  keepExposurePartitions,
  measureOnlineQuality,
  onlineQuality,
} from "../../core/production/exposures.ts";
import { startServer } from "../start-server.ts";
import type { RunningServer } from "../start-server.ts";

let database: FreshDatabase;
let target: ServingTarget;
let server: RunningServer;
let client: Client;

beforeAll(async () => {
  database = await freshDatabase();
  target = await servingTarget(database.url);
  await target.upload(smallVersion("v1"));
  await target.activate("v1");
  server = await startServer(serverConfig(database.url));
  client = createClient(server.url, await target.key("recommend", "feedback"));
});
afterAll(async () => {
  await server.close();
  await target.close();
  await database.drop();
});

async function exposuresOf(userId: string, count: number) {
  for (const deadline = Date.now() + 20_000; ;) {
    const { rows } = await target.pool.query<{ version: string; item_ids: string[]; channel: string; basis: string }>(
      "select version, item_ids, channel, basis from reelbench.exposures where user_id = $1 order by shown_at",
      [userId],
    );
    if (rows.length >= count || Date.now() > deadline) return rows;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("what was shown is kept in the order shown, with the version that chose it", async () => {
  const { body } = await client.get("/v1/users/user-03/recommendations?n=7");
  const rows = await exposuresOf("user-03", 1);
  expect(rows).toEqual([
    { version: "v1", channel: testChannel, basis: body.basis, item_ids: body.items.map(({ itemId }) => itemId) },
  ]);
});

test("what is sent again from memory is kept once more, each time under an id of its own", async () => {
  for (let n = 0; n < 4; n++) await client.get("/v1/users/user-09/recommendations?n=4");
  const rows = await exposuresOf("user-09", 4);
  expect(rows).toHaveLength(4);
  expect(new Set(rows.map(({ item_ids }) => item_ids.join())).size).toBe(1);
});

test("a batch and a group are shown to each of their users", async () => {
  await client.post("/v1/recommendations/batch", { userIds: ["user-05", "user-06"], n: 3 });
  await client.post("/v1/recommendations/group", { userIds: ["user-07", "user-08"], n: 3 });
  for (const user of ["user-05", "user-06", "user-07", "user-08"])
    expect((await exposuresOf(user, 1)).map(({ item_ids }) => item_ids.length)).toEqual([3]);
});

test("somebody who only sends ratings along has no name to be recorded under", async () => {
  const before = await target.pool.query("select count(*) from reelbench.exposures");
  await client.post("/v1/recommendations", { ratings: [{ itemId: "film-001", rating: 4 }], n: 3 });
  await exposuresOf("user-03", 1);
  await new Promise((resolve) => setTimeout(resolve, 1200));
  expect((await target.pool.query("select count(*) from reelbench.exposures")).rows).toEqual(before.rows);
});

test("what is taken up within a day is a hit, and only that", async () => {
  const channel = "quality";
  const now = Date.now();
  const shown = (n: number, userId: string, hoursAgo: number, itemIds: readonly string[]) => ({
    id: `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`,
    shownAt: now - hoursAgo * 3_600_000,
    list: {
      namespace: "data" as const,
      userId,
      channel,
      version: "v1",
      basis: "user-factors",
      assignment: null,
      firstRank: 1,
      itemIds,
    },
  });
  const exposures = [
    shown(1, "q1", 2, ["a", "b", "c"]), // clicked b an hour later: a hit at rank 2
    shown(2, "q1", 0.5, ["a", "b", "c"]), // after that click: none
    shown(3, "q2", 3, ["a", "b"]), // dismissed a: none
    shown(4, "q3", 30, ["a"]), // shown before the last day: does not count
    shown(5, "q4", 1, ["c", "d"]), // rated c: rank 1
  ];
  await insertExposures(target.pool, exposures);
  await insertExposures(target.pool, exposures); // Delivered twice, counted once.
  const say = (userId: string, itemId: string, kind: string, hoursAgo: number) =>
    target.pool.query(
      `insert into reelbench.feedback (user_id, namespace, idempotency_key, item_id, kind, value, occurred_at)
       values ($1, 'data', $2, $3, $4, $5, $6)`,
      [
        userId,
        `${itemId}${kind}${hoursAgo}`,
        itemId,
        kind,
        kind === "rating" ? 4 : null,
        new Date(now - hoursAgo * 3_600_000),
      ],
    );
  await say("q1", "b", "click", 1);
  await say("q2", "a", "dismiss", 1);
  await say("q3", "a", "click", 29);
  await say("q4", "c", "rating", 0.5);
  await say("q4", "d", "rating", 0.4);
  await measureOnlineQuality(target.pool, channel);
  const expected = { version: "v1", arm: "", sampled: 1, answers: 4, users: 3, hits: 2, engagedUsers: 2 };
  expect(await onlineQuality(target.pool, channel)).toMatchObject([{ ...expected, reciprocalRank: (0.5 + 1) / 4 }]);
  // What was measured a moment ago is not measured again by the next server.
  await say("q2", "b", "click", 0.1);
  await measureOnlineQuality(target.pool, channel);
  expect(await onlineQuality(target.pool, channel)).toMatchObject([expected]);
  await measureOnlineQuality(target.pool, channel, { measuredFor: 0 });
  expect(await onlineQuality(target.pool, channel)).toMatchObject([{ ...expected, hits: 3, engagedUsers: 3 }]);
  // The more lists there are, the more rarely they are looked at: four million for 200 seconds.
  await target.pool.query("update reelbench.online_quality set answers = 4e6");
  await measureOnlineQuality(target.pool, channel, { measuredFor: 0 });
  expect(await onlineQuality(target.pool, channel)).toMatchObject([{ answers: 4e6 }]);
  // And of many, those of a share of the users.
  await target.pool.query(
    "update reelbench.online_quality set answers = 8, measured_at = now() - interval '10 seconds'",
  );
  await measureOnlineQuality(target.pool, channel, { measuredFor: 0, limit: 4 });
  expect(await onlineQuality(target.pool, channel)).toMatchObject([{ sampled: 0.5 }]);
});

test("partitions are made a week ahead, old ones go, and stragglers move to where they belong", async () => {
  const { pool } = target;
  const parts = async () => {
    const { rows } = await pool.query<{ name: string }>(
      "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'reelbench.exposures'::regclass order by 1",
    );
    return rows.map(({ name }) => name.replace("reelbench.", ""));
  };
  const before = await parts();
  expect(before).toHaveLength(10); // Yesterday, today, seven days ahead, and the default.
  expect(await keepExposurePartitions(pool, 30)).toEqual({ made: 0, dropped: 0 });
  // Nobody kept house for a month: what was shown meanwhile lies in the default partition.
  const { rows } = await pool.query<{ day: string }>(
    "select to_char((now() at time zone 'UTC')::date + 30, 'YYYYMMDD') as day",
  );
  await pool.query(
    `insert into reelbench.exposures (user_id, namespace, shown_at, id, channel, version, basis, item_ids)
     values ('late', 'data', ((now() at time zone 'UTC')::date + 30)::timestamp at time zone 'UTC' + interval '1 hour', gen_random_uuid(), 'c', 'v', 'b', '{x}')`,
  );
  expect((await pool.query("select from only reelbench.exposures_default where user_id = 'late'")).rowCount).toBe(1);
  await pool.query("select reelbench.keep_exposure_partitions(2, (now() at time zone 'UTC')::date + 30)");
  const after = await parts();
  expect(after).toContain(`exposures_${rows[0]?.day}`);
  expect(after).toHaveLength(10);
  expect(after.filter((name) => before.includes(name))).toEqual(["exposures_default"]);
  expect((await pool.query("select from only reelbench.exposures_default")).rowCount).toBe(0);
  expect(await exposuresOf("late", 1)).toHaveLength(1);
});

test("what a list led to is looked up by user and item, also where all feedback is young", async () => {
  await target.pool.query(
    `insert into reelbench.feedback (user_id, namespace, idempotency_key, item_id, kind, value, occurred_at)
     select 'young-' || n % 300, 'data', 'young-' || n, 'i' || n % 3706, 'rating', 4, now() - (100000 - n) * interval '3 ms'
     from generate_series(1, 100000) n`,
  );
  await target.pool.query("analyze reelbench.feedback");
  const { rows } = await target.pool.query<{ "QUERY PLAN": string }>(
    "explain select avg(hit::int) from reelbench.exposure_outcomes where shown_at > now() - interval '1 day'",
  );
  const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
  expect(plan).toMatch(/Index Cond: \(\(user_id = e\.user_id\) AND .*\(item_id = ANY \(e\.item_ids\)\)/);
  expect(plan).not.toMatch(/Seq Scan on feedback/);
  expect(plan).not.toMatch(/Index Cond: .*occurred_at/);
});
