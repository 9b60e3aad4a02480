import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { freshDatabase } from "../../e2e/services/services.ts";
import type { FreshDatabase } from "../../e2e/services/services.ts";
import { createProductionPool } from "./database.ts";
import { activate, deploymentHistory, findDeployment } from "./deployments.ts";
import { migrate } from "./migrate.ts";
import { collectGarbage } from "./retention.ts";
import { findVersion, markFailed, markProbed, markReady, openVersion } from "./versions.ts";

let database: FreshDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await freshDatabase();
  pool = createProductionPool({ url: database.url, applicationName: "test", connections: 8 });
  await migrate(pool);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});
let channel = "";
let count = 0;
beforeEach(() => {
  channel = `c${++count}`;
});

const sha256 = "a".repeat(64);
async function make(version: string, state: "uploading" | "ready" | "probed" = "probed"): Promise<string> {
  const name = `${channel}-${version}`;
  await openVersion(pool, {
    version: name,
    algorithm: "biases",
    runId: "r",
    snapshotId: `s-${name}`,
    splitId: "p",
    sha256,
    modelHash: sha256,
    users: 1,
    items: 1,
    factors: 0,
    card: {},
    files: [{ name: "a", bytes: 1, chunks: 1 }],
  });
  if (state !== "uploading") await markReady(pool, name, sha256);
  if (state === "probed") await markProbed(pool, name);
  return name;
}
const go = (version: string, expectedEpoch: number, reason: "publish" | "rollback" = "publish") =>
  activate(pool, { channel, version, reason, expectedEpoch });

describe("PUB-1: states", () => {
  const allowed = new Set([
    "uploading>ready",
    "uploading>failed",
    "ready>active",
    "ready>failed",
    "active>retired",
    "retired>active",
    "failed>uploading",
  ]);
  const states = ["uploading", "ready", "active", "retired", "failed"];
  test.each(states.flatMap((from) => states.filter((to) => to !== from).map((to) => [from, to] as const)))(
    "%s → %s",
    async (from, to) => {
      const client = await pool.connect();
      try {
        await client.query("begin");
        // Built by hand along the allowed way, so that each start is reached as it would be.
        const name = `${channel}-x`;
        await client.query(
          "insert into reelbench.versions (version, algorithm, run_id, snapshot_id, split_id, sha256, target_sha256, model_hash, bytes, users, items, factors, card, probed_at) values ($1, 'a', 'r', 's', 'p', $2, $2, $2, 1, 1, 1, 0, '{}', now())",
          [name, sha256],
        );
        const ways: Record<string, string[]> = {
          uploading: [],
          ready: ["ready"],
          active: ["ready", "active"],
          retired: ["ready", "active", "retired"],
          failed: ["failed"],
        };
        for (const step of ways[from] ?? [])
          await client.query("update reelbench.versions set state = $2 where version = $1", [name, step]);
        const change = client.query("update reelbench.versions set state = $2 where version = $1", [name, to]);
        if (allowed.has(`${from}>${to}`)) await change;
        else await expect(change).rejects.toMatchObject({ code: "RB001" });
      } finally {
        await client.query("rollback");
        client.release();
      }
    },
  );
});

test("PUB-2: what did not arrive whole is never ready, whoever says so", async () => {
  const name = await make("torn", "uploading");
  await expect(markReady(pool, name, "b".repeat(64))).rejects.toMatchObject({ code: "RB_CONFLICT" });
  await expect(pool.query("update reelbench.versions set state = 'ready' where version = $1", [name])).rejects.toThrow(
    /versions_arrived_whole/,
  );
  expect((await findVersion(pool, name))?.state).toBe("uploading");
});

test("PUB-3: what was not probed is never active", async () => {
  const name = await make("unproved", "ready");
  await expect(go(name, 0)).rejects.toThrow(/versions_probed/);
  expect(await findDeployment(pool, channel)).toBeNull();
});

test("PUB-4: a state that contradicts the pointer does not commit", async () => {
  const [one, two] = [await make("one"), await make("two")];
  await go(one, 0);
  await expect(
    pool.query("update reelbench.versions set state = 'active' where version = $1", [two]),
  ).rejects.toMatchObject({ code: "RB001" });
  await expect(
    pool.query("update reelbench.versions set state = 'retired' where version = $1", [one]),
  ).rejects.toMatchObject({ code: "RB001" });
  await expect(
    pool.query("update reelbench.deployments set active_version = $2 where channel = $1", [channel, two]),
  ).rejects.toMatchObject({ code: "RB001" });
  await expect(pool.query("delete from reelbench.versions where version = $1", [one])).rejects.toMatchObject({
    code: "RB001",
  });
});

