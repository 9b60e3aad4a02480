import { fork } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase } from "../../e2e/services/services.ts";
import type { FreshDatabase } from "../../e2e/services/services.ts";
import { nodeProcessHost } from "../jobs/process-host.ts";
import { createProductionPool } from "../production/database.ts";
import { findDeployment } from "../production/deployments.ts";
import { startBundledServer } from "./bundled-server.ts";
import type { BundledServer } from "./bundled-server.ts";
import { publicationOf } from "./publication.fixture.ts";
import type { Shape } from "./publication.fixture.ts";
import { publish } from "./publish.ts";

let database: FreshDatabase;
let directory: string;
let pool: Pool;
let server: BundledServer;
let previous: string;
const channel = "crash";
const target = () => ({ postgresUrl: database.url, redisUrl: null, channel });
const context = () => ({ signal: new AbortController().signal, onProgress: () => undefined });
// Several chunks, so that an upload can be cut in the middle.
const big = (seed: number): Shape => ({
  seed,
  users: 10_000,
  items: 1_000,
  factors: 150,
  snapshotId: `s-crash-${seed}`,
});

beforeAll(async () => {
  database = await freshDatabase();
  directory = await mkdtemp(join(tmpdir(), "reelbench-crash-"));
  pool = createProductionPool({ url: database.url, applicationName: "test" });
  const first = await publish(await publicationOf({ seed: 1 }, directory, target()), context());
  previous = first.version;
  server = await startBundledServer(nodeProcessHost, target(), new AbortController().signal);
});
afterAll(async () => {
  await server.stop();
  await pool.end();
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

/** Resolves with what the publisher said last; kills it at the given progress message, `late` milliseconds after it. */
function publishInProcess(shape: Shape, killAt: string | null, late = 0): Promise<{ type: string; version?: string }> {
  const child = fork(
    fileURLToPath(new URL("publisher.fixture.ts", import.meta.url)),
    [JSON.stringify({ shape, directory: `${directory}/${shape.seed}-${Math.random()}`, target: target() })],
    { stdio: ["ignore", "ignore", "inherit", "ipc"] },
  );
  let last: { type: string; message?: string; version?: string } = { type: "none" };
  child.on("message", (message: typeof last) => {
    last = message;
    if (killAt !== null && message.message === killAt) setTimeout(() => child.kill("SIGKILL"), late);
  });
  return new Promise((resolve) => child.once("exit", () => resolve(last)));
}

async function invariantsHold(): Promise<void> {
  const { rows } = await pool.query(`select
    (select count(*)::int from reelbench.versions v where (v.state = 'active') <> exists (select from reelbench.deployments d where d.active_version = v.version)) as contradictions,
    (select count(*)::int from reelbench.versions where state in ('ready','active','retired') and target_sha256 is distinct from sha256) as torn,
    (select count(*)::int from reelbench.deployment_history h join reelbench.deployments d using (channel) where h.epoch > d.epoch) as early`);
  expect(rows[0]).toEqual({ contradictions: 0, torn: 0, early: 0 });
}

async function waitFor(condition: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 30_000; !(await condition());) {
    if (Date.now() > deadline) throw new Error("It did not happen within half a minute.");
    await sleep(100);
  }
}

const servingVersion = async () => {
  const { rows } = await pool.query<{ serving_version: string }>(
    "select serving_version from reelbench.servers where id = $1",
    [server.id],
  );
  return rows[0]?.serving_version;
};

test.each([
  ["Checking the gates", 0],
  ["Sending the catalogue", 0],
  ["Sending what people have rated", 0],
  ["Uploading the model", 0],
  ["Uploading the model", 40],
  ["Comparing checksums", 0],
  ["Comparing with 1 live server", 0],
  ["Comparing with 1 live server", 400],
  ["Switching", 0],
  ["Switching", 15],
  ["Waiting for the servers to switch", 0],
])(
  "PUB-10, PUB-5: killed at “%s” + %d ms the version before serves or the new one does, and publishing again completes",
  async (message, late) => {
    const seed = 1000 + Math.round(Math.random() * 1e6);
    await waitFor(async () => (await servingVersion()) === previous);
    const said = await publishInProcess(big(seed), message, late);
    await invariantsHold();
    const after = await findDeployment(pool, channel);
    const switched = after?.version !== previous;
    if (switched) expect(["Switching", "Waiting for the servers to switch"]).toContain(message);
    if (!switched) expect(await servingVersion()).toBe(previous);
    expect(said).not.toMatchObject({ type: "failed" });
    const chunksBefore = await pool.query("select xmin::text, version, name, n from reelbench.artifact_chunks");
    const again = await publishInProcess(big(seed), null);
    expect(again).toMatchObject({ type: "published" });
    await invariantsHold();
    // What had arrived was not sent again: the same row versions stand there still.
    const chunksAfter = await pool.query("select xmin::text, version, name, n from reelbench.artifact_chunks");
    const kept = new Set(chunksAfter.rows.map((row) => JSON.stringify(row)));
    expect(
      chunksBefore.rows.filter(
        (row: { version: string }) => row.version === again.version && !kept.has(JSON.stringify(row)),
      ),
    ).toEqual([]);
    previous = again.version ?? "";
    expect((await findDeployment(pool, channel))?.version).toBe(previous);
    await waitFor(async () => (await servingVersion()) === previous);
  },
);
