import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "pg";
import type { WorkContext } from "../jobs/work-context.ts";
import { noticeChannel } from "../production/cache-keys.ts";
import type { Deployment } from "../production/deployments.ts";
import type { Notice } from "../production/notices.ts";
import { liveServers } from "../production/servers.ts";
import type { RedisClient } from "./redis-target.ts";

/** Postgres' notice went with the transaction; this repeats it to those who listen on Redis. Servers poll besides. */
export async function announce(redis: RedisClient, channel: string): Promise<void> {
  const message: Notice = { kind: "deployment", channel };
  await redis.publish(noticeChannel(channel), JSON.stringify(message));
}

/**
 * Waits until every live server reports what the pointer says, at most `seconds`. Being late is not a failure: the pointer
 * stands, and each server switches when it has loaded.
 */
export async function waitForServers(
  pool: Pool,
  deployment: Deployment,
  seconds: number,
  { signal, onProgress }: WorkContext,
): Promise<{ readonly live: number; readonly switched: number }> {
  for (const deadline = Date.now() + seconds * 1000; ;) {
    const servers = await liveServers(pool, deployment.channel);
    const switched = servers.filter(({ servingVersion }) => servingVersion === deployment.version).length;
    onProgress({
      done: switched,
      total: servers.length,
      unit: "servers",
      message:
        servers.length === 0 ? "No server is live; the next one will serve it" : "Waiting for the servers to switch",
    });
    if (switched === servers.length || Date.now() > deadline || signal.aborted)
      return { live: servers.length, switched };
    await sleep(200, undefined, { signal }).catch(() => undefined);
  }
}
