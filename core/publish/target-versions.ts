import type { Pool } from "pg";
import type { Pruning, TargetVersion, VersionReport } from "../contract/publishing.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { uploadProgress } from "../production/artifacts.ts";
import { createProductionPool } from "../production/database.ts";
import { migrate, openProduction, schemaVersion } from "../production/migrate.ts";
import { pinVersion, prune, restoreVersion, retentionOf, withdrawVersion } from "../production/retention.ts";
import { readVersionReport } from "../production/version-report.ts";
import { findVersion, listVersions } from "../production/versions.ts";
import type { Version } from "../production/versions.ts";
import { parseTarget } from "./target-address.ts";
import type { TargetAddress } from "./target-address.ts";

/** Versions of a target and what retention would do with each. Newest first; none where nothing was ever published. */
export async function targetVersions(address: TargetAddress, keep: number): Promise<TargetVersion[]> {
  return withTarget(address, async (pool) => {
    if ((await schemaVersion(pool)) === 0) return [];
    await openProduction(pool);
    return described(pool, await listVersions(pool, 1000), keep);
  });
}

/** A version with all that the target knows of its quality. Throws RB_NOT_FOUND. */
export async function targetVersionReport(
  address: TargetAddress,
  keep: number,
  version: string,
): Promise<VersionReport> {
  return withTarget(address, async (pool) => {
    await openProduction(pool);
    const found = await oneVersion(pool, version, keep);
    const { evaluation, k, segments, gates, parity } = await readVersionReport(pool, version);
    return {
      version: found,
      evaluation: evaluation === null ? null : { ...evaluation, metrics: [...evaluation.metrics], k, segments },
      gates: gates.map(({ checkedAt, ...gate }) => ({ ...gate, checkedAt: checkedAt.toISOString() })),
      parity: parity.map(({ finishedAt, ...result }) => ({ ...result, finishedAt: finishedAt.toISOString() })),
    };
  });
}

export type VersionDecision =
  | { readonly kind: "pin"; readonly note: string }
  | { readonly kind: "unpin" }
  | { readonly kind: "withdraw"; readonly reason: string }
  | { readonly kind: "restore" };

/** Carries out what a person decided about a version. Throws RB_NOT_FOUND, RB_CONFLICT, RB_TARGET_…. */
export async function decideVersion(
  address: TargetAddress,
  keep: number,
  version: string,
  decision: VersionDecision,
): Promise<TargetVersion> {
  return withTarget(address, async (pool) => {
    await migrate(pool);
    if (decision.kind === "withdraw") await withdrawVersion(pool, version, decision.reason);
    else if (decision.kind === "restore") await restoreVersion(pool, version);
    else await pinVersion(pool, version, decision.kind === "pin" ? decision.note : null);
    return oneVersion(pool, version, keep);
  });
}

/** Removes what retention does not keep, or only says what it would remove. */
export async function pruneTarget(address: TargetAddress, keep: number, dryRun: boolean): Promise<Pruning> {
  return withTarget(address, async (pool) => {
    const nothing = { dryRun, keep, removed: [], kept: [], bytes: 0 };
    if ((await schemaVersion(pool)) === 0) return nothing;
    await openProduction(pool);
    const verdicts = dryRun ? await retentionOf(pool, keep) : await prune(pool, keep);
    const removed = verdicts.flatMap(({ version, bytes, because }) => (because === null ? [{ version, bytes }] : []));
    const kept = verdicts.flatMap(({ version, bytes, because }) =>
      because === null ? [] : [{ version, bytes, because }],
    );
    return { dryRun, keep, removed, kept, bytes: removed.reduce((sum, { bytes }) => sum + bytes, 0) };
  });
}

async function oneVersion(pool: Pool, version: string, keep: number): Promise<TargetVersion> {
  const found = await findVersion(pool, version);
  const [answer] = found === null ? [] : await described(pool, [found], keep);
  if (answer === undefined)
    throw new ReelbenchError("RB_NOT_FOUND", `Version ${version} is not on the target (any more).`);
  return answer;
}

async function described(pool: Pool, versions: readonly Version[], keep: number): Promise<TargetVersion[]> {
  const because = new Map((await retentionOf(pool, keep)).map((verdict) => [verdict.version, verdict.because]));
  const arrived = await uploadProgress(pool);
  return versions.map((each) => ({
    version: each.version,
    state: each.state,
    algorithm: each.algorithm,
    runId: each.runId,
    snapshotId: each.snapshotId,
    splitId: each.splitId,
    bytes: each.bytes,
    users: each.users,
    items: each.items,
    factors: each.factors,
    createdAt: each.createdAt.toISOString(),
    activatedAt: each.activatedAt?.toISOString() ?? null,
    failure: each.failure,
    arrived: arrived.get(each.version) ?? null,
    pinned: each.pinned === null ? null : { at: each.pinned.at.toISOString(), note: each.pinned.note },
    withdrawn: each.withdrawn === null ? null : { at: each.withdrawn.at.toISOString(), reason: each.withdrawn.reason },
    keptBecause: because.get(each.version) ?? null,
  }));
}

async function withTarget<T>(address: TargetAddress, work: (pool: Pool) => Promise<T>): Promise<T> {
  const target = parseTarget(address);
  const pool = createProductionPool({ url: target.postgresUrl, applicationName: "reelbench versions", connections: 2 });
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}
