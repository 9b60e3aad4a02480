import { setImmediate } from "node:timers/promises";
import type { Pool } from "pg";
import type { WorkContext } from "../jobs/work-context.ts";
import type { Bundle } from "../models/bundle.ts";
import { rankingKey, rankingLength, rankingLifetime } from "../production/cache-keys.ts";
import type { CachedRanking } from "../production/cache-keys.ts";
import { feedbackEpochs } from "../production/feedback-epochs.ts";
import type { History } from "../production/histories.ts";
import { createRecommender } from "../recommend/recommender.ts";
import { historyOfSample } from "./probe-plan.ts";
import type { RedisClient } from "./redis-target.ts";

/**
 * Writes rankings under keys that carry the version, so that the first requests after the switch find them and none of
 * the version before is ever read. Only for users without feedback: others' rankings depend on what they told the
 * servers. Returns how many were written.
 */
export async function warmRankings(
  redis: RedisClient,
  pool: Pool,
  channel: string,
  version: string,
  bundle: Bundle,
  sample: readonly History[],
  hidden: ReadonlySet<string>,
  { signal, onProgress }: WorkContext,
): Promise<number> {
  const { itemIds, model, userIds } = bundle;
  const itemIndex = new Map(itemIds.map((itemId, i) => [itemId, i]));
  const recommender = createRecommender(model, historyOfSample(bundle, sample, itemIndex));
  const userIndex = new Map(userIds.map((userId, u) => [userId, u]));
  const hiddenItems = itemIds.flatMap((itemId, i) => (hidden.has(itemId) ? [i] : []));
  const epochs = await feedbackEpochs(
    pool,
    "data",
    sample.map(({ userId }) => userId),
  );
  let written = 0;
  for (const history of sample) {
    await setImmediate();
    signal.throwIfAborted();
    const u = userIndex.get(history.userId);
    if (u === undefined || epochs.get(history.userId) !== 0) continue;
    const seen = history.itemIds.flatMap((itemId) => itemIndex.get(itemId) ?? []);
    const ranked = recommender.topN(u, rankingLength, { exclude: [...seen, ...hiddenItems] });
    const value: CachedRanking = {
      items: ranked.map(({ i }) => itemIds[i] ?? ""),
      scores: ranked.map(({ score }) => score),
    };
    const user = { namespace: "data", userId: history.userId } as const;
    await redis.set(rankingKey(channel, version, user, 0), JSON.stringify(value), {
      expiration: { type: "EX", value: rankingLifetime },
    });
    written++;
    onProgress({ done: written, total: sample.length, unit: "users", message: "Warming the cache" });
  }
  return written;
}
