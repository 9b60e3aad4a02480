/**
 * What people meet who come when they come: requests at a fixed share of what the server can do, whether it has answered the ones
 * before or not.
 *   node bench/open-load.ts [--minutes 10] [--share 0.7] [--users 6040] [--items 3706] [--factors 64] [--rate N] [--own-core]
 *                           [--connections 64] [--most-connections 1000]
 * Capacity first, in a closed loop for twenty seconds over the same mixture (cached lists, fold-in of twenty ratings, feedback), unless `--rate`
 * gives requests a second. Latency counts from when a request was to be sent, so that one that waits for others is not
 * left out (coordinated omission). Also: errors, resident memory and its slope, lag of the event loop, from /metrics.
 * The client is one process beside the server: on a machine with two cores it takes one of them. How late it sent, and how many
 * cores other programs took meanwhile (Linux only), say whose a long tail is; capacity once more at the end, whether it was the same machine.
 * So does how long of each second the server's event loop was ready to run and waited for a core. `--own-core` gives that thread the
 * last core and all else here the others (taskset; Linux), as a server has it that does not share its cores with its client.
 */
import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { entryUrl } from "../core/runtime-paths.ts";
import { servingTarget, smallVersion, testChannel } from "../e2e/services/serving-target.ts";
import { startPostgres } from "../e2e/services/start-postgres.ts";
import { startRedis } from "../e2e/services/start-redis.ts";
import { askAtRate, load, openLines } from "./http-load.ts";
import type { Call } from "./http-load.ts";
import { processCost, withDescendants } from "./process-cost.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    share: { type: "string", default: "0.7" },
    users: { type: "string", default: "6040" },
    items: { type: "string", default: "3706" },
    factors: { type: "string", default: "64" },
    rate: { type: "string" },
    connections: { type: "string", default: "64" },
    "most-connections": { type: "string", default: "1000" },
    "own-core": { type: "boolean", default: false },
    json: { type: "string" },
  },
});
const [users, items, factors] = [Number(values.users), Number(values.items), Number(values.factors)];
/** Seconds that a capacity has to last. */
const sustained = 20;
const say = (line: string) => void process.stdout.write(`${line}\n`);

const postgres = await startPostgres();
const redis = await startRedis();
const target = await servingTarget(postgres.url);
const folder = await mkdtemp(join(tmpdir(), "reelbench-open-load-"));
const log = await open(join(folder, "server.log"), "w");
const world = smallVersion(`bench-${Date.now()}`, { users, items, factors });
await target.upload(world);
await target.activate(world.version);
const headers = { Authorization: `Bearer ${await target.key("recommend", "feedback")}` };

const userOf = (n: number) => world.userIds[n % users] ?? "";
const itemOf = (n: number) => world.items[n % items]?.itemId ?? "";
const json = { "Content-Type": "application/json" };

/** Nine of ten read a list, mostly one that is kept; one in twenty asks with ratings of its own, one in twenty rates. */
function callOf(n: number): Call {
  const turn = n % 20;
  if (turn === 7) {
    const ratings = Array.from({ length: 20 }, (_, j) => ({ itemId: itemOf(n + 17 * j), rating: 1 + ((n + j) % 5) }));
    return { method: "POST", path: "/v1/recommendations", headers: json, body: JSON.stringify({ ratings, n: 10 }) };
  }
  if (turn === 13) {
    const event = { userId: userOf(7 * n), itemId: itemOf(n), kind: "rating", rating: 4 };
    return { method: "POST", path: "/v1/feedback", headers: json, body: JSON.stringify({ events: [event] }) };
  }
  // Few people come often, many come rarely.
  const u = turn < 15 ? n % 200 : n * 7919;
  return { method: "GET", path: `/v1/users/${userOf(u)}/recommendations?n=10` };
}

const child = fork(fileURLToPath(entryUrl("server")), [], {
  env: {
    ...process.env,
    REELBENCH_POSTGRES_URL: target.url,
    REELBENCH_REDIS_URL: redis.url,
    REELBENCH_CHANNEL: testChannel,
    REELBENCH_PORT: "0",
    REELBENCH_RATE_LIMIT: "100000000",
    REELBENCH_ACCESS_LOG: join(folder, "access.log"),
  },
  serialization: "advanced",
  stdio: ["ignore", log.fd, "inherit", "ipc"],
});

interface Sample {
  readonly at: number;
  readonly resident: number;
  /** Objects and buffers, those that are garbage already among them. */
  readonly held: number;
  readonly lag: number;
  readonly cpu: number;
}

async function sample(url: string): Promise<Sample> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const value = (name: string) => Number(new RegExp(`^${name} ([\\d.e+-]+)`, "m").exec(text)?.[1] ?? Number.NaN);
  return {
    at: performance.now(),
    resident: value("process_resident_memory_bytes"),
    held: value("nodejs_heap_size_used_bytes") + value("nodejs_external_memory_bytes"),
    lag: 1000 * value("nodejs_eventloop_lag_p99_seconds"),
    cpu: value("process_cpu_seconds_total"),
  };
}

