import { z } from "zod";
import { activate, deploymentHistory, findDeployment } from "../../../core/production/deployments.ts";
import { findVersion, listVersions, versionState } from "../../../core/production/versions.ts";
import { factorsOf } from "../../../core/models/servable.ts";
import { isoTime } from "../../../core/contract/entities.ts";
import { ReelbenchError } from "../../../core/contract/errors.ts";
import { writeAudit } from "../../audit/audit-log.ts";
import type { ServerContext } from "../context.ts";
import { defineRoute, noBody, nothing } from "../route.ts";
import type { Route } from "../route.ts";
import { versionParams, versionSchema } from "../schemas.ts";
import { originOf } from "./sessions.ts";

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

const deploymentSchema = z
  .object({
    channel: z.string(),
    version: z.string(),
    previous: z.string().nullable(),
    epoch: z.int(),
    activatedAt: isoTime,
  })
  .meta({ id: "Deployment" });

const historySchema = z
  .object({
    deployment: deploymentSchema.nullable(),
    history: z.array(
      z.object({
        version: z.string(),
        from: z.string().nullable(),
        epoch: z.int(),
        reason: z.enum(["publish", "rollback"]),
        activatedAt: isoTime,
      }),
    ),
  })
  .meta({ id: "Deployments" });

const switchBody = z
  .strictObject({
    expectedEpoch: z
      .int()
      .nonnegative()
      .optional()
      .meta({ description: "The deployment's epoch that the decision was made on; another one is refused with 409." }),
  })
  .meta({ id: "Switch" });

/** What is served, what could be, and going from one to another. */
export function versionRoutes({ config, software, database, pools, models }: ServerContext): Route[] {
  async function switchTo(
    version: string,
    reason: "publish" | "rollback",
    expectedEpoch: number | undefined,
    origin: ReturnType<typeof originOf>,
  ) {
    const { channel } = config;
    const before = await findDeployment(database, channel);
    const deployment = await activate(pools.control, {
      channel,
      version,
      reason,
      expectedEpoch: expectedEpoch ?? before?.epoch ?? 0,
    });
    await writeAudit(database, {
      ...origin,
      action: reason === "rollback" ? "roll-back" : "activate",
      subject: version,
      outcome: "done",
      details: { channel, from: before?.version ?? null, epoch: deployment.epoch },
    });
    return { body: { ...deployment, activatedAt: deployment.activatedAt.toISOString() } };
  }

  return [
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
    defineRoute({
      method: "get",
      path: "/v1/deployment",
      operationId: "getDeployment",
      tag: "Versions",
      summary: "What this channel serves, and what it served before",
      permission: "versions:read",
      params: nothing,
      query: nothing,
      body: noBody,
      responses: { 200: { description: "The latest switches first.", schema: historySchema } },
      errors: ["RB_UNAVAILABLE"],
      handle: async () => {
        const [deployment, history] = await Promise.all([
          findDeployment(database, config.channel),
          deploymentHistory(database, config.channel),
        ]);
        return {
          body: {
            deployment:
              deployment === null ? null : { ...deployment, activatedAt: deployment.activatedAt.toISOString() },
            history: history.map((event) => ({ ...event, activatedAt: event.activatedAt.toISOString() })),
          },
        };
      },
    }),
    defineRoute({
      method: "post",
      path: "/v1/versions/{version}/activate",
      operationId: "activateVersion",
      tag: "Versions",
      summary: "Serve a version that was published and probed",
      description:
        "One transaction moves the pointer; every server loads the version beside the one it serves and switches.",
      permission: "operations:run",
      params: versionParams,
      query: nothing,
      body: switchBody,
      responses: { 200: { description: "The deployment as it is now.", schema: deploymentSchema } },
      errors: ["RB_NOT_FOUND", "RB_CONFLICT", "RB_UNAVAILABLE"],
      handle: async ({ params: { version }, body: { expectedEpoch } }, request) => {
        const found = await findVersion(database, version);
        if (found === null) throw new ReelbenchError("RB_NOT_FOUND", `There is no version ${version}.`);
        return switchTo(version, "publish", expectedEpoch, originOf(request));
      },
    }),
    defineRoute({
      method: "post",
      path: "/v1/deployment/rollback",
      operationId: "rollBack",
      tag: "Versions",
      summary: "Serve the version before again",
      permission: "operations:run",
      params: nothing,
      query: nothing,
      body: switchBody,
      responses: { 200: { description: "The deployment as it is now.", schema: deploymentSchema } },
      errors: ["RB_NOTHING_TO_ROLL_BACK", "RB_CONFLICT", "RB_UNAVAILABLE"],
      handle: async ({ body: { expectedEpoch } }, request) => {
        const previous = (await findDeployment(database, config.channel))?.previous ?? null;
        if (previous === null) throw new ReelbenchError("RB_NOTHING_TO_ROLL_BACK");
        return switchTo(previous, "rollback", expectedEpoch, originOf(request));
      },
    }),
  ];
}
