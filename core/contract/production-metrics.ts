/** How production is doing, by its servers' own metrics, and what is being tried there. Part of the contract (`methods.ts`). */
import { z } from "zod";
import { entityId, isoTime } from "./entities.ts";
import { method } from "./method.ts";

const count = z.int().nonnegative();
const share = z.number().min(0).max(1);

/** What happened between two looks at the servers, over all that could be asked both times. Null: nobody could, or nothing to divide by. */
export const productionPoint = z.object({
  at: isoTime,
  /** Answered a second, probes and metrics left out. */
  requests: z.number().nullable(),
  /** Of the requests, those answered with 500 and above. */
  errors: share.nullable(),
  /** Seconds, by the histogram's buckets. */
  p50: z.number().nullable(),
  p95: z.number().nullable(),
  p99: z.number().nullable(),
  /** Of the lookups, those not computed. */
  cacheHits: share.nullable(),
  /** Events a second. */
  feedback: z.number().nullable(),
});
export type ProductionPoint = z.infer<typeof productionPoint>;

export const productionMetrics = z.object({
  /** Seconds between two looks. */
  interval: z.number().positive(),
  servers: z.array(
    z.object({
      url: z.string(),
      /** Null: it answered when last asked. */
      failure: z.string().nullable(),
      version: z.string().nullable(),
      /** Whether its Redis answers it; null where it has none, and where it cannot be asked. */
      redis: z.boolean().nullable(),
    }),
  ),
  /** Oldest first; since somebody first asked, as long as the engine runs, at most an hour. */
  points: z.array(productionPoint),
  online: z.array(
    z.object({ version: z.string(), arm: z.string(), hitRate: share.nullable(), answers: z.number().nullable() }),
  ),
  drift: z.array(z.object({ distribution: z.string(), psi: z.number(), events: z.number().nullable() })),
});
export type ProductionMetrics = z.infer<typeof productionMetrics>;

const arm = z.object({ users: count, answers: count, mean: z.number() });
export const productionExperiment = z.object({
  id: z.string(),
  name: z.string(),
  champion: z.string(),
  challenger: z.string(),
  /** Of the users, the challenger's. */
  share,
  startedAt: isoTime,
  endedAt: isoTime.nullable(),
  /** Mean over users of the share of lists that were hits. */
  outcome: z.object({ champion: arm, challenger: arm }),
  /** Challenger minus champion, with its interval; null with too few users. */
  difference: z.object({ value: z.number(), low: z.number(), high: z.number(), level: z.number() }).nullable(),
});
export type ProductionExperiment = z.infer<typeof productionExperiment>;

export const productionMethods = {
  /** The first question begins the looking; a local target is looked at while its server runs. */
  "production.metrics": method("query", z.object({ targetId: entityId }), productionMetrics),
  /** The newest first. */
  "production.experiments": method("query", z.object({ targetId: entityId }), z.array(productionExperiment)),
};
