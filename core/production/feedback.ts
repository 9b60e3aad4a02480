import { z } from "zod";
import { ask } from "./ask.ts";
import { parseRows } from "./database.ts";
import type { Database } from "./database.ts";

export const feedbackKind = z.enum(["rating", "click", "watch", "dismiss"]);

export interface Feedback {
  readonly namespace: "data" | "account";
  readonly userId: string;
  /** Given by the client, or made by the server for one that gives none. The same key again changes nothing. */
  readonly idempotencyKey: string;
  readonly itemId: string;
  readonly kind: z.infer<typeof feedbackKind>;
  /** The rating; for `watch`, the share watched 0…1 where known; otherwise null. */
  readonly value: number | null;
  readonly occurredAt: Date;
}

const keyRow = z.object({ user_id: z.string(), namespace: z.string(), idempotency_key: z.string() });

/**
 * Keeps feedback in one statement: when this resolves it is committed. Returns how many were new; repeated keys of the
 * same user count as kept and change nothing.
 */
export async function insertFeedback(
  database: Database,
  feedback: readonly Feedback[],
): Promise<{ readonly inserted: number }> {
  const [inserted = 0] = await insertFeedbackBatches(database, [feedback]);
  return { inserted };
}

/** As `insertFeedback`, several batches in one statement: all are committed or none. Returns how many of each were new; a key in two of them is the first one's. */
export async function insertFeedbackBatches(
  database: Database,
  batches: readonly (readonly Feedback[])[],
): Promise<number[]> {
  const feedback = batches.flat();
  if (feedback.length === 0) return batches.map(() => 0);
  const result = await ask(
    database,
    // In the order of the keys: two statements that bring the same ones wait for each other instead of deadlocking.
    `insert into reelbench.feedback (user_id, namespace, idempotency_key, item_id, kind, value, occurred_at)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::float8[], $7::timestamptz[])
       as given (user_id, namespace, idempotency_key, item_id, kind, value, occurred_at)
     order by user_id, namespace, idempotency_key
     on conflict (user_id, namespace, idempotency_key) do nothing
     returning user_id, namespace, idempotency_key`,
    [
      feedback.map((f) => f.userId),
      feedback.map((f) => f.namespace),
      feedback.map((f) => f.idempotencyKey),
      feedback.map((f) => f.itemId),
      feedback.map((f) => f.kind),
      feedback.map((f) => f.value),
      feedback.map((f) => f.occurredAt.toISOString()),
    ],
  );
  if (batches.length === 1) return [result.rowCount ?? 0];
  const kept = new Set(parseRows(keyRow, result).map((row) => keyOf(row.user_id, row.namespace, row.idempotency_key)));
  return batches.map(
    (batch) => batch.filter((each) => kept.delete(keyOf(each.userId, each.namespace, each.idempotencyKey))).length,
  );
}

function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

const feedbackRow = z
  .object({ item_id: z.string(), kind: feedbackKind, value: z.number().nullable(), occurred_at: z.date() })
  .transform((row) => ({ itemId: row.item_id, kind: row.kind, value: row.value, occurredAt: row.occurred_at }));
export type UserFeedback = z.output<typeof feedbackRow>;

/** A user's latest feedback of each kind on each item, newest first: what fold-in and the seen filter use. */
export async function userFeedback(
  database: Database,
  namespace: Feedback["namespace"],
  userId: string,
  limit = 5000,
): Promise<UserFeedback[]> {
  const result = await ask(
    database,
    `select item_id, kind, value, occurred_at from (
       select distinct on (item_id, kind) item_id, kind, value, occurred_at from reelbench.feedback
       where user_id = $1 and namespace = $2 order by item_id, kind, occurred_at desc, received_at desc, idempotency_key) latest
     order by occurred_at desc, item_id limit $3`,
    [userId, namespace, limit],
  );
  return parseRows(feedbackRow, result);
}
