/**
 * Requests that were right before something in them was changed, to a server started here with real Postgres and Redis
 * (REELBENCH_TEST_POSTGRES_URL and REELBENCH_TEST_REDIS_URL, or started here):
 *   node bench/mutated-requests.ts [--requests 1000000] [--minutes N] [--state FILE] [--seed 1] [--lines 8] [--depth 8]
 * Half keep to the schemas with other values, half do not. `--minutes` ends it sooner; with `--state` the next run goes on
 * from there and the sums are those of all runs. Fails (exit code 1) on any status of 500 or more but a 503 that says
 * Retry-After, on a request without any answer, on a server that ends, on fewer than half of the requests authenticated and
 * answered by a route's handler (what routing and schemas refuse does not count), or on memory that grew by a fifth after
 * the first quarter.
 */
import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";
import { writeFileAtomic } from "../core/files/atomic.ts";
import { entryUrl } from "../core/runtime-paths.ts";
import { servingTarget, smallVersion, testChannel } from "../e2e/services/serving-target.ts";
import { startPostgres } from "../e2e/services/start-postgres.ts";
import { startRedis } from "../e2e/services/start-redis.ts";
import { createAccountServices } from "../server/accounts/account-services.ts";
import { openSession } from "../server/accounts/session-rows.ts";
import { masterKeysText } from "../server/secrets/master-keys.ts";
import { createLine } from "./mutated/line.ts";
import type { Answer } from "./mutated/line.ts";
import { makeRequest } from "./mutated/make-request.ts";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "1000000" },
    minutes: { type: "string" },
    state: { type: "string" },
    seed: { type: "string", default: "1" },
    lines: { type: "string", default: "8" },
    depth: { type: "string", default: "8" },
  },
});
const [count, seed, depth] = [Number(values.requests), Number(values.seed), Number(values.depth)];
const say = (line: string) => void process.stdout.write(`${line}\n`);

const soFar = z.object({
  seed: z.number(),
  next: z.int(),
  handled: z.int(),
  unanswered: z.int(),
  seconds: z.number(),
  statuses: z.record(z.string(), z.int()),
});
const sums = await readState();
const statuses = new Map(Object.entries(sums.statuses));

async function readState(): Promise<z.infer<typeof soFar>> {
  const fresh = { seed, next: 0, handled: 0, unanswered: 0, seconds: 0, statuses: {} };
  const text = values.state === undefined ? null : await readFile(values.state, "utf8").catch(() => null);
  const kept = text === null ? fresh : soFar.parse(JSON.parse(text));
  return kept.seed === seed ? kept : fresh;
}

/** By the code of a route: neither unknown addresses nor what the schemas refuse. */
function isHandled({ status, body }: Answer): boolean {
  if (status >= 200 && status < 400) return true;
  if (status === 409) return true;
  return status === 404 && body.includes('"RB_NOT_FOUND"') && !body.includes("There is nothing at ");
}

