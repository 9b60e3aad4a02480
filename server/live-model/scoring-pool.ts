import { performance } from "node:perf_hooks";
import { Worker } from "node:worker_threads";
import { ReelbenchError, fromEnvelope } from "../../core/contract/errors.ts";
import { createBackOff } from "../../core/jobs/back-off.ts";
import { keepKernelModules } from "../../core/compute/keep-modules.ts";
import { entryUrl } from "../../core/runtime-paths.ts";
import type { FromScorer, ScoreJob, ScoredList, ToScorer } from "./score-job.ts";
import type { SharedModel } from "./shared-model.ts";

/** Threads that score. Versions are held by key; a job names the version it is for. */
export interface ScoringPool {
  hold(shared: SharedModel): void;
  drop(key: number): void;
  /** `deadline`: in `performance.now()`. Throws RB_UNAVAILABLE when the queue is full or the time is over. */
  score(key: number, job: ScoreJob, deadline: number): Promise<ScoredList>;
  /** Jobs given and not answered. */
  pending(): number;
  /** Bytes of shared memory of the versions held. */
  heldBytes(): number;
  close(): Promise<void>;
}

interface Waiting {
  readonly key: number;
  readonly job: ScoreJob;
  readonly deadline: number;
  readonly resolve: (list: ScoredList) => void;
  readonly reject: (error: ReelbenchError) => void;
  /** Given to a worker that died. */
  retried: boolean;
}

interface Scorer {
  readonly worker: Worker;
  /** Of the scan's memory; no other thread has it. */
  readonly slot: number;
  /** Batches under way. */
  readonly given: Map<number, readonly Waiting[]>;
}

/** One being scored and one at hand, so that a worker never waits for the event loop; the rest can still expire. */
const givenAtOnce = 2;
/** Jobs for one version that are answered in one pass over its items. Nothing waits for a batch to fill: only what queues is taken together. */
const largestBatch = 32;
/** Milliseconds before a thread that ended is replaced: doubling while no job is answered in between. */
const respawnPauses = { first: 250, longest: 30_000 };

/** A list and what led to it are small and soon forgotten; by itself V8 lets a thread fill 48 MB before it looks. */
const scorerLimits = { maxYoungGenerationSizeMb: 6 };

