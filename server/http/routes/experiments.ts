import { z } from "zod";
import { isoTime } from "../../../core/contract/entities.ts";
import { ReelbenchError } from "../../../core/contract/errors.ts";
import { armDifference, leastUsers } from "../../../core/production/arm-difference.ts";
import {
  experimentOutcomes,
  findExperiment,
  listExperiments,
  startExperiment,
  stopExperiment,
} from "../../../core/production/experiments.ts";
import type { ArmOutcome, Experiment } from "../../../core/production/experiments.ts";
import { onlineQuality } from "../../../core/production/exposures.ts";
import { versionName } from "../../../core/production/versions.ts";
import { writeAudit } from "../../audit/audit-log.ts";
import type { ServerContext } from "../context.ts";
import { defineRoute, noBody, nothing } from "../route.ts";
import type { Route } from "../route.ts";
import { text } from "../schemas.ts";
import { originOf } from "./sessions.ts";

const experimentSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    champion: z.string(),
    challenger: z.string(),
    share: z.number().meta({ description: "Of the users, those who get the challenger." }),
    startedAt: isoTime,
    endedAt: isoTime.nullable(),
    endReason: z.enum(["stopped", "champion-changed"]).nullable(),
  })
  .meta({ id: "Experiment" });

const armSchema = z.object({
  users: z.int(),
  answers: z.int(),
  hitRate: z.number().meta({ description: "Mean over users of the share of their lists with an item they took up." }),
});

const resultsSchema = z
  .object({
    experiment: experimentSchema,
    champion: armSchema,
    challenger: armSchema,
    difference: z
      .object({ value: z.number(), low: z.number(), high: z.number(), level: z.number() })
      .nullable()
      .meta({ description: `Challenger's hit rate minus champion's; null below ${leastUsers} users an arm.` }),
  })
  .meta({ id: "ExperimentResults" });

const qualitySchema = z
  .object({
    versions: z.array(
      z.object({
        version: z.string(),
        arm: z.string().meta({ description: "Of an experiment; empty outside of one." }),
        answers: z.int(),
        users: z.int(),
        hitRate: z.number(),
        reciprocalRank: z.number(),
        engagedUsers: z.number().meta({ description: "Share of the users that took something up." }),
        sampled: z.number().meta({ description: "Share of the users that was looked at." }),
        measuredAt: isoTime,
      }),
    ),
  })
  .meta({ id: "OnlineQuality" });

const experimentBody = z
  .strictObject({ name: text(1, 100), challenger: versionName, share: z.number().gt(0).lt(1) })
  .meta({ id: "NewExperiment" });

const experimentParams = z.strictObject({ experimentId: z.uuid() });

/** Trying another version with a share of the users, and how what is shown is taken up. */
export function experimentRoutes({ config, database, lagging, pools }: ServerContext): Route[] {
  const reading = {
    tag: "Experiments",
    method: "get",
    permission: "evaluations:read",
    query: nothing,
    body: noBody,
  } as const;
  const acting = { tag: "Experiments", method: "post", permission: "operations:run", query: nothing } as const;
  return [
    defineRoute({
      ...reading,
      path: "/v1/quality",
      operationId: "getQuality",
      summary: "How the lists of the last day were taken up",
      description: "A list is a hit if its user clicked, watched or rated one of its items within a day.",
      params: nothing,
      responses: { 200: { description: "By version and arm, as last measured.", schema: qualitySchema } },
      errors: ["RB_UNAVAILABLE"],
      handle: async () => {
        const measured = await onlineQuality(lagging, config.channel);
        const versions = measured.map(({ version, arm, answers, users, hits, engagedUsers, ...rest }) => ({
          version,
          arm,
          answers,
          users,
          hitRate: hits / answers,
          reciprocalRank: rest.reciprocalRank,
          engagedUsers: engagedUsers / users,
          sampled: rest.sampled,
          measuredAt: rest.measuredAt.toISOString(),
        }));
        return { body: { versions } };
      },
    }),
    defineRoute({
      ...reading,
      path: "/v1/experiments",
      operationId: "listExperiments",
      summary: "Experiments of this channel, newest first",
      params: nothing,
      responses: {
        200: {
          description: "The last hundred.",
          schema: z.object({ experiments: z.array(experimentSchema) }).meta({ id: "Experiments" }),
        },
      },
      errors: ["RB_UNAVAILABLE"],
      handle: async () => ({ body: { experiments: (await listExperiments(database, config.channel)).map(shown) } }),
    }),
    defineRoute({
      ...reading,
      path: "/v1/experiments/{experimentId}/results",
      operationId: "getExperimentResults",
      summary: "What users of both arms took up, and the difference",
      description: "Of the exposures that are still kept. Lists shown less than a day ago may still become hits.",
      params: experimentParams,
      responses: { 200: { description: "The results so far.", schema: resultsSchema } },
      errors: ["RB_UNAVAILABLE", "RB_NOT_FOUND"],
      handle: async ({ params: { experimentId } }) => {
        const experiment = await findExperiment(database, config.channel, experimentId);
        if (experiment === null) throw unknownExperiment(experimentId);
        const { champion, challenger } = await experimentOutcomes(lagging, experimentId);
        return {
          body: {
            experiment: shown(experiment),
            champion: shownArm(champion),
            challenger: shownArm(challenger),
            difference: armDifference(champion, challenger),
          },
        };
      },
    }),
    defineRoute({
      ...acting,
      path: "/v1/experiments",
      operationId: "startExperiment",
      summary: "Answer a share of the users with another version",
      description:
        "Against what the channel serves; one at a time. A user stays with one arm. It ends when it is stopped or another version is activated.",
      params: nothing,
      body: experimentBody,
      responses: { 201: { description: "It runs; servers load the challenger now.", schema: experimentSchema } },
      errors: ["RB_UNAVAILABLE", "RB_CONFLICT"],
      handle: async ({ body }, request) => {
        const experiment = await startExperiment(pools.control, { ...body, channel: config.channel });
        const { id, champion, challenger, share } = experiment;
        await writeAudit(pools.control, {
          ...originOf(request),
          action: "start-experiment",
          subject: id,
          outcome: "done",
          details: { channel: config.channel, champion, challenger, share },
        });
        return { status: 201, body: shown(experiment) };
      },
    }),
    defineRoute({
      ...acting,
      path: "/v1/experiments/{experimentId}/stop",
      operationId: "stopExperiment",
      summary: "Answer everybody with what the channel serves again",
      params: experimentParams,
      body: noBody,
      responses: { 200: { description: "It is over.", schema: experimentSchema } },
      errors: ["RB_UNAVAILABLE", "RB_NOT_FOUND"],
      handle: async ({ params: { experimentId } }, request) => {
        const experiment = await stopExperiment(pools.control, config.channel, experimentId);
        if (experiment === null) throw unknownExperiment(experimentId);
        await writeAudit(pools.control, {
          ...originOf(request),
          action: "stop-experiment",
          subject: experimentId,
          outcome: "done",
        });
        return { body: shown(experiment) };
      },
    }),
  ];
}

function shown({ channel: _channel, salt: _salt, startedAt, endedAt, ...experiment }: Experiment) {
  return { ...experiment, startedAt: startedAt.toISOString(), endedAt: endedAt?.toISOString() ?? null };
}

function shownArm({ users, answers, mean }: ArmOutcome) {
  return { users, answers, hitRate: mean };
}

function unknownExperiment(id: string): ReelbenchError {
  return new ReelbenchError("RB_NOT_FOUND", `There is no experiment ${id} on this channel.`);
}
