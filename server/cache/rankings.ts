import { LRUCache } from "lru-cache";
import { z } from "zod";
import {
  cacheNoticeChannel,
  cachedRanking,
  rankingKey,
  rankingLifetime,
  rankingPattern,
} from "../../core/production/cache-keys.ts";
import type { CacheUser } from "../../core/production/cache-keys.ts";
import { isImpersonal } from "../../core/models/servable.ts";
import type { SharedModel } from "../live-model/shared-model.ts";
import { findId } from "../live-model/shared-text.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Ranking } from "./ranking.ts";
import { packRanking, unpackRanking } from "./ranking-bytes.ts";
import type { RedisStore } from "./redis.ts";

export type RankingSource = "memory" | "redis" | "computed";

export interface FoundRanking {
  readonly ranking: Ranking;
  readonly source: RankingSource;
  /** False: made without the user's feedback, and therefore not kept. */
  readonly complete: boolean;
}

/** Empty: all of them. */
export interface WhoseRankings {
  readonly version?: string;
  /** Of the data. */
  readonly userId?: string;
}

export interface RankingCache {
  /** In memory, in Redis, and with every server that listens to it. Tells how many there were in memory. */
  forget(whose: WhoseRankings): Promise<number>;
  /** What is in memory, if it is. */
  known(shared: SharedModel, owner: CacheUser, epoch: number): Ranking | undefined;
  /** What memory holds: rankings, and their bytes as far as they can be told. */
  size(): { readonly entries: number; readonly bytes: number };
  /**
   * The ranking of (version, user, epoch): from memory, else from Redis, else computed, once however many ask.
   * What `compute` made of incomplete knowledge is not kept.
   */
  find(
    shared: SharedModel,
    owner: CacheUser,
    epoch: number,
    compute: () => Promise<{ readonly ranking: Ranking; readonly complete: boolean }>,
  ): Promise<FoundRanking>;
}

/** Of an entry without its numbers and its key: the objects, and the cache's own books. */
const entryBytes = 360;

const stored = cachedRanking.extend({
  // Absent in what the publisher wrote ahead.
  basis: z.enum(["personal", "fold-in", "preferences", "popularity"]).optional(),
  ratingsUsed: z.int().nonnegative().optional(),
});

interface OfEpoch {
  readonly epoch: number;
  readonly ranking: Ranking;
}

/** Of one user under one version: that of the latest epoch, and the one before it for whoever still turns its pages. */
interface Kept {
  readonly latest: OfEpoch;
  readonly before: OfEpoch | null;
  readonly of: string;
}

/** What stays when `made` is added. Somebody who rates all the time leaves no trail of rankings that nobody asks for again. */
function keepBoth(kept: Kept | undefined, made: OfEpoch): Pick<Kept, "latest" | "before"> {
  if (kept === undefined) return { latest: made, before: null };
  const { latest, before } = kept;
  if (made.epoch === latest.epoch) return { latest: made, before };
  if (made.epoch < latest.epoch) return { latest, before: made };
  // As another object: answers are kept with the ranking they were made from, and those to an earlier epoch are never sent again.
  return { latest: made, before: { epoch: latest.epoch, ranking: { ...latest.ranking } } };
}

