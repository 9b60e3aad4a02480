import { RESP_TYPES, createClient } from "redis";
import { takeScript } from "../auth/sliding-window.ts";
import type { Taken } from "../auth/sliding-window.ts";
import { BreakerError, createCircuitBreaker } from "../circuit-breaker.ts";
import type { Logger } from "../telemetry/logger.ts";
import { keepLively } from "./lively.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** The few commands the cache needs. Each answers undefined when Redis did not, within a short time; none throws. */
export interface RedisStore {
  get(key: string): Promise<string | null | undefined>;
  getBytes(key: string): Promise<Buffer | null | undefined>;
  set(key: string, value: string | Buffer, seconds: number): Promise<true | undefined>;
  /** Writes `value` unless a larger one stands there; answers with what stands there then. */
  raise(key: string, value: number, seconds: number): Promise<number | undefined>;
  /** Takes some of what a window still allows (`takeScript`). */
  takeFromWindow(
    key: string,
    request: {
      readonly milliseconds: number;
      readonly limit: number;
      readonly wanted: number;
      readonly back: number;
    },
  ): Promise<Taken | undefined>;
  remove(keys: readonly string[]): Promise<true | undefined>;
  /**
   * Calls back for every key that this connection read and somebody changed since, or that is gone; with null where any
   * may have been: the connection was lost, or Redis does not answer. What was read may be remembered until then.
   */
  onChanged(listener: (key: string | null) => void): void;
  /** Removes every key that matches the pattern, a few at a time. */
  removeMatching(pattern: string): Promise<true | undefined>;
  publish(channel: string, text: string): Promise<true | undefined>;
  /** Messages on a channel, from when there is a connection for them. */
  listen(channel: string, listener: (text: string) => void): void;
  isUp(): boolean;
  /** Asks Redis for a sign of life, so that `isUp` is true to now. */
  check(): Promise<void>;
  /** Resolves when the first attempt to connect has succeeded or failed. */
  tried(): Promise<void>;
  close(): Promise<void>;
}

/** Milliseconds. Redis is there to be faster than Postgres and the scorers; past this it is not. */
const commandTimeout = 150;
const pause = 1000;

const raiseScript = `
local standing = tonumber(redis.call('GET', KEYS[1]) or '-1')
local given = tonumber(ARGV[1])
if given > standing then
  redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
  return given
end
return standing`;

export interface RedisOptions {
  readonly url: string;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** A channel of notices to listen to, and whom to tell. */
  readonly notices: string;
  readonly onNotice: () => void;
}

/**
 * Redis as a cache that may vanish at any moment: no command waits longer than `commandTimeout`, and after a few failures
 * none is tried for a second, so that a dead or frozen Redis costs next to nothing.
 */
