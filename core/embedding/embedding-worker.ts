/** Lays out a model's films in a thread of its own (`lay-out-in-thread.ts`, which alone starts this file). */
import { parentPort, workerData } from "node:worker_threads";
import { toReelbenchError } from "../contract/errors.ts";
import { layOut } from "./lay-out.ts";
import type { LayoutTask } from "./lay-out.ts";
import type { FromLayoutThread } from "./lay-out-in-thread.ts";

const send = (message: FromLayoutThread) => parentPort?.postMessage(message);

layOut(workerData as LayoutTask, (progress) => send({ progress })).then(
  (layout) => send({ layout }),
  (error: unknown) => send({ error: toReelbenchError(error).toEnvelope() }),
);
