import { setTimeout as sleep } from "node:timers/promises";
import type { Replica } from "./replica.ts";
import type { Conditions } from "./traffic.ts";

export function calmConditions(): Conditions {
  return { during: "calm", blind: new Map(), clocksMoved: false, killedAt: new Map() };
}

/** While `work` goes on these servers cannot be sure of what Postgres says. */
export async function withBlind(
  { conditions }: { readonly conditions: Conditions },
  replicas: readonly Replica[],
  work: () => Promise<void>,
): Promise<void> {
  const since = performance.now();
  for (const replica of replicas) conditions.blind.set(replica, { since, until: Number.POSITIVE_INFINITY });
  try {
    await work();
  } finally {
    for (const replica of replicas) conditions.blind.set(replica, { since, until: performance.now() });
  }
}

/** Starts a server that ended; it gets requests when it says that it is ready. */
export async function startAgain(conditions: Conditions, replica: Replica): Promise<void> {
  await replica.start();
  // It asks Postgres for everything again.
  conditions.blind.delete(replica);
}

/** A balancer: asks each server for its readiness and sends requests to those that say yes. A silent one keeps its place. */
export function balance(replicas: readonly Replica[]): { stop(): Promise<void> } {
  let stopped = false;
  const watch = async (replica: Replica) => {
    while (!stopped) {
      const health = await replica.health();
      if (!replica.isAlive()) replica.inRotation = false;
      else if (health !== null) replica.inRotation = health.status === "ready" || health.status === "degraded";
      await sleep(150);
    }
  };
  const watching = replicas.map(watch);
  return {
    async stop() {
      stopped = true;
      await Promise.all(watching);
    },
  };
}
