/**
 * Requests that were right before something in them was changed, to a server started here with real Postgres and Redis
 * (REELBENCH_TEST_POSTGRES_URL and REELBENCH_TEST_REDIS_URL, or started here):
 *   node bench/mutated-requests.ts [--requests 100000] [--seed 1] [--concurrency 16]
 * Fails (exit code 1) on any status of 500 or more but a 503 that says Retry-After, on a server that ends, on fewer than half
 * of the requests answered by a handler (2xx, 400, 404, 409 with a good key), or on memory that grows by half after the first quarter.
 */
import { parseArgs } from "node:util";
import { fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { entryUrl } from "../core/runtime-paths.ts";
import { servingTarget, smallVersion, testChannel } from "../e2e/services/serving-target.ts";
import { startPostgres } from "../e2e/services/start-postgres.ts";
import { startRedis } from "../e2e/services/start-redis.ts";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    concurrency: { type: "string", default: "16" },
  },
});
const count = Number(values.requests);

let state = Number(values.seed) >>> 0;
/** mulberry32 */
function random(): number {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
}
const below = (limit: number) => Math.floor(random() * limit);
const oneOf = <T>(list: readonly T[], otherwise: T): T => list[below(list.length)] ?? otherwise;

interface Sample {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

const samples: readonly Sample[] = [
  { method: "GET", path: "/v1/users/user-01/recommendations?n=5&genre=Drama&explain=true" },
  { method: "GET", path: "/v1/users/user-02/recommendations?n=7&diversity=0.5&yearFrom=1960" },
  { method: "GET", path: "/v1/users/nobody/recommendations?explore=0.3&exclude=film-001" },
  { method: "GET", path: "/v1/items/film-003/similar?n=4" },
  { method: "GET", path: "/v1/items?text=film&limit=5&offset=2" },
  { method: "GET", path: "/v1/items/film-004" },
  { method: "GET", path: "/v1/trending?days=3&n=5" },
  { method: "GET", path: "/v1/versions" },
  {
    method: "POST",
    path: "/v1/recommendations",
    body: { ratings: [{ itemId: "film-001", rating: 4 }], n: 5, genres: ["Drama"] },
  },
  { method: "POST", path: "/v1/recommendations/batch", body: { userIds: ["user-01", "user-02"], n: 3 } },
  { method: "POST", path: "/v1/recommendations/group", body: { userIds: ["user-01", "user-02"], strategy: "average" } },
  {
    method: "POST",
    path: "/v1/feedback",
    body: {
      events: [{ userId: "user-03", itemId: "film-002", kind: "rating", rating: 3, time: "2026-01-02T03:04:05Z" }],
    },
  },
  { method: "PUT", path: "/v1/items/film-005", body: { title: "Another", year: 1999, genres: ["Drama"] } },
  { method: "POST", path: "/v1/cache/warm", body: { userIds: ["user-04"] } },
  { method: "POST", path: "/v1/cache/invalidate", body: { scope: "user", userId: "user-04" } },
];

const oddities: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1e308,
  9_007_199_254_740_994,
  0.1,
  "",
  " ",
  "\u0000",
  "\ud800",
  "💥".repeat(50),
  "x".repeat(3000),
  [],
  {},
  [[[]]],
  JSON.parse('{"__proto__":{"x":1}}'),
  "__proto__",
  "constructor",
  "' or 1=1 --",
  "../../etc/passwd",
  "NaN",
  "1e9",
  "2026-99-99",
];

const textOf = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));

/** One place of a JSON value replaced, doubled or dropped. */
function mutateJson(value: unknown): unknown {
  if (Array.isArray(value) && value.length > 0 && random() < 0.8) {
    const at = below(value.length);
    if (random() < 0.15) return [...(value as unknown[]), ...(value as unknown[])];
    return (value as unknown[]).map((each, index) => (index === at ? mutateJson(each) : each));
  }
  if (value !== null && typeof value === "object" && !Array.isArray(value) && random() < 0.85) {
    const entries = Object.entries(value);
    const at = below(entries.length);
    if (random() < 0.1) return Object.fromEntries(entries.filter((_, index) => index !== at));
    if (random() < 0.1) return { ...value, [textOf(oneOf(oddities, ""))]: oneOf(oddities, null) };
    return Object.fromEntries(entries.map(([key, each], index) => [key, index === at ? mutateJson(each) : each]));
  }
  return oneOf(oddities, null);
}

function mutateText(text: string): string {
  const at = below(text.length + 1);
  const kind = below(4);
  if (kind === 0) return text.slice(0, at) + String.fromCharCode(33 + below(94)) + text.slice(at);
  if (kind === 1) return text.slice(0, at) + text.slice(at + 1 + below(3));
  if (kind === 2)
    return `${text}${text.includes("?") ? "&" : "?"}${oneOf(["n", "cursor", "genre", "x", "yearTo"], "n")}=${encodeURIComponent(
      textOf(oneOf(oddities, ""))
        .slice(0, 500)
        .replaceAll(/\p{Surrogate}/gu, ""),
    )}`;
  return `${text.slice(0, at)}%${below(256).toString(16).padStart(2, "0")}${text.slice(at)}`;
}

