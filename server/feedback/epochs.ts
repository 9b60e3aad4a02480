import { LRUCache } from "lru-cache";
import { feedbackEpochKey } from "../../core/production/cache-keys.ts";
import type { Database } from "../../core/production/database.ts";
import { feedbackEpochs } from "../../core/production/feedback-epochs.ts";
import type { RedisStore } from "../cache/redis.ts";
import type { CircuitBreaker } from "../circuit-breaker.ts";

/**
 * A user's epoch: how much feedback they have given. What was computed under another epoch than the present one is not
 * used. Postgres is the truth; Redis repeats it to all replicas for `redisSeconds`; where Redis is lost or not configured
 * this process remembers it for `localMilliseconds`.
 */
export interface Epochs {
  /** Null: neither Redis nor Postgres could tell. */
  current(userId: string): Promise<number | null>;
  /** After feedback of these users was committed: every replica learns of it before this resolves, if Redis answers. */
  advance(userIds: readonly string[]): Promise<void>;
  /** Redis answers again: what it could not be told meanwhile. */
  catchUp(): Promise<void>;
}

/** Bounds how long a replica that cannot reach Redis can leave the others behind. */
const redisSeconds = 10;
const localMilliseconds = 1000;
const maximumUntold = 100_000;

export function createEpochs(options: {
  readonly database: Database;
  readonly postgres: CircuitBreaker;
  readonly redis: RedisStore | null;
  readonly channel: string;
  readonly entries: number;
}): Epochs {
  const { database, postgres, redis, channel } = options;
  const local = new LRUCache<string, { readonly epoch: number }>({ max: options.entries, ttl: localMilliseconds });
  const untold = new Set<string>();
  let distrustUntil = 0;

  const keyOf = (userId: string) => feedbackEpochKey(channel, { namespace: "data", userId });

  async function fromPostgres(userId: string): Promise<number | null> {
    try {
      return (await postgres.run(() => feedbackEpochs(database, "data", [userId]))).get(userId) ?? 0;
    } catch {
      // The caller answers from memory and says so; the follower's look reports that Postgres is away.
      return null;
    }
  }

  async function current(userId: string): Promise<number | null> {
    const trusted = redis !== null && untold.size === 0 && Date.now() >= distrustUntil;
    const told = trusted ? await redis.get(keyOf(userId)) : undefined;
    if (typeof told === "string" && /^\d{1,15}$/.test(told)) return Number(told);
    if (told === undefined) {
      const remembered = local.get(userId);
      if (remembered !== undefined) return remembered.epoch;
    }
    const counted = await fromPostgres(userId);
    if (counted === null) return null;
    if (told === undefined) local.set(userId, { epoch: Math.max(counted, local.get(userId)?.epoch ?? 0) });
    return (trusted ? await redis.raise(keyOf(userId), counted, redisSeconds) : undefined) ?? counted;
  }

  async function advance(userIds: readonly string[]): Promise<void> {
    for (const userId of userIds) local.delete(userId);
    const epochs = await postgres.run(() => feedbackEpochs(database, "data", userIds)).catch(() => null);
    for (const [userId, epoch] of epochs ?? []) local.set(userId, { epoch });
    if (redis === null) return;
    const told = await Promise.all(
      userIds.map((userId) => {
        const epoch = epochs?.get(userId);
        return epoch === undefined ? redis.remove([keyOf(userId)]) : redis.raise(keyOf(userId), epoch, redisSeconds);
      }),
    );
    told.forEach((answer, index) => {
      const userId = userIds[index];
      if (answer === undefined && userId !== undefined) untold.add(userId);
    });
    if (untold.size > maximumUntold) {
      untold.clear();
      distrustUntil = Date.now() + 1000 * redisSeconds;
    }
  }

  return {
    current,
    advance,
    async catchUp() {
      if (redis === null) return;
      for (const userId of [...untold]) {
        if ((await redis.remove([keyOf(userId)])) === undefined) return;
        untold.delete(userId);
      }
    },
  };
}
