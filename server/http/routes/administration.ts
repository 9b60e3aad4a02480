import { z } from "zod";
import { isoTime } from "../../../core/contract/entities.ts";
import { ReelbenchError } from "../../../core/contract/errors.ts";
import { apiKeyScope, createApiKey, listApiKeys, revokeApiKey } from "../../../core/production/api-keys.ts";
import type { ApiKey } from "../../../core/production/api-keys.ts";
import { readAudit, writeAudit } from "../../audit/audit-log.ts";
import {
  accountParams,
  accountSchema,
  administerBody,
  auditSchema,
  createAccountBody,
  keyParams,
  keySchema,
  linkBody,
  nameSchema,
  pageQuery,
} from "../account-schemas.ts";
import type { ServerContext } from "../context.ts";
import { defineRoute, noBody, nothing } from "../route.ts";
import type { Route } from "../route.ts";
import { queryInteger, text } from "../schemas.ts";
import { accountServices, originOf } from "./sessions.ts";

/** Accounts of others, API keys, the keys that sign, and the audit log. */
export function administrationRoutes(context: ServerContext): Route[] {
  return [...accountRoutes(context), ...keyRoutes(context), ...auditRoutes(context)];
}

function accountRoutes(context: ServerContext): Route[] {
  const base = { params: nothing, query: nothing, tag: "Accounts" } as const;
  const errors = ["RB_NOT_CONFIGURED", "RB_UNAVAILABLE"] as const;
  return [
    defineRoute({
      ...base,
      permission: "accounts:manage",
      method: "get",
      path: "/v1/admin/accounts",
      operationId: "listAccounts",
      summary: "All accounts, the oldest first",
      query: z.strictObject(pageQuery),
      body: noBody,
      responses: {
        200: {
          description: "A page of accounts.",
          schema: z.object({ accounts: z.array(accountSchema), next: z.uuid().nullable() }).meta({ id: "AccountPage" }),
        },
      },
      errors,
      handle: async ({ query: { after = null, limit } }) => {
        const accounts = await accountServices(context).accounts.list({ after, limit });
        return { body: { accounts, next: accounts.length === limit ? (accounts.at(-1)?.accountId ?? null) : null } };
      },
    }),
    defineRoute({
      ...base,
      permission: "accounts:manage",
      method: "post",
      path: "/v1/admin/accounts",
      operationId: "createAccount",
      summary: "Make an account of any role",
      body: createAccountBody,
      responses: { 201: { description: "The account.", schema: accountSchema } },
      errors: [...errors, "RB_CONFLICT"],
      handle: async ({ body }, request) => {
        const { role } = body;
        requireAdministratorFor(request.principal?.kind === "account" ? request.principal.role : null, role);
        return { status: 201, body: await accountServices(context).accounts.register(body, originOf(request)) };
      },
    }),
    defineRoute({
      ...base,
      permission: "accounts:manage",
      method: "get",
      path: "/v1/admin/accounts/{accountId}",
      operationId: "getAccount",
      summary: "One account",
      params: accountParams,
      body: noBody,
      responses: { 200: { description: "The account.", schema: accountSchema } },
      errors: [...errors, "RB_NOT_FOUND"],
      handle: async ({ params: { accountId } }) => ({ body: await accountServices(context).accounts.find(accountId) }),
    }),
    defineRoute({
      ...base,
      permission: "accounts:manage",
      method: "patch",
      path: "/v1/admin/accounts/{accountId}",
      operationId: "changeAccount",
      summary: "Change an account's role, suspend it or let it in again",
      description: "In force everywhere within five seconds. The last administrator cannot be taken away.",
      params: accountParams,
      body: administerBody,
      responses: { 200: { description: "The account as it is now.", schema: accountSchema } },
      errors: [...errors, "RB_NOT_FOUND", "RB_CONFLICT"],
      handle: async ({ params: { accountId }, body: { role, state } }, request) => {
        const asking = request.principal?.kind === "account" ? request.principal.role : null;
        if (role !== undefined) requireAdministratorFor(asking, role);
        requireAdministratorFor(asking, (await accountServices(context).accounts.find(accountId)).role);
        const account = await accountServices(context).accounts.administer(
          accountId,
          { ...(role === undefined ? {} : { role }), ...(state === undefined ? {} : { state }) },
          originOf(request),
        );
        context.authenticator.forgetSessions();
        return { body: account };
      },
    }),
    defineRoute({
      ...base,
      permission: "accounts:manage",
      method: "delete",
      path: "/v1/admin/accounts/{accountId}",
      operationId: "deleteAccount",
      summary: "Delete an account with its sessions and feedback",
      params: accountParams,
      body: noBody,
      responses: { 204: { description: "It is gone.", schema: null } },
      errors: [...errors, "RB_NOT_FOUND", "RB_CONFLICT"],
      handle: async ({ params: { accountId } }, request) => {
        const asking = request.principal?.kind === "account" ? request.principal.role : null;
        requireAdministratorFor(asking, (await accountServices(context).accounts.find(accountId)).role);
        await accountServices(context).accounts.remove(accountId, null, originOf(request));
        context.authenticator.forgetSessions();
        return { status: 204, body: null };
      },
    }),
    defineRoute({
      ...base,
      permission: "accounts:link",
      method: "put",
      path: "/v1/admin/accounts/{accountId}/link",
      operationId: "linkAccount",
      summary: "Say which user of the data an account is",
      description: "Equal names are never enough: whoever does this has made sure. `null` takes the link away.",
      params: accountParams,
      body: linkBody,
      responses: { 200: { description: "The account as it is now.", schema: accountSchema } },
      errors: [...errors, "RB_NOT_FOUND", "RB_CONFLICT"],
      handle: async ({ params: { accountId }, body }, request) => {
        const account = await accountServices(context).accounts.administer(accountId, body, originOf(request));
        context.authenticator.forgetSessions();
        return { body: account };
      },
    }),
  ];
}

