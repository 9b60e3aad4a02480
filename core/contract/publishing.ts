/** Targets, the versions on them and what is known of each. Part of the contract (`methods.ts`). */
import { z } from "zod";
import {
  entityId,
  evaluationReport,
  gateResult,
  isoTime,
  metricValue,
  parityResult,
  splitProtocol,
  target,
} from "./entities.ts";
import { method } from "./method.ts";

const count = z.int().nonnegative();
const none = z.object({});
const versionName = z.string().min(1).max(80);
const keepVersions = z.int().min(0).max(1000);
const code = z.string().regex(/^RB_[A-Z_]+$/);

/** A privilege that publishing needs, on one object. */
const neededPrivilege = z.object({
  /** `database films`, `schema reelbench`, `table reelbench.versions`, … */
  object: z.string(),
  privileges: z.array(z.string()),
  /** Of these, the ones that the role lacks. */
  missing: z.array(z.string()),
});

export const privilegeReport = z.object({
  role: z.string(),
  needed: z.array(neededPrivilege),
  /** What the role may do beyond its task: superuser, creating roles, … Empty is as it should be. */
  excess: z.array(z.string()),
  /** Statements that an administrator would run so that the role has what it needs and no more. */
  grants: z.array(z.string()),
});
export type PrivilegeReport = z.infer<typeof privilegeReport>;

export const targetTest = z.object({
  ok: z.boolean(),
  checks: z.array(
    z.object({
      /** `address`, `postgres`, `encryption`, `privileges`, `schema`, `redis`. */
      check: z.string(),
      passed: z.boolean(),
      message: z.string(),
      /** Of a failed check: its code, and what to do. */
      code: code.nullable(),
      remedy: z.string().nullable(),
    }),
  ),
  /** Null where Postgres was not reached. */
  privileges: privilegeReport.nullable(),
});
export type TargetTest = z.infer<typeof targetTest>;

/** Where this engine keeps passwords of targets. */
export const passwordKeeping = z.object({
  /** `keychain`: the system's. `file`: a file that only its owner can read, because somebody chose so. `nowhere`: not at all. */
  kept: z.enum(["keychain", "file", "nowhere"]),
  /** What that means, for people. */
  message: z.string(),
});
export type PasswordKeeping = z.infer<typeof passwordKeeping>;

/** When a server that ended by itself is started again. */
export const serverRestart = z.object({
  at: isoTime,
  /** How often in a row it ended, or did not start. */
  failures: z.int().positive(),
  /** Of the last time, for people. */
  reason: z.string(),
});
export type ServerRestart = z.infer<typeof serverRestart>;

/**
 * `silent`: its process runs, but has not answered for a while; it is `running` again when it answers. `waiting`: it ended by itself,
 * or did not start again, and is started again after a pause.
 */
export const serverState = z.enum(["stopped", "starting", "running", "silent", "waiting"]);
export type ServerState = z.infer<typeof serverState>;

/** When the server last ended by itself or did not start, and why, for people. */
export const serverFailure = z.object({ at: isoTime, reason: z.string() });
export type ServerFailure = z.infer<typeof serverFailure>;

export const versionState = z.enum(["uploading", "ready", "active", "retired", "failed"]);

export const targetVersion = z.object({
  version: versionName,
  state: versionState,
  algorithm: z.string(),
  runId: z.string(),
  snapshotId: z.string(),
  splitId: z.string(),
  bytes: count,
  users: count,
  items: count,
  factors: count,
  createdAt: isoTime,
  activatedAt: isoTime.nullable(),
  /** Why it failed; null otherwise. */
  failure: z.string().nullable(),
  /** What of an upload under way or interrupted has arrived; publishing again sends the rest. Null once it is whole. */
  arrived: z.object({ bytes: count, chunks: count, ofChunks: count }).nullable(),
  /** Never removed by itself. */
  pinned: z.object({ at: isoTime, note: z.string() }).nullable(),
  /** Kept, but cannot be put into service until it is restored. */
  withdrawn: z.object({ at: isoTime, reason: z.string() }).nullable(),
  /** Why retention would keep it, in words; null: it would be removed. */
  keptBecause: z.string().nullable(),
});
export type TargetVersion = z.infer<typeof targetVersion>;

