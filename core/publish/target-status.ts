import type { Pool } from "pg";
import type { TargetStatus } from "../contract/entities.ts";
import { toReelbenchError } from "../contract/errors.ts";
import { createProductionPool, isTargetAway } from "../production/database.ts";
import { deploymentHistory, findDeployment } from "../production/deployments.ts";
import { productionMigrations, schemaVersion } from "../production/migrate.ts";
import { seenServers } from "../production/servers.ts";
import { listVersions } from "../production/versions.ts";
import { explainSilence } from "./reach-target.ts";
import { parseTarget } from "./target-address.ts";
import type { TargetAddress } from "./target-address.ts";

const nothing: Omit<TargetStatus, "reachable" | "error"> = {
  schemaVersion: null,
  active: null,
  previous: null,
  versions: [],
  history: [],
  servers: [],
};

/** What a target serves and has served. An unreachable target is an answer, not an exception. */
export async function targetStatus(address: TargetAddress): Promise<TargetStatus> {
  let pool: Pool | undefined;
  try {
    const target = parseTarget(address);
    pool = createProductionPool({
      url: target.postgresUrl,
      applicationName: "reelbench status",
      connections: 2,
      statementTimeout: 10_000,
    });
    const status = await read(pool, target.channel).catch(async (error: unknown) => {
      throw await explainSilence(error, target.postgresUrl);
    });
    return { reachable: true, error: null, ...status };
  } catch (error) {
    const { code, message, remedy } = toReelbenchError(error).toEnvelope();
    return {
      reachable: !isTargetAway(error) && code !== "RB_INVALID_INPUT",
      error: { code, message, remedy },
      ...nothing,
    };
  } finally {
    await pool?.end();
  }
}

async function read(pool: Pool, channel: string): Promise<Omit<TargetStatus, "reachable" | "error">> {
  const version = await schemaVersion(pool);
  // Nothing was published here, or by a newer Reelbench whose tables may mean something else.
  if (version === 0) return nothing;
  if (version !== productionMigrations().length) return { ...nothing, schemaVersion: version };
  const deployment = await findDeployment(pool, channel);
  const versions = await listVersions(pool);
  const history = await deploymentHistory(pool, channel);
  const servers = await seenServers(pool, channel);
  return {
    schemaVersion: version,
    active: deployment === null ? null : { version: deployment.version, since: deployment.activatedAt.toISOString() },
    previous: deployment?.previous ?? null,
    versions: versions.map((each) => ({
      version: each.version,
      state: each.state,
      algorithm: each.algorithm,
      createdAt: each.createdAt.toISOString(),
      bytes: each.bytes,
    })),
    history: history.map((each) => ({
      version: each.version,
      activatedAt: each.activatedAt.toISOString(),
      reason: each.reason,
    })),
    servers: servers.map((each) => ({
      id: each.id,
      url: each.url,
      serving: each.servingVersion,
      silentFor: each.silentFor,
      reporting: each.reporting,
    })),
  };
}
