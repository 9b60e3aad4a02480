import { parentPort, workerData } from "node:worker_threads";
import { instantiateKernels } from "./kernels.ts";
import type { Phase, Program } from "./program.ts";
import { ControlCell } from "./worker-protocol.ts";
import type { FromWorker, ToWorker, WorkerData } from "./worker-protocol.ts";

/** Entry of a compute thread: takes kernel calls from a shared counter until a phase is empty, then waits for the others. */
function serve({ module, memory, control, workers }: WorkerData): void {
  const cells = new Int32Array(control);
  const kernels = instantiateKernels(module, memory);
  const programs = new Map<number, Program>();

  const runPhase = (phase: Phase): void => {
    const generation = Atomics.load(cells, ControlCell.generation);
    while (Atomics.load(cells, ControlCell.stop) === 0) {
      const call = phase[Atomics.add(cells, ControlCell.next, 1)];
      if (call === undefined) break;
      // Each kernel takes numbers only; which kernel and how many were settled together when the call was prepared.
      Reflect.apply(kernels[call.kernel], undefined, call.arguments);
    }
    if (Atomics.add(cells, ControlCell.arrived, 1) + 1 === workers) {
      Atomics.store(cells, ControlCell.arrived, 0);
      Atomics.store(cells, ControlCell.next, 0);
      Atomics.add(cells, ControlCell.generation, 1);
      Atomics.notify(cells, ControlCell.generation);
    } else {
      while (Atomics.load(cells, ControlCell.generation) === generation) {
        Atomics.wait(cells, ControlCell.generation, generation);
      }
    }
  };

  const send = (message: FromWorker): void => parentPort?.postMessage(message);
  parentPort?.on("message", (message: ToWorker) => {
    if (message.type === "prepare") {
      programs.set(message.program, message.phases);
      return;
    }
    try {
      for (const phase of programs.get(message.program) ?? []) runPhase(phase);
      send({ type: "done" });
    } catch (error) {
      send({ type: "failed", message: error instanceof Error ? error.message : String(error) });
    }
  });
  send({ type: "ready" });
}

serve(workerData as WorkerData);
