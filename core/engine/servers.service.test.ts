import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
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

/** An engine with a target, how many keys are valid there, and which servers are in its list. */
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
  const listed = async () =>
    (await pool.query<{ id: string }>("select id from reelbench.servers")).rows.map(({ id }) => id);
  return { transport, targetId, get, valid, listed };
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
      state: "waiting",
      lastFailure: { reason: "SIGKILL" },
      restart: { failures: 1, reason: "SIGKILL" },
    });
  await expect
    .poll(() => get(targetId), { ...patient, interval: 20 })
    .toMatchObject({ running: false, state: "starting" });
  await expect
    .poll(() => get(targetId), patient)
    .toMatchObject({
      running: true,
      state: "running",
      url: first.url,
      restart: null,
      // Why it had to be started again is still told.
      lastFailure: { reason: "SIGKILL" },
    });
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
  expect(await get(targetId)).toMatchObject({ running: false, state: "stopped", restart: null, lastFailure: null });
  await new Promise((resolve) => setTimeout(resolve, 2500));
  expect(await get(targetId)).toMatchObject({ running: false, restart: null });
  await expect.poll(valid, patient).toBe(0);
});

test("one that was killed does not stay in the target's list of servers", async () => {
  const { transport, targetId, get, listed } = await workbench();
  const { pid } = await transport.request("servers.start", { targetId });
  const [first] = await listed();
  expect(await transport.request("targets.status", { targetId })).toMatchObject({
    servers: [{ id: first, reporting: true }],
  });
  process.kill(pid, "SIGKILL");
  await expect.poll(listed, patient).not.toContain(first);
  await expect.poll(() => get(targetId), patient).toMatchObject({ running: true });
  expect(await listed()).toHaveLength(1);
  await transport.request("servers.stop", { targetId });
  expect(await listed()).toEqual([]);
});

test("a server that did not start is told to be stopped, since when and why, until it is started", async () => {
  const { transport, targetId, get } = await workbench();
  expect(await get(targetId)).toMatchObject({ running: false, state: "stopped", since: null, lastFailure: null });
  const other = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  await expect(transport.request("servers.start", { targetId, port })).rejects.toThrow("did not start");
  const { state, since, lastFailure } = await get(targetId);
  expect([state, lastFailure?.at === since, lastFailure?.reason]).toEqual([
    "stopped",
    true,
    expect.stringContaining("did not start") as unknown,
  ]);

  await transport.request("servers.start", { targetId });
  expect(await get(targetId)).toMatchObject({ running: true, state: "running", lastFailure: null });
  await transport.request("servers.stop", { targetId });
});

test("a server that answers nothing is told to be silent since then, and ended for another at the same address", async () => {
  const { transport, targetId, get, valid } = await workbench();
  const first = await transport.request("servers.start", { targetId });
  const stoppedAt = Date.now();
  process.kill(first.pid, "SIGSTOP");
  onTestFinished(() => endIfThere(first.pid));
  await expect.poll(() => get(targetId), { timeout: 30_000 }).toMatchObject({ running: true, state: "silent" });
  const { since } = await get(targetId);
  expect(Date.parse(since ?? "")).toBeGreaterThanOrEqual(stoppedAt);
  expect(Date.parse(since ?? "")).toBeLessThan(stoppedAt + 10_000);

  // Asked for twice at once, it is started once.
  const [second, same] = await Promise.all([
    transport.request("servers.start", { targetId }),
    transport.request("servers.start", { targetId }),
  ]);
  expect(second.pid).not.toBe(first.pid);
  expect([second.url, same.pid]).toEqual([first.url, second.pid]);
  expect((await fetch(`${second.url}/livez`)).status).toBe(200);
  expect(await get(targetId)).toMatchObject({ running: true, state: "running", lastFailure: null });
  expect(() => process.kill(first.pid, 0)).toThrow("ESRCH");
  expect(await valid()).toBe(1);
  await transport.request("servers.stop", { targetId });
}, 60_000);

function endIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has been ended, as it should.
  }
}
