import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { freshDatabase } from "../../e2e/services/services.ts";
import { nodeProcessHost } from "../jobs/process-host.ts";
import { createProductionPool } from "../production/database.ts";
import { migrate } from "../production/migrate.ts";
import { startBundledServer } from "./bundled-server.ts";
import { publicationOf } from "./publication.fixture.ts";
import { publish } from "./publish.ts";
import { pruneTarget } from "./target-versions.ts";
import { testTarget } from "./test-target.ts";

const context = () => ({ signal: new AbortController().signal, onProgress: () => undefined });

test("a role without any privilege is told the GRANTs that let it publish, and with exactly these it can", async () => {
  const database = await freshDatabase();
  const directory = await mkdtemp(join(tmpdir(), "reelbench-privileges-"));
  const pool = createProductionPool({ url: database.url, applicationName: "test" });
  const url = new URL(database.url);
  const role = `publisher ${url.pathname.slice(-8)}`;
  onTestFinished(async () => {
    await pool.query(`drop owned by "${role}"; drop role "${role}"`);
    await pool.end();
    await database.drop();
    await rm(directory, { recursive: true, force: true });
  });
  await migrate(pool);
  await pool.query(`create role "${role}" login createdb password 'weak'`);
  await pool.query(`revoke temporary on database ${url.pathname.slice(1)} from public`);
  url.username = encodeURIComponent(role);
  url.password = "weak";
  const target = { postgresUrl: url.href, redisUrl: null, channel: "least" };

  const before = await testTarget(target);
  expect(before.ok).toBe(false);
  expect(before.privileges).toMatchObject({ role, excess: ["CREATEDB"] });
  expect(before.checks.find(({ check }) => check === "privileges")).toMatchObject({
    passed: false,
    code: "RB_TARGET_SCHEMA",
  });
  for (const grant of before.privileges?.grants ?? []) await pool.query(grant);

  const after = await testTarget(target);
  expect(after).toMatchObject({ ok: true, privileges: { grants: [] } });
  // The server's own rights are another role's matter (docs/operations/database-roles.md).
  const request = await publicationOf({ seed: 1 }, directory, target);
  const asServer = await startServerFor(database.url, "least");
  try {
    const first = await publish(request, context());
    await publish(await publicationOf({ seed: 2 }, directory, target), context());
    await publish(await publicationOf({ seed: 3 }, directory, target), context());
    expect(await pruneTarget(target, 0, true)).toMatchObject({ removed: [{ version: first.version }] });
    expect(await pruneTarget(target, 0, false)).toMatchObject({ removed: [{ version: first.version }] });
  } finally {
    await asServer.stop();
  }
});

async function startServerFor(postgresUrl: string, channel: string) {
  return startBundledServer(nodeProcessHost, { postgresUrl, redisUrl: null, channel }, new AbortController().signal);
}
