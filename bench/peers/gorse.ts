/**
 * This server and Gorse's (https://gorse.io, Go) side by side: the same users, films and ratings, the same client.
 *   node bench/peers/gorse.ts --gorse PATH [--shape ml-100k | --ratings FILE] [--stores sqlite,postgres] [--factors 64]
 *                             [--concurrency 16] [--requests 4000] [--rounds 3] [--seconds 10] [--built] [--json FILE]
 * PATH is a `gorse-in-one`: `go build ./cmd/gorse-in-one` in a checkout of github.com/gorse-io/gorse, or one of its releases.
 * Ours, from source or (`--built`) from dist/server as it is shipped, is the real server with a model of the same ratings (iALS), Postgres and Redis, a key, its limit, exposures and access
 * log on; Gorse has its key and access log on and every list made before anything is asked. `--stores`: where Gorse keeps
 * data and lists, of `sqlite`, `postgres` and `redis` (lists only; needs a Redis with its search module; data is then in Postgres).
 * Closed loops in turn, ours, theirs, ours …, medians; then both at one rate whether answers come or not. Processor time and
 * memory are those of the server's processes and, beside it, with those of its stores. Needs Linux (/proc).
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import pg from "pg";
import { createClient } from "redis";
import { ials } from "../../core/models/ials.ts";
import { parseHyperparameters } from "../../core/models/registry.ts";
import { movieLensShapes } from "../../core/ratings/sample.ts";
import { servingTarget } from "../../e2e/services/serving-target.ts";
import { startPostgres } from "../../e2e/services/start-postgres.ts";
import { startRedis } from "../../e2e/services/start-redis.ts";
import { askAtRate, load, openLines } from "../http-load.ts";
import type { Call, Figures } from "../http-load.ts";
import { median } from "../paired.ts";
import { parentOf, processCost } from "../process-cost.ts";
import { readRatingsFile, trainingSet } from "../ratings-file.ts";
import { sampleRatings } from "../sample-ratings.ts";
import { startServerProcess } from "../server-process.ts";
import { gorseKey, startGorse } from "./gorse-server.ts";
import type { PeerWorld } from "./gorse-server.ts";

const { values } = parseArgs({
  options: {
    gorse: { type: "string" },
    shape: { type: "string", default: "ml-100k" },
    ratings: { type: "string" },
    stores: { type: "string", default: "sqlite,postgres" },
    factors: { type: "string", default: "64" },
    concurrency: { type: "string", default: "16" },
    requests: { type: "string", default: "4000" },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "10" },
    built: { type: "boolean", default: false },
    json: { type: "string" },
  },
});
const program = values.gorse;
if (program === undefined) {
  process.stderr.write(
    "Where is Gorse? --gorse PATH of its gorse-in-one. In a checkout of https://github.com/gorse-io/gorse:\n" +
      "  go build -o gorse-in-one ./cmd/gorse-in-one\nor from https://github.com/gorse-io/gorse/releases\n",
  );
  process.exit(2);
}
const [concurrency, requests, rounds, seconds] = [
  values.concurrency,
  values.requests,
  values.rounds,
  values.seconds,
].map(Number) as [number, number, number, number];
const say = (line: string) => void process.stdout.write(`${line}\n`);

/** A server under measurement, whosever it is. */
interface Side {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly pid: number;
  /** Of its Postgres and Redis; empty where it keeps all in files. */
  readonly storePids: readonly number[];
  readonly calls: Readonly<Record<string, (index: number) => Call>>;
}

interface Line {
  readonly scenario: string;
  readonly side: string;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** Microseconds of processor time for each request: of the server, and with its stores. */
  readonly cpu: number;
  readonly cpuWithStores: number;
  readonly megabytes: number;
  readonly megabytesWithStores: number;
  readonly errors: number;
}

