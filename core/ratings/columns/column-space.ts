import { availableParallelism } from "node:os";
import { instantiateKernels, kernelModule } from "../../compute/kernels.ts";
import type { Kernels } from "../../compute/kernels.ts";
import { allocateShared, largestMemory } from "../../compute/memory-layout.ts";
import { openComputePool, throwIfCancelled } from "../../compute/pool.ts";
import type { Phase, Program } from "../../compute/program.ts";
import { createArena } from "./arena.ts";
import type { Arena } from "./arena.ts";

/**
 * One growing shared memory with columns of ratings in it, and the threads that work on them. Views of the memory go stale
 * with every allocation, and nothing is allocated while a program runs.
 */
export interface ColumnSpace extends Arena {
  readonly threads: number;
  /** For short calls of the caller's own thread. */
  readonly kernels: Kernels;
  /** Throws RB_CANCELLED, RB_WORKER_DIED. */
  run(program: Program): Promise<void>;
  close(): Promise<void>;
}

/** Less than this for a thread, and starting it takes longer than it saves. */
const rowsPerThread = 250_000;

/** How many threads so many rows are worth; 0: the caller's own will do. */
export function threadsFor(rows: number): number {
  return rows < rowsPerThread ? 0 : Math.min(availableParallelism(), Math.ceil(rows / rowsPerThread));
}

const initialBytes = 16 * 1024 * 1024;
/** Below it lies what the kernels' module keeps for itself. */
const memoryBase = 65_536;

/**
 * Allocating in it throws a RangeError when four gigabytes, or what the system gives, are not enough. No threads: the caller's
 * own does all, which for little work takes less time than starting others.
 */
export async function openColumnSpace(
  threads: number,
  signal: AbortSignal,
  used?: WebAssembly.Memory,
): Promise<ColumnSpace> {
  if (threads === 0) return openOwnThread(signal, used);
  const pool = await openComputePool({ bytes: initialBytes, growsTo: largestMemory, memory: used, threads, signal });
  const kernels = instantiateKernels(await kernelModule(), pool.memory);
  return {
    ...createArena(pool.memory, memoryBase, used?.buffer.byteLength),
    threads,
    kernels,
    run: (program) => pool.run(pool.prepare(program)),
    close: () => pool.close(),
  };
}

let left: WeakRef<WebAssembly.Memory> | undefined;

/**
 * One of which nothing is kept once it is closed: its memory, should it still be there, serves the next one. Fresh pages of
 * hundreds of megabytes take the system as long as the work in them, and a snapshot mostly follows an import.
 */
export async function openScratchSpace(threads: number, signal: AbortSignal): Promise<ColumnSpace> {
  const used = left?.deref();
  left = undefined;
  const space = await openColumnSpace(threads, signal, used);
  return {
    ...space,
    async close() {
      await space.close();
      left = new WeakRef(space.memory);
    },
  };
}

async function openOwnThread(signal: AbortSignal, used?: WebAssembly.Memory): Promise<ColumnSpace> {
  const memory = used ?? allocateShared(initialBytes, largestMemory);
  const kernels = instantiateKernels(await kernelModule(), memory);
  return {
    ...createArena(memory, memoryBase, used?.buffer.byteLength),
    threads: 1,
    kernels,
    async run(program) {
      for (const { kernel, arguments: given } of program.flat()) {
        throwIfCancelled(signal);
        Reflect.apply(kernels[kernel], undefined, given);
      }
      throwIfCancelled(signal);
      await Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

/** Waits for both, also when one fails: nothing may be closed that the other still uses. Throws the first failure. */
export async function bothDone<First, Second>(
  first: Promise<First>,
  second: Promise<Second>,
): Promise<[First, Second]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}

/** A step of work that goes through numbered batches. What it leaves in slot 0 or 1 is consumed while the next batch runs. */
export interface BatchStep {
  calls(batch: number, slot: 0 | 1): Phase;
  consume(batch: number, slot: 0 | 1): Promise<void>;
}

/** Runs all steps' calls of each batch on the threads, while the caller's thread consumes what the batch before left. */
export async function runBatches(space: ColumnSpace, batches: number, steps: readonly BatchStep[]): Promise<void> {
  for (let batch = 0; batch <= batches; batch++) {
    const slot = batch % 2 === 0 ? 0 : 1;
    const running = batch < batches ? space.run([steps.flatMap((step) => step.calls(batch, slot))]) : Promise.resolve();
    // Awaited below; should consuming fail first, this must not count as unhandled.
    running.catch(() => undefined);
    if (batch > 0) for (const step of steps) await step.consume(batch - 1, slot === 0 ? 1 : 0);
    await running;
  }
}

export const int32At = (space: Arena, from: number, length: number): Int32Array =>
  new Int32Array(space.memory.buffer, from, length);
export const float64At = (space: Arena, from: number, length: number): Float64Array =>
  new Float64Array(space.memory.buffer, from, length);
export const bytesAt = (space: Arena, from: number, length: number): Uint8Array =>
  new Uint8Array(space.memory.buffer, from, length);
