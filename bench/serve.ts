/**
 * Requests to a real server process on loopback, with real Postgres and Redis (REELBENCH_TEST_POSTGRES_URL and
 * REELBENCH_TEST_REDIS_URL, or started here):
 *   node bench/serve.ts [--users 6040] [--items 3706] [--factors 64] [--concurrency 16] [--requests 4000] [--threads N] [--json FILE]
 * A fixed number of requests in a closed loop: throughput and latency at that concurrency, client and server on the same
 * cores. Ratio: throughput against a bare Express that answers a constant body of the cached answer's size.
 */
import { writeFile } from "node:fs/promises";
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import express from "express";
import { entryUrl } from "../core/runtime-paths.ts";
import { servingTarget, smallVersion, testChannel } from "../e2e/services/serving-target.ts";
import { startPostgres } from "../e2e/services/start-postgres.ts";
import { startRedis } from "../e2e/services/start-redis.ts";

const { values } = parseArgs({
  options: {
    users: { type: "string", default: "6040" },
    items: { type: "string", default: "3706" },
    factors: { type: "string", default: "64" },
    concurrency: { type: "string", default: "16" },
    requests: { type: "string", default: "4000" },
    threads: { type: "string" },
    json: { type: "string" },
  },
});
const [users, items, factors, concurrency, requests] = [
  values.users,
  values.items,
  values.factors,
  values.concurrency,
  values.requests,
].map(Number) as [number, number, number, number, number];

interface Call {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: string;
}

interface Figures {
  readonly name: string;
  readonly requests: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly errors: number;
}

/** `count` requests, `concurrency` at a time, each on a kept-alive connection. Milliseconds. */
async function load(
  name: string,
  url: string,
  key: string,
  count: number,
  callOf: (index: number) => Call,
): Promise<Figures> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const { hostname, port } = new URL(url);
  const times: number[] = [];
  let errors = 0;
  let next = 0;
  const send = (call: Call) =>
    new Promise<number>((resolve, reject) => {
      const headers = {
        Authorization: `Bearer ${key}`,
        ...(call.body === undefined
          ? {}
          : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(call.body) }),
      };
      const sent = request({ agent, hostname, port, method: call.method, path: call.path, headers }, (response) => {
        response.resume();
        response.once("end", () => resolve(response.statusCode ?? 0));
      });
      sent.once("error", reject);
      sent.end(call.body);
    });
  const person = async () => {
    while (next < count) {
      const call = callOf(next++);
      const started = performance.now();
      const status = await send(call).catch(() => 0);
      times.push(performance.now() - started);
      if (status !== 200) errors++;
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: concurrency }, person));
  const seconds = (performance.now() - started) / 1000;
  agent.destroy();
  times.sort((a, b) => a - b);
  const percentile = (share: number) => times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0;
  return {
    name,
    requests: count,
    perSecond: count / seconds,
    p50: percentile(0.5),
    p95: percentile(0.95),
    p99: percentile(0.99),
    errors,
  };
}

