import { z } from "zod";
import { gateResult, isoTime, metricValue, parityResult, splitProtocol } from "../../../core/contract/entities.ts";
import { ReelbenchError } from "../../../core/contract/errors.ts";
import { evaluationReport } from "../../../core/contract/evaluation.ts";
import { findEvaluation } from "../../../core/production/evaluations.ts";
import { readGates, readParity, readSegments } from "../../../core/production/version-report.ts";
import { findVersion } from "../../../core/production/versions.ts";
import type { ServerContext } from "../context.ts";
import { defineRoute, noBody, nothing } from "../route.ts";
import type { Route } from "../route.ts";
import { versionParams } from "../schemas.ts";

const evaluationSchema = z
  .object({
    version: z.string(),
    runId: z.string(),
    splitId: z.string(),
    protocol: splitProtocol,
    seed: z.int(),
    codeVersion: z.string(),
    metrics: z.array(metricValue),
  })
  .meta({ id: "VersionEvaluation" });

const segmentsSchema = z
  .object({
    version: z.string(),
    k: z.int().nullable().meta({ description: "Length of the lists that recall and NDCG are for." }),
    segments: evaluationReport.shape.segments,
  })
  .meta({ id: "VersionSegments" });

const gatesSchema = z
  .object({
    version: z.string(),
    gates: z.array(
      gateResult.extend({
        overridden: z.boolean().meta({ description: "It was not passed, and somebody published all the same." }),
        checkedAt: isoTime,
      }),
    ),
  })
  .meta({ id: "VersionGates" });

const probesSchema = z
  .object({
    version: z.string(),
    probes: z
      .array(parityResult.extend({ passed: z.boolean(), finishedAt: isoTime }))
      .meta({ description: "The latest first; of many, the last hundred." }),
  })
  .meta({ id: "VersionProbes" });

/** How good a version was found to be before it served: what was measured, asked for and compared. */
export function versionQualityRoutes({ database }: ServerContext): Route[] {
  const common = {
    method: "get",
    tag: "Versions",
    permission: "evaluations:read",
    params: versionParams,
    query: nothing,
    body: noBody,
    errors: ["RB_NOT_FOUND", "RB_UNAVAILABLE"],
  } as const;

  /** Empty is an answer for a version that is there, and for no other. */
  async function mustExist(version: string): Promise<void> {
    if ((await findVersion(database, version)) === null)
      throw new ReelbenchError("RB_NOT_FOUND", `There is no version ${version}.`);
  }

  return [
    defineRoute({
      ...common,
      path: "/v1/versions/{version}/evaluation",
      operationId: "getEvaluation",
      summary: "What was measured of a version before it was published, with intervals",
      responses: { 200: { description: "The evaluation.", schema: evaluationSchema } },
      handle: async ({ params: { version } }) => {
        const evaluation = await findEvaluation(database, version);
        if (evaluation === null)
          throw new ReelbenchError("RB_NOT_FOUND", `There is no evaluation of version ${version}.`);
        return { body: { version, ...evaluation } };
      },
    }),
    defineRoute({
      ...common,
      path: "/v1/versions/{version}/segments",
      operationId: "getSegments",
      summary: "The same by groups of users, items and time",
      responses: { 200: { description: "The groups; none where the run had none.", schema: segmentsSchema } },
      handle: async ({ params: { version } }) => {
        await mustExist(version);
        return { body: { version, ...(await readSegments(database, version)) } };
      },
    }),
    defineRoute({
      ...common,
      path: "/v1/versions/{version}/gates",
      operationId: "getGates",
      summary: "What a version had to pass before it was published",
      responses: { 200: { description: "The gates and whether each was passed.", schema: gatesSchema } },
      handle: async ({ params: { version } }) => {
        await mustExist(version);
        const gates = await readGates(database, version);
        return {
          body: { version, gates: gates.map((gate) => ({ ...gate, checkedAt: gate.checkedAt.toISOString() })) },
        };
      },
    }),
    defineRoute({
      ...common,
      path: "/v1/versions/{version}/probes",
      operationId: "getProbes",
      summary: "How servers' answers compared with the workbench's before it served",
      responses: { 200: { description: "The comparisons.", schema: probesSchema } },
      handle: async ({ params: { version } }) => {
        await mustExist(version);
        const probes = await readParity(database, version);
        return {
          body: { version, probes: probes.map((each) => ({ ...each, finishedAt: each.finishedAt.toISOString() })) },
        };
      },
    }),
  ];
}
