import { Worker } from "node:worker_threads";
import { ReelbenchError } from "../contract/errors.ts";
import { entryUrl } from "../runtime-paths.ts";
import { kernelModule } from "./kernels.ts";
import { allocateShared } from "./memory-layout.ts";
import type { Program } from "./program.ts";
import { ControlCell, controlCells } from "./worker-protocol.ts";
import type { FromWorker, ToWorker, WorkerData } from "./worker-protocol.ts";

export type ProgramId = number & { readonly brand: unique symbol };

/** One shared memory and the threads that compute in it. */
export interface ComputePool {
  readonly memory: WebAssembly.Memory;
  /** Sends a program to the workers once; `run` then names it. What changes between runs stands in the memory. */
  prepare(program: Program): ProgramId;
  /**
   * Runs a prepared program. One run at a time.
   * @throws ReelbenchError RB_CANCELLED when the signal fires, RB_WORKER_DIED when a thread is lost.
   */
  run(program: ProgramId): Promise<void>;
  close(): Promise<void>;
}

export interface PoolOptions {
  readonly bytes: number;
  /** The caller may grow the memory to so many, while nothing runs. Left out: it never grows. */
  readonly growsTo?: number;
  /** One to work in instead of a new one. Nobody else may use it. */
  readonly memory?: WebAssembly.Memory | undefined;
  readonly threads: number;
  readonly signal: AbortSignal;
}

/**
 * Starts `threads` workers over a new shared memory of `bytes`. Even one thread is a worker: the caller's event loop stays
 * free to cancel. Close it; the memory comes back when nothing refers to it any more.
 */
export async function openComputePool(options: PoolOptions): Promise<ComputePool> {
  const { pool } = await openComputePoolWhile(options, () => undefined);
  return pool;
}

/**
 * The same, with work of the caller's own done in the memory in the time (tens of milliseconds) that threads take to
 * start. What `prepare` throws is thrown when they have been closed again.
 */
export async function openComputePoolWhile<T>(
  options: PoolOptions,
  prepare: (memory: WebAssembly.Memory) => T,
): Promise<{ readonly pool: ComputePool; readonly prepared: T }> {
  const { signal } = options;
  throwIfCancelled(signal);
  const memory = options.memory ?? allocateShared(options.bytes, options.growsTo);
  const control = new SharedArrayBuffer(controlCells * 4);
  const cells = new Int32Array(control);
  const data: WorkerData = { module: await kernelModule(), memory, control, workers: Math.max(1, options.threads) };
  const workers = Array.from(
    { length: data.workers },
    () => new Worker(entryUrl("compute-worker"), { workerData: data }),
  );

  let lost: ReelbenchError | undefined;
  let pending: { remaining: number; resolve: () => void; reject: (error: ReelbenchError) => void } | undefined;
  const lose = (message: string, cause?: unknown): void => {
    lost ??= new ReelbenchError("RB_WORKER_DIED", `A compute thread ended: ${message}`, { cause });
    pending?.reject(lost);
  };
  const answered = (message: FromWorker): void => {
    if (message.type === "failed") lose(message.message);
    else if (pending !== undefined && --pending.remaining === 0) pending.resolve();
  };
  const everyWorker = (start: () => void): Promise<void> => {
    if (lost !== undefined) return Promise.reject(lost);
    return new Promise<void>((resolve, reject) => {
      pending = { remaining: workers.length, resolve, reject };
      start();
    }).finally(() => {
      pending = undefined;
    });
  };
  const send = (message: ToWorker): void => {
    for (const worker of workers) worker.postMessage(message);
  };
  // A cancelled run ends at its next call, so nothing writes to the memory once it has been reported as ended.
  const stop = (): void => {
    Atomics.store(cells, ControlCell.stop, 1);
  };
  const close = async (): Promise<void> => {
    signal.removeEventListener("abort", stop);
    stop();
    lost ??= new ReelbenchError("RB_CONFLICT", "The compute pool is closed.");
    await Promise.all(workers.map((worker) => worker.terminate()));
  };

  for (const worker of workers) {
    worker.on("message", answered);
    worker.on("error", (error) => lose(error instanceof Error ? error.message : String(error), error));
    worker.on("exit", (code) => lose(`exit ${String(code)}`));
  }
  let prepared: T;
  try {
    const ready = everyWorker(() => undefined);
    ready.catch(() => undefined);
    prepared = prepare(memory);
    await ready;
  } catch (error) {
    await close();
    throw error;
  }
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();

  let programs = 0;
  const pool: ComputePool = {
    memory,
    prepare: (phases) => {
      const program = programs++;
      send({ type: "prepare", program, phases });
      return program as ProgramId;
    },
    run: async (program) => {
      throwIfCancelled(signal);
      await everyWorker(() => send({ type: "run", program }));
      throwIfCancelled(signal);
    },
    close,
  };
  return { pool, prepared };
}

/** @throws ReelbenchError RB_CANCELLED */
export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new ReelbenchError("RB_CANCELLED");
}
