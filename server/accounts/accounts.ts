import { randomUUID } from "node:crypto";
import type { Pool, PoolClient } from "pg";
import { ReelbenchError } from "../../core/contract/errors.ts";
import { inTransaction } from "../../core/production/database.ts";
import { writeAudit } from "../audit/audit-log.ts";
import type { Actor } from "../audit/audit-log.ts";
import type { AccessTokens } from "../auth/access-tokens.ts";
import type { Role } from "../auth/permissions.ts";
import type { Vault } from "../secrets/vault.ts";
import {
  accountByEmail,
  accountById,
  deleteAccount,
  hasOtherAdmin,
  insertAccount,
  pageOfAccounts,
  touchLogin,
  updateAccount,
} from "./account-rows.ts";
import type { AccountRow } from "./account-rows.ts";
import { forgetFailures, lockedSeconds, recordFailure } from "./login-failures.ts";
import type { PasswordHasher } from "./password-hasher.ts";
import { checkPassword, normalizePassword } from "./password-policy.ts";
import type { Preferences } from "./preferences.ts";
import {
  issueRefreshToken,
  openSession,
  presentRefreshToken,
  refreshTokenText,
  revokeSessions,
  useRefreshToken,
} from "./session-rows.ts";

/** An account as it is shown to those who may see it. */
export interface Account {
  readonly accountId: string;
  readonly email: string;
  readonly name: string | null;
  readonly role: Role;
  readonly state: "active" | "suspended";
  readonly preferences: Preferences;
  readonly dataUserId: string | null;
  readonly createdAt: string;
  readonly lastLoginAt: string | null;
}

export interface Tokens {
  readonly tokenType: "Bearer";
  readonly accessToken: string;
  /** ISO 8601. */
  readonly accessExpiresAt: string;
  readonly refreshToken: string;
  readonly refreshExpiresAt: string;
}

/** Who asks and in which request, for the audit log. */
export interface Origin {
  readonly actor: Actor;
  readonly requestId: string | null;
}

export interface Accounts {
  /** Throws RB_CONFLICT where the address has an account, RB_INVALID_INPUT for a weak password. */
  register(
    request: { readonly email: string; readonly password: string; readonly name: string | null; readonly role?: Role },
    origin: Origin,
  ): Promise<Account>;
  /** Throws RB_UNAUTHENTICATED, alike for an unknown address and a wrong password; RB_RATE_LIMITED after too many of them. */
  login(
    request: { readonly email: string; readonly password: string },
    requestId: string,
  ): Promise<Tokens & { account: Account }>;
  /** A used token that comes again ends its session (RB_UNAUTHENTICATED): one of the two who had it stole it. */
  refresh(refreshToken: string, requestId: string): Promise<Tokens>;
  logout(accountId: string, sessionId: string, origin: Origin): Promise<void>;
  find(accountId: string): Promise<Account>;
  list(page: { readonly after: string | null; readonly limit: number }): Promise<Account[]>;
  update(
    accountId: string,
    change: { readonly name?: string | null; readonly preferences?: Preferences },
    origin: Origin,
  ): Promise<Account>;
  /** Ends all other sessions. */
  changePassword(
    accountId: string,
    request: { readonly currentPassword: string; readonly newPassword: string; readonly sessionId: string },
    origin: Origin,
  ): Promise<void>;
  /** For those who manage accounts. Throws RB_CONFLICT when no administrator would be left, or another account is that user of the data. */
  administer(
    accountId: string,
    change: { readonly role?: Role; readonly state?: Account["state"]; readonly dataUserId?: string | null },
    origin: Origin,
  ): Promise<Account>;
  /** The account, its sessions and its feedback. With a password: the person's own wish. */
  remove(accountId: string, password: string | null, origin: Origin): Promise<void>;
}

export interface AccountOptions {
  readonly pool: Pool;
  readonly vault: Vault;
  readonly hasher: PasswordHasher;
  readonly tokens: AccessTokens;
  /** Days a refresh token waits to be used, and a session lasts at most. */
  readonly days: { readonly token: number; readonly session: number };
}

