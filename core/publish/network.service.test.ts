import { fork } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Pool } from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { freshDatabase, redisUrl } from "../../e2e/services/services.ts";
import type { FreshDatabase } from "../../e2e/services/services.ts";
import { tcpProxy } from "../../e2e/services/tcp-proxy.ts";
import type { Progress } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { createProductionPool } from "../production/database.ts";
import { findDeployment } from "../production/deployments.ts";
import { migrate } from "../production/migrate.ts";
import { publicationOf } from "./publication.fixture.ts";
import { publish } from "./publish.ts";
import { rollback } from "./rollback.ts";
import { switchOver } from "./switch-over.ts";
import { targetVersions } from "./target-versions.ts";
import { testTarget } from "./test-target.ts";

let database: FreshDatabase;
let directory: string;
let pool: Pool;
beforeAll(async () => {
  database = await freshDatabase();
  directory = await mkdtemp(join(tmpdir(), "reelbench-network-"));
  pool = createProductionPool({ url: database.url, applicationName: "test" });
  await migrate(pool);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

const chunks = async () => {
  const { rows } = await pool.query<{ chunk: string; written: string }>(
    "select name || '/' || n as chunk, xmin::text || ' ' || ctid::text as written from reelbench.artifact_chunks",
  );
  return new Map(rows.map(({ chunk, written }) => [chunk, written]));
};

test("PUB-5: when the network dies half-way, what has arrived is not sent again", async () => {
  const { hostname, port } = new URL(database.url);
  const proxy = await tcpProxy({ host: hostname, port: Number(port) });
  onTestFinished(() => proxy.close());
  const through = new URL(database.url);
  through.port = String(proxy.port);
  const target = { postgresUrl: through.href, redisUrl: null, channel: "network" };
  const request = await publicationOf({ seed: 5, users: 3_000, items: 400, factors: 1_000 }, directory, target);
  const cutHalfWay = ({ done, total, unit }: Progress) => {
    if (unit === "bytes" && total !== null && done > total / 2) void proxy.cut();
  };
  await expect(
    publish(request, { signal: new AbortController().signal, onProgress: cutHalfWay }),
  ).rejects.toMatchObject({ code: "RB_TARGET_UNREACHABLE" });
  const before = await chunks();
  const [interrupted] = await targetVersions({ ...target, postgresUrl: database.url }, 5);
  expect(interrupted).toMatchObject({ state: "uploading", arrived: { chunks: before.size } });
  expect(before.size).toBeGreaterThan(
    interrupted?.arrived?.ofChunks === undefined ? 1 : interrupted.arrived.ofChunks / 3,
  );
  expect(before.size).toBeLessThan(interrupted?.arrived?.ofChunks ?? 0);
  expect(await findDeployment(pool, "network")).toBeNull();

  await proxy.mend();
  const uploads: Progress[] = [];
  const { version } = await publish(request, {
    signal: new AbortController().signal,
    onProgress: (progress) => void (progress.unit === "bytes" && uploads.push(progress)),
  });
  expect(version).toBe(interrupted?.version);
  expect(uploads[0]).toMatchObject({ message: "Going on with the upload", done: interrupted?.arrived?.bytes });
  const after = await chunks();
  for (const [chunk, written] of before) expect([chunk, after.get(chunk)]).toEqual([chunk, written]);
  expect(after.size).toBe(interrupted?.arrived?.ofChunks);
});

test("a Postgres that falls silent ends the publication within seconds; what was serving is, and it goes on afterwards", async () => {
  const { hostname, port } = new URL(database.url);
  const proxy = await tcpProxy({ host: hostname, port: Number(port) });
  onTestFinished(() => proxy.close());
  const through = new URL(database.url);
  through.port = String(proxy.port);
  const target = { postgresUrl: through.href, redisUrl: null, channel: "silent" };
  const request = await publicationOf({ seed: 6, users: 300, items: 80 }, directory, target);
  let frozenAt = 0;
  const freezeHalfWay = ({ message }: Progress) => {
    if (frozenAt > 0 || message !== "Comparing checksums") return;
    frozenAt = Date.now();
    proxy.freeze();
  };
  await expect(
    publish(request, { signal: new AbortController().signal, onProgress: freezeHalfWay }),
  ).rejects.toMatchObject({
    code: "RB_TARGET_UNREACHABLE",
    message: expect.stringMatching(/it stopped answering\. It was lost in the middle of the publication/) as string,
  });
  // Its statements alone would have ten minutes.
  expect(Date.now() - frozenAt).toBeLessThan(60_000);
  expect(await findDeployment(pool, "silent")).toBeNull();
  await proxy.mend();
  const { version } = await publish(request, { signal: new AbortController().signal, onProgress: () => undefined });
  expect((await findDeployment(pool, "silent"))?.version).toBe(version);
});

test("PUB-10: a Postgres that falls silent in the switch itself ends the publication within seconds, and what became of it is asked", async () => {
  const { hostname, port } = new URL(database.url);
  const proxy = await tcpProxy({ host: hostname, port: Number(port) });
  onTestFinished(() => proxy.close());
  const through = new URL(database.url);
  through.port = String(proxy.port);
  const target = { postgresUrl: through.href, redisUrl: null, channel: "frozen-switch" };
  const request = await publicationOf({ seed: 9, users: 300, items: 80 }, directory, target);
  let frozenAt = 0;
  const freezeAtTheEnd = ({ message }: Progress) => {
    if (message !== "Switching") return;
    frozenAt = Date.now();
    proxy.freeze();
  };
  await expect(
    publish(request, { signal: new AbortController().signal, onProgress: freezeAtTheEnd }),
  ).rejects.toMatchObject({
    code: "RB_TARGET_UNREACHABLE",
    message: expect.stringMatching(/whether it did is not known/) as string,
  });
  expect(frozenAt).toBeGreaterThan(0);
  // The connection's own limit is ten minutes.
  expect(Date.now() - frozenAt).toBeLessThan(60_000);
  expect(await findDeployment(pool, "frozen-switch")).toBeNull();
  // What was held up on the way arrives after all, as it may: publishing again is right either way.
  await proxy.mend();
  const { version } = await publish(request, { signal: new AbortController().signal, onProgress: () => undefined });
  expect((await findDeployment(pool, "frozen-switch"))?.version).toBe(version);

  // A commit that arrived and whose answer did not is a switch.
  const lost = new AbortController();
  const deaf = createProductionPool({ url: database.url, applicationName: "test", connections: 1 });
  const client = await deaf.connect();
  const unanswered = new Proxy(client, {
    get: (of, name) =>
      name === "release"
        ? () => undefined
        : name === "query"
          ? async (...asked: [string, unknown[]?]) => {
              const answer = await of.query(...asked);
              if (asked[0] !== "commit") return answer;
              lost.abort(new ReelbenchError("RB_TARGET_UNREACHABLE", "Nobody answers."));
              return new Promise(() => undefined);
            }
          : (Reflect.get(of, name, of) as unknown),
  });
  const again = { connect: () => Promise.resolve(unanswered) } as unknown as Pool;
  const before = await findDeployment(pool, "frozen-switch");
  const other = { channel: "deaf-switch", version, reason: "publish", expectedEpoch: 0 } as const;
  expect(await switchOver(again, database.url, other, lost.signal)).toMatchObject({ version, epoch: 1 });
  expect(await findDeployment(pool, "frozen-switch")).toEqual(before);
  client.release();
  await deaf.end();
}, 90_000);

test("PUB-10: a commit that takes its time is waited for, and cancelling it comes too late", async () => {
  // As long as this stands, each change of what is live takes two seconds longer, in the commit itself.
  await pool.query(`create function reelbench.take_time() returns trigger language plpgsql as
    $$ begin perform pg_sleep(2); return null; end $$`);
  await pool.query(`create constraint trigger slow_disk after insert or update on reelbench.deployments
    deferrable initially deferred for each row execute function reelbench.take_time()`);
  onTestFinished(async () => void (await pool.query("drop function reelbench.take_time cascade")));
  const target = { postgresUrl: database.url, redisUrl: null, channel: "slow-commit" };
  const cancel = new AbortController();
  const context = (abortAfter: number) => {
    const irrevocable = vi.fn<() => void>(() => {
      setTimeout(() => cancel.abort(), abortAfter).unref();
    });
    return { signal: cancel.signal, onProgress: () => undefined, onIrrevocable: irrevocable };
  };
  const first = await publicationOf({ seed: 11, users: 300, items: 80 }, directory, target);
  const cancelled = context(300);
  const { version } = await publish(first, cancelled);
  expect(cancelled.onIrrevocable).toHaveBeenCalledOnce();
  expect(cancel.signal.aborted).toBe(true);
  expect((await findDeployment(pool, "slow-commit"))?.version).toBe(version);

  const second = await publicationOf({ seed: 12, users: 300, items: 80 }, directory, target);
  await publish(second, { signal: new AbortController().signal, onProgress: () => undefined });
  const back = {
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onIrrevocable: vi.fn<() => void>(),
  };
  expect(await rollback(target, undefined, back)).toMatchObject({ version });
  expect(back.onIrrevocable).toHaveBeenCalledOnce();
});

test("a Redis that goes away half-way is a warning, and the publication is whole", async () => {
  const redis = new URL(redisUrl());
  const proxy = await tcpProxy({ host: redis.hostname, port: Number(redis.port) });
  onTestFinished(() => proxy.close());
  // The greeting and a few of the rankings that are written ahead.
  proxy.tear(400);
  redis.port = String(proxy.port);
  const target = { postgresUrl: database.url, redisUrl: redis.href, channel: "torn" };
  const { version, warnings } = await publish(
    await publicationOf({ seed: 8, users: 200, items: 70 }, directory, target),
    { signal: new AbortController().signal, onProgress: () => undefined },
  );
  expect((await findDeployment(pool, "torn"))?.version).toBe(version);
  expect(warnings.join(" ")).toContain("The cache was not warmed. Redis cannot be reached: the connection broke off.");
});

test("PUB-7: of two publishers' processes at once one wins, and the other is told or follows", async () => {
  const target = { postgresUrl: database.url, redisUrl: null, channel: "two" };
  const one = (seed: number) =>
    new Promise<{ type: string; code?: string; version?: string }>((resolve) => {
      let last = { type: "none" };
      const args = [JSON.stringify({ shape: { seed }, directory: `${directory}/two-${seed}`, target })];
      const child = fork(fileURLToPath(new URL("publisher.fixture.ts", import.meta.url)), args, {
        stdio: ["ignore", "ignore", "inherit", "ipc"],
      });
      child.on("message", (message: typeof last) => (last = message));
      child.once("exit", () => resolve(last));
    });
  const outcomes = await Promise.all([one(31), one(32)]);
  const published = outcomes.filter(({ type }) => type === "published");
  expect(published.length).toBeGreaterThan(0);
  for (const outcome of outcomes)
    if (outcome.type !== "published") expect(outcome).toMatchObject({ type: "failed", code: "RB_CONFLICT" });
  const serving = await findDeployment(pool, "two");
  expect(published.map(({ version }) => version)).toContain(serving?.version);
  expect(serving?.epoch).toBe(published.length);
});

test("what is wrong with the way there has a code of its own, and no secret is told", async () => {
  const url = (change: (url: URL) => void) => {
    const changed = new URL(database.url);
    change(changed);
    return changed.href;
  };
  const stranger = createServer((socket) => void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void stranger.close());
  const strangersPort = String((stranger.address() as AddressInfo).port);
  const cases: readonly (readonly [string, string])[] = [
    [url((u) => (u.password = "hush")), "RB_TARGET_LOGIN"],
    [url((u) => (u.username = "nobody_hush")), "RB_TARGET_LOGIN"],
    [url((u) => (u.pathname = "/no_such_database")), "RB_TARGET_LOGIN"],
    // The Postgres of the tests speaks no TLS: whoever insists on it must not be served in the open.
    [url((u) => (u.search = "?sslmode=verify-full")), "RB_TARGET_TLS"],
    [url((u) => (u.search = "?sslmode=require")), "RB_TARGET_TLS"],
    [url((u) => (u.port = "9")), "RB_TARGET_UNREACHABLE"],
    [url((u) => (u.port = strangersPort)), "RB_TARGET_UNREACHABLE"],
    [url((u) => (u.hostname = "169.254.169.254")), "RB_INVALID_INPUT"],
    [url((u) => (u.search = "?sslrootcert=/etc/passwd")), "RB_INVALID_INPUT"],
  ];
  for (const [postgresUrl, code] of cases) {
    const { checks } = await testTarget({ postgresUrl, redisUrl: null });
    const failed = checks.find(({ passed }) => !passed);
    expect([postgresUrl, failed?.code]).toEqual([postgresUrl, code]);
    expect(failed?.remedy).not.toBe("");
    expect(JSON.stringify(checks)).not.toContain(new URL(postgresUrl).password);
  }
});