export function createScoringPool(options: {
  readonly threads: number;
  readonly queueLimit: number;
  readonly onWorkerDied: (error: unknown) => void;
}): ScoringPool {
  keepKernelModules();
  const held = new Map<number, SharedModel>();
  const scorers = new Set<Scorer>();
  const respawns = new Set<NodeJS.Timeout>();
  const respawn = createBackOff(respawnPauses);
  let queue: Waiting[] = [];
  let nextId = 1;
  let closed = false;

  const send = (scorer: Scorer, message: ToScorer) => scorer.worker.postMessage(message);

  function spawn(slot: number): void {
    const scorer: Scorer = {
      worker: new Worker(entryUrl("server-scorer"), { workerData: { slot }, resourceLimits: scorerLimits }),
      slot,
      given: new Map(),
    };
    scorers.add(scorer);
    for (const shared of held.values()) send(scorer, { type: "hold", shared });
    scorer.worker.on("message", (message: FromScorer) => settle(scorer, message));
    scorer.worker.once("error", (error) => lost(scorer, error));
    scorer.worker.once("exit", (code) => lost(scorer, new Error(`A scoring thread ended with ${code}.`)));
    dispatch();
  }

  function settle(scorer: Scorer, message: FromScorer): void {
    const batch = scorer.given.get(message.id) ?? [];
    scorer.given.delete(message.id);
    respawn.worked();
    message.answers.forEach((answer, at) => {
      if ("list" in answer) batch[at]?.resolve(answer.list);
      else batch[at]?.reject(fromEnvelope(answer.error));
    });
    dispatch();
  }

  function lost(scorer: Scorer, cause: unknown): void {
    if (!scorers.delete(scorer) || closed) return;
    options.onWorkerDied(cause);
    for (const waiting of [...scorer.given.values()].flat()) {
      // Once more elsewhere; a job that ends two threads is not given to a third.
      if (waiting.retried)
        waiting.reject(
          new ReelbenchError("RB_UNAVAILABLE", "The thread that worked on this request ended.", { cause }),
        );
      else queue.unshift(Object.assign(waiting, { retried: true }));
    }
    const timer = setTimeout(() => {
      respawns.delete(timer);
      spawn(scorer.slot);
    }, respawn.failed());
    respawns.add(timer);
    dispatch();
  }

  function dispatch(): void {
    while (queue.length > 0) {
      const free = leastBusy();
      if (free === undefined) return;
      const batch = nextBatch();
      const [first] = batch;
      if (first === undefined) return;
      const id = nextId++;
      free.given.set(id, batch);
      send(free, { type: "score", id, key: first.key, jobs: batch.map(({ job }) => job) });
    }
  }

  /** From the head of the queue, those for one version, shared out among the threads that are idle. */
  function nextBatch(): Waiting[] {
    const idle = [...scorers].filter(({ given }) => given.size === 0).length;
    const size = Math.min(largestBatch, Math.ceil(queue.length / Math.max(1, idle)));
    const batch: Waiting[] = [];
    const now = performance.now();
    while (batch.length < size) {
      const [next] = queue;
      if (next === undefined || (batch[0] !== undefined && next.key !== batch[0].key)) break;
      // What was with a thread when it ended may have ended it: nothing else shares its fate again.
      if (next.retried && batch.length > 0) break;
      queue.shift();
      if (now > next.deadline) next.reject(tooLate());
      else batch.push(next);
      if (next.retried) break;
    }
    return batch;
  }

  function leastBusy(): Scorer | undefined {
    let best: Scorer | undefined;
    for (const scorer of scorers)
      if (scorer.given.size < givenAtOnce && scorer.given.size < (best?.given.size ?? givenAtOnce)) best = scorer;
    return best;
  }

  function expire(): void {
    const now = performance.now();
    const late = queue.filter(({ deadline }) => now > deadline);
    if (late.length > 0) queue = queue.filter(({ deadline }) => now <= deadline);
    for (const { reject } of late) reject(tooLate());
    for (const scorer of scorers)
      for (const { deadline, reject } of [...scorer.given.values()].flat()) if (now > deadline) reject(tooLate());
  }

  for (let thread = 0; thread < options.threads; thread++) spawn(thread);
  const sweep = setInterval(expire, 100).unref();

  return {
    hold(shared) {
      held.set(shared.key, shared);
      for (const scorer of scorers) send(scorer, { type: "hold", shared });
    },
    drop(key) {
      held.delete(key);
      for (const scorer of scorers) send(scorer, { type: "drop", key });
    },
    score(key, job, deadline) {
      if (closed) return Promise.reject(new ReelbenchError("RB_UNAVAILABLE", "The server is stopping."));
      if (queue.length >= options.queueLimit) {
        return Promise.reject(
          new ReelbenchError("RB_UNAVAILABLE", "Too many requests are waiting.", { details: { retryAfter: 1 } }),
        );
      }
      return new Promise((resolve, reject) => {
        queue.push({ key, job, deadline, resolve, reject, retried: false });
        dispatch();
      });
    },
    pending: () => queue.length + [...scorers].reduce((sum, { given }) => sum + [...given.values()].flat().length, 0),
    heldBytes: () => [...held.values()].reduce((sum, { bytes }) => sum + bytes, 0),
    async close() {
      closed = true;
      clearInterval(sweep);
      for (const timer of respawns) clearTimeout(timer);
      const stopping = new ReelbenchError("RB_UNAVAILABLE", "The server is stopping.");
      for (const { reject } of queue) reject(stopping);
      for (const scorer of scorers) for (const { reject } of [...scorer.given.values()].flat()) reject(stopping);
      queue = [];
      await Promise.all([...scorers].map(({ worker }) => worker.terminate()));
      scorers.clear();
    },
  };
}

function tooLate(): ReelbenchError {
  return new ReelbenchError("RB_UNAVAILABLE", "The answer was not ready in time.", { details: { retryAfter: 1 } });
}