function makeRequest(key: string): Buffer {
  const sample = oneOf(samples, { method: "GET", path: "/livez" });
  let { path } = sample;
  let body = sample.body === undefined ? "" : JSON.stringify(sample.body);
  const headers: Record<string, string> = {
    Host: "x",
    Authorization: `Bearer ${key}`,
    "X-Forwarded-For": `10.${below(256)}.${below(256)}.${below(256)}`,
  };
  if (sample.body !== undefined) headers["Content-Type"] = "application/json";
  const where = random();
  if (where < 0.45 && sample.body !== undefined) body = JSON.stringify(mutateJson(sample.body)) ?? "";
  else if (where < 0.6 && sample.body !== undefined) body = mutateText(body);
  else if (where < 0.9) path = `/${mutateText(path.slice(1)).replaceAll(/[\s#]/g, "")}`;
  else {
    const [name, value] = oneOf<readonly [string, string]>(
      [
        ["Accept", "application/x-protobuf"],
        ["Accept", "a/b;q=z, ,;;"],
        ["Accept-Encoding", "br;q=0.1, gzip;q=9, *"],
        ["If-None-Match", '*, W/"", "x'],
        ["Content-Type", "application/x-protobuf"],
        ["Content-Encoding", "gzip"],
        ["Idempotency-Key", "k".repeat(below(300))],
        ["Authorization", `Bearer ${key.slice(0, below(key.length))}`],
        ["Origin", "null"],
        ["X-Forwarded-For", "::,1.2.3.4, x"],
      ],
      ["Accept", "*/*"],
    );
    headers[name] = value;
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = body === "" && sample.body === undefined ? "" : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  return Buffer.from(`${sample.method} ${path} HTTP/1.1\r\n${lines.join("")}${length}\r\n${body}`);
}

/** One request on a connection that may be closed for it; the status and whether it says Retry-After. */
function createSender(port: number): (bytes: Buffer) => Promise<{ readonly status: number; readonly head: string }> {
  let socket = connect(port, "127.0.0.1");
  return (bytes) =>
    new Promise((resolve) => {
      if (socket.destroyed) socket = connect(port, "127.0.0.1");
      const mine = socket;
      let held = "";
      const finish = (status: number, head: string) => {
        mine.removeAllListeners();
        mine.on("error", () => undefined);
        if (status === 0 || /\r\nconnection: close/i.test(head)) mine.destroy();
        resolve({ status, head });
      };
      mine.on("data", (part) => {
        held += part.toString("latin1");
        const end = held.indexOf("\r\n\r\n");
        if (end < 0) return;
        const head = held.slice(0, end);
        const status = Number(head.slice(9, 12));
        const length =
          status === 304 || status === 204 ? 0 : Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
        if (held.length >= end + 4 + length) finish(status, head);
      });
      mine.once("error", () => finish(0, ""));
      mine.once("close", () => finish(0, ""));
      mine.write(bytes);
    });
}

const postgres = process.env["REELBENCH_TEST_POSTGRES_URL"] === undefined ? await startPostgres() : null;
const redis = process.env["REELBENCH_TEST_REDIS_URL"] === undefined ? await startRedis() : null;
const target = await servingTarget(process.env["REELBENCH_TEST_POSTGRES_URL"] ?? postgres?.url ?? "");
try {
  await target.upload(smallVersion("v1"));
  await target.activate("v1");
  const key = await target.key("recommend", "feedback", "catalogue", "analyse", "operate");
  const server = fork(fileURLToPath(entryUrl("server")), [], {
    env: {
      ...process.env,
      REELBENCH_POSTGRES_URL: target.url,
      REELBENCH_REDIS_URL: process.env["REELBENCH_TEST_REDIS_URL"] ?? redis?.url ?? "",
      REELBENCH_CHANNEL: testChannel,
      REELBENCH_PORT: "0",
      REELBENCH_RATE_LIMIT: "100000000",
      // So that wrong keys, which are counted by address, do not keep the good one out.
      REELBENCH_TRUSTED_PROXIES: "1",
      REELBENCH_LOG_LEVEL: "error",
    },
    serialization: "advanced",
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const [{ url }] = (await once(server, "message")) as [{ url: string }];
  while ((await fetch(`${url}/readyz`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 100));
  const memory = async () =>
    Number(/^process_resident_memory_bytes (\S+)/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1] ?? 0) /
    2 ** 20;
  const statuses = new Map<number, number>();
  const failures: string[] = [];
  let sent = 0;
  let atQuarter = 0;
  const person = async () => {
    const send = createSender(Number(new URL(url).port));
    while (sent < count && server.exitCode === null) {
      sent++;
      if (sent === Math.ceil(count / 4)) atQuarter = await memory();
      const bytes = makeRequest(key);
      const { status, head } = await send(bytes);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status >= 500 && !(status === 503 && /\r\nretry-after:/i.test(head)) && failures.length < 20)
        failures.push(`${status} ${bytes.toString("latin1").slice(0, 600)}`);
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: Number(values.concurrency) }, person));
  const seconds = (performance.now() - started) / 1000;
  const atEnd = server.exitCode === null ? await memory() : 0;
  const handled = [200, 204, 304, 400, 404, 409].reduce((sum, status) => sum + (statuses.get(status) ?? 0), 0);
  process.stdout.write(
    `${sent} requests in ${seconds.toFixed(0)} s; ${[...statuses]
      .toSorted(([a], [b]) => a - b)
      .map(([status, times]) => `${status}: ${times}`)
      .join(", ")}\n` +
      `answered by a handler: ${((100 * handled) / sent).toFixed(1)} %; memory after a quarter ${atQuarter.toFixed(0)} MB, at the end ${atEnd.toFixed(0)} MB\n`,
  );
  for (const failure of failures) process.stdout.write(`--- ${failure}\n`);
  const alive = server.exitCode === null;
  if (!alive || failures.length > 0 || handled < sent / 2 || atEnd > 1.5 * atQuarter) process.exitCode = 1;
  if (alive) {
    server.send({ type: "stop" });
    await once(server, "exit");
  }
} finally {
  await target.close();
  await Promise.all([postgres?.stop(), redis?.stop()]);
}
