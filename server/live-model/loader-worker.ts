import { parentPort, workerData } from "node:worker_threads";
import { z } from "zod";
import { toReelbenchError } from "../../core/contract/errors.ts";
import { createProductionPool } from "../../core/production/database.ts";
import { loadVersion } from "./load-version.ts";
import type { FromLoader } from "./loader.ts";
import type { LoadProgress } from "./read-bundle.ts";

/**
 * Entry of the thread that loads one version and ends: reading, hashing and decoding a large model would hold up the event
 * loop for seconds, and the garbage of it goes with the thread.
 */
const task = z
  .object({ postgresUrl: z.string(), version: z.string(), key: z.int(), threads: z.int().positive() })
  .parse(workerData);
const tell = (message: FromLoader) => parentPort?.postMessage(message);
const onProgress = (progress: LoadProgress) => tell({ type: "progress", progress });
const pool = createProductionPool({
  url: task.postgresUrl,
  applicationName: "reelbench-server loader",
  connections: 1,
});

let answer: FromLoader;
try {
  answer = { type: "loaded", shared: await loadVersion(pool, task.version, { ...task, onProgress }) };
} catch (error) {
  answer = { type: "failed", error: toReelbenchError(error).toEnvelope() };
}
tell(answer);
await pool.end();