const { world, model, histories } = await readWorld();
const { userIds, items } = world;
const userOf = (n: number) => encodeURIComponent(userIds[(n * 7919) % userIds.length] ?? "");
const itemOf = (n: number) => encodeURIComponent(items[(n * 7919) % items.length]?.itemId ?? "");
const json = { "Content-Type": "application/json" };
const rated = (n: number) => ({
  userId: userIds[(n * 31) % userIds.length],
  itemId: items[(n * 17) % items.length]?.itemId,
});

/** What is asked of each. `never kept`: the same question of ours in a form that is computed anew for every request. */
const lists = "10 for a user";
const computed = "10 for a user, ours computed anew";
const similar = "10 similar films";
const feedback = "feedback, one rating";
const ourCalls: Side["calls"] = {
  [lists]: (n) => ({ method: "GET", path: `/v1/users/${userOf(n)}/recommendations?n=10` }),
  [computed]: (n) => ({ method: "GET", path: `/v1/users/${userOf(n)}/recommendations?n=10&excludeSeen=false` }),
  [similar]: (n) => ({ method: "GET", path: `/v1/items/${itemOf(n)}/similar?n=10` }),
  [feedback]: (n) => ({
    method: "POST",
    path: "/v1/feedback",
    headers: json,
    body: JSON.stringify({ events: [{ ...rated(n), kind: "rating", rating: 4 }] }),
  }),
};
const gorseCalls: Side["calls"] = {
  [lists]: (n) => ({ method: "GET", path: `/api/recommend/${userOf(n)}?n=10` }),
  [computed]: (n) => ({ method: "GET", path: `/api/recommend/${userOf(n)}?n=10` }),
  [similar]: (n) => ({ method: "GET", path: `/api/item-to-item/neighbors/${itemOf(n)}?n=10` }),
  [feedback]: (n) => ({
    method: "POST",
    path: "/api/feedback",
    headers: json,
    body: JSON.stringify([
      {
        FeedbackType: "rating",
        UserId: rated(n).userId,
        ItemId: rated(n).itemId,
        Value: 4,
        Timestamp: new Date().toISOString(),
      },
    ]),
  }),
};

const [postgres, redis] = [await startPostgres(), await startRedis()];
const target = await servingTarget(postgres.url);
const found: { stores: string; lines: Line[] }[] = [];
try {
  const version = "side-by-side";
  await target.upload({ version, model, userIds, items, histories });
  await target.activate(version);
  const key = await target.key("recommend", "feedback");
  const ours = await startServerProcess({
    ...{ postgresUrl: target.url, redisUrl: redis.url },
    ...(values.built ? { entry: new URL("../../dist/server/server.js", import.meta.url) } : {}),
  });
  try {
    const side: Side = {
      name: "ours",
      url: ours.url,
      pid: ours.pid,
      headers: { Authorization: `Bearer ${key}` },
      storePids: [await postgresPid(postgres.url), await redisPid(redis.url)],
      calls: ourCalls,
    };
    for (const stores of values.stores.split(",")) found.push({ stores, lines: await against(side, stores) });
  } finally {
    await ours.stop();
  }
  if (values.json !== undefined) await writeFile(values.json, JSON.stringify(found, null, 2));
} finally {
  await target.close();
  await Promise.all([postgres.stop(), redis.stop()]);
}

async function against(ours: Side, kind: string): Promise<Line[]> {
  const own = kind === "sqlite" ? null : await startPostgres();
  const cache = kind === "redis" ? await startRedis() : null;
  try {
    const data = own === null ? "" : `${own.url}?sslmode=disable`;
    const gorse = await startGorse({
      program: program ?? "",
      stores: own === null ? null : { data, cache: cache === null ? data : cache.url },
      world,
      positive: 4,
      say,
    });
    try {
      say(
        `\n${String(userIds.length)} users × ${String(items.length)} films, ${String(world.ratings.length)} ratings; ours k=${values.factors}; Gorse ${gorse.version} on ${kind}, lists made in ${gorse.prepared.toFixed(0)} s; ${String(concurrency)} at a time`,
      );
      const storePids = [
        ...(own === null ? [] : [await postgresPid(own.url)]),
        ...(cache === null ? [] : [await redisPid(cache.url)]),
      ];
      const headers = { "X-API-Key": gorseKey };
      return await compare(ours, {
        ...{ name: "Gorse", url: gorse.url, pid: gorse.pid, headers, storePids, calls: gorseCalls },
      });
    } finally {
      await gorse.stop();
    }
  } finally {
    await Promise.all([own?.stop(), cache?.stop()]);
  }
}

