import { z } from "zod";
import { ask } from "./ask.ts";
import { bigCount, parseRow, parseRows } from "./database.ts";
import type { Database } from "./database.ts";

const pageRow = z
  .object({ user_id: z.string(), item_ids: z.array(z.string()), ratings: z.array(z.number()) })
  .transform((row) => ({ userId: row.user_id, itemIds: row.item_ids, ratings: row.ratings }));
export type HistoryPage = readonly z.output<typeof pageRow>[];

/** How much a snapshot's histories hold; null where none were sent. */
export async function historyShape(
  database: Database,
  snapshotId: string,
): Promise<{ readonly users: number; readonly ratings: number } | null> {
  const result = await ask(
    database,
    "select users, ratings from reelbench.history_sets where snapshot_id = $1 and completed_at is not null",
    [snapshotId],
  );
  return parseRow(z.object({ users: z.int(), ratings: bigCount }), result);
}

/** All histories of a snapshot, `users` at a time, so that memory holds one page. Times are left out: serving needs none. */
export async function* historyPages(database: Database, snapshotId: string, users = 500): AsyncGenerator<HistoryPage> {
  let after = "";
  for (;;) {
    const result = await ask(
      database,
      "select user_id, item_ids, ratings from reelbench.histories where snapshot_id = $1 and user_id > $2 order by user_id limit $3",
      [snapshotId, after, users],
    );
    const page = parseRows(pageRow, result);
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    after = last.userId;
  }
}
