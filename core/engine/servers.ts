import { randomBytes, randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Pool } from "pg";
import { z } from "zod";
import { ReelbenchError, toReelbenchError } from "../contract/errors.ts";
import type { ServerFailure, ServerRestart, ServerState } from "../contract/publishing.ts";
import { createBackOff } from "../jobs/back-off.ts";
import type { BackOff } from "../jobs/back-off.ts";
import type { ChildHandle } from "../jobs/process-host.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import { createApiKey, revokeApiKey, revokeApiKeysNamed } from "../production/api-keys.ts";
import { createProductionPool } from "../production/database.ts";
import { migrate } from "../production/migrate.ts";
import { removeServer } from "../production/servers.ts";
import { explainSilence } from "../publish/reach-target.ts";
import { defaultChannel } from "../publish/target-address.ts";
import type { Secrets } from "../workspace/secrets.ts";
import { changed } from "./rooms.ts";
import type { Rooms } from "./rooms.ts";
import { localTarget } from "./targets.ts";
import type { Targets } from "./targets.ts";
import { watchAnswers } from "./watch-answers.ts";

const listening = z.object({ type: z.literal("listening"), url: z.string() });
const startTimeoutMs = 120_000;
const stopTimeoutMs = 8_000;

export interface RunningServer {
  readonly url: string;
  readonly pid: number;
  readonly apiKey: string;
}

export interface ServerCondition {
  readonly state: ServerState;
  /** Null: never started by this engine. */
  readonly since: string | null;
  readonly lastFailure: ServerFailure | null;
}

export interface Servers {
  /** The one that runs, or a new one once it listens. One that does not answer is ended first. */
  start(targetId: string, port: number): Promise<RunningServer>;
  find(targetId: string): RunningServer | undefined;
  condition(targetId: string): ServerCondition;
  /** Set while one that ended by itself waits to be started again. */
  restarting(targetId: string): ServerRestart | null;
  /** Also ends the waiting for another start. */
  stop(targetId: string): Promise<void>;
  close(): Promise<void>;
}

interface Started extends RunningServer {
  readonly child: ChildHandle;
  /** It has exited, its key is revoked and its name is off the list of servers. */
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
  const conditions = new Map<string, ServerCondition>();
  const condition = (targetId: string) =>
    conditions.get(targetId) ?? { state: "stopped", since: null, lastFailure: null };

  function enter(
    targetId: string,
    state: ServerState,
    lastFailure = condition(targetId).lastFailure,
    since = Date.now(),
  ): void {
    conditions.set(targetId, { state, since: new Date(since).toISOString(), lastFailure });
    changed(rooms, "server", targetId);
  }

  async function launch(targetId: string, port: number): Promise<Started> {
    const addresses = await targets.addresses(targetId, atOnce);
    const { key: apiKey, apiKey: keyRow } = await makeKey(addresses.postgresUrl, `workbench ${rooms.workspace.id}`);
    const serverId = `workbench-${hostname()}-${randomUUID().slice(0, 8)}`;
    const child = rooms.processHost.fork("server", {
      env: {
        REELBENCH_POSTGRES_URL: addresses.postgresUrl,
        REELBENCH_REDIS_URL: addresses.redisUrl ?? "",
        REELBENCH_CHANNEL: addresses.channel ?? defaultChannel,
        REELBENCH_MASTER_KEYS: await masterKey(targetId, secrets),
        REELBENCH_HOST: "127.0.0.1",
        REELBENCH_PORT: String(port),
        REELBENCH_SERVER_ID: serverId,
        REELBENCH_LOG_LEVEL: "warn",
      },
    });
    const forget = () =>
      withTarget(addresses.postgresUrl, async (pool) => {
        await revokeApiKey(pool, keyRow.id);
        // One that was killed could not sign off itself.
        await removeServer(pool, serverId);
      }).catch((error: unknown) => tellKept(targetId, error));
    const url = await untilListening(child).catch(async (error: unknown) => {
      await forget();
      throw error;
    });
    const startedAt = performance.now();
    const stopWatching = watchAnswers(url, {
      onSilent: (since) => {
        rooms.log(`The bundled server for ${targetId} does not answer.`, "warn");
        enter(targetId, "silent", undefined, since);
      },
      onAnswer: () => {
        rooms.log(`The bundled server for ${targetId} answers again.`);
        enter(targetId, "running");
      },
    });
    const ended = new Promise<void>((resolve) => {
      child.onExit((_code, reason) => {
        stopWatching();
        running.delete(targetId);
        rooms.log(`The bundled server for ${targetId} ended: ${reason}`, wanted.has(targetId) ? "warn" : "info");
        if (!restartLater(targetId, reason, performance.now() - startedAt)) enter(targetId, "stopped");
        void forget().then(() => {
          changed(rooms, "server", targetId);
          resolve();
        });
      });
    });
    const started: Started = { url, pid: child.pid ?? 0, apiKey, child, ended };
    running.set(targetId, started);
    enter(targetId, "running");
    return started;
  }

