import { Worker } from "node:worker_threads";
import { keepKernelModules } from "../compute/keep-modules.ts";
import type { Progress } from "../contract/entities.ts";
import { fromEnvelope, ReelbenchError } from "../contract/errors.ts";
import type { ErrorEnvelope } from "../contract/errors.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import { shareModel } from "../recommend/shared-model.ts";
import { entryUrl } from "../runtime-paths.ts";
import type { Layout, LayoutTask } from "./lay-out.ts";

export type FromLayoutThread =
  | { readonly progress: Progress }
  | { readonly layout: Layout }
  | { readonly error: ErrorEnvelope };

/** `layOut` in a worker thread. Throws RB_CANCELLED (at once: the thread is stopped), RB_WORKER_DIED and what `layOut` throws. */
export async function layOutInThread(task: LayoutTask, context: WorkContext): Promise<Layout> {
  keepKernelModules();
  const worker = new Worker(entryUrl("embedding-worker"), {
    workerData: { ...task, model: shareModel(task.model) } satisfies LayoutTask,
  });
  try {
    return await new Promise<Layout>((resolve, reject) => {
      const cancel = () => reject(new ReelbenchError("RB_CANCELLED"));
      context.signal.addEventListener("abort", cancel, { once: true });
      if (context.signal.aborted) cancel();
      worker.on("message", (message: FromLayoutThread) => {
        if ("progress" in message) context.onProgress(message.progress);
        else if ("layout" in message) resolve(message.layout);
        else reject(fromEnvelope(message.error));
      });
      worker.once("error", (error: Error) =>
        reject(new ReelbenchError("RB_WORKER_DIED", `The map's thread ended: ${error.message}`, { cause: error })),
      );
      worker.once("exit", (code) =>
        reject(new ReelbenchError("RB_WORKER_DIED", `The map's thread ended (exit ${String(code)}).`)),
      );
    });
  } finally {
    await worker.terminate();
  }
}
