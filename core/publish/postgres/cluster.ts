import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chown, mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { basename, dirname, join } from "node:path";
import pg from "pg";
import { ReelbenchError } from "../../contract/errors.ts";
import { exists, removeTemporaries } from "../../files/atomic.ts";
import type { PostgresBinaries } from "./binaries.ts";
import { spawnGuarded, stopGuarded } from "./guard.ts";
import { stopOrphan } from "./orphan.ts";
import type { ServiceUser } from "./service-user.ts";

export interface ClusterOptions {
  readonly binaries: PostgresBinaries;
  /** Made when it does not exist; its parent belongs to this cluster alone. */
  readonly dataDirectory: string;
  readonly password: string;
  readonly user: ServiceUser | null;
  /** Further `name=value` settings. */
  readonly settings?: readonly string[];
  readonly signal: AbortSignal;
}

export interface Cluster {
  readonly port: number;
  /** postgres://… of a database of this cluster, with the password in it. */
  url(database: string): string;
  /** Process ids started here: the guard (where there is one) or Postgres itself. */
  readonly pid: number;
  /** Called once when Postgres ends without having been asked to. */
  onExit(listener: (reason: string) => void): void;
  /** Ends open sessions and shuts down in order; by force after ten seconds. */
  stop(): Promise<void>;
}

const superuser = "reelbench";

/**
 * Initialises the data folder when needed, ends what a killed process left running on it, starts Postgres on a free
 * loopback port and waits until it answers. Throws RB_UNAVAILABLE with the end of its log, RB_CANCELLED.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  if (!(await exists(options.dataDirectory))) await initialise(options);
  await stopOrphan(options.dataDirectory);
  for (let attempt = 1; ; attempt++) {
    const port = await freeLoopbackPort();
    try {
      return await startOn(port, options);
    } catch (error) {
      // Another program may have taken the port in between.
      if (attempt === 3 || options.signal.aborted) throw error;
    }
  }
}

async function initialise({ binaries, dataDirectory, password, user, signal }: ClusterOptions): Promise<void> {
  const parent = dirname(dataDirectory);
  await mkdir(parent, { recursive: true, mode: 0o755 });
  await removeTemporaries(parent);
  // A folder of the service user's own, in which initdb may make the data folder and read the password.
  const temporary = join(parent, `.tmp-${randomBytes(6).toString("hex")}`);
  await mkdir(temporary, { mode: 0o700 });
  try {
    const passwordFile = join(temporary, "password");
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    if (user !== null) for (const path of [temporary, passwordFile]) await chown(path, user.uid, user.gid);
    const data = join(temporary, basename(dataDirectory));
    await runInitdb(
      binaries.initdb,
      [
        `--pgdata=${data}`,
        `--username=${superuser}`,
        `--pwfile=${passwordFile}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
      ],
      join(parent, "postgres.log"),
      user,
      signal,
    );
    await rename(data, dataDirectory);
  } finally {
    // What initdb had started may still be writing its last when it was interrupted.
    await rm(temporary, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

async function runInitdb(
  program: string,
  args: readonly string[],
  logPath: string,
  user: ServiceUser | null,
  signal: AbortSignal,
): Promise<void> {
  const log = await open(logPath, "a", 0o600);
  const child = spawnGuarded(program, args, log.fd, asUser(user));
  await log.close();
  const ended = new Promise<string | null>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, killedBy) => resolve(code === 0 ? null : (killedBy ?? `exit ${String(code)}`)));
  });
  const interrupt = () => void stopGuarded(child);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(120_000)]);
  limit.addEventListener("abort", interrupt, { once: true });
  if (limit.aborted) interrupt();
  const problem = await ended;
  limit.removeEventListener("abort", interrupt);
  if (signal.aborted) throw new ReelbenchError("RB_CANCELLED");
  if (problem === null) return;
  throw new ReelbenchError(
    "RB_UNAVAILABLE",
    `The bundled Postgres could not be initialised (${problem}). Its log (${logPath}) ends:\n${await endOf(logPath)}`,
  );
}

async function endOf(logPath: string): Promise<string> {
  return (await readFile(logPath, "utf8")).trim().split("\n").slice(-5).join("\n");
}

async function startOn(port: number, options: ClusterOptions): Promise<Cluster> {
  const { dataDirectory, password, signal } = options;
  const logPath = join(dirname(dataDirectory), "postgres.log");
  const child = await spawnPostgres(port, logPath, options);
  let stopping = false;
  const exitListeners: ((reason: string) => void)[] = [];
  const exited = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, killedBy) => resolve(killedBy ?? `exit ${String(code)}`));
  });
  void exited.then((reason) => {
    if (!stopping) for (const listener of exitListeners) listener(reason);
  });
  const url = (database: string) =>
    `postgres://${superuser}:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
  const stop = async () => {
    stopping = true;
    await stopGuarded(child);
  };
  try {
    await waitUntilAnswering(url("postgres"), exited, logPath, signal);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, url, pid: child.pid ?? 0, onExit: (listener) => void exitListeners.push(listener), stop };
}

async function spawnPostgres(
  port: number,
  logPath: string,
  { binaries, dataDirectory, user, settings = [] }: ClusterOptions,
): Promise<ChildProcess> {
  const all = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=100", ...settings];
  const args = ["-D", dataDirectory, "-p", String(port), ...all.flatMap((setting) => ["-c", setting])];
  const log = await open(logPath, ((await stat(logPath).catch(() => null))?.size ?? 0) > 10_000_000 ? "w" : "a", 0o600);
  try {
    return spawnGuarded(binaries.postgres, args, log.fd, asUser(user));
  } finally {
    await log.close();
  }
}

async function waitUntilAnswering(
  url: string,
  exited: Promise<string>,
  logPath: string,
  signal: AbortSignal,
): Promise<void> {
  let ended: string | undefined;
  void exited.then((reason) => {
    ended = reason;
  });
  const deadline = Date.now() + 60_000;
  for (;;) {
    if (signal.aborted) throw new ReelbenchError("RB_CANCELLED");
    if (await answers(url)) return;
    if (ended !== undefined || Date.now() > deadline) {
      throw new ReelbenchError(
        "RB_UNAVAILABLE",
        `The bundled Postgres did not start (${ended ?? "no answer for a minute"}). Its log (${logPath}) ends:\n${await endOf(logPath)}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** For one moment; nobody reserves it. */
export async function freeLoopbackPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string")
    throw new ReelbenchError("RB_UNAVAILABLE", "No loopback port is free.");
  return address.port;
}

/** Only what the programs need: settings for another Postgres (PGDATA, PGPORT, …) must not reach this one. */
function asUser(user: ServiceUser | null) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("PG")));
  return {
    env: { ...env, LC_ALL: "C", TZ: "UTC" },
    ...(process.platform === "win32" ? {} : { cwd: "/" }),
    ...(user === null ? {} : { uid: user.uid, gid: user.gid }),
  };
}
