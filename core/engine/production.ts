import type { ProductionExperiment, ProductionMetrics, ProductionPoint } from "../contract/production-metrics.ts";
import { toReelbenchError } from "../contract/errors.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import { armDifference } from "../production/arm-difference.ts";
import { connectionFailure } from "../production/connection-failure.ts";
import { createProductionPool } from "../production/database.ts";
import { experimentOutcomes, listExperiments } from "../production/experiments.ts";
import { schemaVersion } from "../production/migrate.ts";
import { defaultChannel } from "../publish/target-address.ts";
import { targetStatus } from "../publish/target-status.ts";
import type { DirectHandlers } from "./handlers.ts";
import type { Servers } from "./servers.ts";
import { countedBetween, pointOf, readServing } from "./serving-counters.ts";
import type { ServingCounters, ServingLook } from "./serving-counters.ts";
import type { Targets } from "./targets.ts";

/** Milliseconds. */
const lookEvery = 5000;
/** Which servers there are is asked of the target less often: it costs a connection to its Postgres. */
const serversEvery = 30_000;
const answerWithin = 4000;
const mostPoints = 720;
/** Bytes of metrics that a server may tell. */
const largest = 4_000_000;

const atOnce: WorkContext = { signal: new AbortController().signal, onProgress: () => undefined };

export interface Production {
  readonly handlers: DirectHandlers<"production.metrics" | "production.experiments">;
  close(): void;
}

interface Server {
  readonly url: string;
  failure: string | null;
  look: ServingLook | null;
}

interface Watch {
  points: ProductionPoint[];
  servers: Map<string, Server>;
  urls: readonly string[];
  urlsAt: number;
  lookedAt: number | null;
  looking: Promise<void>;
}

/** Looks at the servers of targets that somebody has asked about, and remembers what it saw for as long as the engine runs. */
export function createProduction(targets: Targets, servers: Servers): Production {
  const watches = new Map<string, Watch>();
  let closed = false;
  const timer = setInterval(() => {
    for (const [targetId, watch] of watches) follow(targetId, watch);
  }, lookEvery);
  timer.unref();

  /** One look at a time: a slow server must not be asked by more and more at once. */
  function follow(targetId: string, watch: Watch): void {
    watch.looking = watch.looking.then(() => (closed ? undefined : look(targetId, watch)));
  }

  async function serversOf(targetId: string): Promise<readonly string[]> {
    const own = servers.find(targetId)?.url;
    const target = targets.get(targetId);
    if (target.kind === "local") return own === undefined ? [] : [own];
    const status = await targetStatus(await targets.addresses(targetId, atOnce));
    const live = status.servers.flatMap(({ url, reporting }) => (url === null || !reporting ? [] : [url]));
    return [...new Set([...(own === undefined ? [] : [own]), ...live])];
  }

  async function look(targetId: string, watch: Watch): Promise<void> {
    const now = Date.now();
    if (targets.list().every(({ id }) => id !== targetId)) {
      watches.delete(targetId);
      return;
    }
    if (now - watch.urlsAt >= serversEvery || servers.find(targetId)?.url !== watch.urls[0]) {
      watch.urls = await serversOf(targetId).catch(() => watch.urls);
      watch.urlsAt = now;
    }
    const next = new Map<string, Server>();
    const counts: ServingCounters[] = [];
    await Promise.all(
      watch.urls.map(async (url) => {
        const before = watch.servers.get(url)?.look ?? null;
        const server = await ask(url);
        next.set(url, server);
        if (before === null || server.look === null) return;
        const counted = countedBetween(before.counters, server.look.counters);
        if (counted !== null) counts.push(counted);
      }),
    );
    watch.servers = next;
    // The first look has nothing to count from.
    if (watch.lookedAt !== null)
      watch.points = [...watch.points, pointOf(new Date(now), (now - watch.lookedAt) / 1000, counts)].slice(
        -mostPoints,
      );
    watch.lookedAt = now;
  }

  return {
    handlers: {
      "production.metrics": async ({ targetId }) => {
        const { id } = targets.get(targetId);
        let watch = watches.get(id);
        if (watch === undefined) {
          const empty = { points: [], servers: new Map(), urls: [], urlsAt: 0, lookedAt: null };
          watch = { ...empty, looking: Promise.resolve() };
          watches.set(id, watch);
          follow(id, watch);
          await watch.looking;
        }
        return told(watch);
      },
      "production.experiments": async ({ targetId }) => {
        const target = targets.get(targetId);
        // Looking must not start the local database.
        if (target.kind === "local" && servers.find(target.id) === undefined) return [];
        const { postgresUrl, channel } = await targets.addresses(target.id, atOnce);
        return experimentsOf(postgresUrl, channel ?? defaultChannel);
      },
    },
    close() {
      closed = true;
      clearInterval(timer);
    },
  };
}