async function compare(ours: Side, theirs: Side): Promise<Line[]> {
  const lines: Line[] = [];
  let weakest = Infinity;
  for (const scenario of [lists, computed, similar]) {
    const pair = await inTurns(ours, theirs, scenario);
    if (scenario === lists) weakest = Math.min(...pair.map(({ perSecond }) => perSecond));
    lines.push(...pair);
  }
  // Before ratings are sent: from then on our lists of those who rated are other lists, and made anew.
  const rate = 0.7 * weakest;
  const pair: [Line, Line] = [await open(ours, rate), await open(theirs, rate)];
  print(pair);
  return [...lines, ...pair, ...(await inTurns(ours, theirs, feedback))];
}

async function inTurns(ours: Side, theirs: Side, scenario: string): Promise<[Line, Line]> {
  for (const side of [ours, theirs]) await closed(side, scenario, Math.min(requests, 2000));
  const runs: [Line[], Line[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    runs[0].push(await closed(ours, scenario, requests));
    runs[1].push(await closed(theirs, scenario, requests));
  }
  const pair: [Line, Line] = [middle(runs[0]), middle(runs[1])];
  print(pair);
  return pair;
}

async function closed(side: Side, scenario: string, count: number): Promise<Line> {
  const callOf = side.calls[scenario];
  if (callOf === undefined) throw new Error(`Nothing to ask for ${scenario}.`);
  return measured(side, scenario, count, () =>
    load({ ...side, name: scenario, count, concurrency, callOf, cpuSeconds: () => Promise.resolve(0) }),
  );
}

async function open(side: Side, rate: number): Promise<Line> {
  const total = Math.ceil(rate * seconds);
  const { send } = openLines({ url: side.url, headers: side.headers, connections: 64 });
  const callOf = side.calls[lists] ?? (() => ({ method: "GET", path: "/" }) as const);
  return measured(side, `${lists}, asked ${rate.toFixed(0)} times a second`, total, async () => {
    const { times, statuses } = await askAtRate({ send, callOf, rate, total });
    const percentile = (share: number) => times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0;
    return { perSecond: rate, p50: percentile(0.5), p99: percentile(0.99), errors: total - (statuses.get(200) ?? 0) };
  });
}

async function measured(
  { name, pid, storePids }: Side,
  scenario: string,
  count: number,
  work: () => Promise<Pick<Figures, "perSecond" | "p50" | "p99" | "errors">>,
): Promise<Line> {
  const costs = () => Promise.all([processCost(pid), processCost(pid, ...storePids)]);
  const before = await costs();
  const { perSecond, p50, p99, errors } = await work();
  const after = await costs();
  const cpu = (n: 0 | 1) => (1e6 * (after[n].seconds - before[n].seconds)) / count;
  return {
    ...{ scenario, side: name, perSecond, p50, p99, errors, cpu: cpu(0), cpuWithStores: cpu(1) },
    megabytes: after[0].bytes / 2 ** 20,
    megabytesWithStores: after[1].bytes / 2 ** 20,
  };
}

function middle(runs: readonly Line[]): Line {
  const of = (value: (line: Line) => number) => median(runs.map(value));
  const [first] = runs;
  if (first === undefined) throw new Error("Not one round.");
  return {
    ...{ scenario: first.scenario, side: first.side, errors: Math.max(...runs.map(({ errors }) => errors)) },
    ...{ perSecond: of((line) => line.perSecond), p50: of((line) => line.p50), p99: of((line) => line.p99) },
    ...{ cpu: of((line) => line.cpu), cpuWithStores: of((line) => line.cpuWithStores) },
    ...{ megabytes: of((line) => line.megabytes), megabytesWithStores: of((line) => line.megabytesWithStores) },
  };
}

function print([ours, theirs]: readonly [Line, Line]): void {
  say(ours.scenario);
  for (const line of [ours, theirs])
    say(
      `  ${line.side.padEnd(6)} ${line.perSecond.toFixed(0).padStart(7)}/s  p50 ${line.p50.toFixed(2)} ms  p99 ${line.p99.toFixed(2)} ms  processor ${line.cpu.toFixed(0)} µs a request, with stores ${line.cpuWithStores.toFixed(0)}  memory ${line.megabytes.toFixed(0)} MB, with stores ${line.megabytesWithStores.toFixed(0)}  errors ${String(line.errors)}`,
    );
  const ratio = (of: (line: Line) => number) => (of(ours) / of(theirs)).toFixed(2);
  say(
    `  ours/theirs: requests/s ${ratio((line) => line.perSecond)}, p50 ${ratio((line) => line.p50)}, p99 ${ratio((line) => line.p99)}, processor ${ratio((line) => line.cpu)} (with stores ${ratio((line) => line.cpuWithStores)}), memory ${ratio((line) => line.megabytes)} (with stores ${ratio((line) => line.megabytesWithStores)})`,
  );
}

async function postgresPid(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    return await parentOf(rows[0]?.pid ?? 0);
  } finally {
    await client.end();
  }
}

