import { z } from "zod";
import { ask } from "../../core/production/ask.ts";
import { bigCount, parseRows } from "../../core/production/database.ts";
import type { Database } from "../../core/production/database.ts";

/** Who did it. `console`: somebody with the server's environment and its command line. */
export interface Actor {
  readonly kind: "account" | "key" | "anonymous" | "console" | "server";
  readonly id: string | null;
}

export interface AuditEntry {
  readonly actor: Actor;
  /** `login`, `change-role`, `revoke-key`, … */
  readonly action: string;
  /** What it was done to: an account's id, a key's, an item's. Never an e-mail address. */
  readonly subject: string | null;
  readonly outcome: "done" | "refused";
  readonly requestId: string | null;
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
}

/** Written in the same transaction as what it speaks of, where there is one: neither is kept without the other. */
export async function writeAudit(database: Database, entry: AuditEntry): Promise<void> {
  const { actor, action, subject, outcome, requestId, details = {} } = entry;
  await ask(
    database,
    `insert into reelbench.audit_log (actor_kind, actor_id, action, subject, outcome, request_id, details)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [actor.kind, actor.id, action, subject, outcome, requestId, JSON.stringify(details)],
  );
}

const auditRow = z
  .object({
    id: bigCount,
    at: z.date(),
    actor_kind: z.enum(["account", "key", "anonymous", "console", "server"]),
    actor_id: z.string().nullable(),
    action: z.string(),
    subject: z.string().nullable(),
    outcome: z.enum(["done", "refused"]),
    request_id: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
  })
  .transform((row) => ({
    id: row.id,
    at: row.at.toISOString(),
    actor: { kind: row.actor_kind, id: row.actor_id },
    action: row.action,
    subject: row.subject,
    outcome: row.outcome,
    requestId: row.request_id,
    details: row.details,
  }));

/** Newest first, those before entry `before`. `about`: as actor or subject. */
export async function readAudit(
  database: Database,
  { before, about, limit }: { readonly before: number | null; readonly about: string | null; readonly limit: number },
): Promise<z.output<typeof auditRow>[]> {
  const result = await ask(
    database,
    `select id, at, actor_kind, actor_id, action, subject, outcome, request_id, details from reelbench.audit_log
     where ($1::bigint is null or id < $1) and ($2::text is null or actor_id = $2 or subject = $2)
     order by id desc limit $3`,
    [before, about, limit],
  );
  return parseRows(auditRow, result);
}

/** Removes what is older than `days`; returns how many entries. */
export async function trimAudit(database: Database, days: number): Promise<number> {
  const result = await ask(
    database,
    `with allowed as (select set_config('reelbench.audit_retention', 'on', true))
     delete from reelbench.audit_log using allowed where at < now() - make_interval(days => $1)`,
    [days],
  );
  return result.rowCount ?? 0;
}
