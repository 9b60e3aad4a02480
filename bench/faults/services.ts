import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { embeddedBinaries } from "../../core/publish/postgres/binaries.ts";
import { freeLoopbackPort, startCluster } from "../../core/publish/postgres/cluster.ts";
import type { Cluster } from "../../core/publish/postgres/cluster.ts";
import { spawnGuarded, stopGuarded } from "../../core/publish/postgres/guard.ts";
import { serviceUser } from "../../core/publish/postgres/service-user.ts";
import { findProgram, pingRedis, redisProgram } from "../../e2e/services/start-redis.ts";

/** A real service that can be killed and started again on the data it had. */
export interface Service {
  /** Of now: another one each time it is started. */
  port(): number;
  /** SIGKILL, to all of it at once. */
  kill(): Promise<void>;
  /** In order. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Ends it and takes its data away. */
  remove(): Promise<void>;
}

export interface PostgresService extends Service {
  readonly password: string;
}

export const superuser = "reelbench";

export async function postgresService(): Promise<PostgresService> {
  const directory = await mkdtemp(join(tmpdir(), "reelbench-faults-postgres-"));
  await chmod(directory, 0o755); // As root, Postgres runs as another user and must reach its data.
  const user = await serviceUser();
  const [postgres, initdb] = [await findProgram("postgres"), await findProgram("initdb")];
  const binaries = postgres !== null && initdb !== null ? { postgres, initdb } : await embeddedBinaries(user);
  const password = randomBytes(12).toString("hex");
  const start = () =>
    startCluster({
      binaries,
      dataDirectory: join(directory, "data"),
      password,
      user,
      // It survives its own processes, which is all that is killed here.
      settings: ["fsync=off", "full_page_writes=off", "max_connections=200"],
      signal: AbortSignal.timeout(180_000),
    });
  let cluster: Cluster | null = await start();
  const kill = async () => {
    if (cluster === null) return;
    const ended = new Promise<void>((resolve) => cluster?.onExit(() => resolve()));
    process.kill(-cluster.pid, "SIGKILL");
    await ended;
    cluster = null;
  };
  const stop = async () => {
    await cluster?.stop();
    cluster = null;
  };
  return {
    password,
    port: () => cluster?.port ?? 0,
    kill,
    stop,
    start: async () => {
      cluster ??= await start();
    },
    remove: async () => {
      await stop();
      await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

/** Redis that keeps what it acknowledges, so that feedback may wait there. */
export async function redisService(): Promise<Service> {
  const program = await redisProgram();
  const parent = await mkdtemp(join(tmpdir(), "reelbench-faults-redis-"));
  const directory = join(parent, "data");
  await mkdir(directory);
  let running: { readonly child: ChildProcess; readonly port: number } | null = null;
  const start = async () => {
    if (running !== null) return;
    const port = await freeLoopbackPort();
    const settings = ["--save", "", "--appendonly", "yes", "--appendfsync", "always"];
    const place = ["--port", String(port), "--bind", "127.0.0.1", "--dir", directory];
    const child = spawnGuarded(program, [...place, ...settings], "ignore", {});
    running = { child, port };
    for (const deadline = Date.now() + 15_000; !(await pingRedis(port));) {
      if (Date.now() > deadline || child.exitCode !== null) throw new Error("Redis did not start.");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const stop = async () => {
    if (running !== null) await stopGuarded(running.child);
    running = null;
  };
  await start();
  return {
    port: () => running?.port ?? 0,
    start,
    stop,
    kill: async () => {
      if (running?.child.pid === undefined) return;
      const ended = once(running.child, "exit");
      process.kill(-running.child.pid, "SIGKILL");
      await ended;
      running = null;
    },
    remove: async () => {
      await stop();
      await rm(parent, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}
