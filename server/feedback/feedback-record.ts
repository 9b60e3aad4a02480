import { z } from "zod";
import { ReelbenchError } from "../../core/contract/errors.ts";
import { feedbackKind } from "../../core/production/feedback.ts";
import type { Feedback } from "../../core/production/feedback.ts";

const record = z.object({
  namespace: z.enum(["data", "account"]),
  userId: z.string().min(1).max(512),
  idempotencyKey: z.string().min(1).max(200),
  itemId: z.string().min(1).max(512),
  kind: feedbackKind,
  value: z.number().nullable(),
  occurredAt: z.coerce.date(),
});
const batch = z.array(record).min(1);

/** A batch as it waits outside Postgres. */
export function writeRecord(feedback: readonly Feedback[]): string {
  return JSON.stringify(feedback);
}

/** Null for what is no batch: files and Redis are outside, too. */
export function readRecord(text: string): Feedback[] | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return batch.safeParse(value).data ?? null;
}

/** Postgres looked at the values and will never take them (SQLSTATE 22: data exception, 23: integrity constraint). */
export function isRefusedForGood(error: unknown): boolean {
  const cause = error instanceof ReelbenchError ? error.cause : null;
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" && /^2[23]/.test(cause.code);
}
