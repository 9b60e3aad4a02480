import { randomUUID } from "node:crypto";
import type { z } from "zod";
import { ReelbenchError, toReelbenchError } from "../../core/contract/errors.ts";
import type { Database } from "../../core/production/database.ts";
import { insertFeedback, insertFeedbackBatches } from "../../core/production/feedback.ts";
import type { Feedback } from "../../core/production/feedback.ts";
import { BreakerError } from "../circuit-breaker.ts";
import type { CircuitBreaker } from "../circuit-breaker.ts";
import type { CacheUser } from "../../core/production/cache-keys.ts";
import type { feedbackBody } from "../http/schemas.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { isRefusedForGood } from "./feedback-record.ts";
import type { Epochs } from "./epochs.ts";
import { groupCalls } from "./group-calls.ts";
import type { FeedbackStream } from "./feedback-stream.ts";
import type { Spool } from "./spool.ts";
import type { UserStates } from "./user-states.ts";

/** An event as the API takes it, and whose feedback it is. */
export type FeedbackEvent = z.output<typeof feedbackBody>["events"][number] & {
  readonly namespace: Feedback["namespace"];
};

export interface RecordedFeedback {
  readonly accepted: number;
  readonly duplicates: number;
  readonly kept: FeedbackTier;
}

/** The API's words for the kinds, and the schema's. */
const storedKind = { rating: "rating", click: "click", view: "watch", dismissal: "dismiss" } as const satisfies Record<
  FeedbackEvent["kind"],
  Feedback["kind"]
>;

/** A client's clock may be ahead of ours by this much. */
const clockSkew = 5 * 60_000;

/** Statements under way at once, and events in one: while they are committed, what comes next gathers to be committed together. */
const lanes = 2;
const mostTogether = 2000;

/** Where feedback is kept, best first. Behind Postgres it waits to be moved there. */
export type FeedbackTier = "postgres" | "redis" | "spool";

/**
 * Keeps feedback: when this resolves it is committed in Postgres, or else in a Redis stream that survives Redis, or else on
 * this server's disk; and every replica that hears Redis answers its users anew. Where none of them keeps it, it throws
 * RB_UNAVAILABLE and nothing is acknowledged.
 *
 * `idempotencyKey` names the batch: sent again, events that were kept change nothing, wherever they were kept. Keys of two
 * senders (API keys, accounts) never meet.
 */
export function createFeedbackRecorder(options: {
  readonly database: Database;
  readonly postgres: CircuitBreaker;
  readonly stream: FeedbackStream | null;
  readonly spool: Spool | null;
  readonly epochs: Epochs;
  readonly states: UserStates;
  readonly metrics: Metrics;
  readonly logger: Logger;
}) {
  const { database, postgres, stream, spool, epochs, states, metrics, logger } = options;

  const insert = (feedback: readonly Feedback[]) => postgres.run(() => insertFeedback(database, feedback));

  const insertTogether = groupCalls<readonly Feedback[], number>({
    lanes,
    heaviest: mostTogether,
    weightOf: (feedback) => feedback.length,
    failsThoseWaiting: (reason) => reason instanceof BreakerError,
    work: async (batches) => {
      try {
        const inserted = await postgres.run(() => insertFeedbackBatches(database, batches));
        return inserted.map((value) => ({ status: "fulfilled", value }));
      } catch (error) {
        // Nobody answers for what another sent.
        if (batches.length === 1 || !isRefusedForGood(error)) throw error;
        return Promise.allSettled(batches.map(async (batch) => (await insert(batch)).inserted));
      }
    },
  });

  const advanceTogether = groupCalls<readonly CacheUser[], void>({
    lanes,
    heaviest: mostTogether,
    weightOf: (users) => users.length,
    failsThoseWaiting: () => false,
    work: async (groups) => {
      await epochs.advance(distinct(groups.flat()));
      return groups.map(() => ({ status: "fulfilled", value: undefined }));
    },
  });

  async function keep(
    feedback: readonly Feedback[],
  ): Promise<{ readonly tier: FeedbackTier; readonly inserted: number }> {
    try {
      return { tier: "postgres", inserted: await insertTogether(feedback) };
    } catch (error) {
      // It would not be taken later, either: waiting would only look like keeping.
      if (isRefusedForGood(error))
        throw new ReelbenchError("RB_INVALID_INPUT", "The feedback holds values that cannot be kept.", {
          cause: error,
        });
      const tier = await keepElsewhere(feedback).catch((cause: unknown) => {
        logger.warn({ error: toReelbenchError(cause).toEnvelope() }, "feedback could not wait anywhere");
        return null;
      });
      if (tier === null) throw notKept(error, logger);
      return { tier, inserted: feedback.length };
    }
  }

  async function keepElsewhere(feedback: readonly Feedback[]): Promise<FeedbackTier | null> {
    if (stream !== null && (await stream.add(feedback))) return "redis";
    if (spool === null) return null;
    await spool.add(feedback);
    return "spool";
  }

  return async (
    events: readonly FeedbackEvent[],
    senderId: string,
    idempotencyKey: string | null,
  ): Promise<RecordedFeedback> => {
    const feedback = toFeedback(events, senderId, idempotencyKey ?? randomUUID(), Date.now());
    const count = (outcome: string) => {
      for (const { kind } of events) metrics.feedback.inc({ kind, outcome });
    };
    const { tier, inserted } = await keep(feedback).catch((error: unknown) => {
      count("refused");
      throw error;
    });
    count(tier === "postgres" ? "kept" : tier);
    const users = distinct(feedback);
    if (tier !== "postgres") {
      epochs.withhold(users);
      for (const user of users)
        states.learn(
          user,
          feedback.filter((each) => each.namespace === user.namespace && each.userId === user.userId),
        );
    }
    await advanceTogether(users);
    return { accepted: inserted, duplicates: events.length - inserted, kept: tier };
  };
}

export type RecordFeedback = ReturnType<typeof createFeedbackRecorder>;

function distinct(users: readonly CacheUser[]): CacheUser[] {
  return [
    ...new Map(
      users.map(({ namespace, userId }) => [`${namespace}:${userId}`, { namespace, userId }] as const),
    ).values(),
  ];
}

function toFeedback(events: readonly FeedbackEvent[], senderId: string, batch: string, now: number): Feedback[] {
  return events.map((event, index) => {
    const occurredAt = event.time === undefined ? new Date(now) : new Date(event.time);
    if (occurredAt.getTime() > now + clockSkew) {
      throw new ReelbenchError("RB_INVALID_INPUT", `Event ${index} is in the future.`, {
        details: { errors: [{ in: "body", path: `events.${index}.time`, message: "is in the future" }] },
      });
    }
    return {
      namespace: event.namespace,
      userId: event.userId,
      idempotencyKey: `${senderId}:${batch}:${index}`,
      itemId: event.itemId,
      kind: storedKind[event.kind],
      value: event.kind === "rating" ? event.rating : null,
      occurredAt,
    };
  });
}

function notKept(error: unknown, logger: Logger): ReelbenchError {
  const known = toReelbenchError(error);
  logger.warn({ error: known.toEnvelope() }, "feedback was not kept");
  return new ReelbenchError(
    "RB_UNAVAILABLE",
    "The feedback could not be kept. Send it again with the same Idempotency-Key.",
    { cause: error, details: { retryAfter: 2 } },
  );
}
