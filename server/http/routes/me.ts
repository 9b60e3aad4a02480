import { openSessions, revokeSessions } from "../../accounts/session-rows.ts";
import { readAudit, writeAudit } from "../../audit/audit-log.ts";
import { requireAccount } from "../../auth/principal.ts";
import { ReelbenchError } from "../../../core/contract/errors.ts";
import { exposuresOfUser } from "../../../core/production/exposures.ts";
import { userFeedback } from "../../../core/production/feedback.ts";
import {
  accountSchema,
  changePasswordBody,
  deleteMeBody,
  exportSchema,
  profileBody,
  sessionParams,
  sessionsSchema,
} from "../account-schemas.ts";
import type { ServerContext } from "../context.ts";
import { defineRoute, noBody, nothing } from "../route.ts";
import type { Route } from "../route.ts";
import { accountServices, originOf } from "./sessions.ts";

/** Most of somebody's own entries that an export holds. */
const activityLimit = 1000;
const feedbackLimit = 100_000;
const shownLimit = 10_000;

/** What an account may see and do of its own. */
export function meRoutes(context: ServerContext): Route[] {
  const { database, authenticator } = context;
  const mine = {
    permission: "profile:own",
    params: nothing,
    query: nothing,
    tag: "My account",
    errors: ["RB_NOT_CONFIGURED", "RB_UNAVAILABLE"],
  } as const;

  const sessionsOf = async (accountId: string, currentId: string) =>
    (await openSessions(database, accountId)).map((session) => ({
      ...session,
      current: session.sessionId === currentId,
    }));

  return [
    defineRoute({
      ...mine,
      method: "get",
      path: "/v1/me",
      operationId: "getMe",
      summary: "My account",
      body: noBody,
      responses: { 200: { description: "The account.", schema: accountSchema } },
      handle: async (_input, { principal }) => ({
        body: await accountServices(context).accounts.find(requireAccount(principal).id),
      }),
    }),
    defineRoute({
      ...mine,
      method: "patch",
      path: "/v1/me",
      operationId: "changeMe",
      summary: "Change my name or my preferences",
      description: "Preferences count until there are ratings; what is left out stays as it is.",
      body: profileBody,
      responses: { 200: { description: "The account as it is now.", schema: accountSchema } },
      handle: async ({ body: { name, preferences } }, request) => {
        const { id, sessionId } = requireAccount(request.principal);
        const account = await accountServices(context).accounts.update(
          id,
          { ...(name === undefined ? {} : { name }), ...(preferences === undefined ? {} : { preferences }) },
          originOf(request),
        );
        // The next list is made of what was just said.
        authenticator.forgetSession(sessionId);
        return { body: account };
      },
    }),
    defineRoute({
      ...mine,
      method: "put",
      path: "/v1/me/password",
      operationId: "changeMyPassword",
      summary: "Change my password",
      description: "All other sessions end.",
      body: changePasswordBody,
      responses: { 204: { description: "It is changed.", schema: null } },
      errors: ["RB_NOT_CONFIGURED", "RB_UNAVAILABLE", "RB_UNAUTHENTICATED", "RB_RATE_LIMITED"],
      handle: async ({ body }, request) => {
        const { id, sessionId } = requireAccount(request.principal);
        await accountServices(context).accounts.changePassword(id, { ...body, sessionId }, originOf(request));
        authenticator.forgetSessions();
        return { status: 204, body: null };
      },
    }),
    defineRoute({
      ...mine,
      method: "delete",
      path: "/v1/me",
      operationId: "deleteMe",
      summary: "Delete my account, my sessions and my feedback",
      body: deleteMeBody,
      responses: { 204: { description: "They are gone.", schema: null } },
      errors: ["RB_NOT_CONFIGURED", "RB_UNAVAILABLE", "RB_UNAUTHENTICATED", "RB_RATE_LIMITED", "RB_CONFLICT"],
      handle: async ({ body: { password } }, request) => {
        const { id } = requireAccount(request.principal);
        await accountServices(context).accounts.remove(id, password, originOf(request));
        authenticator.forgetSessions();
        return { status: 204, body: null };
      },
    }),
    defineRoute({
      ...mine,
      method: "get",
      path: "/v1/me/export",
      operationId: "exportMe",
      summary: "Everything this service holds about me",
      body: noBody,
      responses: { 200: { description: "As one JSON document.", schema: exportSchema } },
      handle: async (_input, { principal }) => {
        const { id, sessionId } = requireAccount(principal);
        const [account, sessions, feedback, shown, activity] = await Promise.all([
          accountServices(context).accounts.find(id),
          sessionsOf(id, sessionId),
          userFeedback(database, "account", id, feedbackLimit),
          exposuresOfUser(database, "account", id, shownLimit),
          readAudit(database, { before: null, about: id, limit: activityLimit }),
        ]);
        return {
          headers: { "Content-Disposition": 'attachment; filename="reelbench-account.json"' },
          body: {
            account,
            sessions,
            feedback: feedback.map(({ itemId, kind, value, occurredAt }) => ({
              itemId,
              kind,
              value,
              occurredAt: occurredAt.toISOString(),
            })),
            shown: shown.map(({ shownAt, version, itemIds }) => ({ shownAt: shownAt.toISOString(), version, itemIds })),
            activity: activity.map(({ at, action, outcome }) => ({ at, action, outcome })),
          },
        };
      },
    }),
    defineRoute({
      ...mine,
      method: "get",
      path: "/v1/me/sessions",
      operationId: "listMySessions",
      summary: "Where I am logged in",
      body: noBody,
      responses: { 200: { description: "Open sessions, the latest used first.", schema: sessionsSchema } },
      handle: async (_input, { principal }) => {
        const { id, sessionId } = requireAccount(principal);
        return { body: { sessions: await sessionsOf(id, sessionId) } };
      },
    }),
    defineRoute({
      ...mine,
      method: "delete",
      path: "/v1/me/sessions/{sessionId}",
      operationId: "endMySession",
      summary: "End one of my sessions",
      params: sessionParams,
      body: noBody,
      responses: { 204: { description: "It has ended.", schema: null } },
      errors: ["RB_NOT_CONFIGURED", "RB_UNAVAILABLE", "RB_NOT_FOUND"],
      handle: async ({ params: { sessionId } }, request) => {
        const { id } = requireAccount(request.principal);
        if ((await revokeSessions(database, id, "revoked", { only: sessionId })) === 0)
          throw new ReelbenchError("RB_NOT_FOUND", "You have no such session.");
        await writeAudit(database, { ...originOf(request), action: "end-session", subject: id, outcome: "done" });
        authenticator.forgetSession(sessionId);
        return { status: 204, body: null };
      },
    }),
  ];
}