async function startServerProcess(
  postgresUrl: string,
  redisUrl: string,
): Promise<{ child: ChildProcess; url: string }> {
  const child = fork(fileURLToPath(entryUrl("server")), [], {
    env: {
      ...process.env,
      REELBENCH_POSTGRES_URL: postgresUrl,
      REELBENCH_REDIS_URL: redisUrl,
      REELBENCH_CHANNEL: testChannel,
      REELBENCH_PORT: "0",
      REELBENCH_RATE_LIMIT: "100000000",
      ...(values.threads === undefined ? {} : { REELBENCH_THREADS: values.threads }),
    },
    serialization: "advanced",
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const [{ url }] = (await once(child, "message")) as [{ url: string }];
  for (const deadline = Date.now() + 120_000; (await fetch(`${url}/readyz`)).status !== 200;) {
    if (Date.now() > deadline) throw new Error("The server did not become ready.");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return { child, url };
}

/** A floor for what HTTP itself costs here: Express and a constant body. In this process, which favours it. */
async function bareExpress(bytes: number): Promise<Figures> {
  const body = JSON.stringify({ constant: "x".repeat(Math.max(0, bytes - 16)) });
  const app = express();
  app.disable("etag");
  app.get("/", (_request, response) => void response.set("Content-Type", "application/json").send(body));
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await load("warm-up", url, "", 500, () => ({ method: "GET", path: "/" }));
  const figures = await load("bare Express, constant body", url, "", requests, () => ({ method: "GET", path: "/" }));
  server.close();
  return figures;
}

let userIds: readonly string[] = [];
let itemIds: readonly string[] = [];
const userOf = (index: number) => userIds[index % users] ?? "";
const itemOf = (index: number) => itemIds[index % items] ?? "";
const userPath = (index: number, query: string) => `/v1/users/${userOf(index)}/recommendations?${query}`;
const given = (index: number, count: number) => {
  const ratings = Array.from({ length: count }, (_, j) => ({
    itemId: itemOf(index * 31 + j * 17),
    rating: 1 + ((index + j) % 5),
  }));
  return JSON.stringify({ ratings: [...new Map(ratings.map((each) => [each.itemId, each])).values()], n: 10 });
};

const postgres = process.env["REELBENCH_TEST_POSTGRES_URL"] === undefined ? await startPostgres() : null;
const redis = process.env["REELBENCH_TEST_REDIS_URL"] === undefined ? await startRedis() : null;
const target = await servingTarget(process.env["REELBENCH_TEST_POSTGRES_URL"] ?? postgres?.url ?? "");
let child: ChildProcess | undefined;
try {
  const version = `bench-${Date.now()}`;
  const world = smallVersion(version, { users, items, factors });
  userIds = world.userIds;
  itemIds = world.items.map(({ itemId }) => itemId);
  await target.upload(world);
  await target.activate(version);
  const key = await target.key("recommend", "feedback");
  const server = await startServerProcess(target.url, process.env["REELBENCH_TEST_REDIS_URL"] ?? redis?.url ?? "");
  child = server.child;

  const size = Buffer.byteLength(
    await (await fetch(`${server.url}${userPath(0, "n=10")}`, { headers: { "X-API-Key": key } })).text(),
  );
  const few = Math.max(1, Math.floor(requests / 4));
  const hot = Math.min(users, 200);
  await load("warm-up", server.url, key, 2 * hot, (index) => ({ method: "GET", path: userPath(index % hot, "n=10") }));
  const figures = [
    await bareExpress(size),
    await load("cached top-10", server.url, key, requests, (index) => ({
      method: "GET",
      path: userPath(index % hot, "n=10"),
    })),
    await load("uncached top-10", server.url, key, few, (index) => ({
      method: "GET",
      path: userPath(index, "n=10&excludeSeen=false"),
    })),
    await load("explained top-10", server.url, key, few, (index) => ({
      method: "GET",
      path: userPath(index, "n=10&explain=true&excludeSeen=false"),
    })),
    await load("similar items", server.url, key, few, (index) => ({
      method: "GET",
      path: `/v1/items/${itemOf(index)}/similar`,
    })),
    await load("fold-in of 20 ratings", server.url, key, few, (index) => ({
      method: "POST",
      path: "/v1/recommendations",
      body: given(index, 20),
    })),
    await load("fold-in of 100 ratings", server.url, key, few, (index) => ({
      method: "POST",
      path: "/v1/recommendations",
      body: given(index, 100),
    })),
    await load("feedback, one rating", server.url, key, few, (index) => ({
      method: "POST",
      path: "/v1/feedback",
      body: JSON.stringify({ events: [{ userId: userOf(index), itemId: itemOf(index), kind: "rating", rating: 4 }] }),
    })),
  ];
  const bare = figures[0]?.perSecond ?? 1;
  process.stdout.write(
    `${users} users × ${items} items × ${factors} factors, ${concurrency} at a time, answer of ${size} bytes\n`,
  );
  for (const { name, perSecond, p50, p95, p99, errors } of figures) {
    process.stdout.write(
      `${name.padEnd(30)} ${perSecond.toFixed(0).padStart(7)}/s  ${(perSecond / bare).toFixed(2)} of bare  p50 ${p50.toFixed(2)} ms  p95 ${p95.toFixed(2)} ms  p99 ${p99.toFixed(2)} ms  errors ${errors}\n`,
    );
  }
  if (values.json !== undefined)
    await writeFile(values.json, JSON.stringify({ users, items, factors, concurrency, figures }, null, 2));
} finally {
  child?.send({ type: "stop" });
  if (child !== undefined) await once(child, "exit");
  await target.close();
  await Promise.all([postgres?.stop(), redis?.stop()]);
}