export function createRankingCache(options: {
  readonly redis: RedisStore | null;
  readonly channel: string;
  readonly entries: number;
  readonly seconds: number;
  readonly metrics: Metrics;
}): RankingCache {
  const { redis, channel, metrics } = options;
  // Rankings are found by version and epoch, so that none can be stale: age bounds only the memory of idle users.
  const memory = new LRUCache<string, Kept>({
    max: options.entries,
    ttl: 1000 * options.seconds,
    ttlResolution: 1000,
    // Counted, and bounded by the number of entries.
    maxSize: Number.MAX_SAFE_INTEGER,
  });
  const hits = metrics.cacheLookups.labels("memory");
  const sizeOf = (kept: OfEpoch) => entryBytes + 16 * kept.ranking.items.length;
  const keep = (key: string, latest: OfEpoch, { version }: SharedModel) => {
    const kept = keepBoth(memory.peek(key), latest);
    const size = 2 * key.length + sizeOf(kept.latest) + (kept.before === null ? 0 : sizeOf(kept.before));
    memory.set(key, { ...kept, of: version }, { size });
  };
  const find = (key: string, epoch: number): Ranking | undefined => {
    const kept = memory.get(key);
    return kept?.latest.epoch === epoch
      ? kept.latest.ranking
      : kept?.before?.epoch === epoch
        ? kept.before.ranking
        : undefined;
  };
  const inFlight = new Map<string, Promise<FoundRanking>>();
  const seconds = Math.min(options.seconds, rankingLifetime);

  async function lookFurther(
    key: string,
    shared: SharedModel,
    owner: CacheUser,
    epoch: number,
    compute: Parameters<RankingCache["find"]>[3],
  ): Promise<FoundRanking> {
    const redisKey = rankingKey(channel, shared.version, owner, epoch);
    const bytes = await redis?.getBytes(redisKey);
    const found = bytes === undefined || bytes === null ? null : readRanking(shared, bytes);
    if (found !== null) {
      keep(key, { epoch, ranking: found }, shared);
      return { ranking: found, source: "redis", complete: true };
    }
    const { ranking, complete } = await compute();
    if (complete) {
      keep(key, { epoch, ranking }, shared);
      void redis?.set(redisKey, packRanking(ranking), seconds);
    }
    return { ranking, source: "computed", complete };
  }

  const keyOf = (shared: SharedModel, { namespace, userId }: CacheUser) => `${shared.key}:${namespace}:${userId}`;

  function forgetHere({ version, userId }: WhoseRankings): number {
    let forgotten = 0;
    for (const [key, { of }] of memory.entries()) {
      if (version !== undefined && of !== version) continue;
      if (userId !== undefined && !key.endsWith(`:data:${userId}`)) continue;
      memory.delete(key);
      forgotten++;
    }
    return forgotten;
  }
  redis?.listen(cacheNoticeChannel(channel), (text) => {
    const whose = readWhose(text);
    if (whose !== null) forgetHere(whose);
  });

  return {
    async forget(whose) {
      const forgotten = forgetHere(whose);
      await redis?.removeMatching(rankingPattern(channel, whose));
      // Last: whoever hears it must not find in Redis what it just forgot.
      await redis?.publish(cacheNoticeChannel(channel), JSON.stringify(whose));
      return forgotten;
    },
    known(shared, owner, epoch) {
      const kept = find(keyOf(shared, owner), epoch);
      if (kept !== undefined) hits.inc();
      return kept;
    },
    async find(shared, owner, epoch, compute) {
      const key = keyOf(shared, owner);
      const kept = find(key, epoch);
      if (kept !== undefined) {
        hits.inc();
        return { ranking: kept, source: "memory", complete: true };
      }
      const sought = `${epoch}:${key}`;
      let flight = inFlight.get(sought);
      if (flight === undefined) {
        flight = lookFurther(key, shared, owner, epoch, compute).finally(() => inFlight.delete(sought));
        inFlight.set(sought, flight);
      }
      const answer = await flight;
      metrics.cacheLookups.inc({ result: answer.source });
      return answer;
    },
    size: () => ({ entries: memory.size, bytes: memory.calculatedSize }),
  };
}

const whoseRankings = z.strictObject({ version: z.string().optional(), userId: z.string().optional() });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** What a notice says to forget; null for what is no such notice. */
export function readWhose(text: string): WhoseRankings | null {
  const whose = whoseRankings.safeParse(parseJson(text));
  if (!whose.success) return null;
  const { version, userId } = whose.data;
  return { ...(version === undefined ? {} : { version }), ...(userId === undefined ? {} : { userId }) };
}

/** As this server writes it, or as the publisher wrote it ahead. */
function readRanking(shared: SharedModel, bytes: Buffer): Ranking | null {
  return unpackRanking(bytes, shared.model.items) ?? parseRanking(shared, bytes.toString("utf8"));
}

/** Null for what is no ranking of this version: Redis is outside, too. */
function parseRanking(shared: SharedModel, text: string): Ranking | null {
  const parsed = stored.safeParse(parseJson(text));
  if (!parsed.success || parsed.data.items.length !== parsed.data.scores.length) return null;
  const items = parsed.data.items.map((itemId) => findId(shared.items, itemId));
  if (items.some((i) => i < 0)) return null;
  const basis = parsed.data.basis ?? (isImpersonal(shared.model) ? "popularity" : "personal");
  return { basis, ratingsUsed: parsed.data.ratingsUsed ?? 0, items, scores: parsed.data.scores };
}