/** Only an administrator gives a role above `user`, or changes or removes an account that has one: a key does neither. */
function requireAdministratorFor(asking: string | null, role: string): void {
  if (role === "user" || asking === "admin") return;
  throw new ReelbenchError(
    "RB_FORBIDDEN",
    `Only an administrator's account may give, change or remove the role "${role}".`,
  );
}

function keyRoutes(context: ServerContext): Route[] {
  const { database } = context;
  const base = { permission: "keys:manage", params: nothing, query: nothing, tag: "Keys" } as const;
  return [
    defineRoute({
      ...base,
      method: "get",
      path: "/v1/admin/keys",
      operationId: "listKeys",
      summary: "All API keys, with when they were last used",
      body: noBody,
      responses: {
        200: { description: "The keys.", schema: z.object({ keys: z.array(keySchema) }).meta({ id: "ApiKeys" }) },
      },
      errors: ["RB_UNAVAILABLE"],
      handle: async () => ({ body: { keys: (await listApiKeys(database)).map(toKey) } }),
    }),
    defineRoute({
      ...base,
      method: "post",
      path: "/v1/admin/keys",
      operationId: "createKey",
      summary: "Make an API key",
      description: "The key is in this answer and nowhere else.",
      body: z
        .strictObject({
          name: nameSchema,
          scopes: z.array(apiKeyScope).min(1).max(10),
          expiresAt: isoTime.nullable().default(null),
        })
        .meta({ id: "NewApiKey" }),
      responses: {
        201: {
          description: "The key.",
          schema: keySchema.extend({ key: z.string() }).meta({ id: "CreatedApiKey" }),
        },
      },
      errors: ["RB_UNAVAILABLE"],
      handle: async ({ body: { name, scopes, expiresAt } }, request) => {
        const { key, apiKey } = await createApiKey(database, {
          name,
          scopes: [...new Set(scopes)],
          expiresAt: expiresAt === null ? null : new Date(expiresAt),
        });
        await writeAudit(database, {
          ...originOf(request),
          action: "create-key",
          subject: apiKey.id,
          outcome: "done",
          details: { scopes: apiKey.scopes.join(" ") },
        });
        return { status: 201, body: { key, ...toKey(apiKey) } };
      },
    }),
    defineRoute({
      ...base,
      method: "delete",
      path: "/v1/admin/keys/{keyId}",
      operationId: "revokeKey",
      summary: "Refuse a key from now on",
      description: "In force everywhere within five seconds.",
      params: keyParams,
      body: noBody,
      responses: { 204: { description: "It is revoked.", schema: null } },
      errors: ["RB_UNAVAILABLE", "RB_NOT_FOUND"],
      handle: async ({ params: { keyId } }, request) => {
        if (!(await revokeApiKey(database, keyId)))
          throw new ReelbenchError("RB_NOT_FOUND", "There is no valid key with this id.");
        await writeAudit(database, { ...originOf(request), action: "revoke-key", subject: keyId, outcome: "done" });
        return { status: 204, body: null };
      },
    }),
    defineRoute({
      ...base,
      method: "post",
      path: "/v1/admin/signing-keys/rotate",
      operationId: "rotateSigningKey",
      summary: "Sign access tokens with a new key",
      description:
        "The new key is published at once and signs ten minutes later; the old one stays published until its last token has expired. Nobody is logged out.",
      body: noBody,
      responses: {
        200: { description: "The new key's id.", schema: z.object({ kid: z.string() }).meta({ id: "RotatedKey" }) },
      },
      errors: ["RB_NOT_CONFIGURED", "RB_UNAVAILABLE"],
      handle: async (_input, request) => {
        const kid = await accountServices(context).signingKeys.rotate();
        await writeAudit(database, {
          ...originOf(request),
          action: "rotate-signing-key",
          subject: kid,
          outcome: "done",
        });
        return { body: { kid } };
      },
    }),
  ];
}

function toKey(key: ApiKey) {
  return {
    keyId: key.id,
    name: key.name,
    prefix: key.prefix,
    scopes: key.scopes,
    createdAt: key.createdAt.toISOString(),
    expiresAt: key.expiresAt?.toISOString() ?? null,
    lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
    revokedAt: key.revokedAt?.toISOString() ?? null,
  };
}

function auditRoutes({ database }: ServerContext): Route[] {
  return [
    defineRoute({
      permission: "audit:read",
      params: nothing,
      tag: "Audit",
      method: "get",
      path: "/v1/admin/audit",
      operationId: "readAuditLog",
      summary: "Who did what, the latest first",
      query: z.strictObject({
        before: queryInteger(z.int().positive().optional()).meta({ description: "Entries before this one." }),
        about: text(1, 600).optional().meta({ description: "An account's, key's or item's id." }),
        limit: queryInteger(z.int().min(1).max(500).default(100)),
      }),
      body: noBody,
      responses: { 200: { description: "A page of the log.", schema: auditSchema } },
      errors: ["RB_UNAVAILABLE"],
      handle: async ({ query: { before = null, about = null, limit } }) => {
        const entries = await readAudit(database, { before, about, limit });
        return { body: { entries, next: entries.length === limit ? (entries.at(-1)?.id ?? null) : null } };
      },
    }),
  ];
}