export function connectRedis(options: RedisOptions): RedisStore {
  const { metrics, logger } = options;
  const socket = {
    connectTimeout: 2000,
    reconnectStrategy: (retries: number) => Math.min(50 * 2 ** Math.min(retries, 6), 2000),
  };
  const onError = (error: unknown) => logger.debug({ error: String(error) }, "redis");
  let settle: () => void = () => undefined;
  const tried = new Promise<void>((resolve) => (settle = resolve));
  const client = keepLively(
    () => {
      const made = createClient({
        url: options.url,
        disableOfflineQueue: true,
        RESP: 3,
        // Redis tells this connection of changes to the keys it read (CLIENT TRACKING).
        emitInvalidate: true,
        // The breaker keeps the time. The client's own limit would leave a timer and an error behind for each command, five seconds long.
        commandOptions: { timeout: 0 },
        socket,
      });
      made.on("error", (error) => {
        onError(error);
        changed(null);
      });
      for (const event of ["error", "ready"]) made.once(event, settle);
      for (const event of ["end", "reconnecting", "ready"]) made.on(event, () => changed(null));
      made.on("invalidate", (key: unknown) =>
        changed(typeof key === "string" ? key : Buffer.isBuffer(key) ? key.toString("utf8") : null),
      );
      made.connect().catch(onError);
      return made;
    },
    { logger, onReplaced: () => changed(null) },
  );
  const binary = () => client.now().withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  const subscriptions: (readonly [channel: string, listener: (text: string) => void])[] = [
    [options.notices, options.onNotice],
  ];
  const listener = keepLively(
    () => {
      const made = createClient({ url: options.url, disableOfflineQueue: true, RESP: 3, socket });
      made.on("error", onError);
      const subscribe = () => Promise.all(subscriptions.map(([channel, listen]) => made.subscribe(channel, listen)));
      made.connect().then(subscribe).catch(onError);
      return made;
    },
    { logger },
  );
  const breaker = createCircuitBreaker({ timeout: commandTimeout, failures: 3, pause });
  const changeListeners: ((key: string | null) => void)[] = [];
  const changed = (key: string | null) => {
    for (const tell of changeListeners) tell(key);
  };
  let up = false;

  function setUp(now: boolean): void {
    if (up === now) return;
    up = now;
    metrics.redisUp.set(now ? 1 : 0);
    if (now) logger.info("redis answers");
    else {
      logger.warn("redis does not answer; going on without it");
      changed(null);
    }
  }
  metrics.redisUp.set(0);

  async function attempt<T>(operation: string, command: () => Promise<T>): Promise<T | undefined> {
    if (!client.now().isReady) {
      setUp(false);
      return undefined;
    }
    try {
      const value = await breaker.run(command);
      setUp(true);
      return value;
    } catch (error) {
      if (!(error instanceof BreakerError && breaker.isOpen())) onError(error);
      metrics.cacheErrors.inc({ operation });
      // What it has to tell of changes may be held up as well.
      changed(null);
      if (breaker.isOpen()) setUp(false);
      return undefined;
    }
  }

  return {
    get: (key) => attempt("get", () => client.now().get(key)),
    getBytes: (key) => attempt("get", () => binary().get(key)),
    set: (key, value, seconds) =>
      attempt(
        "set",
        async () => (await client.now().set(key, value, { expiration: { type: "EX", value: seconds } }), true as const),
      ),
    raise: async (key, value, seconds) => {
      const standing = await attempt("raise", () =>
        client.now().eval(raiseScript, { keys: [key], arguments: [String(value), String(seconds)] }),
      );
      return typeof standing === "number" ? standing : undefined;
    },
    takeFromWindow: async (key, { milliseconds, limit, wanted, back }) => {
      const reply: unknown = await attempt("limit", () =>
        client.now().eval(takeScript, { keys: [key], arguments: [milliseconds, limit, wanted, back].map(String) }),
      );
      if (!Array.isArray(reply) || !reply.every((each) => typeof each === "number")) return undefined;
      const [given = 0, free = 0, wait = milliseconds] = reply;
      return { given, free, milliseconds: wait };
    },
    remove: (keys) => attempt("remove", async () => (await client.now().del([...keys]), true as const)),
    removeMatching: async (pattern) => {
      let cursor = "0";
      do {
        const page = await attempt("scan", () => client.now().scan(cursor, { MATCH: pattern, COUNT: 1000 }));
        if (page === undefined) return undefined;
        cursor = page.cursor;
        const { keys } = page;
        if (keys.length > 0 && (await attempt("remove", () => client.now().unlink(keys))) === undefined)
          return undefined;
      } while (cursor !== "0");
      return true;
    },
    publish: (channel, text) =>
      attempt("publish", async () => (await client.now().publish(channel, text), true as const)),
    listen: (channel, listen) => {
      subscriptions.push([channel, listen]);
      const made = listener.now();
      // Otherwise it is subscribed to when there is a connection.
      if (made.isReady) made.subscribe(channel, listen).catch(onError);
    },
    onChanged: (listen) => void changeListeners.push(listen),
    isUp: () => up && client.now().isReady,
    check: () => attempt("ping", () => client.now().ping()).then(() => undefined),
    tried: () => tried,
    async close() {
      client.close();
      listener.close();
      await Promise.resolve();
    },
  };
}
