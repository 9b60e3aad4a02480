import { z } from "zod";
import { versionName } from "../../../core/production/versions.ts";
import { writeAudit } from "../../audit/audit-log.ts";
import { dataPerson } from "../../person.ts";
import type { ServerContext } from "../context.ts";
import { defineRoute, nothing } from "../route.ts";
import type { Route } from "../route.ts";
import { userIdSchema } from "../schemas.ts";
import { originOf } from "./sessions.ts";

const invalidateBody = z
  .discriminatedUnion("scope", [
    z.strictObject({ scope: z.literal("all") }),
    z.strictObject({ scope: z.literal("version"), version: versionName }),
    z.strictObject({ scope: z.literal("user"), userId: userIdSchema }),
  ])
  .meta({ id: "CacheScope" });

const maximumWarmed = 1000;
const warmBody = z
  .strictObject({ userIds: z.array(userIdSchema).min(1).max(maximumWarmed) })
  .meta({ id: "WarmRequest", description: "Whose lists to make and keep." });

const drainBody = z.strictObject({ draining: z.boolean() }).meta({ id: "Draining" });

/** Lists that are made at the same time while warming: requests go on beside it. */
const warmedAtOnce = 8;

/** What is kept is kept under its version and epoch and needs no clearing; these are for operators who want it anyway. */
export function cacheRoutes({ database, models, recommendations, forgetRankings, drain }: ServerContext): Route[] {
  const base = { permission: "operations:run", tag: "Operations", params: nothing, query: nothing } as const;
  return [
    defineRoute({
      ...base,
      method: "post",
      path: "/v1/cache/invalidate",
      operationId: "invalidateCache",
      summary: "Forget kept lists: all, those of a version, or those of a user",
      description: "On every server that listens to the same Redis, and in Redis itself.",
      body: invalidateBody,
      responses: {
        200: {
          description: "They are forgotten.",
          schema: z.object({ forgotten: z.int().nonnegative() }).meta({
            id: "CacheForgotten",
            description: "Lists this server held in memory.",
          }),
        },
      },
      errors: ["RB_UNAVAILABLE"],
      handle: async ({ body }, request) => {
        const forgotten = await forgetRankings(
          body.scope === "user" ? { userId: body.userId } : body.scope === "version" ? { version: body.version } : {},
        );
        const subject = body.scope === "user" ? body.userId : body.scope === "version" ? body.version : null;
        await writeAudit(database, {
          ...originOf(request),
          action: "invalidate-cache",
          subject,
          outcome: "done",
          details: { scope: body.scope, forgotten },
        });
        return { body: { forgotten } };
      },
    }),
    defineRoute({
      ...base,
      method: "post",
      path: "/v1/cache/warm",
      operationId: "warmCache",
      summary: "Make the lists of these users now, under the version that is served",
      body: warmBody,
      responses: {
        200: {
          description: "As many as the time of a request allowed.",
          schema: z.object({ version: z.string(), warmed: z.int(), left: z.int() }).meta({ id: "Warmed" }),
        },
      },
      errors: ["RB_NO_ACTIVE_MODEL"],
      handle: ({ body: { userIds } }, { deadline }) =>
        models.withCurrent(async (live) => {
          const waiting = [...new Set(userIds)];
          const asked = waiting.length;
          const halfway = (performance.now() + deadline) / 2;
          const filter = { genres: [], withoutGenres: [], exclude: [] };
          const warm = async () => {
            for (let userId = waiting.pop(); userId !== undefined; userId = waiting.pop()) {
              await recommendations.warm(live, { person: dataPerson(userId), filter, deadline });
              if (performance.now() > halfway) return;
            }
          };
          await Promise.all(Array.from({ length: warmedAtOnce }, warm));
          return { body: { version: live.shared.version, warmed: asked - waiting.length, left: waiting.length } };
        }),
    }),
    defineRoute({
      ...base,
      method: "put",
      path: "/v1/server/draining",
      operationId: "drainServer",
      summary: "Take the server that answers out of its balancer, or put it back",
      description:
        "While draining `/readyz` answers 503 and requests are still answered. It ends with the process, or with `false`.",
      body: drainBody,
      responses: { 200: { description: "So it is.", schema: drainBody } },
      errors: [],
      handle: async ({ body: { draining } }, request) => {
        drain(draining);
        await writeAudit(database, {
          ...originOf(request),
          action: draining ? "drain" : "undrain",
          subject: null,
          outcome: "done",
          details: {},
        });
        return { body: { draining } };
      },
    }),
  ];
}
