import { ReelbenchError, toReelbenchError } from "../contract/errors.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import { createProductionPool, endPool } from "../production/database.ts";
import { findDeployment } from "../production/deployments.ts";
import { openProduction } from "../production/migrate.ts";
import { findVersion } from "../production/versions.ts";
import { closeRedis, openRedis } from "./redis-target.ts";
import { announce, switchOver, waitForServers } from "./switch-over.ts";
import { parseTarget } from "./target-address.ts";
import type { TargetAddress } from "./target-address.ts";

export interface RollbackOutcome {
  readonly version: string;
  readonly from: string;
  readonly servers: { readonly live: number; readonly switched: number };
}

/**
 * Makes an earlier version serve again: the one before, or the one named (it must have served or been proved ready). The
 * same one step as a publication's last, recorded as a rollback. It does not wait for a publication under way: that one
 * then finds the pointer moved and stops. Throws RB_NOTHING_TO_ROLL_BACK, RB_NOT_FOUND, RB_CONFLICT, RB_TARGET_….
 */
export async function rollback(
  address: TargetAddress,
  version: string | undefined,
  context: WorkContext,
): Promise<RollbackOutcome> {
  const target = parseTarget(address);
  const pool = createProductionPool({ url: target.postgresUrl, applicationName: "reelbench rollback", connections: 2 });
  try {
    await openProduction(pool);
    const deployment = await findDeployment(pool, target.channel);
    if (deployment === null)
      throw new ReelbenchError("RB_NOTHING_TO_ROLL_BACK", "Nothing was ever published to this target.");
    const wanted = version ?? deployment.previous;
    if (wanted === null)
      throw new ReelbenchError(
        "RB_NOTHING_TO_ROLL_BACK",
        `${deployment.version} is the only version this target has served.`,
      );
    if (wanted === deployment.version)
      throw new ReelbenchError("RB_CONFLICT", `${wanted} is what the target serves already.`);
    const found = await findVersion(pool, wanted);
    if (found === null) throw new ReelbenchError("RB_NOT_FOUND", `Version ${wanted} is not on the target (any more).`);
    if (found.probedAt === null || found.state === "uploading" || found.state === "failed") {
      throw new ReelbenchError(
        "RB_CONFLICT",
        `Version ${wanted} is ${found.state} and was never proved; publish it again instead.`,
      );
    }
    context.signal.throwIfAborted();
    context.onIrrevocable?.();
    const activation = {
      channel: target.channel,
      version: wanted,
      reason: "rollback",
      expectedEpoch: deployment.epoch,
    } as const;
    const active = await switchOver(pool, target.postgresUrl, activation);
    await tellRedis(target, context.signal);
    const servers = await waitForServers(pool, active, 30, context).catch(() => ({ live: 0, switched: 0 }));
    return { version: wanted, from: deployment.version, servers };
  } catch (error) {
    throw toReelbenchError(error);
  } finally {
    await endPool(pool);
  }
}

/** A convenience: servers hear of it from Postgres, too. */
async function tellRedis(target: Required<TargetAddress>, signal: AbortSignal): Promise<void> {
  if (target.redisUrl === null) return;
  try {
    const redis = await openRedis(target.redisUrl, signal);
    try {
      await announce(redis, target.channel);
    } finally {
      await closeRedis(redis);
    }
  } catch {
    // The pointer has moved and NOTIFY was sent with it; Redis being away delays nobody who polls.
  }
}
