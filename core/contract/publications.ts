/** Where models are published to, and what came of it. */
import { z } from "zod";
import { count, entityId, isoTime } from "./identifiers.ts";

export const target = z.discriminatedUnion("kind", [
  z.object({ id: entityId, name: z.string(), kind: z.literal("local") }),
  z.object({
    id: entityId,
    name: z.string(),
    kind: z.literal("production"),
    /** As shown: the password is kept apart and never leaves the engine. */
    postgres: z.string(),
    redis: z.string().nullable(),
    environment: z.enum(["development", "staging", "production"]).default("production"),
    /** Servers and publishers of the same channel belong together (`REELBENCH_CHANNEL`). */
    channel: z.string().default("production"),
    /** Retired versions kept for going back; older ones are removed after a publication unless they are pinned. */
    keepVersions: z.int().nonnegative().default(5),
  }),
]);
export type Target = z.infer<typeof target>;

export const gateResult = z.object({
  gate: z.string(),
  passed: z.boolean(),
  /** What was measured against what bound, in a sentence. */
  reason: z.string(),
});

export const parityResult = z.object({
  /** `live`: servers in production answered. `bundled`: none was live, one was started against the target. */
  answeredBy: z.enum(["live", "bundled"]),
  servers: count,
  probes: count,
  compared: count,
  mismatches: count,
  /** Largest absolute difference between two scores of the same item. */
  largestDifference: z.number(),
});
export type ParityResult = z.infer<typeof parityResult>;

export const publication = z.object({
  id: entityId,
  targetId: entityId,
  runId: entityId,
  /** The version's name on the target. */
  version: z.string(),
  state: z.enum(["uploading", "ready", "active", "retired", "failed"]),
  createdAt: isoTime,
  activatedAt: isoTime.nullable(),
  gates: z.array(gateResult),
  parity: parityResult.nullable(),
});
export type Publication = z.infer<typeof publication>;

export const targetStatus = z.object({
  reachable: z.boolean(),
  error: z.object({ code: z.string(), message: z.string(), remedy: z.string() }).nullable(),
  schemaVersion: z.int().nullable(),
  active: z.object({ version: z.string(), since: isoTime }).nullable(),
  previous: z.string().nullable(),
  versions: z.array(
    z.object({
      version: z.string(),
      state: z.enum(["uploading", "ready", "active", "retired", "failed"]),
      algorithm: z.string(),
      createdAt: isoTime,
      bytes: count,
    }),
  ),
  history: z.array(z.object({ version: z.string(), activatedAt: isoTime, reason: z.enum(["publish", "rollback"]) })),
  servers: z.array(
    z.object({
      id: z.string(),
      url: z.string().nullable(),
      serving: z.string().nullable(),
      /** Seconds since it last reported, by the target's clock. */
      silentFor: z.number(),
      /** False: it should have reported since. */
      reporting: z.boolean(),
    }),
  ),
});
export type TargetStatus = z.infer<typeof targetStatus>;
