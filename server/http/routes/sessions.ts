import { ReelbenchError } from "../../../core/contract/errors.ts";
import type { AccountServices } from "../../accounts/account-services.ts";
import { requireAccount } from "../../auth/principal.ts";
import {
  accountSchema,
  jwksSchema,
  loginBody,
  loginSchema,
  refreshBody,
  registerBody,
  tokensSchema,
} from "../account-schemas.ts";
import type { ServerContext } from "../context.ts";
import { defineRoute, noBody, nothing } from "../route.ts";
import type { RawRequest, Route } from "../route.ts";

/** Throws RB_NOT_CONFIGURED on a server without accounts. */
export function accountServices({ accounts }: Pick<ServerContext, "accounts">): AccountServices {
  if (accounts !== null) return accounts;
  throw new ReelbenchError("RB_NOT_CONFIGURED", "This server has no accounts: REELBENCH_MASTER_KEYS is not set.");
}

/** Who asks, for the audit log. */
export function originOf({ principal, requestId }: RawRequest) {
  return {
    actor: principal === null ? { kind: "anonymous" as const, id: null } : { kind: principal.kind, id: principal.id },
    requestId,
  };
}

/** Coming in and going out: register, log in, refresh, log out. */
export function sessionRoutes(context: ServerContext): Route[] {
  const open = { permission: null, params: nothing, query: nothing, tag: "Sessions" } as const;
  return [
    defineRoute({
      ...open,
      method: "post",
      path: "/v1/accounts",
      operationId: "register",
      summary: "Make an account",
      description:
        "The password needs 8 characters and must not be easy to guess. An address that has an account is refused with 409.",
      body: registerBody,
      responses: { 201: { description: "The account.", schema: accountSchema } },
      errors: ["RB_CONFLICT", "RB_FORBIDDEN", "RB_NOT_CONFIGURED", "RB_UNAVAILABLE", "RB_RATE_LIMITED"],
      handle: async ({ body }, request) => {
        const { accounts, registration } = accountServices(context);
        if (registration === "closed")
          throw new ReelbenchError("RB_FORBIDDEN", "Registration is closed on this server; ask an administrator.");
        return { status: 201, body: await accounts.register(body, originOf(request)) };
      },
    }),
    defineRoute({
      ...open,
      method: "post",
      path: "/v1/sessions",
      operationId: "logIn",
      summary: "Log in",
      description: "After five wrong passwords in a row the address has to wait, each time longer (30 s … 1 h).",
      body: loginBody,
      responses: { 201: { description: "Tokens of a new session.", schema: loginSchema } },
      errors: ["RB_UNAUTHENTICATED", "RB_FORBIDDEN", "RB_RATE_LIMITED", "RB_NOT_CONFIGURED", "RB_UNAVAILABLE"],
      handle: async ({ body }, { requestId }) => ({
        status: 201,
        body: await accountServices(context).accounts.login(body, requestId),
      }),
    }),
    defineRoute({
      ...open,
      method: "post",
      path: "/v1/sessions/refresh",
      operationId: "refreshSession",
      summary: "New tokens for a refresh token",
      description:
        "Each refresh token is good once and answered with the next. One that comes a second time ends its session: somebody copied it.",
      body: refreshBody,
      responses: { 200: { description: "The next tokens.", schema: tokensSchema } },
      errors: ["RB_UNAUTHENTICATED", "RB_RATE_LIMITED", "RB_NOT_CONFIGURED", "RB_UNAVAILABLE"],
      handle: async ({ body }, { requestId }) => ({
        body: await accountServices(context).accounts.refresh(body.refreshToken, requestId),
      }),
    }),
    defineRoute({
      ...open,
      permission: "profile:own",
      method: "delete",
      path: "/v1/sessions/current",
      operationId: "logOut",
      summary: "Log out",
      body: noBody,
      responses: { 204: { description: "The session has ended.", schema: null } },
      errors: ["RB_NOT_CONFIGURED", "RB_UNAVAILABLE"],
      handle: async (_input, request) => {
        const { id, sessionId } = requireAccount(request.principal);
        await accountServices(context).accounts.logout(id, sessionId, originOf(request));
        context.authenticator.forgetSession(sessionId);
        return { status: 204, body: null };
      },
    }),
    defineRoute({
      ...open,
      method: "get",
      path: "/.well-known/jwks.json",
      operationId: "getJwks",
      summary: "The keys that access tokens are checked with (RFC 7517)",
      body: noBody,
      responses: { 200: { description: "The keys.", schema: jwksSchema } },
      errors: ["RB_NOT_CONFIGURED", "RB_UNAVAILABLE"],
      handle: async () => ({
        headers: { "Cache-Control": "public, max-age=300" },
        body: await accountServices(context).signingKeys.jwks(),
      }),
    }),
  ];
}
