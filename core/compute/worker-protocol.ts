import type { Program } from "./program.ts";

export interface WorkerData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Int32 cells named by `ControlCell`. */
  readonly control: SharedArrayBuffer;
  readonly workers: number;
}

export const ControlCell = {
  /** Index of the next call of the phase to take. */
  next: 0,
  /** Workers that have found the phase empty. */
  arrived: 1,
  /** Number of phases finished; workers wait on it. */
  generation: 2,
  /** Not 0: take no further call. */
  stop: 3,
} as const;
export const controlCells = 16;

export type ToWorker =
  | { readonly type: "prepare"; readonly program: number; readonly phases: Program }
  | { readonly type: "run"; readonly program: number };

export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "done" }
  | { readonly type: "failed"; readonly message: string };