/** All that is known of a version's quality, as it stands in the target's Postgres. */
export const versionReport = z.object({
  version: targetVersion,
  evaluation: z
    .object({
      /** The run that was measured: for a refit, the one that chose it. */
      runId: z.string(),
      splitId: z.string(),
      protocol: splitProtocol,
      seed: count,
      codeVersion: z.string(),
      metrics: z.array(metricValue),
      /** List length that the segments' recall and NDCG are for. */
      k: z.int().nullable(),
      segments: evaluationReport.shape.segments,
    })
    .nullable(),
  gates: z.array(gateResult.extend({ overridden: z.boolean(), checkedAt: isoTime })),
  /** Newest first. */
  parity: z.array(parityResult.extend({ passed: z.boolean(), finishedAt: isoTime })),
});
export type VersionReport = z.infer<typeof versionReport>;

export const pruning = z.object({
  dryRun: z.boolean(),
  /** Retired versions that are kept at least. */
  keep: count,
  removed: z.array(z.object({ version: versionName, bytes: count })),
  kept: z.array(z.object({ version: versionName, bytes: count, because: z.string() })),
  /** Of the removed. */
  bytes: count,
});
export type Pruning = z.infer<typeof pruning>;

const ofVersion = { targetId: entityId, version: versionName };

export const publishingMethods = {
  "targets.list": method("query", none, z.array(target)),
  /** Refuses with RB_NO_KEYCHAIN a URL with a password where passwords cannot be kept (`targets.passwords`). */
  "targets.save": method(
    "command",
    z.object({
      id: entityId.optional(),
      name: z.string().min(1).max(100),
      /** postgres://user:password@host:port/database */
      postgres: z.string().min(1).max(2000),
      redis: z.string().max(2000).nullable(),
      /** Left out: as it was; for a new target `production`, the channel `production` and 5. */
      environment: z.enum(["development", "staging", "production"]).optional(),
      channel: z
        .string()
        .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, "A channel's name is 1–40 of a–z, 0–9, _ and -.")
        .optional(),
      keepVersions: keepVersions.optional(),
      /** `session`: passwords in the URLs are forgotten with this engine; afterwards PGPASSWORD or ~/.pgpass has to have them. */
      passwords: z.enum(["keep", "session"]).default("keep"),
    }),
    target,
  ),
  "targets.passwords": method("query", none, passwordKeeping),
  "targets.remove": method("command", z.object({ targetId: entityId }), none),
  /** Changes nothing on the target. */
  "targets.test": method("query", z.object({ targetId: entityId }), targetTest),
  /** Newest first. Throws where the target cannot be reached (`targets.status` answers then, too). */
  "versions.list": method("query", z.object({ targetId: entityId }), z.array(targetVersion)),
  "versions.get": method("query", z.object(ofVersion), versionReport),
  "versions.pin": method(
    "command",
    z.object({ ...ofVersion, pinned: z.boolean(), note: z.string().max(500).default("") }),
    targetVersion,
  ),
  /** Takes a version out of those that may serve. Refuses with RB_CONFLICT one that serves or is in an experiment. */
  "versions.withdraw": method("command", z.object({ ...ofVersion, reason: z.string().min(1).max(500) }), targetVersion),
  "versions.restore": method("command", z.object(ofVersion), targetVersion),
  /** Removes what retention does not keep; `keep` left out: the target's own. A dry run only says what it would do. */
  "versions.prune": method(
    "command",
    z.object({ targetId: entityId, keep: keepVersions.optional(), dryRun: z.boolean().default(true) }),
    pruning,
  ),
};
