import { parentPort, workerData } from "node:worker_threads";
import { z } from "zod";
import { ReelbenchError, toReelbenchError } from "../../core/contract/errors.ts";
import { createScorer } from "./score.ts";
import type { Scorer } from "./score.ts";
import type { FromScorer, ScoreAnswer, ToScorer } from "./score-job.ts";

/** Entry of a scoring thread: holds versions by key and answers jobs for them, a batch after the other. */
const port = parentPort;
if (port === null) throw new Error("This file is started as a worker thread.");
const { slot } = z.object({ slot: z.int().nonnegative() }).parse(workerData);

const scorers = new Map<number, Promise<Scorer>>();
// Compiling the scan takes a moment; what was sent after it waits for its turn.
let turn = Promise.resolve();

port.on("message", (message: ToScorer) => {
  if (message.type === "hold") {
    const scorer = createScorer(message.shared, slot);
    scorers.set(message.shared.key, scorer);
    turn = turn.then(() => scorer).then(ignore, ignore);
  } else {
    turn = turn.then(() => (message.type === "drop" ? void scorers.delete(message.key) : answerBatch(message)));
  }
});

async function answerBatch({ id, key, jobs }: Extract<ToScorer, { type: "score" }>): Promise<void> {
  let answers: readonly ScoreAnswer[];
  try {
    const scorer = await scorers.get(key);
    if (scorer === undefined) throw new ReelbenchError("RB_UNAVAILABLE", `No version is held under ${key}.`);
    answers = scorer(jobs);
  } catch (error) {
    answers = jobs.map(() => ({ error: toReelbenchError(error).toEnvelope() }));
  }
  port?.postMessage({ id, answers } satisfies FromScorer);
}

function ignore(): void {
  // Whoever asks for a version that could not be held is told why.
}
