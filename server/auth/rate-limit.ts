import { isIPv6 } from "node:net";
import { LRUCache } from "lru-cache";
import { rateLimitKey } from "../../core/production/cache-keys.ts";
import type { RedisStore } from "../cache/redis.ts";
import { createLocalWindows, windowMs } from "./sliding-window.ts";
import type { Taken } from "./sliding-window.ts";

/** So many requests a minute for each of something: a key, an account, an address. */
export interface RateLimiter {
  readonly what: "key" | "address";
  readonly perMinute: number;
  /** Counts one request. At once where some of what is allowed is at hand, else when Redis has been asked. */
  take(who: string): Verdict | Promise<Verdict>;
}

export interface Verdict {
  readonly allowed: boolean;
  /** Requests that are left, as far as this replica knows. */
  readonly remaining: number;
  /** Seconds until the window ends; for a refusal, until one more may come. */
  readonly seconds: number;
}

/** What a replica holds of somebody's allowance. Redis has counted all of it. */
interface Lease {
  left: number;
  /** How many were taken at a time. */
  size: number;
  until: number;
  remaining: number;
  windowEnds: number;
  asking: Promise<void> | null;
}

/** Milliseconds. What is not used by then is given back. */
const leaseMs = 1000;
/** Never more at once than this share of the allowance. */
const largestShare = 0.01;
const remembered = 100_000;

/**
 * A sliding window counted in Redis for all replicas. Asking Redis for each request would cost more than most answers, so a
 * replica that is asked much takes an allowance for several requests at a time, twice as many each time as it used up
 * within a second, at most a hundredth of the limit. Redis counts what is taken when it is taken: all replicas together never
 * let more through than the limit. While Redis is away each replica counts for itself.
 */
export function createRateLimiter(options: {
  readonly redis: RedisStore | null;
  readonly channel: string;
  readonly what: "key" | "address";
  readonly perMinute: number;
  readonly now?: () => number;
}): RateLimiter {
  const { redis, channel, what, perMinute } = options;
  const now = options.now ?? (() => performance.now());
  const local = createLocalWindows(perMinute);
  const leases = new LRUCache<string, Lease>({ max: remembered });
  const largest = Math.max(1, Math.floor(perMinute * largestShare));

  async function takeFrom(who: string, wanted: number, back: number): Promise<Taken> {
    const taken = await redis?.takeFromWindow(rateLimitKey(channel, what, who), {
      milliseconds: windowMs,
      limit: perMinute,
      wanted,
      back,
    });
    return taken ?? local.take(who, wanted, back);
  }

  async function renew(who: string, lease: Lease): Promise<void> {
    const usedUp = lease.left === 0 && now() < lease.until;
    const used = lease.size - lease.left;
    const wanted = Math.min(largest, usedUp ? 2 * lease.size : Math.max(1, used));
    const back = lease.left;
    lease.left = 0;
    const taken = await takeFrom(who, wanted, back);
    lease.size = wanted;
    lease.left = taken.given;
    lease.remaining = taken.free;
    lease.windowEnds = now() + taken.milliseconds;
    lease.until = now() + leaseMs;
  }

  function spend(lease: Lease): Verdict {
    lease.left--;
    return {
      allowed: true,
      remaining: lease.remaining + lease.left,
      seconds: Math.max(1, Math.ceil((lease.windowEnds - now()) / 1000)),
    };
  }

  async function ask(who: string, lease: Lease): Promise<Verdict> {
    // Those who wait for the same renewal may need more than it brings.
    for (let tries = 0; tries < 4; tries++) {
      lease.asking ??= renew(who, lease).finally(() => {
        lease.asking = null;
      });
      await lease.asking;
      if (lease.left > 0) return spend(lease);
      if (lease.remaining === 0) break;
    }
    const { given, milliseconds, free } = await takeFrom(who, 1, 0);
    const seconds = Math.max(1, Math.ceil(milliseconds / 1000));
    return { allowed: given > 0, remaining: free, seconds };
  }

  return {
    what,
    perMinute,
    take(who) {
      let lease = leases.get(who);
      if (lease === undefined) {
        lease = { left: 0, size: 0, until: 0, remaining: 0, windowEnds: 0, asking: null };
        leases.set(who, lease);
      }
      return lease.left > 0 && now() < lease.until ? spend(lease) : ask(who, lease);
    },
  };
}

/** Whom an address stands for: an IPv4 host, or the /56 that a subscriber of IPv6 is given. */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const plain = address.split("%")[0] ?? "";
  if (!isIPv6(plain)) return address;
  const [head = "", tail] = new URL(`http://[${plain}]`).hostname.slice(1, -1).split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill("0"), ...right];
  const fourth = Number.parseInt(groups[3] ?? "0", 16) & 0xff00;
  return `${groups.slice(0, 3).join(":")}:${fourth.toString(16)}::/56`;
}
