import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createClient } from "../../e2e/services/http-client.ts";
import type { Client } from "../../e2e/services/http-client.ts";
import { serverConfig, servingTarget, smallVersion } from "../../e2e/services/serving-target.ts";
import { testDatabase } from "../../e2e/services/services.ts";
import { startRedis } from "../../e2e/services/start-redis.ts";
import { tcpProxy } from "../../e2e/services/tcp-proxy.ts";
import { startServer } from "../start-server.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A target, and the same behind a wire that can be cut. */
async function behindWire() {
  const url = await testDatabase();
  const target = await servingTarget(url);
  cleanups.push(() => target.close());
  await target.upload(smallVersion("v1", { seed: 3 }));
  await target.activate("v1");
  const { hostname, port } = new URL(url);
  const wire = await tcpProxy({ host: hostname, port: Number(port) });
  cleanups.push(() => wire.close());
  const through = new URL(url);
  through.host = `127.0.0.1:${wire.port}`;
  return { target, wire, url: through.href };
}

async function start(...settings: Parameters<typeof serverConfig>) {
  const server = await startServer(serverConfig(...settings));
  cleanups.push(() => server.close());
  return server;
}

const rate = (client: Client, n: number) =>
  client.post(
    "/v1/feedback",
    { events: [{ userId: "user-03", itemId: `film-0${10 + n}`, kind: "rating", rating: 5 }] },
    { "Idempotency-Key": `once-${n}` },
  );
const keptBy = (text: string) => (JSON.parse(text) as { kept?: string }).kept;
const counted = async (target: Awaited<ReturnType<typeof servingTarget>>) =>
  Number(
    (await target.pool.query<{ count: string }>("select count(*) from reelbench.feedback where user_id = 'user-03'"))
      .rows[0]?.count,
  );

describe("while Postgres is away, feedback", () => {
  it("is kept on disk, counts in the next answer, and arrives once, however often it was sent", async () => {
    const directory = await mkdtemp(join(tmpdir(), "reelbench-spool-"));
    cleanups.push(() => rm(directory, { recursive: true, force: true }));
    const { target, wire, url } = await behindWire();
    const server = await start(url, { spool: { directory, bytes: 1e6 } });
    const client = createClient(server.url, await target.key("recommend", "feedback"));
    expect(keptBy((await rate(client, 0)).text)).toBe("postgres");
    await wire.cut();
    for (let n = 1; n <= 5; n++) {
      const { status, text } = await rate(client, n);
      expect([n, status, keptBy(text)]).toEqual([n, 200, "spool"]);
      const { body } = await client.get("/v1/users/user-03/recommendations?n=60");
      expect(body.basis).toBe("fold-in");
      expect(body.items.map(({ itemId }) => itemId)).not.toContain(`film-0${10 + n}`);
    }
    // Sent again, as a client does that lost the answer.
    expect((await rate(client, 3)).status).toBe(200);
    expect(await counted(target)).toBe(1);
    await wire.mend();
    await expect.poll(() => counted(target), { timeout: 30_000 }).toBe(6);
    await expect.poll(() => readdir(directory), { timeout: 10_000 }).toEqual([]);
    expect(keptBy((await rate(client, 6)).text)).toBe("postgres");
    // Reads find Postgres again after their own pause.
    await expect
      .poll(async () => (await client.get("/v1/users/user-03/recommendations?n=5")).body.degraded, { timeout: 10_000 })
      .toEqual([]);
    expect(await counted(target)).toBe(7);
  });

  it("left on disk by a server that died is moved by the one that starts after it", async () => {
    const directory = await mkdtemp(join(tmpdir(), "reelbench-spool-"));
    cleanups.push(() => rm(directory, { recursive: true, force: true }));
    const { target, wire, url } = await behindWire();
    const first = await startServer(serverConfig(url, { spool: { directory, bytes: 1e6 } }));
    const client = createClient(first.url, await target.key("recommend", "feedback"));
    await rate(client, 0);
    await wire.cut();
    expect(keptBy((await rate(client, 1)).text)).toBe("spool");
    await first.close();
    await wire.mend();
    await start(url, { spool: { directory, bytes: 1e6 } });
    await expect.poll(() => counted(target), { timeout: 30_000 }).toBe(2);
  });

  it("waits in a Redis that keeps what it acknowledges, and another replica moves it", async () => {
    const redis = await startRedis(["--save", "", "--appendonly", "yes", "--appendfsync", "always"]);
    cleanups.push(() => redis.stop());
    const { target, wire, url } = await behindWire();
    const server = await start(url, { redisUrl: redis.url });
    const client = createClient(server.url, await target.key("recommend", "feedback"));
    await rate(client, 0);
    await wire.cut();
    for (let n = 1; n <= 4; n++) expect(keptBy((await rate(client, n)).text)).toBe("redis");
    // The wire of this one stays cut; the other one has its own.
    await start(target.url, { redisUrl: redis.url });
    await expect.poll(() => counted(target), { timeout: 30_000 }).toBe(5);
  });

  it("is refused by a Redis that may lose it, where there is no disk either", async () => {
    const redis = await startRedis(["--save", "", "--appendonly", "yes", "--appendfsync", "no"]);
    cleanups.push(() => redis.stop());
    const { target, wire, url } = await behindWire();
    const server = await start(url, { redisUrl: redis.url });
    const client = createClient(server.url, await target.key("recommend", "feedback"));
    await rate(client, 0);
    await wire.cut();
    expect((await rate(client, 1)).problem).toMatchObject({ status: 503, code: "RB_UNAVAILABLE" });
  });
});
