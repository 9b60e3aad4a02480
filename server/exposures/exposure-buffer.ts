import { randomUUID } from "node:crypto";
import { toReelbenchError } from "../../core/contract/errors.ts";
import type { Database } from "../../core/production/database.ts";
import { insertExposures } from "../../core/production/exposures.ts";
import type { Exposure } from "../../core/production/exposures.ts";
import type { CircuitBreaker } from "../circuit-breaker.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** What was shown; id, time and channel are given here. */
export type ShownList = Omit<Exposure, "id" | "shownAt" | "channel">;

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

/** Lists in one statement. */
const batchSize = 1000;

export function createExposureBuffer(options: {
  readonly database: Database;
  readonly postgres: CircuitBreaker;
  readonly channel: string;
  /** Lists held at most. */
  readonly limit: number;
  readonly metrics: Metrics;
  readonly logger: Logger;
}): ExposureBuffer {
  const { database, postgres, channel, limit, metrics, logger } = options;
  let buffer: Exposure[] = [];
  let flushing: Promise<void> | null = null;
  let failing = false;

  async function write(): Promise<void> {
    while (buffer.length > 0) {
      const batch = buffer.slice(0, batchSize);
      try {
        await postgres.run(() => insertExposures(database, batch));
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
    }
  }

  return {
    record(shown) {
      if (shown.itemIds.length === 0) return;
      if (buffer.length >= limit) {
        metrics.exposures.inc({ outcome: "dropped" });
        return;
      }
      buffer.push({ ...shown, id: randomUUID(), shownAt: new Date(), channel });
    },
    flush: () => (flushing ??= write().finally(() => (flushing = null))),
    waiting: () => buffer.length,
  };
}

function isBreaker(error: unknown): boolean {
  return error instanceof Error && error.name === "BreakerError";
}
