import { performance } from "node:perf_hooks";
import { parentPort } from "node:worker_threads";
import { toReelbenchError } from "../../core/contract/errors.ts";
import { createScorer } from "./score.ts";
import type { Scorer } from "./score.ts";
import type { FromScorer, ToScorer } from "./score-job.ts";

/** Entry of a scoring thread: holds versions by key and answers jobs for them, one after the other. */
const port = parentPort;
if (port === null) throw new Error("This file is started as a worker thread.");

const scorers = new Map<number, Scorer>();

port.on("message", (message: ToScorer) => {
  if (message.type === "hold") {
    scorers.set(message.shared.key, createScorer(message.shared));
  } else if (message.type === "drop") {
    scorers.delete(message.key);
  } else {
    port.postMessage(answer(message));
  }
});

function answer({ id, key, job }: Extract<ToScorer, { type: "score" }>): FromScorer {
  const started = performance.now();
  try {
    const scorer = scorers.get(key);
    if (scorer === undefined) throw new Error(`No version is held under ${key}.`);
    return { id, list: { ...scorer(job), seconds: (performance.now() - started) / 1000 } };
  } catch (error) {
    return { id, error: toReelbenchError(error).toEnvelope() };
  }
}
