/**
 * Requests to a real server process on loopback, with real Postgres and Redis (REELBENCH_TEST_POSTGRES_URL and
 * REELBENCH_TEST_REDIS_URL, or started here):
 *   node bench/serve.ts [--users 6040] [--items 3706] [--factors 64] [--concurrency 16] [--requests 20000] [--threads N]
 *                       [--only cached] [--layers] [--profile FOLDER] [--json FILE]
 * A fixed number of requests in a closed loop: throughput, latency at that concurrency and the server's processor time for
 * each request. Ratios are against a bare Express in a process of its own that answers a constant body of as many bytes. The
 * server writes its access log to a file. `--layers` starts it again without one thing at a time, to say what that costs.
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { fork } from "node:child_process";
import { once } from "node:events";
import { servingTarget, smallVersion } from "../e2e/services/serving-target.ts";
import { startPostgres } from "../e2e/services/start-postgres.ts";
import { startRedis } from "../e2e/services/start-redis.ts";
import { load } from "./http-load.ts";
import type { Call, Figures } from "./http-load.ts";
import { startServerProcess } from "./server-process.ts";
import type { ServerProcess } from "./server-process.ts";

const { values } = parseArgs({
  options: {
    users: { type: "string", default: "6040" },
    items: { type: "string", default: "3706" },
    factors: { type: "string", default: "64" },
    concurrency: { type: "string", default: "16" },
    requests: { type: "string", default: "20000" },
    threads: { type: "string" },
    only: { type: "string" },
    layers: { type: "boolean", default: false },
    profile: { type: "string" },
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
const warmUp = Math.min(10_000, requests);

const startServer = (changes?: Readonly<Record<string, string>>): Promise<ServerProcess> =>
  startServerProcess({
    postgresUrl: target.url,
    redisUrl,
    changes: { ...(values.threads === undefined ? {} : { REELBENCH_THREADS: values.threads }), ...changes },
    execArgv: values.profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${values.profile}`],
  });

/** The floor: what HTTP itself costs here, with as many bytes. */
async function bareExpress(bytes: number): Promise<Figures> {
  const bare = fork(new URL("bare-express.ts", import.meta.url), [String(bytes)]);
  const [{ url }] = (await once(bare, "message")) as [{ url: string }];
  const cpuSeconds = async () => Number(await (await fetch(`${url}/cpu`)).text());
  const common = { url, headers: {}, concurrency, cpuSeconds, callOf: () => ({ method: "GET", path: "/" }) as const };
  await load({ ...common, name: "warm-up", count: warmUp });
  const figures = await load({ ...common, name: "bare Express, constant body", count: requests });
  bare.disconnect();
  return figures;
}

/** Of the server's process, as its own metrics have it. */
async function cpuOf(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_cpu_seconds_total ([\d.e+-]+)/m.exec(text)?.[1] ?? Number.NaN);
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

/** What is asked, by name; `share`: of the number of requests. */
const hot = Math.min(users, 200);
const cachedCall = (index: number): Call => ({ method: "GET", path: userPath(index % hot, "n=10") });
const binary = { Accept: "application/x-protobuf" };
const json = { "Content-Type": "application/json" };
const scenarios: readonly {
  readonly name: string;
  readonly share: number;
  readonly callOf: (index: number) => Call;
}[] = [
  { name: "cached top-10", share: 1, callOf: cachedCall },
  {
    name: "cached top-10, Protocol Buffers",
    share: 1,
    callOf: (index) => ({ ...cachedCall(index), headers: binary }),
  },
  {
    name: "uncached top-10",
    share: 0.25,
    callOf: (index) => ({ method: "GET", path: userPath(index, "n=10&excludeSeen=false") }),
  },
  {
    name: "explained top-10",
    share: 0.25,
    callOf: (index) => ({ method: "GET", path: userPath(index, "n=10&explain=true&excludeSeen=false") }),
  },
  {
    name: "similar items",
    share: 0.25,
    callOf: (index) => ({ method: "GET", path: `/v1/items/${itemOf(index)}/similar` }),
  },
  {
    name: "fold-in of 20 ratings",
    share: 0.25,
    callOf: (index) => ({ method: "POST", path: "/v1/recommendations", headers: json, body: given(index, 20) }),
  },
  {
    name: "fold-in of 100 ratings",
    share: 0.25,
    callOf: (index) => ({ method: "POST", path: "/v1/recommendations", headers: json, body: given(index, 100) }),
  },
  {
    name: "feedback, one rating",
    share: 0.25,
    callOf: (index) => ({
      method: "POST",
      path: "/v1/feedback",
      headers: json,
      body: JSON.stringify({ events: [{ userId: userOf(index), itemId: itemOf(index), kind: "rating", rating: 4 }] }),
    }),
  },
];

