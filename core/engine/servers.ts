import { randomBytes } from "node:crypto";
import type { Pool } from "pg";
import { z } from "zod";
import { ReelbenchError, toReelbenchError } from "../contract/errors.ts";
import type { ServerRestart } from "../contract/publishing.ts";
import { createBackOff } from "../jobs/back-off.ts";
import type { BackOff } from "../jobs/back-off.ts";
import type { ChildHandle } from "../jobs/process-host.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import { createApiKey, revokeApiKey, revokeApiKeysNamed } from "../production/api-keys.ts";
import { createProductionPool } from "../production/database.ts";
import { migrate } from "../production/migrate.ts";
import { defaultChannel } from "../publish/target-address.ts";
import type { Secrets } from "../workspace/secrets.ts";
import { changed } from "./rooms.ts";
import type { Rooms } from "./rooms.ts";
import { localTarget } from "./targets.ts";
import type { Targets } from "./targets.ts";

const listening = z.object({ type: z.literal("listening"), url: z.string() });
const startTimeoutMs = 120_000;
const stopTimeoutMs = 8_000;

export interface RunningServer {
  readonly url: string;
  readonly pid: number;
  readonly apiKey: string;
}

export interface Servers {
  /** The one that runs, or a new one once it listens. */
  start(targetId: string, port: number): Promise<RunningServer>;
  find(targetId: string): RunningServer | undefined;
  /** Set while one that ended by itself waits to be started again. */
  restarting(targetId: string): ServerRestart | null;
  /** Also ends the waiting for another start. */
  stop(targetId: string): Promise<void>;
  close(): Promise<void>;
}

interface Started extends RunningServer {
  readonly child: ChildHandle;
  /** It has exited and its key is revoked. */
  readonly ended: Promise<void>;
}

const atOnce: WorkContext = { signal: new AbortController().signal, onProgress: () => undefined };

/** From an end to the next start, in milliseconds. */
const restartPauses = { first: 1000, longest: 60_000 };
/** What ran this long ended for another reason than the one before. */
const steadyMs = 60_000;

/** A server that should run, and what came of it. */
interface Wanted {
  /** Where it is asked to listen; after a first start, where it listened. */
  port: number;
  readonly pauses: BackOff;
  failures: number;
  waiting: { readonly timer: NodeJS.Timeout; readonly restart: ServerRestart } | null;
}

/**
 * The bundled server in processes of its own, one for a target. One that ends without being asked to is started again, where it
 * was, each time after a longer pause, until somebody stops it.
 */
