import { ask } from "../../core/production/ask.ts";
import type { Database } from "../../core/production/database.ts";
import { insertFeedback } from "../../core/production/feedback.ts";
import type { Feedback } from "../../core/production/feedback.ts";
import { toReelbenchError } from "../../core/contract/errors.ts";
import type { CircuitBreaker } from "../circuit-breaker.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Epochs } from "./epochs.ts";
import type { FeedbackStream } from "./feedback-stream.ts";
import type { Spool } from "./spool.ts";

/**
 * Moves what waits outside Postgres into it, for a timer. Idempotency keys make a batch that is moved twice count once; users
 * whose feedback arrives get a new epoch. Never throws.
 */
export function createMover(options: {
  readonly database: Database;
  readonly postgres: CircuitBreaker;
  readonly stream: FeedbackStream | null;
  readonly spool: Spool | null;
  readonly epochs: Epochs;
  readonly logger: Logger;
}): () => Promise<void> {
  const { database, postgres, stream, spool, epochs, logger } = options;

  async function keep(feedback: readonly Feedback[]): Promise<void> {
    await postgres.run(() => insertFeedback(database, feedback));
    const users = [
      ...new Map(
        feedback.map(({ namespace, userId }) => [`${namespace}:${userId}`, { namespace, userId }] as const),
      ).values(),
    ];
    await epochs.advance(users);
    epochs.release(users);
  }

  return async () => {
    for (const source of [spool, stream]) {
      if (source === null) continue;
      try {
        // A batch that is read here is not another replica's for a while: only who can move it reads it.
        await postgres.run(() => ask(database, "select 1"));
        const moved = await source.drain(keep);
        if (moved > 0) logger.info({ events: moved }, "feedback that waited was moved into Postgres");
      } catch (error) {
        logger.debug({ error: toReelbenchError(error).toEnvelope() }, "feedback goes on waiting");
      }
    }
  };
}