/** Seconds that all cores were busy so far, and those of them that were ours: client, server, Postgres and Redis. */
async function busySeconds(): Promise<{ readonly all: number; readonly ours: number; readonly at: number }> {
  const all = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000;
  const ours = process.platform === "linux" ? (await processCost(process.pid)).seconds : Number.NaN;
  return { all, ours, at: performance.now() / 1000 };
}

/** Seconds that the server's event loop was ready to run so far while others had the cores; NaN where the system does not tell. */
async function waitedSeconds(): Promise<number> {
  const pid = String(child.pid);
  const text = await readFile(`/proc/${pid}/task/${pid}/schedstat`, "utf8").catch(() => "");
  return Number(text.split(" ")[1] ?? Number.NaN) / 1e9;
}

/** The server's event loop on the last core, alone; its other threads, the client and the stores on the others. */
async function giveOwnCore(): Promise<void> {
  const taskset = async (cores: string, thread: number | string) =>
    promisify(execFile)("taskset", ["-cp", cores, String(thread)]);
  const last = cpus().length - 1;
  if (last < 1) throw new Error("There is only one core.");
  for (const pid of await withDescendants([process.pid]))
    // What has ended meanwhile needs no core.
    for (const thread of await readdir(`/proc/${String(pid)}/task`).catch(() => []))
      await taskset(`0-${last - 1}`, thread).catch(() => null);
  await taskset(String(last), child.pid ?? 0);
}

/** Least squares, in megabytes a minute. */
function slope(samples: readonly Sample[], of: (each: Sample) => number): number {
  const mean = (value: (each: Sample) => number) =>
    samples.reduce((sum, each) => sum + value(each), 0) / samples.length;
  const [t, r] = [mean(({ at }) => at), mean(of)];
  const along = samples.reduce((sum, each) => sum + (each.at - t) * (of(each) - r), 0);
  const spread = samples.reduce((sum, { at }) => sum + (at - t) ** 2, 0);
  return spread === 0 ? 0 : (along / spread) * (60_000 / 2 ** 20);
}

/** The samples that hold least of every so many: those nearest to a full collection, so that what grows here is kept, not garbage. */
function lowest(samples: readonly Sample[], every: number): readonly Sample[] {
  const groups = Array.from({ length: Math.ceil(samples.length / every) }, (_, g) =>
    samples.slice(g * every, (g + 1) * every),
  );
  return groups.map((group) => group.reduce((least, each) => (each.held < least.held ? each : least)));
}

