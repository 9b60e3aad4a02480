import type { Pool } from "pg";
import { z } from "zod";
import { toReelbenchError } from "../../core/contract/errors.ts";
import { ask } from "../../core/production/ask.ts";
import { bigCount, parseRows } from "../../core/production/database.ts";
import type { LiveModels } from "../live-model/live-models.ts";
import type { SharedModel } from "../live-model/shared-model.ts";
import { findId } from "../live-model/shared-text.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** Counts in classes that the training data and recent feedback are both sorted into. */
export interface Distributions {
  readonly trained: readonly number[];
  readonly recent: readonly number[];
}

const ratingClasses = 10;
const popularityClasses = 10;
const days = 7;
/** Items of the last week that are counted, the most met first. */
const countedItems = 100_000;

/**
 * The population stability index, Σ (rᵢ − tᵢ) ln(rᵢ / tᵢ) over classes' shares (Siddiqi 2006): below 0.1 little has changed, above
 * 0.25 much has. Half a count is added to every class, so that one that is empty on one side is a large term, not an infinite
 * one.
 */
export function stabilityIndex({ trained, recent }: Distributions): number {
  const shares = (counts: readonly number[]) => {
    const total = counts.reduce((sum, count) => sum + count + 0.5, 0);
    return counts.map((count) => (count + 0.5) / total);
  };
  const t = shares(trained);
  return shares(recent).reduce((sum, r, at) => sum + (r - (t[at] ?? r)) * Math.log(r / (t[at] ?? r)), 0);
}

/** Ratings over ten classes of equal width on the model's scale. */
export function ratingDistributions(
  { model: { scale }, histories }: Pick<SharedModel, "model" | "histories">,
  recent: readonly { readonly value: number; readonly count: number }[],
): Distributions {
  const width = (scale.maximum - scale.minimum) / ratingClasses || 1;
  const classOf = (rating: number) =>
    Math.min(ratingClasses - 1, Math.max(0, Math.floor((rating - scale.minimum) / width)));
  const counts = () => new Array<number>(ratingClasses).fill(0);
  const trained = counts();
  for (const rating of histories.rating) trained[classOf(rating)] = (trained[classOf(rating)] ?? 0) + 1;
  const now = counts();
  for (const { value, count } of recent) now[classOf(value)] = (now[classOf(value)] ?? 0) + count;
  return { trained, recent: now };
}

/**
 * What people meet, over ten classes of items that each had a tenth of the training data's ratings (the most rated first),
 * and a last one for items that the version does not know.
 */
export function popularityDistributions(
  { items, histories, model }: Pick<SharedModel, "items" | "histories" | "model">,
  recent: readonly { readonly itemId: string; readonly count: number }[],
): Distributions {
  const ratings = new Float64Array(model.items);
  for (const i of histories.item) ratings[i] = (ratings[i] ?? 0) + 1;
  const order = Array.from(ratings.keys()).sort((a, b) => (ratings[b] ?? 0) - (ratings[a] ?? 0) || a - b);
  const total = histories.item.length;
  const classes = new Uint8Array(model.items);
  const trained = new Array<number>(popularityClasses + 1).fill(0);
  let before = 0;
  for (const i of order) {
    const at = total === 0 ? 0 : Math.min(popularityClasses - 1, Math.floor((popularityClasses * before) / total));
    classes[i] = at;
    trained[at] = (trained[at] ?? 0) + (ratings[i] ?? 0);
    before += ratings[i] ?? 0;
  }
  const now = new Array<number>(popularityClasses + 1).fill(0);
  for (const { itemId, count } of recent) {
    const i = findId(items, itemId);
    const at = i < 0 ? popularityClasses : (classes[i] ?? 0);
    now[at] = (now[at] ?? 0) + count;
  }
  return { trained, recent: now };
}

/** Compares the last week's feedback with what the served version was trained on, for a timer. Never throws. */
export function createDriftWatch(options: {
  readonly database: Pool;
  readonly models: LiveModels;
  readonly metrics: Metrics;
  readonly logger: Logger;
}): () => Promise<void> {
  const { database, models, metrics, logger } = options;
  const since = "occurred_at > now() - make_interval(days => $1) and occurred_at <= now() + interval '5 minutes'";

  async function measure(shared: SharedModel): Promise<void> {
    const rated = parseRows(
      z.object({ value: z.number(), count: bigCount }),
      await ask(
        database,
        `select value, count(*) as count from reelbench.feedback where kind = 'rating' and ${since} group by value`,
        [days],
      ),
    );
    const met = parseRows(
      z.object({ item_id: z.string(), count: bigCount }),
      await ask(
        database,
        `select item_id, count(*) as count from reelbench.feedback where kind <> 'dismiss' and ${since}
         group by item_id order by count desc, item_id limit ${countedItems}`,
        [days],
      ),
    );
    const measured = {
      rating: ratingDistributions(shared, rated),
      popularity: popularityDistributions(
        shared,
        met.map(({ item_id, count }) => ({ itemId: item_id, count })),
      ),
    };
    metrics.driftIndex.reset();
    for (const [distribution, counts] of Object.entries(measured)) {
      const events = counts.recent.reduce((sum, count) => sum + count, 0);
      metrics.driftEvents.set({ distribution }, events);
      // Of a handful of events any index is large.
      if (events >= 100) metrics.driftIndex.set({ distribution }, stabilityIndex(counts));
    }
  }

  return async () => {
    try {
      if (models.current() !== null) await models.withCurrent(({ shared }) => measure(shared));
    } catch (error) {
      logger.debug({ error: toReelbenchError(error).toEnvelope() }, "drift was not measured");
    }
  };
}
