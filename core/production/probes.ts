import type { Pool } from "pg";
import { z } from "zod";
import { ReelbenchError } from "../contract/errors.ts";
import { ask } from "./ask.ts";
import { inTransaction, parseRow, parseRows } from "./database.ts";
import type { Database } from "./database.ts";
import { notify } from "./notices.ts";

/** A question whose answer the publisher knows. The server answers it with the candidate, by the path it answers people. */
export type ProbeRequest =
  | { readonly kind: "known"; readonly userId: string; readonly listLength: number; readonly excludeSeen: boolean }
  | {
      readonly kind: "fold-in";
      readonly itemIds: readonly string[];
      readonly ratings: readonly number[];
      readonly listLength: number;
      readonly excludeSeen: boolean;
    };

export interface ProbeRound {
  readonly id: string;
  readonly version: string;
}

export type ProbeAnswer =
  | {
      readonly n: number;
      readonly itemIds: readonly string[];
      readonly scores: readonly number[];
      readonly error: null;
    }
  | { readonly n: number; readonly itemIds: readonly []; readonly scores: readonly []; readonly error: string };

const roundRow = z.object({ id: z.uuid(), version: z.string() });
const requestRow = z
  .object({
    n: z.int(),
    kind: z.enum(["known", "fold-in"]),
    user_id: z.string().nullable(),
    item_ids: z.array(z.string()),
    ratings: z.array(z.number()),
    list_length: z.int(),
    exclude_seen: z.boolean(),
  })
  .transform((row): ProbeRequest & { readonly n: number } => {
    const common = { n: row.n, listLength: row.list_length, excludeSeen: row.exclude_seen };
    return row.kind === "known"
      ? { ...common, kind: "known", userId: row.user_id ?? "" }
      : { ...common, kind: "fold-in", itemIds: row.item_ids, ratings: row.ratings };
  });
const answerRow = z
  .object({
    n: z.int(),
    server_id: z.string(),
    item_ids: z.array(z.string()),
    scores: z.array(z.number()),
    error: z.string().nullable(),
  })
  .transform((row) => ({
    n: row.n,
    serverId: row.server_id,
    itemIds: row.item_ids,
    scores: row.scores,
    error: row.error,
  }));
export type StoredProbeAnswer = z.output<typeof answerRow>;

// ── The publisher's side ──────────────────────────────────────────────────────────────────────────────────────────────

/** Opens a round for the servers of a channel: they load `version` beside what they serve and answer within `seconds`. */
export async function openProbeRound(
  pool: Pool,
  channel: string,
  version: string,
  requests: readonly ProbeRequest[],
  seconds: number,
): Promise<string> {
  return inTransaction(pool, async (client) => {
    // What an earlier, killed attempt left open is nobody's any more.
    await client.query(
      "update reelbench.probe_rounds set finished_at = now() where channel = $1 and finished_at is null",
      [channel],
    );
    const row = parseRow(
      z.object({ id: z.uuid() }),
      await client.query(
        "insert into reelbench.probe_rounds (channel, version, expires_at) values ($1, $2, now() + make_interval(secs => $3)) returning id",
        [channel, version, seconds],
      ),
    );
    if (row === null) throw new ReelbenchError("RB_INTERNAL", "The probe round was not written.");
    for (const [n, request] of requests.entries()) {
      await client.query(
        `insert into reelbench.probe_requests (round_id, n, kind, user_id, item_ids, ratings, list_length, exclude_seen) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
        request.kind === "known"
          ? [row.id, n, "known", request.userId, [], [], request.listLength, request.excludeSeen]
          : [row.id, n, "fold-in", null, request.itemIds, request.ratings, request.listLength, request.excludeSeen],
      );
    }
    await notify(client, { kind: "probe", channel });
    return row.id;
  });
}

export async function probeAnswers(database: Database, roundId: string): Promise<StoredProbeAnswer[]> {
  return parseRows(
    answerRow,
    await ask(
      database,
      "select n, server_id, item_ids, scores, error from reelbench.probe_answers where round_id = $1 order by server_id, n",
      [roundId],
    ),
  );
}

/** How many answers each server has given so far. */
export async function probeProgress(database: Database, roundId: string): Promise<Map<string, number>> {
  const rows = parseRows(
    z.object({ server_id: z.string(), answers: z.coerce.number() }),
    await ask(
      database,
      "select server_id, count(*) as answers from reelbench.probe_answers where round_id = $1 group by server_id",
      [roundId],
    ),
  );
  return new Map(rows.map((row) => [row.server_id, row.answers]));
}

/** Servers then drop the candidate, unless it became what they serve. */
export async function closeProbeRound(database: Database, roundId: string): Promise<void> {
  await ask(database, "update reelbench.probe_rounds set finished_at = now() where id = $1 and finished_at is null", [
    roundId,
  ]);
}

// ── The server's side ─────────────────────────────────────────────────────────────────────────────────────────────────

/** The open round of a channel that this server has not answered completely; null when there is none. */
export async function findProbeRound(
  database: Database,
  channel: string,
  serverId: string,
): Promise<ProbeRound | null> {
  const result = await ask(
    database,
    `select r.id, r.version from reelbench.probe_rounds r
     where r.channel = $1 and r.finished_at is null and r.expires_at > now()
       and exists (select from reelbench.probe_requests q where q.round_id = r.id
         and not exists (select from reelbench.probe_answers a where a.round_id = q.round_id and a.n = q.n and a.server_id = $2))
     order by r.created_at desc limit 1`,
    [channel, serverId],
  );
  return parseRow(roundRow, result);
}

/** Whether the publisher still waits for this round. */
export async function isProbeRoundOpen(database: Database, roundId: string): Promise<boolean> {
  const row = parseRow(
    z.object({ open: z.boolean() }),
    await ask(
      database,
      "select finished_at is null and expires_at > now() as open from reelbench.probe_rounds where id = $1",
      [roundId],
    ),
  );
  return row?.open === true;
}

export async function probeRequests(
  database: Database,
  roundId: string,
): Promise<(ProbeRequest & { readonly n: number })[]> {
  const result = await ask(
    database,
    "select n, kind, user_id, item_ids, ratings, list_length, exclude_seen from reelbench.probe_requests where round_id = $1 order by n",
    [roundId],
  );
  return parseRows(requestRow, result);
}

/** All answers of a server at once; repeating it changes nothing. */
export async function saveProbeAnswers(
  pool: Pool,
  roundId: string,
  serverId: string,
  answers: readonly ProbeAnswer[],
): Promise<void> {
  await inTransaction(pool, async (client) => {
    for (const answer of answers) {
      await client.query(
        "insert into reelbench.probe_answers (round_id, n, server_id, item_ids, scores, error) values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        [roundId, answer.n, serverId, answer.itemIds, answer.scores, answer.error?.slice(0, 1000) ?? null],
      );
    }
  });
}