try {
  const [{ url }] = (await once(child, "message")) as [{ url: string }];
  while ((await fetch(`${url}/readyz`)).status !== 200) await sleep(200);
  const cpuSeconds = async () => (await sample(url)).cpu;
  const closed = { url, headers, concurrency: 16, cpuSeconds, callOf };
  await load({ ...closed, name: "warm-up", count: 10_000 });
  if (values["own-core"]) await giveOwnCore();
  // What was asked a moment ago costs little, and is forgotten in ten seconds: a burst is no capacity.
  let asked = 10_000;
  const capacityOf = async () => {
    const throughput = async (count: number) => {
      const from = asked;
      asked += count;
      return (await load({ ...closed, name: "capacity", count, callOf: (n) => callOf(from + n) })).perSecond;
    };
    return throughput(Math.ceil(sustained * (await throughput(5_000))));
  };
  const capacity = values.rate === undefined ? await capacityOf() : null;
  const rate = capacity === null ? Number(values.rate) : Number(values.share) * capacity;
  say(`${users} users × ${items} items × ${factors} factors`);
  if (capacity !== null)
    say(
      `capacity ${capacity.toFixed(0)} requests/s for ${sustained} s with 16 at a time; asked at ${values.share} of it`,
    );
  say(
    `${rate.toFixed(0)} requests/s for ${values.minutes} minutes over ${values.connections} connections, up to ${values["most-connections"]} where all are busy`,
  );

  const lines = openLines({
    ...{ url, headers },
    connections: Number(values.connections),
    most: Math.max(Number(values.connections), Number(values["most-connections"])),
  });
  const seconds = 60 * Number(values.minutes);
  const total = Math.ceil(rate * seconds);
  const samples: Sample[] = [];
  let over = false;
  const sampling = (async () => {
    while (!over) {
      samples.push(await sample(url));
      await sleep(Math.min(5_000, 50 * seconds));
    }
  })();
  const kinds = new Map<string, number[]>();
  const bySecond: (number[] | undefined)[] = [];
  const began = performance.now();
  const timed = async (call: Call) => {
    const sent = performance.now();
    const status = await lines.send(call);
    const took = performance.now() - sent;
    const kind = call.method === "GET" ? "lists" : call.path === "/v1/feedback" ? "feedback" : "fold-ins";
    kinds.set(kind, kinds.get(kind) ?? []);
    kinds.get(kind)?.push(took);
    (bySecond[Math.floor((sent - began) / 1000)] ??= []).push(took);
    return status;
  };
  const before = await busySeconds();
  const waitedBefore = await waitedSeconds();
  const { times: sorted, late, statuses } = await askAtRate({ send: timed, callOf, rate, total });
  const after = await busySeconds();
  const waitedAfter = await waitedSeconds();
  over = true;
  await sampling;
  const capacityAfter = capacity === null ? null : await capacityOf();
  const done = sorted.length;
  const shed = statuses.get(503) ?? 0;
  const errors = total - shed - (statuses.get(200) ?? 0);
  const percentile = (share: number) => sorted[Math.min(done - 1, Math.floor(share * done))] ?? 0;
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  // The first samples still belong to warming up.
  const steady = samples.slice(Math.floor(samples.length / 4));
  const minima = lowest(steady, Math.ceil(steady.length / 10));
  const p99BySecond = Array.from(bySecond, (each = []) => {
    const ordered = each.toSorted((a, b) => a - b);
    return Math.round(ordered[Math.floor(0.99 * ordered.length)] ?? 0);
  });
  const figures = {
    ...{ users, items, factors, capacity, rate, seconds, requests: total, errors, shed },
    p50: percentile(0.5),
    p99: percentile(0.99),
    p999: percentile(0.999),
    longest: sorted.at(-1) ?? 0,
    capacityAfter,
    connections: lines.opened(),
    lateP99: late[Math.floor(0.99 * total)] ?? 0,
    lateLongest: late.at(-1) ?? 0,
    coresOfOurs: (after.ours - before.ours) / (after.at - before.at),
    coresOfOthers: (after.all - before.all - (after.ours - before.ours)) / (after.at - before.at),
    residentMegabytes: (samples.at(-1)?.resident ?? 0) / 2 ** 20,
    slopeMegabytesPerMinute: slope(steady, ({ resident }) => resident),
    heldMegabytes: minima.map(({ held }) => Math.round(held / 2 ** 20)),
    heldSlopeMegabytesPerMinute: slope(minima, ({ held }) => held),
    p99BySecond,
    waitedForCore: (waitedAfter - waitedBefore) / (after.at - before.at),
    eventLoopLagP99: Math.max(...steady.map(({ lag }) => lag)),
    cores:
      ((samples.at(-1)?.cpu ?? 0) - (samples[0]?.cpu ?? 0)) /
      (((samples.at(-1)?.at ?? 1) - (samples[0]?.at ?? 0)) / 1000),
  };
  say(
    `latency from when a request was due: p50 ${ms(figures.p50)}, p99 ${ms(figures.p99)}, p99.9 ${ms(figures.p999)}, longest ${ms(figures.longest)}`,
  );
  const ofKinds = [...kinds].map(([kind, each]) => {
    const ordered = each.toSorted((a, b) => a - b);
    return `${kind} p50 ${ms(ordered[Math.floor(ordered.length / 2)] ?? 0)}, p99 ${ms(ordered[Math.floor(0.99 * ordered.length)] ?? 0)}`;
  });
  say(`of it from when it was sent: ${ofKinds.join("; ")}`);
  const worst = p99BySecond.indexOf(Math.max(...p99BySecond));
  say(
    `p99 of each second: ${ms(p99BySecond.toSorted((a, b) => a - b)[p99BySecond.length >> 1] ?? 0)} in the middle one, over 25 ms in ${p99BySecond.filter((each) => each > 25).length} of ${p99BySecond.length}, ${ms(p99BySecond[worst] ?? 0)} in the worst, number ${worst}`,
  );
  say(
    `the client sent late by p99 ${ms(figures.lateP99)}, longest ${ms(figures.lateLongest)}; client, server, Postgres and Redis used ${figures.coresOfOurs.toFixed(2)} of ${cpus().length} cores, other programs ${figures.coresOfOthers.toFixed(2)}`,
  );
  if (capacityAfter !== null) say(`capacity afterwards ${capacityAfter.toFixed(0)} requests/s`);
  say(
    `${total} requests, ${figures.errors} errors, ${shed} deliberate 503, over ${figures.connections} connections in the end`,
  );
  say(
    `resident memory ${figures.residentMegabytes.toFixed(0)} MB, ${figures.slopeMegabytesPerMinute.toFixed(2)} MB a minute over the last three quarters`,
  );
  say(
    `objects and buffers, least in each tenth of that: ${figures.heldMegabytes.join(" ")} MB, ${figures.heldSlopeMegabytesPerMinute.toFixed(2)} MB a minute`,
  );
  say(
    `event loop's lag: p99 ${ms(figures.eventLoopLagP99)} at most; it waited ${ms(1000 * figures.waitedForCore)} of each second for a core; the server used ${figures.cores.toFixed(2)} cores`,
  );
  if (values.json !== undefined) await writeFile(values.json, JSON.stringify(figures, null, 2));
  process.exitCode = figures.errors > 0 ? 1 : 0;
} finally {
  if (child.connected) {
    child.send({ type: "stop" });
    await once(child, "exit");
  }
  await log.close();
  await target.close();
  await Promise.all([postgres.stop(), redis.stop()]);
  await rm(folder, { recursive: true, force: true });
}
