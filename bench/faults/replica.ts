import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { Agent } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { entryUrl } from "../../core/runtime-paths.ts";
import { tcpProxy } from "../../e2e/services/tcp-proxy.ts";
import type { TcpProxy } from "../../e2e/services/tcp-proxy.ts";
import { superuser } from "./services.ts";
import type { PostgresService, Service } from "./services.ts";
import type { Sabotage } from "./sabotage.ts";

const health = z.object({
  status: z.string(),
  serving: z.string().nullable(),
  wanted: z.string().nullable(),
  failure: z.object({ version: z.string(), code: z.string() }).nullable(),
  postgres: z.string(),
  redis: z.string(),
});
export type ReplicaHealth = z.infer<typeof health>;

/** A server process with wires of its own to Postgres and Redis, as a balancer and a saboteur see it. */
export interface Replica {
  readonly name: string;
  readonly postgresWire: TcpProxy;
  readonly redisWire: TcpProxy;
  readonly spool: string;
  readonly logFile: string;
  agent: Agent;
  url: string;
  /** Gets requests: its process is there and it last said that it is ready. */
  inRotation: boolean;
  /** Of `performance.now()`: when its process began last, and when it was last dead or being stopped. */
  aliveSince: number;
  pid(): number;
  isAlive(): boolean;
  start(): Promise<void>;
  kill(): Promise<void>;
  /** SIGTERM. Resolves with the exit code. */
  terminate(): Promise<number>;
  sabotage(order: Sabotage): void;
  health(): Promise<ReplicaHealth | null>;
  metric(pattern: RegExp): Promise<number>;
  close(): Promise<void>;
}

export interface ReplicaOptions {
  readonly name: string;
  readonly folder: string;
  readonly postgres: PostgresService;
  readonly redis: Service;
  readonly channel: string;
  readonly masterKeys: string;
  readonly spool: string;
}

export async function createReplica(options: ReplicaOptions): Promise<Replica> {
  const { name, folder, postgres, redis, spool } = options;
  const postgresWire = await tcpProxy({ host: "127.0.0.1", port: postgres.port() });
  const redisWire = await tcpProxy({ host: "127.0.0.1", port: redis.port() });
  await mkdir(spool, { recursive: true });
  const logFile = join(folder, `${name}.log`);
  let child: ChildProcess | null = null;
  let log: FileHandle | null = null;

  const get = async (path: string): Promise<string | null> => {
    const answer = await fetch(`${replica.url}${path}`, { signal: AbortSignal.timeout(2_000) }).catch(() => null);
    return (await answer?.text().catch(() => null)) ?? null;
  };

  const exited = async () => {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? -1;
    const [code] = (await once(child, "exit")) as [number | null];
    return code ?? -1;
  };
  const gone = async () => {
    replica.inRotation = false;
    replica.agent.destroy();
    replica.agent = new Agent({ keepAlive: true });
    await log?.close();
    log = null;
    child = null;
  };

  const replica: Replica = {
    name,
    postgresWire,
    redisWire,
    spool,
    logFile,
    agent: new Agent({ keepAlive: true }),
    url: "",
    inRotation: false,
    aliveSince: Number.POSITIVE_INFINITY,
    pid: () => child?.pid ?? 0,
    isAlive: () => child !== null && child.exitCode === null && child.signalCode === null,
    async start() {
      log = await open(logFile, "a");
      child = fork(fileURLToPath(entryUrl("server")), [], {
        env: {
          PATH: process.env["PATH"],
          REELBENCH_POSTGRES_URL: `postgres://${superuser}:${postgres.password}@127.0.0.1:${postgresWire.port}/postgres`,
          REELBENCH_REDIS_URL: `redis://127.0.0.1:${redisWire.port}`,
          REELBENCH_CHANNEL: options.channel,
          REELBENCH_SERVER_ID: name,
          REELBENCH_PORT: "0",
          REELBENCH_THREADS: "2",
          REELBENCH_LOG_LEVEL: "info",
          REELBENCH_ACCESS_LOG: join(folder, `${name}-access.log`),
          REELBENCH_RATE_LIMIT: "10000000",
          REELBENCH_OPEN_RATE_LIMIT: "100000",
          REELBENCH_DRAIN_DELAY_MS: "1000",
          REELBENCH_SPOOL_DIRECTORY: spool,
          REELBENCH_MASTER_KEYS: options.masterKeys,
        },
        execArgv: ["--import", new URL("sabotage.ts", import.meta.url).href],
        serialization: "advanced",
        stdio: ["ignore", log.fd, log.fd, "ipc"],
      });
      const started = child;
      const message = await Promise.race([
        once(started, "message").then(([said]) => z.object({ url: z.string() }).parse(said)),
        once(started, "exit").then(() => null),
      ]);
      if (message === null) {
        await gone();
        throw new Error(`${name} ended while it started; see ${logFile}.`);
      }
      replica.url = message.url;
      replica.aliveSince = performance.now();
    },
    async kill() {
      if (child === null) return;
      replica.inRotation = false;
      replica.aliveSince = Number.POSITIVE_INFINITY;
      child.kill("SIGKILL");
      await exited();
      await gone();
    },
    async terminate() {
      child?.kill("SIGTERM");
      const code = await exited();
      replica.aliveSince = Number.POSITIVE_INFINITY;
      await gone();
      return code;
    },
    sabotage: (order) => void (child?.connected === true && child.send(order)),
    async health() {
      const text = replica.isAlive() ? await get("/readyz") : null;
      if (text === null) return null;
      try {
        return health.parse(JSON.parse(text));
      } catch {
        return null;
      }
    },
    metric: async (pattern) => Number(pattern.exec((await get("/metrics")) ?? "")?.[1] ?? Number.NaN),
    async close() {
      if (replica.isAlive()) {
        // In order, and by force where that takes too long.
        const late = setTimeout(() => child?.kill("SIGKILL"), 25_000);
        await replica.terminate();
        clearTimeout(late);
      }
      replica.agent.destroy();
      await Promise.all([postgresWire.close(), redisWire.close()]);
    },
  };
  return replica;
}
