import { z } from "zod";
import { ask } from "./ask.ts";
import { bigCount, parseRows } from "./database.ts";
import type { Database } from "./database.ts";
import type { Feedback } from "./feedback.ts";

const epochRow = z.object({ user_id: z.string(), epoch: bigCount });

/**
 * How many pieces of feedback each of these users has; 0 for those without any. It only ever grows, and every server
 * counts the same: that makes it the epoch under which a user's answers are cached, and lets Redis lose it.
 */
export async function feedbackEpochs(
  database: Database,
  namespace: Feedback["namespace"],
  userIds: readonly string[],
): Promise<Map<string, number>> {
  const result = await ask(
    database,
    "select user_id, count(*) as epoch from reelbench.feedback where user_id = any ($1) and namespace = $2 group by user_id",
    [userIds, namespace],
  );
  const rows = parseRows(epochRow, result);
  const epochs = new Map(userIds.map((userId) => [userId, 0]));
  for (const row of rows) epochs.set(row.user_id, row.epoch);
  return epochs;
}
