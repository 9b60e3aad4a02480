import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "pg";
import type { WorkContext } from "../jobs/work-context.ts";
import { noticeChannel } from "../production/cache-keys.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { createProductionPool, isTargetAway, productionError } from "../production/database.ts";
import { activate, findDeployment } from "../production/deployments.ts";
import type { Activation, Deployment } from "../production/deployments.ts";
import type { Notice } from "../production/notices.ts";
import { liveServers } from "../production/servers.ts";
import type { RedisClient } from "./redis-target.ts";

/**
 * The switch (PUB-6). A commit has no limit of its own that would not fail one that is only slow; whether Postgres is there at all
 * is told by the publisher's lock (`lost`), where there is one. Where no answer came it is asked anew, for the commit may have been made:
 * returns what was switched to, or throws RB_TARGET_UNREACHABLE saying that nothing was switched, or that nobody knows.
 */
export async function switchOver(
  pool: Pool,
  postgresUrl: string,
  activation: Activation,
  lost?: AbortSignal,
): Promise<Deployment> {
  try {
    const switched = activate(pool, activation);
    return await (lost === undefined ? switched : untilLost(switched, lost));
  } catch (error) {
    const failure = productionError(error);
    if (!isTargetAway(failure)) throw failure;
    const now = await askAnew(postgresUrl, activation.channel);
    if (now === "unknown")
      throw new ReelbenchError(
        "RB_TARGET_UNREACHABLE",
        `Postgres stopped answering while it was to switch to ${activation.version}: whether it did is not known. One of the two versions serves, whole.`,
        {
          cause: failure,
          remedy: "When Postgres is there again, look at what is live; to do it once more is safe either way.",
        },
      );
    if (now?.version === activation.version) return now;
    throw failure;
  }
}

/** On a connection of its own: those there are may all be silent. */
async function askAnew(url: string, channel: string): Promise<Deployment | null | "unknown"> {
  const pool = createProductionPool({
    url,
    applicationName: "reelbench publish (switched?)",
    connections: 1,
    statementTimeout: 5_000,
  });
  try {
    return await findDeployment(pool, channel);
  } catch {
    return "unknown";
  } finally {
    void pool.end().catch(() => undefined);
  }
}

/** What the work comes to, or the reason of the loss, whichever is first; the work's own end is not waited for then. */
export async function untilLost<T>(work: Promise<T>, lost: AbortSignal): Promise<T> {
  const heard = new AbortController();
  try {
    return await Promise.race([
      work,
      new Promise<never>((_resolve, reject) => {
        const onLost = () => reject(lost.reason as Error);
        if (lost.aborted) onLost();
        else lost.addEventListener("abort", onLost, { signal: heard.signal });
      }),
    ]);
  } finally {
    heard.abort();
  }
}

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
