import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { testDatabase } from "../../e2e/services/services.ts";
import { memoryPorts } from "../contract/memory-port.ts";
import { connect, serveEngine } from "../contract/transport.ts";
import { openEngine } from "../engine.ts";
import { nodeProcessHost } from "../jobs/process-host.ts";
import { listApiKeys } from "../production/api-keys.ts";
import { createProductionPool } from "../production/database.ts";

const patient = { timeout: 15_000 };

/** An engine with a target, and how many keys are valid there. */
async function workbench() {
  const folder = mkdtempSync(join(tmpdir(), "reelbench-servers-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const engine = await openEngine({ workspaceDirectory: folder, processHost: nodeProcessHost, threads: 1 });
  onTestFinished(() => engine.close());
  const [front, back] = memoryPorts();
  serveEngine(engine, back);
  const transport = connect(front);
  const url = await testDatabase();
  const { id: targetId } = await transport.request("targets.save", {
    name: "here",
    postgres: url,
    redis: null,
    passwords: "session",
  });
  const pool = createProductionPool({ url, applicationName: "test" });
  onTestFinished(() => pool.end());
  const valid = async () => (await listApiKeys(pool)).filter(({ revokedAt }) => revokedAt === null).length;
  const get = (of: string) => transport.request("servers.get", { targetId: of });
  return { transport, targetId, get, valid };
}

test("the key made for a bundled server ends with it, however it ends", async () => {
  const { transport, targetId, get, valid } = await workbench();
  await transport.request("servers.start", { targetId });
  expect(await valid()).toBe(1);
  await transport.request("servers.stop", { targetId });
  expect(await valid()).toBe(0);

  const { pid } = await transport.request("servers.start", { targetId });
  process.kill(pid, "SIGKILL");
  await expect.poll(() => get(targetId), patient).toMatchObject({ restart: expect.anything() as unknown });
  await transport.request("servers.stop", { targetId });
  await expect.poll(valid, patient).toBe(0);
});

test("a server that ends by itself is started again where it was, each time later, until somebody stops it", async () => {
  const { transport, targetId, get, valid } = await workbench();
  const first = await transport.request("servers.start", { targetId });
  const begun = performance.now();
  process.kill(first.pid, "SIGKILL");
  await expect
    .poll(() => get(targetId), patient)
    .toMatchObject({
      running: false,
      restart: { failures: 1, reason: "SIGKILL" },
    });
  await expect.poll(() => get(targetId), patient).toMatchObject({ running: true, url: first.url, restart: null });
  expect(performance.now() - begun).toBeGreaterThan(900);
  const second = await get(targetId);
  expect(second.pid).not.toBe(first.pid);
  expect(await valid()).toBe(1);

  process.kill(second.pid ?? 0, "SIGKILL");
  await expect.poll(() => get(targetId), patient).toMatchObject({ restart: { failures: 2 } });
  const { restart } = await get(targetId);
  // The second pause is longer than the first.
  expect(Date.parse(restart?.at ?? "") - Date.now()).toBeGreaterThan(1000);
  await transport.request("servers.stop", { targetId });
  expect(await get(targetId)).toMatchObject({ running: false, restart: null });
  await new Promise((resolve) => setTimeout(resolve, 2500));
  expect(await get(targetId)).toMatchObject({ running: false, restart: null });
  await expect.poll(valid, patient).toBe(0);
});
