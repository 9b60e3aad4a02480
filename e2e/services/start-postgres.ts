import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { embeddedBinaries } from "../../core/publish/postgres/binaries.ts";
import { startCluster } from "../../core/publish/postgres/cluster.ts";
import { serviceUser } from "../../core/publish/postgres/service-user.ts";
import { findProgram } from "./start-redis.ts";

export interface RunningPostgres {
  /** A superuser's URL of the database `postgres`. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * A Postgres of our own: the one on PATH, otherwise the one that the local target uses. Its folder goes with it. `settings`: more of
 * its parameters, as `name=value`.
 */
export async function startPostgres(settings: readonly string[] = []): Promise<RunningPostgres> {
  const directory = await mkdtemp(join(tmpdir(), "reelbench-postgres-"));
  await chmod(directory, 0o755); // As root, Postgres runs as another user and must reach its data.
  const user = await serviceUser();
  const [postgres, initdb] = [await findProgram("postgres"), await findProgram("initdb")];
  const cluster = await startCluster({
    binaries: postgres !== null && initdb !== null ? { postgres, initdb } : await embeddedBinaries(user),
    dataDirectory: join(directory, "data"),
    password: randomBytes(12).toString("hex"),
    user,
    // A test database need not survive the machine; it must survive its own processes, and does.
    settings: ["fsync=off", "synchronous_commit=on", "full_page_writes=off", "max_connections=200", ...settings],
    signal: AbortSignal.timeout(180_000),
  });
  return {
    url: cluster.url("postgres"),
    stop: async () => {
      await cluster.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
