import { LRUCache } from "lru-cache";
import { z } from "zod";
import type { CatalogueItem } from "../core/contract/entities.ts";
import { ReelbenchError } from "../core/contract/errors.ts";
import { ask } from "../core/production/ask.ts";
import { bigCount, parseRows } from "../core/production/database.ts";
import type { Database } from "../core/production/database.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";

export interface TrendingItem extends CatalogueItem {
  /** Users who took it up, each weighted by ½^(age / half of the span). */
  readonly score: number;
  readonly users: number;
}

export interface Trending {
  /** The most taken up of the last `days` days. Throws RB_UNAVAILABLE when Postgres is away and nothing is remembered. */
  find(days: number): Promise<readonly TrendingItem[]>;
}

const freshFor = 60_000;
const kept = 200;

const row = z.object({
  item_id: z.string(),
  title: z.string().nullable(),
  year: z.int().nullable(),
  genres: z.array(z.string()),
  score: z.number(),
  users: bigCount,
});

/** A user counts once for an item, by the latest they did; so nobody makes an item trend alone. */
export function createTrending(database: Database, postgres: CircuitBreaker): Trending {
  const known = new LRUCache<number, { readonly items: readonly TrendingItem[]; readonly at: number }>({ max: 90 });
  const asking = new Map<number, Promise<readonly TrendingItem[]>>();

  async function read(days: number): Promise<readonly TrendingItem[]> {
    const rows = parseRows(
      row,
      await postgres.run(() =>
        ask(
          database,
          `with latest as (
             select item_id, namespace, user_id, max(occurred_at) as at from reelbench.feedback
             where kind <> 'dismiss' and occurred_at > now() - make_interval(days => $1) and occurred_at <= now() + interval '5 minutes'
             group by item_id, namespace, user_id)
           select item_id, title, year, genres, count(*) as users,
                  sum(0.5 ^ (extract(epoch from greatest(now() - at, interval '0')) / (43200.0 * $1)))::float8 as score
           from latest join reelbench.items using (item_id) where not hidden
           group by item_id, title, year, genres order by score desc, item_id limit $2`,
          [days, kept],
        ),
      ),
    );
    const items = rows.map(({ item_id, ...rest }) => ({ itemId: item_id, ...rest }));
    known.set(days, { items, at: performance.now() });
    return items;
  }

  return {
    async find(days) {
      const remembered = known.get(days);
      if (remembered !== undefined && performance.now() - remembered.at < freshFor) return remembered.items;
      let answer = asking.get(days);
      if (answer === undefined) {
        answer = read(days).finally(() => asking.delete(days));
        asking.set(days, answer);
      }
      try {
        return await answer;
      } catch (cause) {
        if (remembered !== undefined) return remembered.items;
        throw new ReelbenchError("RB_UNAVAILABLE", "What is trending cannot be counted right now.", {
          cause,
          details: { retryAfter: 2 },
        });
      }
    },
  };
}
