import { z } from "zod";
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