/** The same cached answers, with one thing less. What is measured is the difference. */
const layers: readonly {
  readonly name: string;
  readonly changes: Readonly<Record<string, string>>;
  readonly callOf: (index: number) => Call;
}[] = [
  { name: "all on", changes: {}, callOf: cachedCall },
  { name: "without the access log", changes: { REELBENCH_LOG_LEVEL: "warn" }, callOf: cachedCall },
  { name: "without the exposure record", changes: { REELBENCH_EXPOSURES: "off" }, callOf: cachedCall },
  {
    name: "without either",
    changes: { REELBENCH_LOG_LEVEL: "warn", REELBENCH_EXPOSURES: "off" },
    callOf: cachedCall,
  },
  {
    name: "nor key, limit, lookup and body",
    changes: { REELBENCH_LOG_LEVEL: "warn", REELBENCH_EXPOSURES: "off" },
    callOf: () => ({ method: "GET", path: "/livez" }),
  },
];

const postgres = process.env["REELBENCH_TEST_POSTGRES_URL"] === undefined ? await startPostgres() : null;
const redis = process.env["REELBENCH_TEST_REDIS_URL"] === undefined ? await startRedis() : null;
const redisUrl = process.env["REELBENCH_TEST_REDIS_URL"] ?? redis?.url ?? "";
const target = await servingTarget(process.env["REELBENCH_TEST_POSTGRES_URL"] ?? postgres?.url ?? "");
let server: ServerProcess | undefined;
try {
  const version = `bench-${Date.now()}`;
  const world = smallVersion(version, { users, items, factors });
  userIds = world.userIds;
  itemIds = world.items.map(({ itemId }) => itemId);
  await target.upload(world);
  await target.activate(version);
  const key = await target.key("recommend", "feedback");
  const headers = { Authorization: `Bearer ${key}` };

  async function measure(at: ServerProcess, name: string, count: number, callOf: (index: number) => Call) {
    const common = { url: at.url, headers, concurrency, cpuSeconds: () => cpuOf(at.url) };
    return load({ ...common, name, count, callOf });
  }

  server = await startServer();
  const size = Buffer.byteLength(await (await fetch(`${server.url}${userPath(0, "n=10")}`, { headers })).text());
  const bare = await bareExpress(size);
  const figures: Figures[] = [bare];
  await measure(server, "warm-up", warmUp, cachedCall);
  for (const { name, share, callOf } of scenarios)
    if (values.only === undefined || name === values.only)
      figures.push(await measure(server, name, Math.ceil(requests * share), callOf));
  await server.stop();
  server = undefined;
  process.stdout.write(
    `${users} users × ${items} items × ${factors} factors, ${concurrency} at a time, answer of ${size} bytes\n`,
  );
  const print = ({ name, perSecond, p50, p99, errors, cpu }: Figures) =>
    process.stdout.write(
      `${name.padEnd(32)} ${perSecond.toFixed(0).padStart(7)}/s  ${(perSecond / bare.perSecond).toFixed(2)} of bare  server ${cpu.toFixed(0).padStart(5)} µs a request, bare/ours ${(bare.cpu / cpu).toFixed(2)}  p50 ${p50.toFixed(2)} ms  p99 ${p99.toFixed(2)} ms  errors ${errors}\n`,
    );
  figures.forEach(print);
  if (values.layers) {
    for (const { name, changes, callOf } of layers) {
      server = await startServer(changes);
      await measure(server, "warm-up", warmUp, callOf);
      const measured = await measure(server, name, requests, callOf);
      figures.push(measured);
      print(measured);
      await server.stop();
      server = undefined;
    }
  }
  if (values.json !== undefined)
    await writeFile(values.json, JSON.stringify({ users, items, factors, concurrency, figures }, null, 2));
} finally {
  await server?.stop();
  await target.close();
  await Promise.all([postgres?.stop(), redis?.stop()]);
}
