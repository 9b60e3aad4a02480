import { LRUCache } from "lru-cache";
import { ReelbenchError } from "../../core/contract/errors.ts";
import type { Database } from "../../core/production/database.ts";
import { sessionStanding } from "../accounts/session-rows.ts";
import type { SessionStanding } from "../accounts/session-rows.ts";
import type { CircuitBreaker } from "../circuit-breaker.ts";
import type { AccessTokens } from "./access-tokens.ts";
import type { ApiKeys } from "./api-keys.ts";
import { rolePermissions } from "./permissions.ts";
import type { AccountPrincipal, Principal } from "./principal.ts";

/** A logout, a suspension or another role is in force everywhere within this many milliseconds. */
const freshFor = 5_000;

export interface Authenticator {
  /** The same for a credential that was looked at a moment ago; null: ask `authenticate`. Never throws. */
  known(credential: string): Principal | null;
  /** Who the credential of a request belongs to. Throws RB_UNAUTHENTICATED, RB_RATE_LIMITED, RB_UNAVAILABLE. */
  authenticate(credential: string, address: string): Promise<Principal>;
  /** Look at a session afresh: something about it was just changed here. */
  forgetSession(sessionId: string): void;
  /** The same for all sessions. */
  forgetSessions(): void;
}

/** API keys and access tokens. `tokens` is null where the server has no accounts. */
export function createAuthenticator(options: {
  readonly apiKeys: ApiKeys;
  readonly tokens: AccessTokens | null;
  readonly database: Database;
  readonly postgres: CircuitBreaker;
}): Authenticator {
  const { apiKeys, tokens, database, postgres } = options;
  const standings = new LRUCache<string, { readonly standing: SessionStanding | null; readonly at: number }>({
    max: 50_000,
  });
  const asking = new Map<string, Promise<SessionStanding | null>>();

  async function standingOf(sessionId: string): Promise<SessionStanding | null> {
    const known = standings.get(sessionId);
    if (known !== undefined && performance.now() - known.at < freshFor) return known.standing;
    let answer = asking.get(sessionId);
    if (answer === undefined) {
      answer = postgres
        .run(() => sessionStanding(database, sessionId))
        .then((standing) => {
          standings.set(sessionId, { standing, at: performance.now() });
          return standing;
        })
        .finally(() => asking.delete(sessionId));
      asking.set(sessionId, answer);
    }
    try {
      return await answer;
    } catch (cause) {
      // An access token lives minutes: while Postgres is away, what was good a moment ago stays so until it expires.
      if (known !== undefined) return known.standing;
      throw new ReelbenchError("RB_UNAVAILABLE", "The session cannot be checked right now.", {
        cause,
        details: { retryAfter: 2 },
      });
    }
  }

  async function fromToken(token: string): Promise<AccountPrincipal> {
    if (tokens === null)
      throw new ReelbenchError("RB_UNAUTHENTICATED", "This server has no accounts; it takes API keys only.");
    const { accountId, sessionId } = await tokens.verify(token);
    const standing = await standingOf(sessionId);
    if (standing === null || standing.over || standing.state !== "active" || standing.accountId !== accountId)
      throw new ReelbenchError("RB_UNAUTHENTICATED", "The session of this access token has ended. Log in again.");
    return principalOf(accountId, sessionId, standing);
  }

  function knownFromToken(token: string): AccountPrincipal | null {
    const claims = tokens?.known(token) ?? null;
    if (claims === null) return null;
    const known = standings.get(claims.sessionId);
    if (known === undefined || performance.now() - known.at >= freshFor) return null;
    const { standing } = known;
    if (standing === null || standing.over || standing.state !== "active" || standing.accountId !== claims.accountId)
      return null;
    return principalOf(claims.accountId, claims.sessionId, standing);
  }

  return {
    known: (credential) => (credential.includes(".") ? knownFromToken(credential) : apiKeys.known(credential)),
    authenticate: (credential, address) =>
      credential.includes(".") ? fromToken(credential) : apiKeys.authenticate(credential, address),
    forgetSession: (sessionId) => void standings.delete(sessionId),
    forgetSessions: () => standings.clear(),
  };
}

function principalOf(
  accountId: string,
  sessionId: string,
  { role, dataUserId, preferences }: SessionStanding,
): AccountPrincipal {
  return {
    kind: "account",
    id: accountId,
    sessionId,
    role,
    permissions: rolePermissions[role],
    dataUserId,
    preferences,
  };
}
