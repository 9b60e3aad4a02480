import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { exists } from "../../core/files/atomic.ts";
import { freeLoopbackPort } from "../../core/publish/postgres/cluster.ts";
import { spawnGuarded, stopGuarded } from "../../core/publish/postgres/guard.ts";

export interface RunningRedis {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * A Redis of our own on a free loopback port and in a folder that goes with it. As root on a system with apt it is
 * installed when missing; otherwise this throws and says what to do.
 */
export async function startRedis(
  settings: readonly string[] = ["--save", "", "--appendonly", "no"],
): Promise<RunningRedis> {
  const program = await redisProgram();
  const directory = await mkdtemp(join(tmpdir(), "reelbench-redis-"));
  const port = await freeLoopbackPort();
  const child = spawnGuarded(
    program,
    ["--port", String(port), "--bind", "127.0.0.1", "--dir", directory, ...settings],
    "ignore",
    {},
  );
  const stop = async () => {
    await stopGuarded(child);
    await rm(directory, { recursive: true, force: true });
  };
  for (const deadline = Date.now() + 15_000; ;) {
    if (await pingRedis(port)) return { url: `redis://127.0.0.1:${port}`, stop };
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`${program} did not start on port ${port}.`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Installed when missing, as root on a system with apt; otherwise this throws and says what to do. */
export async function redisProgram(): Promise<string> {
  return (await findProgram("redis-server")) ?? (await installRedis());
}

export async function findProgram(name: string): Promise<string | null> {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    if (folder !== "" && (await exists(join(folder, name)))) return join(folder, name);
  }
  return null;
}

async function installRedis(): Promise<string> {
  if (process.getuid?.() === 0 && (await findProgram("apt-get")) !== null) {
    const options = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" }, timeout: 180_000 };
    // Only the program: the system's own service would take the default port.
    const install = () =>
      promisify(execFile)("apt-get", ["install", "-y", "--no-install-recommends", "redis-server"], {
        ...options,
        env: { ...options.env, RUNLEVEL: "1" },
      });
    await install().catch(async () => {
      await promisify(execFile)("apt-get", ["update"], options);
      await install();
    });
    const program = await findProgram("redis-server");
    if (program !== null) return program;
  }
  throw new Error(
    "The service tests need a real Redis. Install redis-server (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis) or set REELBENCH_TEST_REDIS_URL to one that may be written to.",
  );
}

/** Whether a Redis answers on this port within a second. */
export function pingRedis(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, timeout: 1_000 });
    const finish = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.once("connect", () => socket.write("PING\r\n"));
    socket.once("data", (data) => finish(data.toString().startsWith("+PONG")));
    socket.once("error", () => finish(false));
    socket.once("timeout", () => finish(false));
  });
}