test("PUB-5: a name stands for one content", async () => {
  const name = await make("same", "uploading");
  await expect(
    openVersion(pool, {
      version: name,
      algorithm: "biases",
      runId: "r",
      snapshotId: "s",
      splitId: "p",
      sha256: "c".repeat(64),
      modelHash: sha256,
      users: 1,
      items: 1,
      factors: 0,
      card: {},
      files: [{ name: "a", bytes: 1, chunks: 1 }],
    }),
  ).rejects.toMatchObject({ code: "RB_CONFLICT" });
  await markFailed(pool, name, "because");
  await make("same", "uploading");
  expect(await findVersion(pool, name)).toMatchObject({ state: "uploading", failure: null, targetSha256: null });
});

test("PUB-6: of many who decided on the same epoch one wins and the others change nothing", async () => {
  const names = await Promise.all(["a", "b", "c", "d", "e"].map((name) => make(name)));
  const outcomes = await Promise.allSettled(names.map((name) => go(name, 0)));
  const won = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value.version] : []));
  expect(won).toHaveLength(1);
  for (const outcome of outcomes)
    if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "RB_CONFLICT" });
  expect(await findDeployment(pool, channel)).toMatchObject({ version: won[0], epoch: 1, previous: null });
  expect(await deploymentHistory(pool, channel)).toHaveLength(1);
});

test("PUB-6: switching there and back keeps pointer, states and history together", async () => {
  const [one, two] = [await make("one"), await make("two")];
  await go(one, 0);
  await go(two, 1);
  await go(one, 2, "rollback");
  expect(await findDeployment(pool, channel)).toMatchObject({ version: one, previous: two, epoch: 3 });
  expect((await findVersion(pool, one))?.state).toBe("active");
  expect((await findVersion(pool, two))?.state).toBe("retired");
  expect(
    (await deploymentHistory(pool, channel)).map(({ reason, version, from, epoch }) => ({
      reason,
      version,
      from,
      epoch,
    })),
  ).toEqual([
    { reason: "rollback", version: one, from: two, epoch: 3 },
    { reason: "publish", version: two, from: one, epoch: 2 },
    { reason: "publish", version: one, from: null, epoch: 1 },
  ]);
  // Activating what is active is no switch.
  expect(await go(one, 3)).toMatchObject({ epoch: 3 });
});

test("PUB-4: a version that two channels serve is retired when the last one leaves it", async () => {
  const [shared, next] = [await make("shared"), await make("next")];
  await go(shared, 0);
  await activate(pool, { channel: `${channel}-b`, version: shared, reason: "publish", expectedEpoch: 0 });
  await go(next, 1);
  expect((await findVersion(pool, shared))?.state).toBe("active");
  await activate(pool, { channel: `${channel}-b`, version: next, reason: "publish", expectedEpoch: 1 });
  expect((await findVersion(pool, shared))?.state).toBe("retired");
});

test("PUB-9: the newest N retired stay, and always what is served and what would be gone back to", async () => {
  const names: string[] = [];
  for (let n = 0; n < 6; n++) {
    const name = await make(`v${n}`);
    await go(name, n);
    names.push(name);
  }
  const old = await make("abandoned", "uploading");
  await pool.query("update reelbench.versions set created_at = now() - interval '2 days' where version = $1", [old]);
  const fresh = await make("fresh", "uploading");
  await pool.query("insert into reelbench.history_sets (snapshot_id, users, ratings) values ($1, 0, 0), ($2, 0, 0)", [
    `s-${names[0] ?? ""}`,
    `s-${names[5] ?? ""}`,
  ]);
  // Retired versions of other tests are of no interest here.
  const removed = new Set(await collectGarbage(pool, 0));
  expect(names.map((name) => removed.has(name))).toEqual([true, true, true, true, false, false]);
  expect(removed.has(old)).toBe(true);
  expect(removed.has(fresh)).toBe(false);
  const { rows } = await pool.query("select snapshot_id from reelbench.history_sets");
  expect(rows).toEqual([{ snapshot_id: `s-${names[5] ?? ""}` }]);
});
