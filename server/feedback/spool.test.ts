import { fork } from "node:child_process";
import { appendFile, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ReelbenchError } from "../../core/contract/errors.ts";
import type { Feedback } from "../../core/production/feedback.ts";
import { openSpool } from "./spool.ts";

const logger = pino({ level: "silent" });
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "reelbench-spool-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const event = (n: number): Feedback => ({
  namespace: "data",
  userId: `user ${n} “é”\n`,
  idempotencyKey: `k:${n}`,
  itemId: `item-${n}`,
  kind: "rating",
  value: 3.5,
  occurredAt: new Date(1_700_000_000_000 + n),
});

async function all(limit = 1e9): Promise<Feedback[]> {
  const spool = await openSpool(directory, limit, logger);
  const found: Feedback[] = [];
  await spool.drain((feedback) => Promise.resolve(void found.push(...feedback)));
  await spool.close();
  return found;
}

it("gives back what was added, in order, to another process, and then nothing", async () => {
  const spool = await openSpool(directory, 1e9, logger);
  await Promise.all(Array.from({ length: 50 }, (_, n) => spool.add([event(2 * n), event(2 * n + 1)])));
  await spool.close();
  expect(await all()).toEqual(Array.from({ length: 100 }, (_, n) => event(n)));
  expect(await all()).toEqual([]);
  expect(await readdir(directory)).toEqual([]);
});

it("skips a torn last line and a line with a flipped bit, and nothing else", async () => {
  const spool = await openSpool(directory, 1e9, logger);
  await spool.add([event(1)]);
  await spool.add([event(2)]);
  await spool.close();
  const [name = ""] = await readdir(directory);
  await appendFile(join(directory, name), '0a0b0c0d [{"namespace":"data","userId":"x"}]\ndeadbeef [{"names');
  expect(await all()).toEqual([event(1), event(2)]);
});

it("keeps what was not kept elsewhere, and hands it over again", async () => {
  const spool = await openSpool(directory, 1e9, logger);
  for (let n = 0; n < 5; n++) await spool.add([event(n)]);
  const seen: Feedback[] = [];
  const failing = (feedback: readonly Feedback[]) => {
    if (seen.length === 3) return Promise.reject(new ReelbenchError("RB_TARGET_UNREACHABLE"));
    seen.push(...feedback);
    return Promise.resolve();
  };
  await expect(spool.drain(failing)).rejects.toThrow();
  await spool.add([event(5)]);
  await spool.close();
  expect(seen).toEqual([0, 1, 2].map(event));
  expect(await all()).toEqual([0, 1, 2, 3, 4, 5].map(event));
});

/** As Postgres' driver tells a broken check constraint. */
const refusal = Object.assign(new Error("a broken rule"), { code: "23514" });

it("sets aside what will never be taken, and goes on", async () => {
  const spool = await openSpool(directory, 1e9, logger);
  for (let n = 0; n < 3; n++) await spool.add([event(n)]);
  const taken: Feedback[] = [];
  await spool.drain((feedback) => {
    if (feedback[0]?.itemId === "item-1")
      return Promise.reject(new ReelbenchError("RB_INTERNAL", "refused", { cause: refusal }));
    taken.push(...feedback);
    return Promise.resolve();
  });
  await spool.close();
  expect(taken).toEqual([event(0), event(2)]);
  expect(await readdir(directory)).toEqual(["refused.jsonl"]);
});

it("does not take a failure that says nothing of the values for a refusal", async () => {
  const spool = await openSpool(directory, 1e9, logger);
  await spool.add([event(0)]);
  for (const error of [
    new Error("not tried"),
    new ReelbenchError("RB_INTERNAL", "?"),
    new ReelbenchError("RB_CONFLICT"),
  ])
    await expect(spool.drain(() => Promise.reject(error))).rejects.toBe(error);
  await spool.close();
  expect(await all()).toEqual([event(0)]);
});

it("refuses what is beyond its bound", async () => {
  const spool = await openSpool(directory, 600, logger);
  await spool.add([event(0)]);
  await spool.add([event(1)]);
  await expect(spool.add([event(2), event(3)])).rejects.toMatchObject({ code: "RB_UNAVAILABLE" });
  await spool.close();
  expect(await all()).toEqual([event(0), event(1)]);
});

it("has everything that it acknowledged before it was killed", async () => {
  for (let round = 0; round < 4; round++) {
    const child = fork(fileURLToPath(new URL("spool.fixture.ts", import.meta.url)), [directory, String(round)], {
      execArgv: [],
      stdio: "ignore",
    });
    const acknowledged: string[] = [];
    child.on("message", (key: string) => void acknowledged.push(key));
    await expect.poll(() => acknowledged.length, { timeout: 20_000, interval: 1 }).toBeGreaterThan(20 + 37 * round);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    const kept = new Set((await all()).map(({ idempotencyKey }) => idempotencyKey));
    expect(acknowledged.filter((key) => !kept.has(key))).toEqual([]);
  }
});

it("takes and gives back at the same time: nothing is refused, nothing stays, nothing comes twice", async () => {
  const spool = await openSpool(directory, 1e9, logger);
  const found: string[] = [];
  let adding = true;
  const draining = (async () => {
    while (adding) {
      await spool.drain((feedback) => Promise.resolve(void found.push(...feedback.map((each) => each.idempotencyKey))));
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  const lane = async (first: number) => {
    for (let n = first; n < first + 100; n++) await spool.add([event(n)]);
  };
  await Promise.all([0, 100, 200, 300].map(lane));
  adding = false;
  await draining;
  await spool.close();
  found.push(...(await all()).map((each) => each.idempotencyKey));
  expect(found.toSorted()).toEqual(Array.from({ length: 400 }, (_, n) => `k:${n}`).toSorted());
});
