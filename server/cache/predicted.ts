import { LRUCache } from "lru-cache";
import {
  cacheNoticeChannel,
  predictionsKey,
  predictionsPattern,
  rankingLifetime,
} from "../../core/production/cache-keys.ts";
import type { CacheUser } from "../../core/production/cache-keys.ts";
import type { SharedModel } from "../live-model/shared-model.ts";
import type { Basis } from "../live-model/score-job.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { packRanking, unpackRanking } from "./ranking-bytes.ts";
import { readWhose } from "./rankings.ts";
import type { RankingSource, WhoseRankings } from "./rankings.ts";
import type { RedisStore } from "./redis.ts";

/** What a version expects somebody to think of some items, before it is put on the scale. */
export interface Predicted {
  readonly basis: Basis;
  readonly ratingsUsed: number;
  /** By dense index of the version. */
  readonly scores: ReadonlyMap<number, number>;
}

export interface FoundPredictions {
  readonly predicted: Predicted;
  readonly source: RankingSource;
  /** False: made without the user's feedback, and therefore not kept. */
  readonly complete: boolean;
}

export interface PredictionCache {
  /**
   * The scores of `items` under (version, user, epoch): from memory, else from Redis, and only what neither has is computed. What
   * `compute` made of incomplete knowledge is not kept.
   */
  find(
    shared: SharedModel,
    owner: CacheUser,
    epoch: number,
    items: readonly number[],
    compute: (missing: readonly number[]) => Promise<{ readonly predicted: Predicted; readonly complete: boolean }>,
  ): Promise<FoundPredictions>;
  /** In memory and in Redis; other servers hear of it with the rankings (`RankingCache.forget`). */
  forget(whose: WhoseRankings): Promise<void>;
}

/** Items whose predictions are remembered of one person. */
const mostItems = 1000;

/** Entries are found by version and epoch, as rankings are: a rating, or another version, leaves them behind on every replica. */
export function createPredictionCache(options: {
  readonly redis: RedisStore | null;
  readonly channel: string;
  readonly entries: number;
  readonly seconds: number;
  readonly metrics: Metrics;
}): PredictionCache {
  const { redis, channel, metrics } = options;
  const memory = new LRUCache<string, { readonly predicted: Predicted; readonly of: string }>({
    max: options.entries,
    ttl: 1000 * options.seconds,
    ttlResolution: 1000,
  });
  const inFlight = new Map<string, Promise<FoundPredictions>>();
  const seconds = Math.min(options.seconds, rankingLifetime);
  const keyOf = (shared: SharedModel, { namespace, userId }: CacheUser, epoch: number) =>
    `${shared.key}:${epoch}:${namespace}:${userId}`;

  async function lookFurther(
    key: string,
    ...[shared, owner, epoch, items, compute]: Parameters<PredictionCache["find"]>
  ): Promise<FoundPredictions> {
    const redisKey = predictionsKey(channel, shared.version, owner, epoch);
    const bytes = await redis?.getBytes(redisKey);
    const elsewhere = bytes === undefined || bytes === null ? null : readPredicted(bytes, shared.model.items);
    const known = joined(memory.get(key)?.predicted ?? null, elsewhere, items);
    if (known !== null && missingOf(known, items).length === 0) {
      memory.set(key, { predicted: known, of: shared.version });
      return { predicted: known, source: "redis", complete: true };
    }
    const { predicted: made, complete } = await compute(missingOf(known, items));
    // Made of less than what is known is not mixed with what is kept.
    if (!complete) return { predicted: { ...made, scores: joinedScores(known, made) }, source: "computed", complete };
    const predicted = joined(known, made, items) ?? made;
    memory.set(key, { predicted, of: shared.version });
    void redis?.set(redisKey, writePredicted(predicted), seconds);
    return { predicted, source: "computed", complete };
  }

  function forgetHere({ version, userId }: WhoseRankings): void {
    for (const [key, { of }] of memory.entries()) {
      if (version !== undefined && of !== version) continue;
      if (userId !== undefined && !key.endsWith(`:data:${userId}`)) continue;
      memory.delete(key);
    }
  }
  redis?.listen(cacheNoticeChannel(channel), (text) => {
    const whose = readWhose(text);
    if (whose !== null) forgetHere(whose);
  });

  return {
    async find(shared, owner, epoch, items, compute) {
      const key = keyOf(shared, owner, epoch);
      const kept = memory.get(key)?.predicted;
      let found: FoundPredictions;
      if (kept !== undefined && missingOf(kept, items).length === 0) {
        found = { predicted: kept, source: "memory", complete: true };
      } else {
        const flight = `${key}\n${items.join()}`;
        let flying = inFlight.get(flight);
        if (flying === undefined) {
          flying = lookFurther(key, shared, owner, epoch, items, compute).finally(() => inFlight.delete(flight));
          inFlight.set(flight, flying);
        }
        found = await flying;
      }
      metrics.cacheLookups.inc({ result: found.source });
      return found;
    },
    async forget(whose) {
      forgetHere(whose);
      await redis?.removeMatching(predictionsPattern(channel, whose));
    },
  };
}

function missingOf(known: Predicted | null, items: readonly number[]): number[] {
  return items.filter((i) => known?.scores.has(i) !== true);
}

function joinedScores(one: Predicted | null, other: Predicted): Map<number, number> {
  return new Map([...(one?.scores ?? []), ...other.scores]);
}

/** Of too many, those asked for now. */
function joined(one: Predicted | null, other: Predicted | null, items: readonly number[]): Predicted | null {
  if (other === null) return one;
  const scores = joinedScores(one, other);
  if (scores.size <= mostItems) return { ...other, scores };
  const asked = new Set(items);
  return { ...other, scores: new Map([...scores].filter(([i]) => asked.has(i))) };
}

function writePredicted({ basis, ratingsUsed, scores }: Predicted): Buffer {
  return packRanking({ basis, ratingsUsed, items: [...scores.keys()], scores: [...scores.values()] });
}

/** Null for what are no predictions of that many items: Redis is outside, too. */
function readPredicted(bytes: Buffer, itemCount: number): Predicted | null {
  const found = unpackRanking(bytes, itemCount, mostItems);
  if (found === null) return null;
  const { basis, ratingsUsed, items, scores } = found;
  return { basis, ratingsUsed, scores: new Map(items.map((i, at) => [i, scores[at] ?? 0])) };
}
