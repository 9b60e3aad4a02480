import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { entryUrl } from "../core/runtime-paths.ts";
import { testChannel } from "../e2e/services/serving-target.ts";

export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * The server as people run it, in a process of its own, its log in a file, ready to answer. `changes`: environment variables
 * beside the usual ones. The limit of a key is too high to be met: what counting costs is in the figures, refusals are not.
 */
export async function startServerProcess(options: {
  readonly postgresUrl: string;
  readonly redisUrl: string;
  readonly changes?: Readonly<Record<string, string>>;
  readonly execArgv?: readonly string[];
  /** The file to start; left out: the server from source. */
  readonly entry?: URL;
}): Promise<ServerProcess> {
  const folder = await mkdtemp(join(tmpdir(), "reelbench-serve-"));
  const log = await open(join(folder, "server.log"), "w");
  const child = fork(fileURLToPath(options.entry ?? entryUrl("server")), [], {
    env: {
      ...process.env,
      REELBENCH_POSTGRES_URL: options.postgresUrl,
      REELBENCH_REDIS_URL: options.redisUrl,
      REELBENCH_CHANNEL: testChannel,
      REELBENCH_PORT: "0",
      REELBENCH_RATE_LIMIT: "10000000",
      ...options.changes,
    },
    execArgv: [...(options.execArgv ?? [])],
    serialization: "advanced",
    stdio: ["ignore", log.fd, "inherit", "ipc"],
  });
  const [{ url }] = (await once(child, "message")) as [{ url: string }];
  for (const deadline = Date.now() + 120_000; (await fetch(`${url}/readyz`)).status !== 200;) {
    if (Date.now() > deadline) throw new Error("The server did not become ready.");
    await sleep(200);
  }
  return {
    url,
    pid: child.pid ?? 0,
    stop: async () => {
      child.send({ type: "stop" });
      await once(child, "exit");
      await log.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
