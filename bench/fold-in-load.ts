/**
 * People who bring ratings of their own: a list for a hundred ratings each, folded in by a real server over HTTP, with real Postgres
 * and Redis, in a version of 62,000 items and 128 factors.
 *   node bench/fold-in-load.ts [--people 100] [--ratings 100] [--items 62000] [--factors 128] [--seconds 10]
 *                              [--rates 50,100,200] [--threads N] [--json FILE]
 * First one at a time: what a request takes when nothing waits. Then `--people` connections at each rate (requests a second in
 * all, each a person who comes when it comes; 100 is each of a hundred once a second), latency from when a request was due.
 * Last `--people` who ask again as soon as they are answered: the server is full, and each waits for all others, so that
 * latency is people ÷ throughput whatever the server does. Beside each: processor time a request, all threads, and the part
 * that a scoring thread spent on the list. Client, Postgres and server share the machine.
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { servingTarget, smallVersion } from "../e2e/services/serving-target.ts";
import { startPostgres } from "../e2e/services/start-postgres.ts";
import { startRedis } from "../e2e/services/start-redis.ts";
import { askAtRate, load, openLines } from "./http-load.ts";
import type { Call } from "./http-load.ts";
import { startServerProcess } from "./server-process.ts";

const { values } = parseArgs({
  options: {
    people: { type: "string", default: "100" },
    ratings: { type: "string", default: "100" },
    items: { type: "string", default: "62000" },
    factors: { type: "string", default: "128" },
    seconds: { type: "string", default: "10" },
    rates: { type: "string", default: "50,100,200" },
    threads: { type: "string" },
    json: { type: "string" },
  },
});
const [people, ratings, items, factors, seconds] = [
  values.people,
  values.ratings,
  values.items,
  values.factors,
  values.seconds,
].map(Number) as [number, number, number, number, number];

interface Spent {
  /** Seconds of the server's processor time, and of scoring threads' time; lists made. */
  readonly processor: number;
  readonly scoring: number;
  readonly lists: number;
}

const postgres = await startPostgres();
const redis = await startRedis();
const target = await servingTarget(postgres.url);
try {
  const world = smallVersion(`bench-${Date.now()}`, { users: 1000, items, factors });
  await target.upload(world);
  await target.activate(world.version);
  const headers = { Authorization: `Bearer ${await target.key("recommend")}` };
  const server = await startServerProcess({
    postgresUrl: target.url,
    redisUrl: redis.url,
    changes: values.threads === undefined ? {} : { REELBENCH_THREADS: values.threads },
  });
  const { url } = server;

  const spent = async (): Promise<Spent> => {
    const text = await (await fetch(`${url}/metrics`)).text();
    const sum = (name: string) =>
      [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? ([\\d.e+-]+)`, "gm"))].reduce(
        (total, [, value]) => total + Number(value),
        0,
      );
    return {
      processor: sum("process_cpu_seconds_total"),
      scoring: sum("reelbench_scoring_duration_seconds_sum"),
      lists: sum("reelbench_scoring_duration_seconds_count"),
    };
  };
  // Nobody's ratings are another's: no answer is kept, none is computed for two.
  let asked = 0;
  const callOf = (): Call => {
    const person = asked++;
    const given = new Map<string, number>();
    for (let at = 0; given.size < Math.min(ratings, items); at++)
      given.set(world.items[(person * 7919 + at * 613) % items]?.itemId ?? "", 1 + ((person + at) % 5));
    const body = JSON.stringify({ ratings: Array.from(given, ([itemId, rating]) => ({ itemId, rating })), n: 10 });
    return { method: "POST", path: "/v1/recommendations", headers: { "Content-Type": "application/json" }, body };
  };
  const closed = { url, headers, callOf, cpuSeconds: async () => (await spent()).processor };
  const figures: Record<string, unknown>[] = [];
  const report = (
    name: string,
    before: Spent,
    after: Spent,
    measured: Record<"requests" | "perSecond" | "p50" | "p99" | "errors", number>,
  ) => {
    const cpu = (1000 * (after.processor - before.processor)) / measured.requests;
    const scoring = (1000 * (after.scoring - before.scoring)) / (after.lists - before.lists);
    figures.push({ name, ...measured, cpu, scoring });
    const { perSecond, p50, p99, errors } = measured;
    process.stdout.write(
      `${name.padEnd(34)} ${perSecond.toFixed(0).padStart(5)}/s  p50 ${p50.toFixed(1)} ms  p99 ${p99.toFixed(1)} ms  processor ${cpu.toFixed(2)} ms a request, of it the list ${scoring.toFixed(2)} ms  errors ${errors}\n`,
    );
  };
  const inClosedLoop = async (name: string, concurrency: number, count: number) => {
    const before = await spent();
    const measured = await load({ ...closed, name, concurrency, count });
    report(name, before, await spent(), measured);
    return measured;
  };

  await load({ ...closed, name: "warm-up", concurrency: 16, count: 600 });
  process.stdout.write(`${ratings} ratings and a top-10 of ${items} items × ${factors} factors, over HTTP\n`);
  await inClosedLoop("one at a time", 1, 300);
  const { send } = openLines({ url, headers, connections: people });
  for (const rate of values.rates.split(",").map(Number)) {
    const total = Math.ceil(rate * seconds);
    const before = await spent();
    const started = performance.now();
    const { times, statuses } = await askAtRate({ send, callOf, rate, total });
    const took = (performance.now() - started) / 1000;
    const at = (share: number) => times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? Number.NaN;
    report(`${people} people, ${rate} requests a second`, before, await spent(), {
      requests: total,
      perSecond: times.length / took,
      p50: at(0.5),
      p99: at(0.99),
      errors: total - (statuses.get(200) ?? 0),
    });
  }
  await inClosedLoop(`${people} people without a pause`, people, 40 * people);
  await server.stop();
  if (values.json !== undefined)
    await writeFile(values.json, JSON.stringify({ people, ratings, items, factors, figures }, null, 2));
  process.exitCode = figures.some(({ errors }) => errors !== 0) ? 1 : 0;
} finally {
  await target.close();
  await Promise.all([postgres.stop(), redis.stop()]);
}
