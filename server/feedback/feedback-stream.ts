import { createClient } from "redis";
import { toReelbenchError } from "../../core/contract/errors.ts";
import type { Feedback } from "../../core/production/feedback.ts";
import { keepLively } from "../cache/lively.ts";
import { createCircuitBreaker } from "../circuit-breaker.ts";
import type { Logger } from "../telemetry/logger.ts";
import { isRefusedForGood, readRecord, writeRecord } from "./feedback-record.ts";

/**
 * A Redis stream that keeps feedback while Postgres is away, shared by all replicas. Used only where Redis keeps what it
 * acknowledges: append-only file on, and either every write synced (`appendfsync always`) or the write waited for (WAITAOF,
 * Redis 7.2).
 */
export interface FeedbackStream {
  /** True when the batch is kept; false when this Redis is away, full, or does not keep what it acknowledges. */
  add(feedback: readonly Feedback[]): Promise<boolean>;
  /** Hands over what waits, oldest first; what is kept is taken out. Batches of replicas that died are taken over. */
  drain(keep: (feedback: readonly Feedback[]) => Promise<void>): Promise<number>;
  /** Batches that wait; null when Redis does not say. */
  length(): Promise<number | null>;
  close(): Promise<void>;
}

type Client = ReturnType<typeof open>;

const longest = 200_000;
const group = "servers";
const takenOverAfter = 10_000;
const batchesAtOnce = 100;
/** How long what Redis said of its durability is believed. */
const believedFor = 30_000;

export function createFeedbackStream(options: {
  readonly url: string;
  readonly channel: string;
  readonly serverId: string;
  readonly logger: Logger;
}): FeedbackStream {
  const { serverId, logger } = options;
  const key = `reelbench:${options.channel}:feedback`;
  const connection = keepLively(() => open(options.url, logger), { logger });
  const breaker = createCircuitBreaker({ timeout: 2000, failures: 3, pause: 1000 });
  let durability: { readonly kind: "always" | "wait" | "none"; readonly at: number } | null = null;

  async function howDurable(client: Client): Promise<"always" | "wait" | "none"> {
    if (durability !== null && performance.now() - durability.at < believedFor) return durability.kind;
    const settings = await client.configGet(["appendonly", "appendfsync"]);
    const version = /redis_version:(\d+)\.(\d+)/.exec(await client.info("server"));
    const waits = Number(version?.[1] ?? 0) * 100 + Number(version?.[2] ?? 0) >= 702;
    const kind =
      settings["appendonly"] !== "yes"
        ? "none"
        : settings["appendfsync"] === "always"
          ? "always"
          : waits
            ? "wait"
            : "none";
    if (kind === "none" && durability?.kind !== "none")
      logger.info("Redis does not keep what it acknowledges (appendonly, appendfsync): feedback does not wait there");
    durability = { kind, at: performance.now() };
    return kind;
  }

  return {
    async add(feedback) {
      const client = connection.now();
      if (!client.isReady) return false;
      try {
        return await breaker.run(async () => {
          const kind = await howDurable(client);
          if (kind === "none" || (await client.xLen(key)) >= longest) return false;
          await client.xAdd(key, "*", { batch: writeRecord(feedback) });
          if (kind === "always") return true;
          const [synced] = await client.sendCommand<[number, number]>(["WAITAOF", "1", "0", "1500"]);
          return synced >= 1;
        });
      } catch (error) {
        logger.debug({ error: String(error) }, "feedback could not wait in Redis");
        return false;
      }
    },
    async drain(keep) {
      const client = connection.now();
      if (!client.isReady || (await client.exists(key)) === 0) return 0;
      await client.xGroupCreate(key, group, "0", { MKSTREAM: true }).catch(ifThereAlready);
      let moved = 0;
      for (;;) {
        const claimed = await client.xAutoClaim(key, group, serverId, takenOverAfter, "0", { COUNT: batchesAtOnce });
        const left = claimed.messages.flatMap((message) => (message === null ? [] : [message]));
        const mine = left.length > 0 ? left : ((await readNew(client)) ?? []);
        if (mine.length === 0) return moved;
        for (const { id, message } of mine) {
          const feedback = readRecord(message["batch"] ?? "");
          if (feedback === null) logger.error({ id }, "a batch of feedback in Redis cannot be read; it is dropped");
          else await keepOrSetAside(client, feedback, keep);
          await client.xAck(key, group, id);
          await client.xDel(key, id);
          moved += feedback?.length ?? 0;
        }
      }
    },
    async length() {
      const client = connection.now();
      if (!client.isReady) return null;
      return breaker.run(() => client.xLen(key)).catch(() => null);
    },
    async close() {
      connection.close();
      await Promise.resolve();
    },
  };

  /** What Postgres will never take must not hold up what stands behind it. */
  async function keepOrSetAside(
    client: Client,
    feedback: readonly Feedback[],
    keep: (feedback: readonly Feedback[]) => Promise<void>,
  ): Promise<void> {
    try {
      await keep(feedback);
    } catch (error) {
      if (!isRefusedForGood(error)) throw error;
      logger.error(
        { error: toReelbenchError(error).toEnvelope() },
        "Postgres refuses a batch of feedback; it is set aside",
      );
      await client.xAdd(`${key}:refused`, "*", { batch: writeRecord(feedback) });
    }
  }

  async function readNew(client: Client) {
    // First what was given to this server before and not finished, then what nobody has seen.
    for (const from of ["0", ">"]) {
      const answer = await client.xReadGroup(group, serverId, { key, id: from }, { COUNT: batchesAtOnce });
      const streams = answer as
        | { readonly messages: { readonly id: string; readonly message: Record<string, string> }[] }[]
        | null;
      const messages = streams?.[0]?.messages ?? [];
      if (messages.length > 0) return messages;
    }
    return null;
  }
}

function open(url: string, logger: Logger) {
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: { connectTimeout: 2000, reconnectStrategy: (retries) => Math.min(50 * 2 ** Math.min(retries, 6), 2000) },
  });
  client.on("error", (error: unknown) => logger.debug({ error: String(error) }, "redis (feedback)"));
  client.connect().catch(() => undefined);
  return client;
}

function ifThereAlready(error: unknown): void {
  if (!String(error).includes("BUSYGROUP")) throw error;
}
