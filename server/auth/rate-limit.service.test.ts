import { randomUUID } from "node:crypto";
import fc from "fast-check";
import pino from "pino";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { redisUrl } from "../../e2e/services/services.ts";
import { connectRedis } from "../cache/redis.ts";
import type { RedisStore } from "../cache/redis.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { addressKey, createRateLimiter } from "./rate-limit.ts";
import { createLocalWindows, takeScript, windowMs } from "./sliding-window.ts";

const channel = `limits-${randomUUID().slice(0, 8)}`;
let redis: RedisStore;
const client = createClient({ url: redisUrl() });

beforeAll(async () => {
  await client.connect();
  redis = connectRedis({
    url: redisUrl(),
    metrics: createMetrics(),
    logger: pino({ level: "silent" }),
    notices: `${channel}:notices`,
    onNotice: () => undefined,
  });
  while (!redis.isUp()) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    await redis.check();
  }
});
afterAll(async () => {
  await redis.close();
  client.destroy();
});

describe("replicas that share a Redis", () => {
  it("together let through what one may, and not one more", async () => {
    const replicas = [1, 2, 3].map(() => createRateLimiter({ redis, channel, what: "key", perMinute: 500 }));
    const verdicts = await Promise.all(
      Array.from(
        { length: 900 },
        async (_, call) => (await replicas[call % 3]?.take("somebody")) ?? { allowed: false },
      ),
    );
    const through = verdicts.filter(({ allowed }) => allowed).length;
    // What a replica holds and does not need any more is all that may be missing.
    expect(through).toBeGreaterThan(500 - 3 * 5);
    expect(through).toBeLessThanOrEqual(500);
    const refused = await replicas[0]?.take("somebody");
    expect(refused).toMatchObject({ allowed: false, remaining: 0 });
    expect(refused?.seconds).toBeGreaterThan(0);
    expect(await replicas[0]?.take("somebody else")).toMatchObject({ allowed: true });
  });

  it("who comes rarely is counted one by one", async () => {
    const replicas = [1, 2].map(() => createRateLimiter({ redis, channel, what: "address", perMinute: 4 }));
    for (let call = 0; call < 4; call++)
      expect(await replicas[call % 2]?.take("10.0.0.1")).toMatchObject({ allowed: true, remaining: 3 - call });
    for (const replica of replicas) expect(await replica.take("10.0.0.1")).toMatchObject({ allowed: false });
  });
});

it("each replica counts for itself while Redis is away", async () => {
  const absent: RedisStore = { ...redis, takeFromWindow: () => Promise.resolve(undefined) };
  const limiter = createRateLimiter({ redis: absent, channel, what: "key", perMinute: 3 });
  const verdicts = [];
  for (let call = 0; call < 5; call++) verdicts.push((await limiter.take("somebody")).allowed);
  expect(verdicts).toEqual([true, true, true, false, false]);
});

describe("a window", () => {
  it("never lets more through in any sixty seconds than twice the limit, however they come", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.integer({ min: 0, max: 8000 }), { minLength: 1, maxLength: 300 }),
        (limit, pauses) => {
          let clock = 1_700_000_000_000;
          const windows = createLocalWindows(limit, () => clock);
          const times: number[] = [];
          for (const pause of pauses) {
            clock += pause;
            const { given, free } = windows.take("somebody", 1, 0);
            if (given === 1) times.push(clock);
            else expect(free).toBe(0);
          }
          // Two counters stand for all the times: what came at the end of the last minute weighs as if it had come evenly.
          for (const from of times)
            expect(times.filter((at) => at >= from && at < from + windowMs).length).toBeLessThanOrEqual(2 * limit);
        },
      ),
    );
  });

  it("says when one more may come, and it is so", () => {
    let clock = 1_700_000_000_000;
    const windows = createLocalWindows(10, () => clock);
    for (let call = 0; call < 10; call++) expect(windows.take("somebody", 1, 0).given).toBe(1);
    const refused = windows.take("somebody", 1, 0);
    expect(refused.given).toBe(0);
    clock += refused.milliseconds - 50;
    const early = windows.take("somebody", 1, 0);
    expect(early.given).toBe(0);
    clock += 100;
    expect(windows.take("somebody", 1, 0).given).toBe(1);
  });

  it("in Redis counts as one in this process does", async () => {
    const key = `${channel}:window`;
    // A window as long as an age, so that both are in the same one.
    const age = 1e15;
    const take = async (wanted: number, back: number) =>
      (await client.eval(takeScript, { keys: [key], arguments: [age, 20, wanted, back].map(String) })) as number[];
    const local = createLocalWindows(20, () => 0);
    for (const [wanted, back] of [
      [1, 0],
      [5, 0],
      [10, 3],
      [30, 0],
      [1, 0],
      [4, 6],
    ] as const) {
      const { given, free } = local.take("somebody", wanted, back);
      expect((await take(wanted, back)).slice(0, 2)).toEqual([given, free]);
    }
  });
});

it("takes an address for the subscriber behind it", () => {
  expect(addressKey("203.0.113.7")).toBe("203.0.113.7");
  expect(addressKey("::ffff:203.0.113.7")).toBe("203.0.113.7");
  expect(addressKey("2001:db8:1:2ff::1")).toBe(addressKey("2001:db8:1:200:ffff::9"));
  expect(addressKey("2001:db8:1:2ff::1")).not.toBe(addressKey("2001:db8:1:300::1"));
  expect(addressKey("fe80::1%eth0")).toBe(addressKey("fe80::2"));
  expect(addressKey("::1")).not.toBe(addressKey("2001:db8::1"));
});