const masterKeys = `m:${randomBytes(32).toString("base64")}`;
const issuer = "urn:mutated";
const postgres = process.env["REELBENCH_TEST_POSTGRES_URL"] === undefined ? await startPostgres() : null;
const redis = process.env["REELBENCH_TEST_REDIS_URL"] === undefined ? await startRedis() : null;
const target = await servingTarget(process.env["REELBENCH_TEST_POSTGRES_URL"] ?? postgres?.url ?? "");
const services = createAccountServices(target.pool, {
  ...{ masterKeys: masterKeysText.parse(masterKeys), issuer, registration: "open" },
  ...{ accessTokenSeconds: 3600, refreshDays: 1, sessionDays: 1 },
});
try {
  await target.upload(smallVersion("v1"));
  await target.activate("v1");
  const key = await target.key("recommend", "feedback", "catalogue", "analyse", "operate");
  const { accountId } = await services.accounts.register(
    { email: "somebody@example.org", password: "correct horse battery staple", name: null, role: "user" },
    { actor: { kind: "console", id: null }, requestId: null },
  );
  const { sessionId } = await openSession(target.pool, accountId, { token: 1, session: 1 });
  const newToken = async () => (await services.tokens.issue({ accountId, sessionId, role: "user" })).token;
  let token = await newToken();
  const renewing = setInterval(() => {
    void newToken().then((next) => (token = next));
  }, 1_200_000);
  const server = fork(fileURLToPath(entryUrl("server")), [], {
    env: {
      ...process.env,
      REELBENCH_POSTGRES_URL: target.url,
      REELBENCH_REDIS_URL: process.env["REELBENCH_TEST_REDIS_URL"] ?? redis?.url ?? "",
      REELBENCH_CHANNEL: testChannel,
      REELBENCH_PORT: "0",
      REELBENCH_RATE_LIMIT: "100000000",
      REELBENCH_MASTER_KEYS: masterKeys,
      REELBENCH_TOKEN_ISSUER: issuer,
      // So that wrong keys, which are counted by address, do not keep the good one out.
      REELBENCH_TRUSTED_PROXIES: "1",
      REELBENCH_LOG_LEVEL: "error",
      // Full long before the first quarter is over: what grows after it is not a cache that fills.
      REELBENCH_CACHE_ENTRIES: "1000",
    },
    serialization: "advanced",
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const [{ url }] = (await once(server, "message")) as [{ url: string }];
  while ((await fetch(`${url}/readyz`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 100));
  const memory = async () =>
    Number(/^process_resident_memory_bytes (\S+)/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1] ?? 0) /
    2 ** 20;

  const failures: string[] = [];
  const from = sums.next;
  const started = performance.now();
  const until = values.minutes === undefined ? Infinity : started + 60_000 * Number(values.minutes);
  const quarter = () => sums.next - from >= (count - from) / 4 || performance.now() - started >= (until - started) / 4;
  const atQuarter: Promise<number>[] = [];
  const take = () => {
    if (sums.next >= count || performance.now() > until || server.exitCode !== null) return null;
    if (atQuarter.length === 0 && quarter()) atQuarter.push(memory());
    return makeRequest(sums.next++, seed, { key, token });
  };
  const person = async () => {
    const line = createLine(Number(new URL(url).port));
    for (let next = take(); next !== null;) {
      const group = [next];
      for (
        next = take();
        next !== null && !next.alone && group[0]?.alone === false && group.length < depth;
        next = take()
      )
        group.push(next);
      const answers = await line.send(group.map(({ bytes }) => bytes));
      group.forEach((request, index) => {
        const answer = answers[index] ?? { status: 0, head: "", body: "" };
        const { status, head } = answer;
        statuses.set(String(status), (statuses.get(String(status)) ?? 0) + 1);
        if (request.authenticated && isHandled(answer)) sums.handled++;
        if (status === 0) sums.unanswered++;
        const deliberate = status === 503 && /\r\nretry-after:/i.test(head);
        if ((status === 0 || status >= 500) && !deliberate && failures.length < 20)
          failures.push(`${String(status)} ${request.bytes.toString("latin1").slice(0, 600)}`);
      });
    }
    line.close();
  };
  await Promise.all(Array.from({ length: Number(values.lines) }, person));
  clearInterval(renewing);
  const seconds = (performance.now() - started) / 1000;
  sums.seconds += seconds;
  sums.statuses = Object.fromEntries(statuses);
  const alive = server.exitCode === null;
  const [early, late] = [(await atQuarter[0]) ?? 0, alive ? await memory() : 0];
  say(
    `${String(sums.next - from)} requests in ${seconds.toFixed(0)} s${from === 0 ? "" : `; ${String(sums.next)} in ${sums.seconds.toFixed(0)} s with those before`}; ${[
      ...statuses,
    ]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([status, times]) => `${status}: ${String(times)}`)
      .join(", ")}`,
  );
  say(
    `authenticated and answered by a handler: ${((100 * sums.handled) / sums.next).toFixed(1)} %; memory after a quarter ${early.toFixed(0)} MB, at the end ${late.toFixed(0)} MB`,
  );
  for (const failure of failures) say(`--- ${failure}`);
  if (!alive || failures.length > 0 || sums.handled < sums.next / 2 || late > 1.2 * early) process.exitCode = 1;
  if (values.state !== undefined) await writeFileAtomic(values.state, JSON.stringify(sums));
  if (alive) {
    server.send({ type: "stop" });
    await once(server, "exit");
  }
} finally {
  await services.close();
  await target.close();
  await Promise.all([postgres?.stop(), redis?.stop()]);
}