export function createAccounts({ pool, vault, hasher, tokens, days }: AccountOptions): Accounts {
  const indexOf = (email: string) => vault.index(normalizeEmail(email), "accounts.email");

  async function show(row: AccountRow): Promise<Account> {
    return {
      accountId: row.id,
      email: await vault.open(row.emailSealed, emailContext(row.id)),
      name: row.nameSealed === null ? null : await vault.open(row.nameSealed, nameContext(row.id)),
      role: row.role,
      state: row.state,
      preferences: row.preferences,
      dataUserId: row.dataUserId,
      createdAt: row.createdAt.toISOString(),
      lastLoginAt: row.lastLoginAt?.toISOString() ?? null,
    };
  }

  const sealName = (accountId: string, name: string | null) =>
    name === null ? Promise.resolve(null) : vault.seal(name, nameContext(accountId));

  async function tokensFor(
    session: { readonly accountId: string; readonly sessionId: string; readonly role: Role },
    refresh: { readonly token: string; readonly expiresAt: Date },
  ): Promise<Tokens> {
    const { token, expiresAt } = await tokens.issue(session);
    return {
      tokenType: "Bearer",
      accessToken: token,
      accessExpiresAt: new Date(1000 * expiresAt).toISOString(),
      refreshToken: refresh.token,
      refreshExpiresAt: refresh.expiresAt.toISOString(),
    };
  }

  async function existing(accountId: string): Promise<AccountRow> {
    const row = await accountById(pool, accountId);
    if (row === null) throw new ReelbenchError("RB_NOT_FOUND", "There is no such account.");
    return row;
  }

  /** The account whose password this is; counts the failure where it is not. */
  async function checkCredentials(email: string, password: string, requestId: string): Promise<AccountRow> {
    const emailIndex = await indexOf(email);
    const wait = await lockedSeconds(pool, emailIndex);
    if (wait > 0) throw locked(wait);
    const row = await accountByEmail(pool, emailIndex);
    const normalized = normalizePassword(password);
    const matches =
      row === null ? await hasher.verifyNothing(normalized) : await hasher.verify(normalized, row.passwordHash);
    if (row !== null && matches && row.state === "active") {
      await forgetFailures(pool, emailIndex);
      return row;
    }
    const lockedFor = await recordFailure(pool, emailIndex);
    await writeAudit(pool, {
      actor: { kind: "anonymous", id: null },
      action: "login",
      subject: row?.id ?? null,
      outcome: "refused",
      requestId,
      details: { lockedSeconds: lockedFor },
    });
    if (row !== null && matches) throw new ReelbenchError("RB_FORBIDDEN", "This account is suspended.");
    if (lockedFor > 0) throw locked(lockedFor);
    throw new ReelbenchError("RB_UNAUTHENTICATED", "The e-mail address or the password is wrong.");
  }

  return {
    async register({ email, password, name, role = "user" }, origin) {
      const normalized = normalizePassword(password);
      checkPassword(normalized, [email, name ?? ""]);
      const id = randomUUID();
      const account = {
        id,
        emailIndex: await indexOf(email),
        emailSealed: await vault.seal(email.trim(), emailContext(id)),
        nameSealed: await sealName(id, name),
        passwordHash: await hasher.hash(normalized),
        role,
      };
      const inserted = await inTransaction(pool, async (client) => {
        if (!(await insertAccount(client, account))) return false;
        await writeAudit(client, { ...origin, action: "register", subject: id, outcome: "done", details: { role } });
        return true;
      });
      if (!inserted) throw new ReelbenchError("RB_CONFLICT", "This e-mail address has an account already.");
      return show(await existing(id));
    },

    async login({ email, password }, requestId) {
      const row = await checkCredentials(email, password, requestId);
      const { sessionId, refresh } = await inTransaction(pool, async (client) => {
        const opened = await openSession(client, row.id, days);
        await touchLogin(client, row.id);
        await writeAudit(client, {
          actor: { kind: "account", id: row.id },
          action: "login",
          subject: row.id,
          outcome: "done",
          requestId,
        });
        return opened;
      });
      const issued = await tokensFor({ accountId: row.id, sessionId, role: row.role }, refresh);
      return { ...issued, account: await show(await existing(row.id)) };
    },

    async refresh(refreshToken, requestId) {
      const refused = (why: string) =>
        new ReelbenchError("RB_UNAUTHENTICATED", `The refresh token ${why}. Log in again.`);
      if (!refreshTokenText.test(refreshToken)) throw refused("is not one");
      // What a refusal has to write (the end of a copied session) must not be undone by throwing inside the transaction.
      const outcome = await inTransaction(pool, (client) => exchange(client, refreshToken, requestId, days.token));
      if (typeof outcome === "string") throw refused(outcome);
      return tokensFor(outcome.session, outcome.refresh);
    },

    async logout(accountId, sessionId, origin) {
      await inTransaction(pool, async (client) => {
        await revokeSessions(client, accountId, "logout", { only: sessionId });
        await writeAudit(client, { ...origin, action: "logout", subject: accountId, outcome: "done" });
      });
    },

    find: async (accountId) => show(await existing(accountId)),

    async list(page) {
      return Promise.all((await pageOfAccounts(pool, page)).map(show));
    },

    async update(accountId, { name, preferences }, origin) {
      const nameSealed = name === undefined ? undefined : await sealName(accountId, name);
      const row = await inTransaction(pool, async (client) => {
        const changed = await updateAccount(client, accountId, {
          ...(nameSealed === undefined ? {} : { nameSealed }),
          ...(preferences === undefined ? {} : { preferences }),
        });
        await writeAudit(client, { ...origin, action: "change-profile", subject: accountId, outcome: "done" });
        return changed;
      });
      if (row === null) throw new ReelbenchError("RB_NOT_FOUND", "There is no such account.");
      return show(row);
    },

    async changePassword(accountId, { currentPassword, newPassword, sessionId }, origin) {
      const shown = await show(await existing(accountId));
      await checkCredentials(shown.email, currentPassword, origin.requestId ?? "");
      const normalized = normalizePassword(newPassword);
      checkPassword(normalized, [shown.email, shown.name ?? ""], "newPassword");
      const passwordHash = await hasher.hash(normalized);
      await inTransaction(pool, async (client) => {
        await updateAccount(client, accountId, { passwordHash });
        await revokeSessions(client, accountId, "password", { except: sessionId });
        await writeAudit(client, { ...origin, action: "change-password", subject: accountId, outcome: "done" });
      });
    },

    async administer(accountId, change, origin) {
      const row = await inTransaction(pool, async (client) => {
        const losesAdmin = (change.role !== undefined && change.role !== "admin") || change.state === "suspended";
        if (losesAdmin) await refuseLastAdmin(client, accountId);
        const changed = await updateAccount(client, accountId, change).catch((error: unknown) => {
          throw isLinkTaken(error)
            ? new ReelbenchError("RB_CONFLICT", "Another account is this user of the data already.")
            : error;
        });
        if (changed === null) return null;
        if (change.state === "suspended") await revokeSessions(client, accountId, "suspended");
        await writeAudit(client, {
          ...origin,
          action: "change-account",
          subject: accountId,
          outcome: "done",
          details: { ...change },
        });
        return changed;
      });
      if (row === null) throw new ReelbenchError("RB_NOT_FOUND", "There is no such account.");
      return show(row);
    },

    async remove(accountId, password, origin) {
      const row = await existing(accountId);
      if (password !== null)
        await checkCredentials(
          await vault.open(row.emailSealed, emailContext(accountId)),
          password,
          origin.requestId ?? "",
        );
      await inTransaction(pool, async (client) => {
        await refuseLastAdmin(client, accountId);
        for (const table of ["feedback", "exposures"])
          await client.query(`delete from reelbench.${table} where namespace = 'account' and user_id = $1`, [
            accountId,
          ]);
        await deleteAccount(client, accountId);
        await writeAudit(client, { ...origin, action: "delete-account", subject: accountId, outcome: "done" });
      });
    },
  };
}

