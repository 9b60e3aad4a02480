import { fork } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { createClient } from "../e2e/services/http-client.ts";
import type { Client } from "../e2e/services/http-client.ts";
import { redisUrl, testDatabase } from "../e2e/services/services.ts";
import { serverConfig, servingTarget, smallVersion, testChannel } from "../e2e/services/serving-target.ts";
import { startPostgres } from "../e2e/services/start-postgres.ts";
import { startRedis } from "../e2e/services/start-redis.ts";
import { createClient as createRedisClient } from "redis";
import { entryUrl } from "../core/runtime-paths.ts";
import { liveServers } from "../core/production/servers.ts";
import { startServer } from "./start-server.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const world = smallVersion("v1", { seed: 3 });

async function served(settings: Parameters<typeof serverConfig>[1] = {}, url?: string) {
  const target = await servingTarget(url ?? (await testDatabase()));
  cleanups.push(() => target.close());
  await target.upload(world);
  await target.activate("v1");
  const server = await startServer(serverConfig(target.url, settings));
  cleanups.push(() => server.close());
  return { target, server, client: createClient(server.url, await target.key("recommend", "feedback")) };
}

const recommend = (client: Client, user: string) => client.get(`/v1/users/${user}/recommendations?n=5`);
const rate = (client: Client, userId: string, itemId: string, headers = {}) =>
  client.post("/v1/feedback", { events: [{ userId, itemId, kind: "rating", rating: 5 }] }, headers);

describe("asked for more than it can answer", () => {
  it("turns some away with 503 and when to come again, answers probes and the others, and all once it is over", async () => {
    const { client } = await served({ lagLimitMs: 10 });
    const keepBusy = setInterval(() => {
      const end = performance.now() + 60;
      while (performance.now() < end);
    }, 1);
    cleanups.push(async () => clearInterval(keepBusy));
    await expect
      .poll(async () => (await recommend(client, "user-01")).status, { timeout: 10_000, interval: 1 })
      .toBe(503);
    const answers = await Promise.all(Array.from({ length: 20 }, () => recommend(client, "user-02")));
    const refused = answers.filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(20);
    expect(refused[0]?.headers.get("retry-after")).toBe("1");
    expect(refused[0]?.text).toContain("RB_UNAVAILABLE");
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(20 - refused.length);
    for (let turn = 0; turn < 10; turn++) expect((await client.get("/livez")).status).toBe(200);

    clearInterval(keepBusy);
    await expect.poll(async () => (await recommend(client, "user-01")).status, { timeout: 10_000 }).toBe(200);
  });
});

