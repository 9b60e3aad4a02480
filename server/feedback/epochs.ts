import { LRUCache } from "lru-cache";
import { feedbackEpochKey } from "../../core/production/cache-keys.ts";
import type { CacheUser, Namespace } from "../../core/production/cache-keys.ts";
import type { Database } from "../../core/production/database.ts";
import { feedbackEpochs } from "../../core/production/feedback-epochs.ts";
import type { RedisStore } from "../cache/redis.ts";
import { BreakerError } from "../circuit-breaker.ts";
import type { CircuitBreaker } from "../circuit-breaker.ts";
import { groupCalls } from "./group-calls.ts";

/**
 * A user's epoch: how much feedback they have given. What was computed under another epoch than the present one is not
 * used. Postgres is the truth; Redis repeats it to all replicas for `redisSeconds`, and tells those who read it when it changes: until
 * then they need not ask again. Where Redis is lost or not configured this process remembers it for `localMilliseconds`.
 */
export interface Epochs {
  /** As far as this process knows without asking anybody; undefined: ask `current`. */
  known(user: CacheUser): number | undefined;
  /** Null: neither Redis nor Postgres could tell, or not all that this server acknowledged is counted there yet. */
  current(user: CacheUser): Promise<number | null>;
  /** After feedback of these users was committed: every replica learns of it before this resolves, if Redis answers. */
  advance(users: readonly CacheUser[]): Promise<void>;
  /**
   * Feedback of these users waits outside of Postgres: what others count lacks it. Until `release`, which may be another
   * server's to know: then for `withheldMilliseconds`.
   */
  withhold(users: readonly CacheUser[]): void;
  /** It was moved. */
  release(users: readonly CacheUser[]): void;
  /** Redis answers again: what it could not be told meanwhile. */
  catchUp(): Promise<void>;
  /** Whether what Redis repeats is believed: it was told of everything that happened here. */
  isCaughtUp(): boolean;
}

/** Bounds how long a replica that cannot reach Redis can leave the others behind. */
const redisSeconds = 10;
const localMilliseconds = 1000;
const withheldMilliseconds = 30_000;
const maximumUntold = 100_000;
const toldAtOnce = 500;
const countedAtOnce = 500;

