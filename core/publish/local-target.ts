import { randomBytes } from "node:crypto";
import { mkdir, realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { z } from "zod";
import { exists, writeFileAtomic } from "../files/atomic.ts";
import { readJson } from "../files/json.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import { embeddedBinaries, systemDirectory } from "./postgres/binaries.ts";
import { startCluster } from "./postgres/cluster.ts";
import type { Cluster } from "./postgres/cluster.ts";
import { outsideDirectory, sweepOutsideData } from "./postgres/outside-data.ts";
import { reachableByAll, serviceUser } from "./postgres/service-user.ts";
import type { ServiceUser } from "./postgres/service-user.ts";

export interface LocalTarget {
  readonly postgresUrl: string;
  /** The local target has no Redis: its server caches in its own memory. */
  readonly redisUrl: null;
  readonly dataDirectory: string;
  onExit(listener: (reason: string) => void): void;
  stop(): Promise<void>;
}

const state = z.object({
  formatVersion: z.literal(1),
  id: z.string().regex(/^[0-9a-f]{24}$/),
  password: z.string().min(20),
  /** Where the workspace was when this was written: a copy elsewhere must not share data outside the workspace. */
  workspace: z.string(),
});
type State = z.infer<typeof state>;

const database = "reelbench";

/**
 * Starts the workspace's own Postgres (`<workspace>/local-target/postgres`) and makes the database `reelbench` in it.
 * The first start initialises the data folder, which takes some seconds. Where Reelbench runs as root and the user
 * Postgres then runs as cannot reach the workspace, the data stands in `/var/lib/reelbench/<id>` (docs/decisions).
 * It ends with `stop()`, and with this process however that ends.
 */
export async function startLocalTarget(workspaceDirectory: string, context: WorkContext): Promise<LocalTarget> {
  const { onProgress, signal } = context;
  const tell = (done: number, message: string) => onProgress({ done, total: 3, unit: "steps", message });
  tell(0, "Preparing the local target");
  const directory = join(await realpath(workspaceDirectory), "local-target");
  const user = await serviceUser();
  const saved = await loadState(directory);
  const dataDirectory = join(await dataParent(directory, saved, user), "postgres");
  const isNew = !(await exists(dataDirectory));
  tell(1, isNew ? "Making the local database (only the first time)" : "Starting the local database");
  const cluster = await startCluster({
    binaries: await embeddedBinaries(user),
    dataDirectory,
    password: saved.password,
    user,
    settings: ["shared_buffers=64MB"],
    signal,
  });
  try {
    tell(2, "Opening the local database");
    await ensureDatabase(cluster);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  tell(3, "The local target runs");
  return {
    postgresUrl: cluster.url(database),
    redisUrl: null,
    dataDirectory,
    onExit: cluster.onExit,
    stop: cluster.stop,
  };
}

/** Removes the local target with everything published to it. It must not be running. */
export async function removeLocalTarget(workspaceDirectory: string): Promise<void> {
  const directory = join(await realpath(workspaceDirectory), "local-target");
  if (!(await exists(join(directory, "target.json")))) return;
  const { id } = await readJson(join(directory, "target.json"), state);
  await rm(join(systemDirectory, id), { recursive: true, force: true });
  await rm(directory, { recursive: true, force: true });
}

async function loadState(directory: string): Promise<State> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, "target.json");
  if (await exists(path)) {
    const saved = await readJson(path, state);
    if (saved.workspace === directory) return saved;
    // A copied or moved workspace: data inside it came along under the same password, data outside stays the original's.
    const moved = { ...saved, workspace: directory, id: randomBytes(12).toString("hex") };
    await saveState(path, moved);
    return moved;
  }
  const fresh: State = {
    formatVersion: 1,
    id: randomBytes(12).toString("hex"),
    password: randomBytes(24).toString("base64url"),
    workspace: directory,
  };
  await saveState(path, fresh);
  return fresh;
}

async function saveState(path: string, value: State): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`, 0o600);
}

async function dataParent(directory: string, { id }: State, user: ServiceUser | null): Promise<string> {
  if (user === null || (await reachableByAll(directory))) return directory;
  await sweepOutsideData();
  return outsideDirectory(id, directory);
}

async function ensureDatabase(cluster: Cluster): Promise<void> {
  const client = new pg.Client({ connectionString: cluster.url("postgres"), connectionTimeoutMillis: 5_000 });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const { rowCount } = await client.query("select from pg_database where datname = $1", [database]);
    if (rowCount === 0) await client.query(`create database ${database}`);
  } finally {
    await client.end();
  }
}