describe("without Redis", () => {
  it("begins by asking it: the first answer about it is true", async () => {
    const redis = await startRedis();
    const { client } = await served({ redisUrl: redis.url });
    expect(JSON.parse((await client.get("/readyz")).text)).toMatchObject({ status: "ready", redis: "up" });
    await redis.stop();
    const started = performance.now();
    const without = await served({ redisUrl: redis.url });
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(JSON.parse((await without.client.get("/readyz")).text)).toMatchObject({ status: "degraded", redis: "down" });
  });

  it("killed under traffic: no error, and a user's own feedback still shows at once", async () => {
    const redis = await startRedis();
    const { client } = await served({ redisUrl: redis.url });
    await recommend(client, "user-01");
    await redis.stop();
    for (let turn = 0; turn < 30; turn++) {
      const user = `user-${String(turn % 20).padStart(2, "0")}`;
      const itemId = `film-0${20 + turn}`;
      expect((await rate(client, user, itemId)).status).toBe(200);
      const { status, body } = await recommend(client, user);
      expect([status, body.basis, body.degraded]).toEqual([200, "fold-in", []]);
      expect(body.items.map((item) => item.itemId)).not.toContain(itemId);
    }
    expect(JSON.parse((await client.get("/readyz")).text)).toMatchObject({ status: "degraded", redis: "down" });
  });

  it("frozen: answers go on, and what it could not be told is told when it thaws", async () => {
    const redis = await startRedis();
    cleanups.push(() => redis.stop());
    const { target, client } = await served({ redisUrl: redis.url });
    const other = await startServer(serverConfig(target.url, { redisUrl: redis.url }));
    cleanups.push(() => other.close());
    const there = createClient(other.url, client.key);
    await expect.poll(async () => (await client.get("/readyz")).text, { timeout: 15_000 }).toContain('"redis":"up"');
    await recommend(client, "user-02");
    await recommend(there, "user-02");
    const control = createRedisClient({ url: redis.url });
    await control.connect();
    cleanups.push(() => control.close());
    await control.sendCommand(["CLIENT", "PAUSE", "4000", "ALL"]);
    expect((await rate(client, "user-02", "film-030")).status).toBe(200);
    const { status, body } = await recommend(client, "user-02");
    expect([status, body.basis]).toEqual([200, "fold-in"]);
    // Here and on the other replica, during and after.
    await expect.poll(async () => (await recommend(there, "user-02")).body.basis, { timeout: 15_000 }).toBe("fold-in");
    await expect.poll(async () => (await client.get("/readyz")).text, { timeout: 15_000 }).toContain('"redis":"up"');
    expect((await recommend(client, "user-02")).body.basis).toBe("fold-in");
    expect((await recommend(there, "user-02")).body.basis).toBe("fold-in");
  });

  it("holding nonsense: it is not believed", async () => {
    const { client, target } = await served({ redisUrl: redisUrl(), channel: testChannel });
    const redis = createRedisClient({ url: redisUrl() });
    await redis.connect();
    cleanups.push(() => redis.close());
    const expected = (await client.get("/v1/users/user-05/recommendations?n=5&excludeSeen=true&genre=Comedy")).body
      .items;
    for (const nonsense of [
      "{",
      "[]",
      '{"items":["film-001"],"scores":[]}',
      '{"items":["other-model"],"scores":[1]}',
    ]) {
      const fresh = await startServer(serverConfig(target.url, { redisUrl: redisUrl() }));
      try {
        await expect.poll(async () => (await fetch(`${fresh.url}/readyz`)).status, { timeout: 30_000 }).toBe(200);
        for (const key of await redis.keys(`reelbench:${testChannel}:v:v1:ranking:*user-05*`))
          await redis.set(key, nonsense);
        const { status, body } = await createClient(fresh.url, client.key).get(
          "/v1/users/user-05/recommendations?n=5&genre=Comedy",
        );
        expect([status, body.items]).toEqual([200, expected]);
      } finally {
        await fresh.close();
      }
    }
  });
});

describe("without Postgres", () => {
  it("killed: recommendations go on from memory and say what they lack; feedback is refused, not lost in silence", async () => {
    const postgres = await startPostgres();
    let alive = true;
    cleanups.push(async () => (alive ? postgres.stop() : undefined));
    const { client } = await served({}, postgres.url);
    await rate(client, "user-03", "film-040");
    const before = (await recommend(client, "user-03")).body;
    expect(before.basis).toBe("fold-in");
    await postgres.stop();
    alive = false;

    for (let turn = 0; turn < 20; turn++) {
      const { status, body } = await recommend(client, `user-${String(turn).padStart(2, "0")}`);
      expect([status, body.version, body.items.length]).toEqual([200, "v1", 5]);
    }
    await expect.poll(async () => (await recommend(client, "user-03")).body.degraded).toEqual(["feedback-unavailable"]);
    // What this server knows of the user it goes on using.
    expect((await recommend(client, "user-03")).body.items).toEqual(before.items);
    expect((await client.post("/v1/recommendations", { ratings: [{ itemId: "film-001", rating: 5 }] })).status).toBe(
      200,
    );
    expect((await client.get("/v1/items/film-001/similar")).status).toBe(200);
    const refused = await rate(client, "user-03", "film-041");
    expect(refused.problem).toMatchObject({ status: 503, code: "RB_UNAVAILABLE" });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    await expect
      .poll(async () => (await client.get("/readyz")).text, { timeout: 15_000 })
      .toContain('"postgres":"down"');
    expect((await client.get("/readyz")).status).toBe(200);
    // An unknown key cannot be checked: that is not the same as a wrong one.
    expect((await recommend(createClient(client.url, `rb_${"B".repeat(43)}`), "user-01")).status).toBe(503);
  });

  it("cut off for a moment (every connection ended): the next requests find it again", async () => {
    const { target, client } = await served();
    await target.pool.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'reelbench-server%' and datname = current_database()",
    );
    await expect
      .poll(async () => (await rate(client, "user-04", "film-050", { "Idempotency-Key": "again" })).status, {
        timeout: 15_000,
      })
      .toBe(200);
    expect((await recommend(client, "user-04")).body.basis).toBe("fold-in");
    const { rows } = await target.pool.query(
      "select count(*)::int as kept from reelbench.feedback where user_id = 'user-04'",
    );
    expect(rows).toEqual([{ kept: 1 }]);
  });
});

