import { createHash, randomBytes, randomUUID } from "node:crypto";
import { z } from "zod";
import { ask } from "../../core/production/ask.ts";
import { parseRow, parseRows } from "../../core/production/database.ts";
import type { Database } from "../../core/production/database.ts";
import { role } from "../auth/permissions.ts";
import { accountState } from "./account-rows.ts";
import { preferences } from "./preferences.ts";

export type RevocationReason = "logout" | "reuse" | "password" | "suspended" | "revoked";

export interface RefreshToken {
  readonly token: string;
  readonly expiresAt: Date;
}

export const refreshTokenText = /^rr_[A-Za-z0-9_-]{43}$/;
const hashOf = (token: string) => createHash("sha256").update(token).digest();

/** A session with its first refresh token. `days`: how long a token waits to be used, and how long the session may last at all. */
export async function openSession(
  database: Database,
  accountId: string,
  days: { readonly token: number; readonly session: number },
): Promise<{ readonly sessionId: string; readonly refresh: RefreshToken }> {
  const sessionId = randomUUID();
  await ask(
    database,
    "insert into reelbench.sessions (id, account_id, expires_at) values ($1, $2, now() + make_interval(days => $3))",
    [sessionId, accountId, days.session],
  );
  return { sessionId, refresh: await issueRefreshToken(database, sessionId, days.token) };
}

/** 256 random bits, kept as a hash only. Never outlives its session. */
export async function issueRefreshToken(database: Database, sessionId: string, days: number): Promise<RefreshToken> {
  const token = `rr_${randomBytes(32).toString("base64url")}`;
  const row = parseRow(
    z.object({ expires_at: z.date() }),
    await ask(
      database,
      `insert into reelbench.refresh_tokens (hash, session_id, expires_at)
       select $1, id, least(expires_at, now() + make_interval(days => $3)) from reelbench.sessions where id = $2
       returning expires_at`,
      [hashOf(token), sessionId, days],
    ),
  );
  return { token, expiresAt: row?.expires_at ?? new Date(0) };
}

const presentedRow = z
  .object({
    session_id: z.uuid(),
    account_id: z.uuid(),
    used: z.boolean(),
    expired: z.boolean(),
    revoked: z.boolean(),
    role,
    state: accountState,
  })
  .transform(({ session_id, account_id, ...row }) => ({ sessionId: session_id, accountId: account_id, ...row }));
export type PresentedToken = z.output<typeof presentedRow>;

/** What a refresh token stands for, its session locked until the transaction ends. Null: never issued, or gone with its session. */
export async function presentRefreshToken(database: Database, token: string): Promise<PresentedToken | null> {
  return parseRow(
    presentedRow,
    await ask(
      database,
      `select t.session_id, s.account_id, t.used_at is not null as used,
              (t.expires_at <= now() or s.expires_at <= now()) as expired, s.revoked_at is not null as revoked, a.role, a.state
       from reelbench.refresh_tokens t join reelbench.sessions s on s.id = t.session_id
       join reelbench.accounts a on a.id = s.account_id
       where t.hash = $1 for update of s, t`,
      [hashOf(token)],
    ),
  );
}

export async function useRefreshToken(database: Database, token: string, sessionId: string): Promise<void> {
  await ask(database, "update reelbench.refresh_tokens set used_at = now() where hash = $1", [hashOf(token)]);
  await ask(database, "update reelbench.sessions set used_at = now() where id = $1", [sessionId]);
}

/** Those still open, or just the one. Returns how many were. */
export async function revokeSessions(
  database: Database,
  accountId: string,
  reason: RevocationReason,
  which: { readonly only?: string; readonly except?: string } = {},
): Promise<number> {
  const result = await ask(
    database,
    `update reelbench.sessions set revoked_at = now(), reason = $2
     where account_id = $1 and revoked_at is null and ($3::uuid is null or id = $3) and ($4::uuid is null or id <> $4)`,
    [accountId, reason, which.only ?? null, which.except ?? null],
  );
  return result.rowCount ?? 0;
}

const openSessionRow = z
  .object({ id: z.uuid(), created_at: z.date(), used_at: z.date(), expires_at: z.date() })
  .transform((row) => ({
    sessionId: row.id,
    createdAt: row.created_at.toISOString(),
    usedAt: row.used_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
  }));

export async function openSessions(database: Database, accountId: string): Promise<z.output<typeof openSessionRow>[]> {
  return parseRows(
    openSessionRow,
    await ask(
      database,
      `select id, created_at, used_at, expires_at from reelbench.sessions
       where account_id = $1 and revoked_at is null and expires_at > now() order by used_at desc, id limit 100`,
      [accountId],
    ),
  );
}

const standingRow = z
  .object({
    account_id: z.uuid(),
    role,
    state: accountState,
    data_user_id: z.string().nullable(),
    preferences,
    over: z.boolean(),
  })
  .transform((row) => ({
    accountId: row.account_id,
    role: row.role,
    state: row.state,
    dataUserId: row.data_user_id,
    preferences: row.preferences,
    over: row.over,
  }));
export type SessionStanding = z.output<typeof standingRow>;

/** Whether a session is still good, and what its account is now. Null: there is no such session any more. */
export async function sessionStanding(database: Database, sessionId: string): Promise<SessionStanding | null> {
  return parseRow(
    standingRow,
    await ask(
      database,
      `select s.account_id, a.role, a.state, a.data_user_id, a.preferences, (s.revoked_at is not null or s.expires_at <= now()) as over
       from reelbench.sessions s join reelbench.accounts a on a.id = s.account_id where s.id = $1`,
      [sessionId],
    ),
  );
}

/** Sessions over for longer than `days`, with their tokens. */
export async function trimSessions(database: Database, days: number): Promise<number> {
  const result = await ask(
    database,
    `delete from reelbench.sessions where coalesce(revoked_at, expires_at) < now() - make_interval(days => $1)`,
    [days],
  );
  return result.rowCount ?? 0;
}
