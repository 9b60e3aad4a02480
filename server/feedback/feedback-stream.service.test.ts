import { randomUUID } from "node:crypto";
import pino from "pino";
import { createClient } from "redis";
import { afterEach, expect, it } from "vitest";
import { ReelbenchError } from "../../core/contract/errors.ts";
import type { Feedback } from "../../core/production/feedback.ts";
import { startRedis } from "../../e2e/services/start-redis.ts";
import { createFeedbackStream } from "./feedback-stream.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const event = (itemId: string): Feedback => ({
  namespace: "data",
  userId: "u",
  idempotencyKey: `k:${itemId}`,
  itemId,
  kind: "click",
  value: null,
  occurredAt: new Date(0),
});

it("sets aside what Postgres will never take, and hands over what stands behind it", async () => {
  const redis = await startRedis(["--save", "", "--appendonly", "yes", "--appendfsync", "always"]);
  cleanups.push(() => redis.stop());
  const channel = randomUUID();
  const stream = createFeedbackStream({ url: redis.url, channel, serverId: "s", logger: pino({ level: "silent" }) });
  cleanups.push(() => stream.close());
  await expect.poll(() => stream.add([event("good-1")]), { timeout: 10_000 }).toBe(true);
  for (const itemId of ["bad", "good-2"]) expect(await stream.add([event(itemId)])).toBe(true);
  const kept: string[] = [];
  const keep = ([first]: readonly Feedback[]) => {
    if (first?.itemId === "bad")
      return Promise.reject(
        new ReelbenchError("RB_INTERNAL", "refused", { cause: Object.assign(new Error("value"), { code: "22021" }) }),
      );
    kept.push(first?.itemId ?? "");
    return Promise.resolve();
  };
  // A Postgres that is away is no refusal: everything goes on waiting.
  await expect(stream.drain(() => Promise.reject(new Error("away")))).rejects.toThrow("away");
  expect(await stream.length()).toBe(3);
  await stream.drain(keep);
  expect(kept).toEqual(["good-1", "good-2"]);
  expect(await stream.length()).toBe(0);
  const client = createClient({ url: redis.url });
  await client.connect();
  cleanups.push(() => client.close());
  const aside = await client.xRange(`reelbench:${channel}:feedback:refused`, "-", "+");
  expect(aside?.map(({ message }) => message["batch"])).toEqual([expect.stringContaining('"bad"') as string]);
});
