import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterEach, beforeEach, expect, it } from "vitest";
import { testDatabase } from "../../e2e/services/services.ts";
import { servingTarget } from "../../e2e/services/serving-target.ts";
import { createCircuitBreaker } from "../circuit-breaker.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { createEpochs } from "./epochs.ts";
import { createMover } from "./move-waiting.ts";
import { createFeedbackRecorder } from "./record-feedback.ts";
import type { FeedbackEvent } from "./record-feedback.ts";
import { openSpool } from "./spool.ts";
import type { Spool } from "./spool.ts";
import { createUserStates } from "./user-states.ts";

let target: Awaited<ReturnType<typeof servingTarget>>;
beforeEach(async () => {
  target = await servingTarget(await testDatabase());
});
afterEach(() => target.close());

/** The recorder on a database whose insertions are listed, and fail while `failing` says so. */
function recorder(spool: Spool | null = null) {
  const inserts: string[] = [];
  const writes = { failing: false };
  const database = new Proxy(target.pool, {
    get(pool, name) {
      const value: unknown = Reflect.get(pool, name);
      if (typeof value !== "function") return value;
      return (...given: unknown[]): unknown => {
        if (name === "query" && JSON.stringify(given[0]).includes("insert into reelbench.feedback")) {
          if (writes.failing) return Promise.reject(new Error("Connection terminated unexpectedly"));
          inserts.push(name);
        }
        return Reflect.apply(value, pool, given);
      };
    },
  });
  const postgres = createCircuitBreaker({ timeout: 5000, failures: 5, pause: 500 });
  const epochs = createEpochs({ database, postgres, redis: null, channel: "production", entries: 1000 });
  const states = createUserStates(database, postgres, 1000);
  const logger = pino({ level: "silent" });
  const parts = { database, postgres, stream: null, spool, epochs, logger };
  const record = createFeedbackRecorder({ ...parts, states, metrics: createMetrics() });
  return { record, inserts, epochs, states, writes, move: createMover(parts) };
}

const rating = (userId: string, itemId: string): FeedbackEvent => ({
  namespace: "data",
  userId,
  itemId,
  kind: "rating",
  rating: 4,
});
const counted = async () =>
  Number((await target.pool.query<{ count: string }>("select count(*) from reelbench.feedback")).rows[0]?.count);

it("commits together what comes together, and answers each sender for its own", async () => {
  const { record, inserts, epochs } = recorder();
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, n) =>
      record([rating(`user-${n % 10}`, `film-${n}`), rating(`user-${n % 10}`, `film-${n + 1000}`)], "key", null),
    ),
  );
  expect(answers).toEqual(answers.map(() => ({ accepted: 2, duplicates: 0, kept: "postgres" })));
  expect(await counted()).toBe(200);
  expect(inserts.length).toBeLessThan(20);
  // Ten batches of two each: what the next answer of each is made under.
  expect(await epochs.current({ namespace: "data", userId: "user-3" })).toBe(20);
});

it("keeps once what is sent many times at the same moment, and says who was first", async () => {
  const { record } = recorder();
  const answers = await Promise.all(
    Array.from({ length: 30 }, () => record([rating("user-1", "film-1")], "key", "the same")),
  );
  expect(answers.filter(({ accepted }) => accepted === 1)).toHaveLength(1);
  expect(answers.every(({ accepted, duplicates }) => accepted + duplicates === 1)).toBe(true);
  expect(await counted()).toBe(1);
});

it("refuses nobody for what another sent at the same moment", async () => {
  const { record } = recorder();
  const answers = await Promise.allSettled(
    Array.from({ length: 30 }, (_, n) =>
      record([rating("user-1", n === 17 ? "no\u0000text" : `film-${n}`)], "key", null),
    ),
  );
  const refused = answers.flatMap((answer, n) => (answer.status === "rejected" ? [[n, answer.reason as unknown]] : []));
  expect(refused).toEqual([[17, expect.objectContaining({ code: "RB_INVALID_INPUT" })]]);
  expect(await counted()).toBe(29);
});

it("answers with what waits outside of Postgres though Postgres answers who reads, until it was moved", async () => {
  const directory = await mkdtemp(join(tmpdir(), "reelbench-recorder-"));
  const spool = await openSpool(directory, 1e6, pino({ level: "silent" }));
  try {
    const { record, epochs, states, writes, move } = recorder(spool);
    const user = { namespace: "data", userId: "user-1" } as const;
    const ratings = async () => {
      const epoch = await epochs.current(user);
      const { state, complete } = await states.find(user, epoch);
      return { epoch, complete, rated: [...state.ratings.keys()].toSorted() };
    };
    await record([rating("user-1", "film-1")], "key", null);
    expect(await ratings()).toEqual({ epoch: 1, complete: true, rated: ["film-1"] });
    writes.failing = true;
    expect(await record([rating("user-1", "film-2")], "key", null)).toMatchObject({ kept: "spool" });
    // No epoch: nothing made now is kept under one that others count.
    expect(await ratings()).toEqual({ epoch: null, complete: false, rated: ["film-1", "film-2"] });
    await move();
    expect(await ratings()).toEqual({ epoch: null, complete: false, rated: ["film-1", "film-2"] });
    writes.failing = false;
    await move();
    expect(await ratings()).toEqual({ epoch: 2, complete: true, rated: ["film-1", "film-2"] });
  } finally {
    await spool.close();
    await rm(directory, { recursive: true, force: true });
  }
});
