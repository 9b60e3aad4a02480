import type { Pool } from "pg";
import { toReelbenchError } from "../../core/contract/errors.ts";
import { measureOnlineQuality, onlineQuality } from "../../core/production/exposures.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** Measures how what was shown is taken up (one server of those at a target does) and repeats it as metrics. Never throws. */
export function createQualityWatch(options: {
  readonly database: Pool;
  readonly channel: string;
  readonly metrics: Metrics;
  readonly logger: Logger;
}): () => Promise<void> {
  const { database, channel, metrics, logger } = options;
  return async () => {
    try {
      await measureOnlineQuality(database, channel);
    } catch (error) {
      // A role that may only read still repeats what others measured.
      logger.debug({ error: toReelbenchError(error).toEnvelope() }, "online quality was not measured");
    }
    try {
      const measured = await onlineQuality(database, channel);
      const gauges = [
        metrics.onlineHitRate,
        metrics.onlineReciprocalRank,
        metrics.onlineEngagement,
        metrics.onlineAnswers,
      ];
      for (const gauge of gauges) gauge.reset();
      for (const { version, arm, answers, users, hits, engagedUsers, reciprocalRank, measuredAt } of measured) {
        const labels = { version, arm };
        metrics.onlineHitRate.set(labels, hits / answers);
        metrics.onlineReciprocalRank.set(labels, reciprocalRank);
        metrics.onlineEngagement.set(labels, engagedUsers / users);
        metrics.onlineAnswers.set(labels, answers);
        metrics.onlineMeasuredAt.set(measuredAt.getTime() / 1000);
      }
    } catch (error) {
      logger.debug({ error: toReelbenchError(error).toEnvelope() }, "online quality cannot be read");
    }
  };
}
