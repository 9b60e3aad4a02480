import { z } from "zod";
import {
  evaluationReport,
  gateResult,
  metricValue,
  parityResult,
  progress,
  sha256,
  splitProtocol,
} from "../contract/entities.ts";

/** A publication, complete: the publisher's process needs nothing else. Folders are absolute paths. */
export const publishTask = z.object({
  /** With passwords: it goes over the channel between the processes, never into arguments or the environment. */
  target: z.object({ postgresUrl: z.string(), redisUrl: z.string().nullable(), channel: z.string().optional() }),
  bundleDirectory: z.string(),
  snapshotDirectory: z.string(),
  historyShape: z.object({ users: z.int().nonnegative(), ratings: z.int().nonnegative() }),
  run: z.object({
    id: z.string(),
    algorithm: z.string(),
    snapshotId: z.string(),
    splitId: z.string(),
    modelHash: sha256.nullable(),
  }),
  evaluation: z.object({
    runId: z.string(),
    splitId: z.string(),
    protocol: splitProtocol,
    seed: z.int(),
    codeVersion: z.string(),
    metrics: z.array(metricValue),
    segments: evaluationReport.pick({ k: true, segments: true }).optional(),
  }),
  overrideGates: z.boolean(),
  probes: z.int().positive(),
  keepVersions: z.int().nonnegative(),
});
export type PublishTask = z.output<typeof publishTask>;

const pairedMetric = z.object({
  metric: z.string(),
  difference: z.number(),
  interval: z.object({ low: z.number(), high: z.number(), level: z.number() }).nullable(),
  verdict: z.enum(["better", "worse", "no-difference-shown", "not-tested"]),
});

const envelope = z.object({
  code: z.string(),
  message: z.string(),
  remedy: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
});

/** Engine → publisher. Beside these, what a host says of children (`contract/engine-host.ts`). */
export const publisherRequest = z.discriminatedUnion("type", [
  z.object({ type: z.literal("publish"), task: publishTask }),
  z.object({ type: z.literal("paired"), paired: z.array(pairedMetric).nullable(), error: envelope.nullable() }),
  z.object({ type: z.literal("cancel") }),
]);

/** Publisher → engine. Beside these, what an engine asks of its host: the bundled server is the engine's child. */
export const publisherReport = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready") }),
  z.object({ type: z.literal("progress"), progress }),
  /** From here on it may be published, whatever happens. */
  z.object({ type: z.literal("switching") }),
  /** Asks for the run's metrics against those of the champion's run; answered by `paired`. */
  z.object({ type: z.literal("compare"), championRunId: z.string() }),
  z.object({
    type: z.literal("published"),
    outcome: z.object({
      version: z.string(),
      gates: z.array(gateResult),
      parity: parityResult,
      activatedAt: z.date(),
      servers: z.object({ live: z.int(), switched: z.int() }),
      warnings: z.array(z.string()),
    }),
  }),
  z.object({ type: z.literal("failed"), error: envelope }),
]);
export type PublisherReport = z.output<typeof publisherReport>;
