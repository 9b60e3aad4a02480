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

test("the key made for a bundled server ends with it, however it ends", async () => {
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

  await transport.request("servers.start", { targetId });
  expect(await valid()).toBe(1);
  await transport.request("servers.stop", { targetId });
  expect(await valid()).toBe(0);

  const { pid } = await transport.request("servers.start", { targetId });
  process.kill(pid, "SIGKILL");
  await expect.poll(valid, { timeout: 10_000 }).toBe(0);
});