async function redisPid(url: string): Promise<number> {
  const client = createClient({ url });
  await client.connect();
  const text = await client.info("server");
  client.destroy();
  return Number(/process_id:(\d+)/.exec(text)?.[1] ?? 0);
}

async function readWorld() {
  const shapes: Readonly<Record<string, (typeof movieLensShapes)[keyof typeof movieLensShapes]>> = movieLensShapes;
  const shape = shapes[values.shape];
  if (shape === undefined) throw new Error(`--shape is one of ${Object.keys(shapes).join(", ")}.`);
  const ratings = values.ratings === undefined ? await sampleRatings(shape) : readRatingsFile(values.ratings);
  const set = trainingSet(ratings, () => true);
  const fitted = await ials.fit(set, parseHyperparameters(ials, { factors: Number(values.factors) }), {
    ...{ seed: 1, threads: 2, signal: new AbortController().signal, resumeFrom: null },
    ...{ onProgress: () => undefined, onEpoch: () => undefined, saveCheckpoint: () => Promise.resolve() },
  });
  // In the order of their bytes, as the catalogue of a version stands.
  const id = (kind: string, n: number, count: number) => `${kind}-${String(n).padStart(String(count - 1).length, "0")}`;
  const films = Array.from({ length: set.items }, (_, i) => ({
    ...{ itemId: id("film", i, set.items), title: `Film ${String(i)}`, year: 1950 + (i % 70) },
    genres: [["Action", "Comedy", "Drama", "Noir"][i % 4] ?? "Drama"],
  }));
  const people = Array.from({ length: set.users }, (_, u) => id("user", u, set.users));
  const row = (u: number) =>
    Array.from(
      { length: (set.userStart[u + 1] ?? 0) - (set.userStart[u] ?? 0) },
      (_, n) => (set.userStart[u] ?? 0) + n,
    );
  const data = {
    userIds: people,
    items: films,
    ratings: people.flatMap((_, u) =>
      row(u).map((n) => ({
        ...{ u, i: set.item[n] ?? 0, rating: set.rating[n] ?? 0 },
        time: new Date(1000 * (set.time?.[n] ?? 1_400_000_000)).toISOString(),
      })),
    ),
  };
  return {
    world: data satisfies PeerWorld,
    model: fitted,
    histories: people.map((_, u) => row(u).map((n) => ({ i: set.item[n] ?? 0, rating: set.rating[n] ?? 0 }))),
  };
}
