import { z } from "zod";
import { listVersions, versionState } from "../../../core/production/versions.ts";
import { factorsOf } from "../../../core/models/servable.ts";
import { isoTime } from "../../../core/contract/entities.ts";
import { ReelbenchError } from "../../../core/contract/errors.ts";
import { catalogueEntry, itemIndex } from "../../live-model/answer.ts";
import type { ServerContext } from "../context.ts";
import { defineRoute, noBody, nothing } from "../route.ts";
import type { Route } from "../route.ts";
import { itemParams, itemSchema, versionSchema } from "../schemas.ts";

const versionsSchema = z
  .object({
    serving: z.string().nullable(),
    versions: z.array(
      z.object({
        version: z.string(),
        state: versionState,
        algorithm: z.string(),
        createdAt: isoTime,
        activatedAt: isoTime.nullable(),
        users: z.int(),
        items: z.int(),
        factors: z.int(),
        bytes: z.int(),
      }),
    ),
  })
  .meta({ id: "Versions" });

export function catalogueRoutes({ config, software, database, models }: ServerContext): Route[] {
  return [
    defineRoute({
      method: "get",
      path: "/v1/items/{itemId}",
      operationId: "getItem",
      tag: "Items",
      summary: "Title, year and genres of an item",
      permission: "items:read",
      params: itemParams,
      query: nothing,
      body: noBody,
      responses: { 200: { description: "The item.", schema: itemSchema } },
      errors: ["RB_NO_ACTIVE_MODEL", "RB_NOT_FOUND"],
      handle: ({ params: { itemId } }) =>
        models.withCurrent(({ shared }) =>
          Promise.resolve({
            headers: { "X-Reelbench-Version": shared.version },
            body: { version: shared.version, ...catalogueEntry(shared, itemIndex(shared, itemId)) },
          }),
        ),
    }),
    defineRoute({
      method: "get",
      path: "/v1/version",
      operationId: "getVersion",
      tag: "Versions",
      summary: "What this server serves",
      permission: "any",
      params: nothing,
      query: nothing,
      body: noBody,
      responses: { 200: { description: "The version.", schema: versionSchema } },
      errors: ["RB_NO_ACTIVE_MODEL"],
      handle: () =>
        models.withCurrent(({ shared, since, epoch }) =>
          Promise.resolve({
            headers: { "X-Reelbench-Version": shared.version },
            body: {
              version: shared.version,
              algorithm: shared.algorithm,
              createdAt: shared.createdAt,
              servingSince: since.toISOString(),
              epoch,
              users: shared.model.users,
              items: shared.model.items,
              factors: factorsOf(shared.model),
              modelHash: shared.modelHash,
              software,
              server: config.serverId,
            },
          }),
        ),
    }),
    defineRoute({
      method: "get",
      path: "/v1/versions",
      operationId: "listVersions",
      tag: "Versions",
      summary: "All versions on this target, newest first",
      permission: "versions:read",
      params: nothing,
      query: nothing,
      body: noBody,
      responses: { 200: { description: "The versions.", schema: versionsSchema } },
      errors: ["RB_UNAVAILABLE"],
      handle: async () => {
        const versions = await listVersions(database).catch((cause: unknown) => {
          throw new ReelbenchError("RB_UNAVAILABLE", "The list of versions cannot be read right now.", {
            cause,
            details: { retryAfter: 2 },
          });
        });
        return {
          body: {
            serving: models.current()?.shared.version ?? null,
            versions: versions.map(
              ({ version, state, algorithm, createdAt, activatedAt, users, items, factors, bytes }) => ({
                version,
                state,
                algorithm,
                createdAt: createdAt.toISOString(),
                activatedAt: activatedAt?.toISOString() ?? null,
                users,
                items,
                factors,
                bytes,
              }),
            ),
          },
        };
      },
    }),
  ];
}
