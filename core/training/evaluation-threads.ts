import { Worker } from "node:worker_threads";
import { keepKernelModules } from "../compute/keep-modules.ts";
import { ReelbenchError } from "../contract/errors.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import { entryUrl } from "../runtime-paths.ts";
import type { EvaluationWorkerData, FromEvaluationWorker } from "./evaluation-messages.ts";

/** Threads that evaluate one model after another: what V8 has compiled for one serves the next. */
export interface EvaluationThreads {
  readonly count: number;
  /**
   * One evaluation at a time. Throws RB_CANCELLED (at once: the threads are stopped, and these are of no more use) and
   * RB_WORKER_DIED.
   */
  run(data: EvaluationWorkerData, context: WorkContext): Promise<void>;
  close(): Promise<void>;
}

const progressMilliseconds = 200;

/** Close them: they keep the process alive. */
export function openEvaluationThreads(count: number): EvaluationThreads {
  keepKernelModules();
  const workers = Array.from({ length: count }, () => new Worker(entryUrl("evaluation-worker")));
  let lost: ReelbenchError | undefined;
  let pending: { remaining: number; resolve(): void; reject(error: ReelbenchError): void } | undefined;
  const lose = (error: ReelbenchError): void => {
    lost ??= error;
    pending?.reject(error);
  };
  const close = async (): Promise<void> => {
    lost ??= new ReelbenchError("RB_CONFLICT", "The evaluation's threads are closed.");
    await Promise.all(workers.map((worker) => worker.terminate()));
  };
  for (const worker of workers) {
    worker.on("message", (message: FromEvaluationWorker) => {
      if (message.type === "failed") lose(died(`An evaluation thread failed: ${message.message}`));
      else if (pending !== undefined && --pending.remaining === 0) pending.resolve();
    });
    worker.on("error", (error) => lose(died(`An evaluation thread failed: ${String(error)}`, error)));
    worker.on("exit", (code) => lose(died(`An evaluation thread ended with code ${String(code)}.`)));
  }

  async function run(data: EvaluationWorkerData, { signal, onProgress }: WorkContext): Promise<void> {
    if (signal.aborted) throw new ReelbenchError("RB_CANCELLED");
    if (lost !== undefined) throw lost;
    const total = data.input.users.length;
    const report = () => onProgress({ done: Atomics.load(data.cells, 1), total, unit: "users", message: "Evaluating" });
    const timer = setInterval(report, progressMilliseconds);
    const cancel = () => lose(new ReelbenchError("RB_CANCELLED"));
    signal.addEventListener("abort", cancel, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        pending = { remaining: count, resolve, reject };
        workers.forEach((worker, slot) => worker.postMessage({ ...data, slot }));
      });
      report();
    } catch (error) {
      await close();
      throw error;
    } finally {
      pending = undefined;
      clearInterval(timer);
      signal.removeEventListener("abort", cancel);
    }
  }
  return { count, run, close };
}

function died(message: string, cause?: unknown): ReelbenchError {
  return new ReelbenchError("RB_WORKER_DIED", message, { cause });
}
