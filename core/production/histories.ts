import type { Pool } from "pg";
import { z } from "zod";
import { ask } from "./ask.ts";
import { copyFloat4Array, copyInt8Array, copyRows, copyText, copyTextArray } from "./binary-copy.ts";
import { bigCount, inTransaction, parseRow, parseRows } from "./database.ts";
import type { Database } from "./database.ts";

/** What one user of the data rated: parallel arrays. */
export interface History {
  readonly userId: string;
  readonly itemIds: readonly string[];
  readonly ratings: readonly number[];
  /** Unix seconds; null where unknown. */
  readonly times: readonly (number | null)[];
}

const setRow = z.object({ users: z.int(), ratings: bigCount, completed_at: z.date().nullable() });

/** Announces a snapshot's histories. Complete already: true, and nothing needs to be sent. */
export async function openHistorySet(
  database: Database,
  snapshotId: string,
  shape: { readonly users: number; readonly ratings: number },
): Promise<boolean> {
  await ask(
    database,
    "insert into reelbench.history_sets (snapshot_id, users, ratings) values ($1, $2, $3) on conflict (snapshot_id) do nothing",
    [snapshotId, shape.users, shape.ratings],
  );
  const row = parseRow(
    setRow,
    await ask(database, "select users, ratings, completed_at from reelbench.history_sets where snapshot_id = $1", [
      snapshotId,
    ]),
  );
  return row?.completed_at != null;
}

/** Users of the snapshot whose histories have arrived (an interrupted upload goes on after them). */
export async function arrivedHistories(database: Database, snapshotId: string): Promise<Set<string>> {
  const rows = parseRows(
    z.object({ user_id: z.string() }),
    await ask(database, "select user_id from reelbench.histories where snapshot_id = $1", [snapshotId]),
  );
  return new Set(rows.map((row) => row.user_id));
}

/** One transaction; a history already there is left (a snapshot never changes). */
export async function insertHistories(
  pool: Pool,
  snapshotId: string,
  histories: readonly History[],
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  if (histories.length === 0) return;
  const rows = histories.map((h) => [
    copyText(h.userId),
    copyText(snapshotId),
    copyTextArray(h.itemIds),
    copyFloat4Array(h.ratings),
    copyInt8Array(h.times),
  ]);
  await inTransaction(pool, async (client) => {
    await client.query(
      "create temporary table incoming (user_id text, snapshot_id text, item_ids text[], ratings real[], times bigint[]) on commit drop",
    );
    await copyRows(client, "incoming (user_id, snapshot_id, item_ids, ratings, times)", rows, signal);
    await client.query(
      "insert into reelbench.histories (user_id, snapshot_id, item_ids, ratings, times) select user_id, snapshot_id, item_ids, ratings, times from incoming on conflict do nothing",
    );
  });
}

/** Marks the set complete if as many users and ratings arrived as were announced; tells whether they did. */
export async function completeHistorySet(database: Database, snapshotId: string): Promise<boolean> {
  const result = await ask(
    database,
    `update reelbench.history_sets s set completed_at = coalesce(completed_at, now())
     where snapshot_id = $1 and (s.users, s.ratings) = (select count(*), coalesce(sum(cardinality(item_ids)), 0) from reelbench.histories where snapshot_id = $1)`,
    [snapshotId],
  );
  return result.rowCount === 1;
}