describe("stopping", () => {
  it("ends what is under way, refuses what is new, and signs off", async () => {
    const { target, server, client } = await served({ drainDelayMs: 3_000 });
    const port = Number(new URL(server.url).port);
    // A request whose body is still on its way when the server is asked to stop.
    const body = JSON.stringify({ ratings: [{ itemId: "film-001", rating: 4 }] });
    const slow = request({
      port,
      method: "POST",
      path: "/v1/recommendations",
      headers: {
        Authorization: `Bearer ${client.key ?? ""}`,
        "Content-Type": "application/json",
        "Content-Length": body.length,
      },
    });
    slow.write(body.slice(0, 10));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const closed = server.close();
    await expect.poll(async () => (await client.get("/readyz")).status).toBe(503);
    slow.end(body.slice(10));
    const [response] = (await once(slow, "response")) as [{ statusCode: number; resume(): void }];
    expect(response.statusCode).toBe(200);
    response.resume();
    await closed;
    await expect(client.get("/livez")).rejects.toThrow();
    expect(await liveServers(target.pool, testChannel)).toEqual([]);
  });

  it.each(["SIGTERM", "stop message", "parent gone"])("as a process of its own, by %s", async (how) => {
    const { target } = await served();
    const child = fork(fileURLToPath(entryUrl("server")), [], {
      env: {
        ...process.env,
        REELBENCH_POSTGRES_URL: target.url,
        REELBENCH_REDIS_URL: "",
        REELBENCH_PORT: "0",
        REELBENCH_CHANNEL: testChannel,
        REELBENCH_SERVER_ID: "forked",
        REELBENCH_LOG_LEVEL: "silent",
      },
      serialization: "advanced",
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    const [message] = (await once(child, "message")) as [{ type: string; url: string }];
    expect(message).toEqual({ type: "listening", url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) as string });
    expect(
      (await createClient(message.url, await target.key("recommend")).get("/v1/users/user-01/recommendations")).status,
    ).toBe(200);
    const exited = once(child, "exit");
    if (how === "SIGTERM") child.kill("SIGTERM");
    else if (how === "stop message") child.send({ type: "stop" });
    else child.disconnect();
    const [code] = (await exited) as [number];
    if (how !== "parent gone") expect(code).toBe(0);
    await expect(fetch(`${message.url}/livez`)).rejects.toThrow();
  });

  it("before it began: every wrong setting is named, and the exit code says usage", async () => {
    const child = fork(fileURLToPath(entryUrl("server")), [], {
      env: { PATH: process.env["PATH"], REELBENCH_PORT: "no" },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let said = "";
    child.stderr?.on("data", (part: Buffer) => (said += part.toString()));
    const [code] = (await once(child, "exit")) as [number];
    expect(code).toBe(64);
    expect(said).toContain("REELBENCH_POSTGRES_URL is not set");
    expect(said).toContain("REELBENCH_PORT must be a whole number");
  });
});