export function createServers(rooms: Rooms, targets: Targets, secrets: Secrets): Servers {
  const wanted = new Map<string, Wanted>();
  const running = new Map<string, Started>();
  const starting = new Map<string, Promise<Started>>();

  async function launch(targetId: string, port: number): Promise<Started> {
    const addresses = await targets.addresses(targetId, atOnce);
    const { key: apiKey, apiKey: keyRow } = await makeKey(addresses.postgresUrl, `workbench ${rooms.workspace.id}`);
    const child = rooms.processHost.fork("server", {
      env: {
        REELBENCH_POSTGRES_URL: addresses.postgresUrl,
        REELBENCH_REDIS_URL: addresses.redisUrl ?? "",
        REELBENCH_CHANNEL: addresses.channel ?? defaultChannel,
        REELBENCH_MASTER_KEYS: await masterKey(targetId, secrets),
        REELBENCH_HOST: "127.0.0.1",
        REELBENCH_PORT: String(port),
        REELBENCH_LOG_LEVEL: "warn",
      },
    });
    const forgetKey = () =>
      withTarget(addresses.postgresUrl, (pool) => revokeApiKey(pool, keyRow.id)).catch((error: unknown) =>
        tellKept(targetId, error),
      );
    const url = await untilListening(child).catch(async (error: unknown) => {
      await forgetKey();
      throw error;
    });
    const startedAt = performance.now();
    const ended = new Promise<void>((resolve) => {
      child.onExit((_code, reason) => {
        running.delete(targetId);
        rooms.log(`The bundled server for ${targetId} ended: ${reason}`);
        restartLater(targetId, reason, performance.now() - startedAt);
        changed(rooms, "server", targetId);
        void forgetKey().then(() => resolve());
      });
    });
    const started: Started = { url, pid: child.pid ?? 0, apiKey, child, ended };
    running.set(targetId, started);
    changed(rooms, "server", targetId);
    return started;
  }

  function restartLater(targetId: string, reason: string, ran: number): void {
    const server = wanted.get(targetId);
    if (server === undefined) return;
    if (ran >= steadyMs) {
      server.pauses.worked();
      server.failures = 0;
    }
    const pause = server.pauses.failed();
    server.failures++;
    const timer = setTimeout(() => void restart(targetId, server), pause);
    const at = new Date(Date.now() + pause).toISOString();
    server.waiting = { timer, restart: { at, failures: server.failures, reason } };
    rooms.log(`The bundled server for ${targetId} is started again in ${pause / 1000} s`);
  }

  async function restart(targetId: string, server: Wanted): Promise<void> {
    server.waiting = null;
    try {
      await begin(targetId, server);
    } catch (error) {
      const { code, message } = toReelbenchError(error);
      rooms.log(`The bundled server for ${targetId} could not be started again: ${code} ${message}`);
      if (wanted.get(targetId) !== server) return;
      // Another program may have taken its port meanwhile.
      server.port = 0;
      restartLater(targetId, message, 0);
      changed(rooms, "server", targetId);
    }
  }

  async function begin(targetId: string, server: Wanted): Promise<Started> {
    const attempt = launch(targetId, server.port);
    starting.set(targetId, attempt);
    try {
      const started = await attempt;
      server.port = Number(new URL(started.url).port);
      return started;
    } finally {
      starting.delete(targetId);
    }
  }

  function tellKept(targetId: string, error: unknown): void {
    const { code, message } = toReelbenchError(error);
    rooms.log(
      `The key of the bundled server for ${targetId} could not be revoked and ends by itself: ${code} ${message}`,
    );
  }

  const servers: Servers = {
    async start(targetId, port) {
      const known = running.get(targetId) ?? (await starting.get(targetId));
      if (known !== undefined) return known;
      clearTimeout(wanted.get(targetId)?.waiting?.timer);
      const server: Wanted = { port, pauses: createBackOff(restartPauses), failures: 0, waiting: null };
      wanted.set(targetId, server);
      try {
        return await begin(targetId, server);
      } catch (error) {
        if (wanted.get(targetId) === server) wanted.delete(targetId);
        throw error;
      }
    },
    find: (targetId) => running.get(targetId),
    restarting: (targetId) => wanted.get(targetId)?.waiting?.restart ?? null,
    async stop(targetId) {
      clearTimeout(wanted.get(targetId)?.waiting?.timer);
      if (wanted.delete(targetId)) changed(rooms, "server", targetId);
      const server = running.get(targetId) ?? (await starting.get(targetId)?.catch(() => undefined));
      if (server === undefined) return;
      server.child.send({ type: "stop" });
      const impatience = setTimeout(() => server.child.kill(), stopTimeoutMs);
      await server.ended;
      clearTimeout(impatience);
    },
    close: async () =>
      void (await Promise.all(
        [...new Set([...wanted.keys(), ...running.keys(), ...starting.keys()])].map((targetId) =>
          servers.stop(targetId),
        ),
      )),
  };
  return servers;
}

/**
 * The key that wraps the keys of accounts' fields (`server/secrets`). Only for the local target: it is this workspace's own,
 * made once and kept with its secrets. A production target's keys belong to its operators; there the bundled server runs
 * without accounts.
 */
async function masterKey(targetId: string, secrets: Secrets): Promise<string> {
  if (targetId !== localTarget.id) return "";
  return `workbench:${await secrets.own("master-key", () => randomBytes(32).toString("base64"))}`;
}

function untilListening(child: ChildHandle): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(timer);
      child.kill();
      reject(new ReelbenchError("RB_WORKER_DIED", `The bundled server did not start: ${why}.`));
    };
    const timer = setTimeout(() => fail(`nothing heard for ${startTimeoutMs / 1000} s`), startTimeoutMs);
    child.onExit((_code, reason) => fail(reason));
    child.onMessage((message) => {
      const parsed = listening.safeParse(message);
      if (!parsed.success) return;
      clearTimeout(timer);
      resolve(parsed.data.url);
    });
  });
}

/**
 * A key for the person at this workbench. Only its hash stays on the target. It is revoked when the server stops; one that
 * a killed engine left is revoked by the next, and ends by itself.
 */
function makeKey(postgresUrl: string, name: string): ReturnType<typeof createApiKey> {
  return withTarget(postgresUrl, async (pool) => {
    await migrate(pool);
    await revokeApiKeysNamed(pool, name);
    const expiresAt = new Date(Date.now() + 7 * 24 * 60 * 60 * 1000);
    return createApiKey(pool, { name, scopes: ["recommend", "feedback", "catalogue"], expiresAt });
  });
}

async function withTarget<T>(url: string, work: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = createProductionPool({ url, applicationName: "reelbench-workbench", connections: 1 });
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}
