import { randomUUID } from "node:crypto";
import { toReelbenchError } from "../../core/contract/errors.ts";
import type { Database } from "../../core/production/database.ts";
import { insertExposures } from "../../core/production/exposures.ts";
import type { Exposure, ShownList } from "../../core/production/exposures.ts";
import type { CircuitBreaker } from "../circuit-breaker.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/**
 * Takes what was shown and writes it in batches, off the path of requests. It holds a bounded number of lists: while
 * Postgres is away what comes beyond that is dropped and counted, since nobody was promised that it is kept.
 */
export interface ExposureBuffer {
  /** Costs a push; never waits and never throws. */
  record(shown: ShownList): void;
  /** Writes what waits, for a timer. Never throws. */
  flush(): Promise<void>;
  waiting(): number;
}

interface Held {
  readonly list: ShownList;
  readonly shownAt: number;
  /** Of all of this process. */
  readonly number: number;
}

/** Lists in one statement: few enough that writing them out keeps nobody waiting. */
const batchSize = 500;

export function createExposureBuffer(options: {
  readonly database: Database;
  readonly postgres: CircuitBreaker;
  /** Lists held at most. */
  readonly limit: number;
  readonly metrics: Metrics;
  readonly logger: Logger;
}): ExposureBuffer {
  const { database, postgres, limit, metrics, logger } = options;
  let buffer: Held[] = [];
  // Ids are this much of a random UUID and a count, made when they are sent and the same when they are sent again.
  const prefix = randomUUID().slice(0, 24);
  let count = 0;
  let flushing: Promise<void> | null = null;
  let failing = false;

  const toExposure = ({ list, shownAt, number }: Held): Exposure => ({
    id: prefix + number.toString(16).padStart(12, "0"),
    shownAt,
    list,
  });

  async function write(): Promise<void> {
    // What comes meanwhile waits for the next flush: followed up at once it would go in statements of a few lists each, without end.
    for (let left = buffer.length; left > 0;) {
      const batch = buffer.slice(0, Math.min(left, batchSize));
      try {
        await postgres.run(() => insertExposures(database, batch.map(toExposure)));
        metrics.exposures.inc({ outcome: "kept" }, batch.length);
        failing = false;
      } catch (error) {
        const known = toReelbenchError(error);
        if (!failing) logger.warn({ error: known.toEnvelope() }, "exposures could not be written");
        failing = true;
        // What Postgres itself refuses is refused the next time, too; what did not reach it may (ids make it count once).
        if (known.code !== "RB_INTERNAL" || isBreaker(error)) return;
        metrics.exposures.inc({ outcome: "refused" }, batch.length);
      }
      buffer = buffer.slice(batch.length);
      left -= batch.length;
    }
  }

  return {
    record(shown) {
      if (shown.itemIds.length === 0) return;
      if (buffer.length >= limit) {
        metrics.exposures.inc({ outcome: "dropped" });
        return;
      }
      buffer.push({ list: shown, shownAt: Date.now(), number: count++ });
    },
    flush: () => (flushing ??= write().finally(() => (flushing = null))),
    waiting: () => buffer.length,
  };
}

function isBreaker(error: unknown): boolean {
  return error instanceof Error && error.name === "BreakerError";
}