  /** False: nobody wants it to run any longer. */
  function restartLater(targetId: string, reason: string, ran: number): boolean {
    const server = wanted.get(targetId);
    if (server === undefined) return false;
    if (ran >= steadyMs) {
      server.pauses.worked();
      server.failures = 0;
    }
    const pause = server.pauses.failed();
    server.failures++;
    const timer = setTimeout(() => void restart(targetId, server), pause);
    const at = new Date(Date.now() + pause).toISOString();
    server.waiting = { timer, restart: { at, failures: server.failures, reason } };
    enter(targetId, "waiting", failureNow(reason));
    rooms.log(`The bundled server for ${targetId} is started again in ${pause / 1000} s`);
    return true;
  }

  async function restart(targetId: string, server: Wanted): Promise<void> {
    server.waiting = null;
    try {
      await begin(targetId, server);
    } catch (error) {
      const { code, message } = toReelbenchError(error);
      rooms.log(`The bundled server for ${targetId} could not be started again: ${code} ${message}`, "warn");
      if (wanted.get(targetId) !== server) return;
      // Another program may have taken its port meanwhile.
      server.port = 0;
      restartLater(targetId, message, 0);
    }
  }

  async function begin(targetId: string, server: Wanted): Promise<Started> {
    const attempt = launch(targetId, server.port);
    starting.set(targetId, attempt);
    enter(targetId, "starting");
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
      `What the bundled server for ${targetId} left on its target, its key and its name, could not be taken away and ends by itself: ${code} ${message}`,
    );
  }

  /** Asks it to stop, unless it does not answer anyway, and ends it where it does not. */
  async function end(targetId: string, server: Started): Promise<void> {
    wanted.delete(targetId);
    const isSilent = condition(targetId).state === "silent";
    if (!isSilent) server.child.send({ type: "stop" });
    const impatience = setTimeout(() => server.child.kill(), isSilent ? 0 : stopTimeoutMs);
    await server.ended;
    clearTimeout(impatience);
  }

  const servers: Servers = {
    async start(targetId, port) {
      const attempt = starting.get(targetId);
      // Not awaited where there is none: two that are asked for at once are one.
      const known = running.get(targetId) ?? (attempt === undefined ? undefined : await attempt);
      if (known !== undefined) {
        if (condition(targetId).state !== "silent") return known;
        await end(targetId, known);
        return servers.start(targetId, Number(new URL(known.url).port));
      }
      clearTimeout(wanted.get(targetId)?.waiting?.timer);
      const server: Wanted = { port, pauses: createBackOff(restartPauses), failures: 0, waiting: null };
      wanted.set(targetId, server);
      conditions.delete(targetId);
      try {
        return await begin(targetId, server);
      } catch (error) {
        if (wanted.get(targetId) === server) {
          wanted.delete(targetId);
          enter(targetId, "stopped", failureNow(toReelbenchError(error).message));
        }
        throw error;
      }
    },
    find: (targetId) => running.get(targetId),
    condition,
    restarting: (targetId) => wanted.get(targetId)?.waiting?.restart ?? null,
    async stop(targetId) {
      clearTimeout(wanted.get(targetId)?.waiting?.timer);
      const wasWanted = wanted.delete(targetId);
      const server = running.get(targetId) ?? (await starting.get(targetId)?.catch(() => undefined));
      if (server === undefined) {
        if (wasWanted) enter(targetId, "stopped", null);
        return;
      }
      conditions.set(targetId, { ...condition(targetId), lastFailure: null });
      await end(targetId, server);
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

function failureNow(reason: string): ServerFailure {
  return { at: new Date().toISOString(), reason };
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
  } catch (error) {
    throw await explainSilence(error, url);
  } finally {
    await pool.end();
  }
}