/** Case does not tell addresses apart anywhere that matters, and two that look alike must not be two accounts. */
export function normalizeEmail(email: string): string {
  return email.trim().normalize("NFKC").toLowerCase();
}

const emailContext = (accountId: string) => `accounts.email ${accountId}`;
const nameContext = (accountId: string) => `accounts.name ${accountId}`;

function locked(seconds: number): ReelbenchError {
  return new ReelbenchError("RB_RATE_LIMITED", "Too many wrong passwords. Wait before the next one.", {
    details: { retryAfter: seconds },
  });
}

/** A new refresh token for the one presented, or why not. */
async function exchange(
  client: PoolClient,
  token: string,
  requestId: string,
  tokenDays: number,
): Promise<
  | string
  | {
      readonly session: { readonly accountId: string; readonly sessionId: string; readonly role: Role };
      readonly refresh: { readonly token: string; readonly expiresAt: Date };
    }
> {
  const presented = await presentRefreshToken(client, token);
  if (presented === null) return "is not known";
  const { sessionId, accountId, role } = presented;
  if (presented.revoked || presented.state !== "active") return "belongs to a session that has ended";
  if (presented.used) {
    await revokeSessions(client, accountId, "reuse", { only: sessionId });
    await writeAudit(client, {
      actor: { kind: "anonymous", id: null },
      action: "refresh",
      subject: accountId,
      outcome: "refused",
      requestId,
      details: { reason: "reuse" },
    });
    return "was used before, so its session has been ended";
  }
  if (presented.expired) return "has expired";
  await useRefreshToken(client, token, sessionId);
  return { session: { accountId, sessionId, role }, refresh: await issueRefreshToken(client, sessionId, tokenDays) };
}

/** The index that keeps two accounts from being one user of the data. */
function isLinkTaken(error: unknown): boolean {
  return error instanceof ReelbenchError && error.message.includes('"accounts_by_data_user"');
}

async function refuseLastAdmin(client: PoolClient, accountId: string): Promise<void> {
  const row = await accountById(client, accountId);
  if (row?.role !== "admin" || row.state !== "active") return;
  if (!(await hasOtherAdmin(client, accountId)))
    throw new ReelbenchError("RB_CONFLICT", "This is the only administrator; make another one first.");
}