export function createEpochs(options: {
  readonly database: Database;
  readonly postgres: CircuitBreaker;
  readonly redis: RedisStore | null;
  readonly channel: string;
  readonly entries: number;
}): Epochs {
  const { database, postgres, redis, channel } = options;
  const local = new LRUCache<string, { readonly epoch: number }>({ max: options.entries, ttl: localMilliseconds });
  /** What Redis said and has not taken back. */
  const told = new LRUCache<string, { readonly epoch: number }>({
    max: options.entries,
    ttl: 1000 * redisSeconds,
    ttlResolution: 100,
  });
  const withheld = new LRUCache<string, true>({ max: options.entries, ttl: withheldMilliseconds });
  /** Readings under way; one that was overtaken by a change is not remembered. */
  const reading = new Map<string, symbol>();
  const untold = new Set<string>();
  let distrustUntil = 0;

  redis?.onChanged((key) => {
    if (key === null) {
      told.clear();
      reading.clear();
    } else {
      told.delete(key);
      reading.delete(key);
    }
  });
  const isTrusted = () => untold.size === 0 && performance.now() >= distrustUntil;

  // The key names a user in memory, too.
  const keyOf = (user: CacheUser) => feedbackEpochKey(channel, user);

  /** Of those who come at the same time, in one statement: a quiet server asks for each at once, a busy one asks seldom. */
  const countTogether = groupCalls<CacheUser, number>({
    lanes: 2,
    heaviest: countedAtOnce,
    weightOf: () => 1,
    failsThoseWaiting: (reason) => reason instanceof BreakerError,
    work: async (users) => {
      const epochs = new Map<Namespace, ReadonlyMap<string, number>>();
      for (const namespace of new Set(users.map((user) => user.namespace))) {
        const userIds = users.filter((user) => user.namespace === namespace).map(({ userId }) => userId);
        epochs.set(namespace, await postgres.run(() => feedbackEpochs(database, namespace, userIds)));
      }
      return users.map(({ namespace, userId }) => ({
        status: "fulfilled",
        value: epochs.get(namespace)?.get(userId) ?? 0,
      }));
    },
  });

  async function fromPostgres(user: CacheUser): Promise<number | null> {
    try {
      return await countTogether(user);
    } catch {
      // The caller answers from memory and says so; the follower's look reports that Postgres is away.
      return null;
    }
  }

  async function readFrom(store: RedisStore, key: string): Promise<string | null | undefined> {
    const mark = Symbol(key);
    reading.set(key, mark);
    const text = await store.get(key);
    if (reading.get(key) === mark) {
      reading.delete(key);
      if (typeof text === "string" && isCount(text)) told.set(key, { epoch: Number(text) });
    }
    return text;
  }

  async function current(user: CacheUser): Promise<number | null> {
    const key = keyOf(user);
    if (withheld.has(key)) return null;
    const store = redis !== null && isTrusted() ? redis : null;
    const remembered = store === null ? undefined : told.get(key);
    if (remembered !== undefined) return remembered.epoch;
    const text = store === null ? undefined : await readFrom(store, key);
    if (typeof text === "string" && isCount(text)) return Number(text);
    if (text === undefined) {
      const last = local.get(key);
      if (last !== undefined) return last.epoch;
    }
    const counted = await fromPostgres(user);
    if (counted === null) return null;
    if (text === undefined) local.set(key, { epoch: Math.max(counted, local.get(key)?.epoch ?? 0) });
    return (await store?.raise(key, counted, redisSeconds)) ?? counted;
  }

  /** By the keys of the users; those that Postgres could not count are absent. */
  async function count(users: readonly CacheUser[]): Promise<Map<string, number>> {
    const epochs = new Map<string, number>();
    for (const namespace of new Set(users.map((user) => user.namespace)) satisfies Set<Namespace>) {
      const userIds = users.filter((user) => user.namespace === namespace).map(({ userId }) => userId);
      const counted = await postgres.run(() => feedbackEpochs(database, namespace, userIds)).catch(() => null);
      for (const [userId, epoch] of counted ?? []) epochs.set(keyOf({ namespace, userId }), epoch);
    }
    return epochs;
  }

  async function advance(users: readonly CacheUser[]): Promise<void> {
    const keys = users.map(keyOf);
    for (const key of keys) {
      local.delete(key);
      told.delete(key);
      reading.delete(key);
    }
    const epochs = await count(users);
    for (const [key, epoch] of epochs) local.set(key, { epoch });
    if (redis === null) return;
    const answers = await Promise.all(
      keys.map((key) => {
        const epoch = epochs.get(key);
        return epoch === undefined ? redis.remove([key]) : redis.raise(key, epoch, redisSeconds);
      }),
    );
    answers.forEach((answer, index) => {
      const key = keys[index];
      if (answer === undefined && key !== undefined) untold.add(key);
    });
    if (untold.size > maximumUntold) {
      untold.clear();
      distrustUntil = performance.now() + 1000 * redisSeconds;
    }
  }

  return {
    known(user) {
      const key = keyOf(user);
      return redis !== null && isTrusted() && !withheld.has(key) ? told.get(key)?.epoch : undefined;
    },
    current,
    advance,
    withhold(users) {
      for (const user of users) withheld.set(keyOf(user), true);
    },
    release(users) {
      for (const user of users) withheld.delete(keyOf(user));
    },
    async catchUp() {
      if (redis === null) return;
      while (untold.size > 0) {
        const keys = [...untold].slice(0, toldAtOnce);
        if ((await redis.remove(keys)) === undefined) return;
        for (const key of keys) untold.delete(key);
      }
    },
    isCaughtUp: isTrusted,
  };
}

function isCount(text: string): boolean {
  return /^\d{1,15}$/.test(text);
}
