import { randomBytes, randomUUID } from "node:crypto";
import { SignJWT, generateKeyPair } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serverConfig, servingTarget, smallVersion } from "../../e2e/services/serving-target.ts";
import type { ServingTarget } from "../../e2e/services/serving-target.ts";
import { freshDatabase } from "../../e2e/services/services.ts";
import type { FreshDatabase } from "../../e2e/services/services.ts";
import { apiKeyScope } from "../../core/production/api-keys.ts";
import { createAccountServices } from "../accounts/account-services.ts";
import type { AccountServices } from "../accounts/account-services.ts";
import { openSession, revokeSessions } from "../accounts/session-rows.ts";
import { permissions, role, rolePermissions, scopePermissions } from "../auth/permissions.ts";
import { masterKeysText } from "../secrets/master-keys.ts";
import { startServer } from "../start-server.ts";
import type { RunningServer } from "../start-server.ts";
import { everyRoute } from "./app.ts";
import type { ServerContext } from "./context.ts";

/**
 * Every route with every kind of credential. Bodies are empty objects and ids lead nowhere: whoever is let in gets 400 or
 * 404 at worst, so that nothing is changed by asking; 401 and 403 come before a body is read.
 */
const accounts = {
  masterKeys: masterKeysText.parse(`m:${randomBytes(32).toString("base64")}`),
  issuer: "urn:matrix",
  accessTokenSeconds: 600,
  refreshDays: 1,
  sessionDays: 1,
  registration: "open",
} as const;
// Only their descriptions are looked at.
const routes = everyRoute({ software: "matrix" } as ServerContext);
const guarded = routes.filter(({ permission }) => permission !== null);

let database: FreshDatabase;
let target: ServingTarget;
let server: RunningServer;
let services: AccountServices;
const accountIds = new Map<string, string>();

beforeAll(async () => {
  database = await freshDatabase();
  target = await servingTarget(database.url);
  await target.upload(smallVersion("v1"));
  await target.activate("v1");
  services = createAccountServices(target.pool, accounts);
  // The very first key, so that the server knows it from its start on: those that follow are published before they sign.
  await services.signingKeys.signer();
  server = await startServer(serverConfig(database.url, { accounts, trustedProxies: 1 }));
  for (const each of role.options) {
    const { accountId } = await services.accounts.register(
      { email: `${each}@example.org`, password: "correct horse battery staple", name: null, role: each },
      { actor: { kind: "console", id: null }, requestId: null },
    );
    accountIds.set(each, accountId);
  }
});
afterAll(async () => {
  await services.close();
  await server.close();
  await target.close();
  await database.drop();
});

async function session(ofRole: string): Promise<{ accountId: string; sessionId: string; token: string }> {
  const accountId = accountIds.get(ofRole) ?? "";
  const { sessionId } = await openSession(target.pool, accountId, { token: 1, session: 1 });
  const { token } = await services.tokens.issue({ accountId, sessionId, role: ofRole });
  return { accountId, sessionId, token };
}

async function ask(route: (typeof routes)[number], credential: string | null): Promise<number> {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
    name === "userId" ? "user-01" : name === "itemId" ? "film-001" : randomUUID(),
  );
  const { status } = await fetch(`${server.url}${path}`, {
    method: route.method.toUpperCase(),
    headers: {
      ...(credential === null ? {} : { Authorization: `Bearer ${credential}` }),
      ...(route.hasBody ? { "Content-Type": "application/json" } : {}),
      // As many wrong keys from one address would be refused for their number.
      "X-Forwarded-For": `203.0.113.${routes.indexOf(route) + 1}`,
    },
    ...(route.hasBody ? { body: "{}" } : {}),
  });
  return status;
}

const nameOf = ({ method, path }: (typeof routes)[number]) => `${method.toUpperCase()} ${path}`;

describe.each(guarded.map((route) => [nameOf(route), route] as const))("%s", (_name, route) => {
  it("lets in those accounts whose role may, and no others", async () => {
    for (const each of role.options) {
      const status = await ask(route, (await session(each)).token);
      const may = route.permission === "any" || rolePermissions[each].has(route.permission ?? "audit:read");
      expect([each, may ? status !== 401 && status !== 403 && status < 500 : status]).toEqual([each, may ? true : 403]);
    }
  });

  it("lets in those keys whose scope may, and no others", async () => {
    for (const scope of apiKeyScope.options) {
      const status = await ask(route, await target.key(scope));
      const may = route.permission === "any" || scopePermissions[scope].has(route.permission ?? "audit:read");
      expect([scope, may ? status !== 401 && status !== 403 && status < 500 : status]).toEqual([
        scope,
        may ? true : 403,
      ]);
    }
  });

  it("refuses whoever is missing, unknown, forged, foreign, expired or logged out", async () => {
    const admin = await session("admin");
    const { privateKey } = await generateKeyPair("Ed25519");
    const { kid } = await services.signingKeys.signer();
    const forged = await new SignJWT({ sid: admin.sessionId, role: "admin" })
      .setProtectedHeader({ alg: "EdDSA", typ: "at+jwt", kid })
      .setIssuer(accounts.issuer)
      .setAudience("reelbench")
      .setSubject(admin.accountId)
      .setExpirationTime("1h")
      .sign(privateKey);
    const elsewhere = createAccountServices(target.pool, { ...accounts, issuer: "urn:elsewhere" });
    const foreign = await elsewhere.tokens.issue({ ...admin, role: "admin" });
    const hasty = createAccountServices(target.pool, { ...accounts, accessTokenSeconds: -60 });
    const expired = await hasty.tokens.issue({ ...admin, role: "admin" });
    const over = await session("admin");
    await revokeSessions(target.pool, over.accountId, "logout", { only: over.sessionId });
    const revoked = await target.key(...apiKeyScope.options);
    const late = await target.key(...apiKeyScope.options);
    await target.pool.query("update reelbench.api_keys set revoked_at = now() where prefix = $1", [
      revoked.slice(0, 11),
    ]);
    await target.pool.query("update reelbench.api_keys set expires_at = now() - interval '1 s' where prefix = $1", [
      late.slice(0, 11),
    ]);
    const credentials = {
      missing: null,
      unknown: `rb_${"A".repeat(43)}`,
      forged,
      foreign: foreign.token,
      expired: expired.token,
      "logged out": over.token,
      revoked,
      late,
    };
    for (const [why, credential] of Object.entries(credentials))
      expect([why, await ask(route, credential)]).toEqual([why, 401]);
  });
});

it("leaves no route open but those that must be", () => {
  const openRoutes = routes.filter(({ permission }) => permission === null).map(nameOf);
  expect(openRoutes.toSorted()).toEqual([
    "GET /.well-known/jwks.json",
    "GET /docs",
    "GET /healthz",
    "GET /livez",
    "GET /metrics",
    "GET /openapi.json",
    "GET /readyz",
    "POST /v1/accounts",
    "POST /v1/sessions",
    "POST /v1/sessions/refresh",
  ]);
});

it("has no permission that no route asks for and nobody holds", () => {
  for (const permission of permissions)
    expect([permission, role.options.some((each) => rolePermissions[each].has(permission))]).toEqual([
      permission,
      true,
    ]);
});