/** Its metrics, or why not. The address stands in the target's Postgres: nothing is sent there, and little is read. */
async function ask(url: string): Promise<Server> {
  try {
    const response = await fetch(new URL("/metrics", url), {
      signal: AbortSignal.timeout(answerWithin),
      redirect: "error",
    });
    if (!response.ok) return { url, failure: `It answered ${String(response.status)}.`, look: null };
    return { url, failure: null, look: readServing(await limitedText(response)) };
  } catch (error) {
    const timedOut = error instanceof Error && error.name === "TimeoutError";
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : null;
    const why = cause === null ? null : (connectionFailure(cause, "the server")?.reason ?? cause.message);
    return {
      url,
      failure: timedOut
        ? `No answer within ${String(answerWithin / 1000)} s.`
        : `It cannot be reached${why === null ? "" : `: ${why}`}.`,
      look: null,
    };
  }
}

async function limitedText(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const part = await reader?.read();
    if (part === undefined || part.done) return Buffer.concat(parts).toString("utf8");
    const piece: unknown = part.value;
    if (!(piece instanceof Uint8Array)) continue;
    bytes += piece.length;
    if (bytes > largest) {
      await reader?.cancel();
      throw new Error("too much to be metrics");
    }
    parts.push(piece);
  }
}

function told(watch: Watch): ProductionMetrics {
  const servers = [...watch.servers.values()].sort((a, b) => (a.url < b.url ? -1 : 1));
  // Every server tells the same of what is measured in Postgres; the first that measures it is heard.
  const looks = servers.flatMap(({ look }) => look ?? []);
  return {
    interval: lookEvery / 1000,
    servers: servers.map(({ url, failure, look }) => ({
      url,
      failure,
      version: look?.version ?? null,
      redis: look?.redis ?? null,
    })),
    points: watch.points,
    online: looks.find(({ online }) => online.length > 0)?.online ?? [],
    drift: looks.find(({ drift }) => drift.length > 0)?.drift ?? [],
  };
}

async function experimentsOf(postgresUrl: string, channel: string): Promise<ProductionExperiment[]> {
  const pool = createProductionPool({ url: postgresUrl, applicationName: "reelbench experiments", connections: 1 });
  try {
    if ((await schemaVersion(pool)) === 0) return [];
    const found = await listExperiments(pool, channel, 20);
    const experiments: ProductionExperiment[] = [];
    for (const { id, name, champion, challenger, share, startedAt, endedAt } of found) {
      const outcome = await experimentOutcomes(pool, id);
      experiments.push({
        id,
        name,
        champion,
        challenger,
        share,
        startedAt: startedAt.toISOString(),
        endedAt: endedAt?.toISOString() ?? null,
        outcome,
        difference: armDifference(outcome.champion, outcome.challenger),
      });
    }
    return experiments;
  } catch (error) {
    throw toReelbenchError(error);
  } finally {
    await pool.end();
  }
}
