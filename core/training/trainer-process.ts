/**
 * One training, one process, with memory of its own: when memory runs out it is this process that dies, and what it used
 * comes back whole. Speaks `trainerRequest` and `trainerReport` with whoever started it (`train.ts`).
 */
import { constants, setPriority } from "node:os";
import { toReelbenchError } from "../contract/errors.ts";
import { parentPort } from "../jobs/parent-port.ts";
import { loadCatalogue } from "../ratings/catalogue.ts";
import { loadTrainingData } from "../ratings/training-data.ts";
import { executeReproduction, executeTraining } from "./execute.ts";
import type { TrainingDataSource } from "./execute.ts";
import { trainerRequest } from "./task.ts";
import type { TrainerReport, TrainerRequest } from "./task.ts";

const source: TrainingDataSource = { loadTrainingData, loadCatalogue };

const port = parentPort();
if (port === null) {
  process.stderr.write("The trainer is started by Reelbench's engine, not by hand: use `reelbench train`.\n");
  process.exit(64);
}

// It takes all cores for minutes: the workbench, and what else the person does, comes first. Its threads inherit it.
try {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
} catch {
  // Where that is forbidden, it trains as well, and the rest waits for it.
}

const abort = new AbortController();
const send = (report: TrainerReport) => port.send(report);
const context = {
  signal: abort.signal,
  onProgress: (progress: Extract<TrainerReport, { type: "progress" }>["progress"]) =>
    send({ type: "progress", progress }),
  onCurve: (point: Extract<TrainerReport, { type: "curve" }>["point"]) => send({ type: "curve", point }),
};

async function answer(request: Exclude<TrainerRequest, { type: "cancel" }>): Promise<TrainerReport> {
  if (request.type === "train")
    return { type: "trained", outcome: { run: await executeTraining(request.task, source, context) } };
  return { type: "reproduced", outcome: { hash: await executeReproduction(request.task, source, context) } };
}

let started = false;
port.onMessage((message) => {
  const request = trainerRequest.parse(message);
  if (request.type === "cancel") return abort.abort();
  if (started) return;
  started = true;
  // The parent ends this process when it has the answer: until then the message may still be on its way.
  answer(request).then(send, (error: unknown) => send({ type: "failed", error: toReelbenchError(error).toEnvelope() }));
});
send({ type: "ready" });
