import pino from "pino";
import { expect, test } from "vitest";
import type { Database } from "../../core/production/database.ts";
import { createCircuitBreaker } from "../circuit-breaker.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { createExposureBuffer } from "./exposure-buffer.ts";

const shown = (userId: string) => ({
  namespace: "data" as const,
  userId,
  channel: "test",
  version: "v1",
  basis: "user-factors",
  assignment: null,
  firstRank: 1,
  itemIds: ["a", "b"],
});

/** A Postgres that is away until it is told to be there, and remembers what it was given. */
function fakePostgres() {
  const written: string[] = [];
  const state = { away: false };
  const database = {
    query: (_sql: string, [json, which]: [string, string]) => {
      if (state.away) return Promise.reject(Object.assign(new Error("refused"), { code: "ECONNREFUSED" }));
      const users = (JSON.parse(json) as { u: string }[]).map(({ u }) => u);
      for (const list of JSON.parse(`[${which.slice(1, -1)}]`) as number[]) written.push(users[list] ?? "");
      return Promise.resolve({ rows: [], rowCount: 0 });
    },
  } as unknown as Database;
  return { database, written, state };
}

async function outcomes(metrics: ReturnType<typeof createMetrics>): Promise<Record<string, number>> {
  const { values } = await metrics.exposures.get();
  return Object.fromEntries(values.map(({ labels, value }) => [String(labels.outcome), value]));
}

test("it holds no more than its limit, counts what it drops, and writes what it held when Postgres is back", async () => {
  const { database, written, state } = fakePostgres();
  const metrics = createMetrics();
  const buffer = createExposureBuffer({
    database,
    postgres: createCircuitBreaker({ timeout: 1000, failures: 1, pause: 0 }),
    limit: 1500,
    metrics,
    logger: pino({ level: "silent" }),
  });
  state.away = true;
  for (let n = 0; n < 2000; n++) {
    buffer.record(shown(`u${n}`));
    if (n % 500 === 0) await buffer.flush();
  }
  expect(buffer.waiting()).toBe(1500);
  expect(await outcomes(metrics)).toEqual({ dropped: 500 });
  state.away = false;
  await buffer.flush();
  expect(buffer.waiting()).toBe(0);
  expect(written).toEqual(Array.from({ length: 1500 }, (_, n) => `u${n}`));
  expect(await outcomes(metrics)).toEqual({ dropped: 500, kept: 1500 });
});

test("what is shown while it writes waits for the next flush", async () => {
  const statements: number[] = [];
  const database = {
    query: (_sql: string, [, which]: [string, string]) => {
      statements.push(which.split(",").length);
      // Requests go on: each statement takes as long as ten more lists.
      for (let n = 0; n < 10; n++) buffer.record(shown(`later${statements.length}-${n}`));
      return Promise.resolve({ rows: [], rowCount: 0 });
    },
  } as unknown as Database;
  const buffer = createExposureBuffer({
    database,
    postgres: createCircuitBreaker({ timeout: 1000, failures: 1, pause: 0 }),
    limit: 1500,
    metrics: createMetrics(),
    logger: pino({ level: "silent" }),
  });
  for (let n = 0; n < 700; n++) buffer.record(shown(`u${n}`));
  await buffer.flush();
  expect(statements).toEqual([500, 200]);
  expect(buffer.waiting()).toBe(20);
  await buffer.flush();
  expect(statements).toEqual([500, 200, 20]);
});

test("an empty list was not shown", () => {
  const { database } = fakePostgres();
  const buffer = createExposureBuffer({
    database,
    postgres: createCircuitBreaker({ timeout: 1000, failures: 1, pause: 0 }),
    limit: 10,
    metrics: createMetrics(),
    logger: pino({ level: "silent" }),
  });
  buffer.record({ ...shown("u"), itemIds: [] });
  expect(buffer.waiting()).toBe(0);
});
