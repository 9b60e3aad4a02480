import { Worker } from "node:worker_threads";
import { ReelbenchError, fromEnvelope } from "../../core/contract/errors.ts";
import type { ErrorEnvelope } from "../../core/contract/errors.ts";
import { entryUrl } from "../../core/runtime-paths.ts";
import type { LoadProgress } from "./read-bundle.ts";
import type { SharedModel } from "./shared-model.ts";

export type FromLoader =
  | { readonly type: "progress"; readonly progress: LoadProgress }
  | { readonly type: "loaded"; readonly shared: SharedModel }
  | { readonly type: "failed"; readonly error: ErrorEnvelope };

export type LoadVersion = (
  version: string,
  signal: AbortSignal,
  onProgress?: (progress: LoadProgress) => void,
) => Promise<SharedModel>;

let nextKey = 1;

/** Loads versions, each in a thread of its own, to be scored by `threads` threads. */
export function createLoader(postgresUrl: string, threads: number): LoadVersion {
  return (version, signal, onProgress) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const worker = new Worker(entryUrl("server-loader"), {
        workerData: { postgresUrl, version, key: nextKey++, threads },
      });
      const abort = () => {
        void worker.terminate();
        reject(new ReelbenchError("RB_CANCELLED"));
      };
      signal.addEventListener("abort", abort, { once: true });
      worker.on("message", (message: FromLoader) => {
        if (message.type === "progress") onProgress?.(message.progress);
        else if (message.type === "loaded") resolve(message.shared);
        else reject(fromEnvelope(message.error));
      });
      worker.once("error", (cause) =>
        reject(new ReelbenchError("RB_WORKER_DIED", `Loading version ${version} failed: ${String(cause)}`, { cause })),
      );
      worker.once("exit", (code) => {
        signal.removeEventListener("abort", abort);
        // After an answer this changes nothing.
        reject(new ReelbenchError("RB_WORKER_DIED", `The thread that loaded version ${version} ended with ${code}.`));
      });
    });
}
