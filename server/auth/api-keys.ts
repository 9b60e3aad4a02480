import { timingSafeEqual } from "node:crypto";
import { LRUCache } from "lru-cache";
import { ReelbenchError } from "../../core/contract/errors.ts";
import { hashApiKey, touchApiKey, verifyApiKey } from "../../core/production/api-keys.ts";
import type { ApiKey } from "../../core/production/api-keys.ts";
import type { Database } from "../../core/production/database.ts";
import type { CircuitBreaker } from "../circuit-breaker.ts";
import type { Logger } from "../telemetry/logger.ts";
import { scopePermissions } from "./permissions.ts";
import { createDigest } from "./digest.ts";
import type { Permission } from "./permissions.ts";
import type { KeyPrincipal } from "./principal.ts";

export interface ApiKeys {
  /** Who a key belongs to that was looked at a moment ago; null for any other. */
  known(key: string): KeyPrincipal | null;
  /**
   * Who the text of a key belongs to. Throws RB_UNAUTHENTICATED for a key that is unknown, expired or revoked; RB_RATE_LIMITED
   * after too many of those from one address; RB_UNAVAILABLE when Postgres is away and the key was not seen lately.
   */
  authenticate(key: string, address: string): Promise<KeyPrincipal>;
  /** Writes down which keys were used. */
  flush(): Promise<void>;
}

/** A revocation is in force everywhere within this many milliseconds. */
const freshFor = 5_000;
/** While Postgres is away a key that was valid stays so for this long, unless its own expiry comes first. */
const trustedFor = 3_600_000;
const wrongFor = 2_000;
/** Wrong keys an address may try in a minute. Enough for a misconfigured client to be told, too few to load Postgres. */
const wrongPerMinute = 120;

interface Verified {
  readonly hash: Buffer;
  readonly key: ApiKey;
  readonly principal: KeyPrincipal;
  readonly at: number;
}

export function createApiKeys(options: {
  readonly database: Database;
  readonly postgres: CircuitBreaker;
  readonly logger: Logger;
  readonly now?: () => number;
}): ApiKeys {
  const { database, postgres, logger } = options;
  const now = options.now ?? Date.now;
  // A clock that is set back would make what was looked at once seem fresh until it has caught up.
  const elapsed = () => performance.now();
  const verified = new LRUCache<string, Verified>({ max: 10_000 });
  const wrong = new LRUCache<string, true>({ max: 10_000, ttl: wrongFor });
  const wrongBy = new LRUCache<string, { count: number }>({ max: 10_000, ttl: 60_000 });
  const asking = new Map<string, Promise<Verified | null>>();
  const used = new Set<string>();
  const digestOf = createDigest();

  async function authenticate(text: string, address: string): Promise<KeyPrincipal> {
    const hashed = hashApiKey(text);
    // The map is searched by the hash, never by the key: nothing about a stored key shows in how long that takes.
    const digest = hashed.toString("base64");
    const known = verified.get(digest);
    if (known !== undefined && elapsed() - known.at < freshFor && timingSafeEqual(known.hash, hashed))
      return accept(known);
    if (wrong.has(digest)) throw refused(address);
    if ((wrongBy.get(address)?.count ?? 0) >= wrongPerMinute) {
      throw new ReelbenchError("RB_RATE_LIMITED", "Too many wrong keys from this address.", {
        details: { retryAfter: 60 },
      });
    }
    const found = await ask(digest, hashed, text, known);
    if (found !== null) return accept(found);
    verified.delete(digest);
    wrong.set(digest, true);
    throw refused(address);
  }

  /** Once for however many requests come with the same key. */
  function ask(digest: string, hashed: Buffer, text: string, known: Verified | undefined): Promise<Verified | null> {
    let answer = asking.get(digest);
    if (answer === undefined) {
      answer = askPostgres(digest, hashed, text, known).finally(() => asking.delete(digest));
      asking.set(digest, answer);
    }
    return answer;
  }

  async function askPostgres(
    digest: string,
    hashed: Buffer,
    text: string,
    known: Verified | undefined,
  ): Promise<Verified | null> {
    try {
      const key = await postgres.run(() => verifyApiKey(database, text));
      if (key === null) return null;
      const { id, name } = key;
      const principal = { kind: "key", id, name, permissions: permissionsOf(key) } as const;
      const entry = { hash: hashed, key, principal, at: elapsed() };
      verified.set(digest, entry);
      return entry;
    } catch (cause) {
      if (known !== undefined && elapsed() - known.at < trustedFor) return known;
      throw new ReelbenchError("RB_UNAVAILABLE", "The key cannot be checked right now.", {
        cause,
        details: { retryAfter: 2 },
      });
    }
  }

  function accept({ key, principal }: Verified): KeyPrincipal {
    if (key.expiresAt !== null && key.expiresAt.getTime() <= now())
      throw new ReelbenchError("RB_UNAUTHENTICATED", "This key has expired.");
    used.add(key.id);
    return principal;
  }

  function refused(address: string): ReelbenchError {
    const tries = wrongBy.get(address);
    if (tries === undefined) wrongBy.set(address, { count: 1 });
    else tries.count++;
    return new ReelbenchError("RB_UNAUTHENTICATED", "This key is not known, or it has expired or been revoked.");
  }

  return {
    known(text) {
      const entry = verified.get(digestOf(text));
      if (entry === undefined || elapsed() - entry.at >= freshFor) return null;
      return entry.key.expiresAt !== null && entry.key.expiresAt.getTime() <= now() ? null : accept(entry);
    },
    authenticate,
    async flush() {
      const ids = [...used];
      used.clear();
      for (const id of ids) {
        try {
          await touchApiKey(database, id);
        } catch (error) {
          logger.debug({ error: String(error) }, "cannot write down when a key was used");
          return;
        }
      }
    },
  };
}

function permissionsOf({ scopes }: ApiKey): ReadonlySet<Permission> {
  return new Set(scopes.flatMap((scope) => [...scopePermissions[scope]]));
}
