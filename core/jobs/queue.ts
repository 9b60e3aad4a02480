import { randomBytes } from "node:crypto";
import type { Job, Progress } from "../contract/entities.ts";
import { ReelbenchError, toReelbenchError } from "../contract/errors.ts";
import { isResumable } from "../workspace/job-table.ts";
import type { JobRecord, JobTable } from "../workspace/job-table.ts";
import type { Lane } from "./lane.ts";
import { throttle } from "./throttle.ts";
import type { WorkContext } from "./work-context.ts";

export interface JobContext extends WorkContext {
  readonly jobId: string;
  /** What this job decided earlier, also in a previous life. */
  readonly memory: Readonly<Record<string, unknown>>;
  /** Keeps decisions across a restart. On disk when it returns. */
  remember(decisions: Readonly<Record<string, unknown>>): void;
}

/** One kind of long work. `run` must be safe to run again after it was killed anywhere. */
export interface JobRunner {
  readonly lane: Lane;
  title(input: unknown): string;
  /** Decisions made when the job is accepted, in the same transaction. */
  prepare(input: unknown, jobId: string): Readonly<Record<string, unknown>>;
  run(input: unknown, context: JobContext): Promise<unknown>;
}

export interface JobQueue {
  /** Accepts a job: it is on disk when this returns. */
  start(kind: string, input: unknown): Job;
  /** Throws RB_NOT_FOUND. */
  get(id: string): Job;
  list(query: { readonly states?: readonly Job["state"][] | undefined; readonly limit: number }): Job[];
  /** Takes effect within a second. Throws RB_CONFLICT where the job has ended already, or can no longer be undone. */
  cancel(id: string): Job;
  /** Stops it at its last checkpoint, as interrupted; one that waits is taken out. Throws what `cancel` throws. */
  pause(id: string): Job;
  /** Changes the turn of a waiting job among those that wait for the same lane. Throws RB_CONFLICT where it does not wait. */
  move(id: string, to: QueueMove): Job;
  /** While held nothing is begun; what runs goes on. */
  hold(held: boolean): void;
  isHeld(): boolean;
  /** The same method with the same input under the same id. Throws RB_CONFLICT where there is nothing to resume. */
  resume(id: string): Job;
  /** Interrupts everything and waits until it has stopped. */
  stop(): Promise<void>;
}

export type QueueMove = "first" | "earlier" | "later" | "last";

interface JobQueueOptions {
  readonly table: JobTable;
  readonly runners: Readonly<Record<string, JobRunner>>;
  readonly transaction: <T>(work: () => T) => T;
  /** Every change, progress included (at most ten a second for each job). */
  readonly onChange: (job: Job) => void;
  /** Every change of state, inside the transaction that records it. */
  readonly onState: (record: JobRecord) => void;
  /** Makes room for a job's end on a full disk. False where there is none to be made. */
  readonly makeRoom?: () => boolean;
  /** The end of a job could not be recorded. It is told all the same, and recorded when that can be done. */
  readonly onDefect: (error: ReelbenchError) => void;
}

type End = Pick<Job, "state" | "result" | "error">;

type StopReason = "cancel" | "pause" | "engine-closing";

interface Attempt {
  readonly controller: AbortController;
  stopping: StopReason | undefined;
  /** It can no longer be undone. Who cancelled a moment before hears how it ended. */
  irrevocable: boolean;
  progress: Progress | null;
  settled: Promise<void>;
}

const progressIntervalMs = 100;
/** How long work may take to notice that it was cancelled before the job is called cancelled all the same. */
const cancelGraceMs = 800;
/** From one attempt to record what could not be recorded to the next. */
const rewriteMs = 2000;

export function createJobQueue({
  table,
  runners,
  transaction,
  onChange,
  onState,
  makeRoom = () => false,
  onDefect,
}: JobQueueOptions): JobQueue {
  /** Work whose promise has not settled; a cancelled job's may linger a little. */
  const attempts = new Map<string, Attempt>();
  const waiting: string[] = [];
  /** Ends that the table does not have, because the disk is full. */
  const unwritten = new Map<string, End & Pick<Job, "finishedAt">>();
  let rewriting: NodeJS.Timeout | undefined;
  let closing = false;
  let held = false;

  const lanes = new Map<string, Lane>();
  const wait = ({ id, kind }: Job) => {
    lanes.set(id, runnerOf(kind).lane);
    waiting.push(id);
  };
  /** Those that wait for the same lane, in their turn. */
  const queueOf = (id: string) => {
    const lane = lanes.get(id);
    return waiting.filter((other) => lanes.get(other) === lane);
  };
  const shown = (job: Job): Job => {
    if (job.state === "queued" && waiting.includes(job.id))
      return { ...job, place: queueOf(job.id).indexOf(job.id) + 1 };
    // Over, whatever the table says.
    const end = unwritten.get(job.id);
    if (end !== undefined) return { ...job, ...end, resumable: isResumable(end.state) };
    const progress = attempts.get(job.id)?.progress ?? null;
    return job.state !== "running" || progress === null ? job : { ...job, progress };
  };
  const save = (record: JobRecord): Job => {
    transaction(() => {
      table.update(record);
      onState(record);
    });
    onChange(record.job);
    return record.job;
  };
  const tellPlaces = () => {
    for (const id of waiting) onChange(shown(table.get(id).job));
  };
  const runnerOf = (kind: string): JobRunner => {
    const runner = runners[kind];
    if (runner === undefined) throw new ReelbenchError("RB_UNKNOWN_METHOD", `There is no job of the kind "${kind}".`);
    return runner;
  };
  /** Throws where it cannot be written. */
  const write = (id: string, end: End & Pick<Job, "finishedAt">): Job | undefined => {
    const record = table.get(id);
    if (record.job.state !== "running" && record.job.state !== "queued") return undefined; // Cancelled meanwhile.
    const progress = attempts.get(id)?.progress ?? record.job.progress;
    const ended = { ...record, job: { ...record.job, ...end, progress, resumable: isResumable(end.state) } };
    try {
      return save(ended);
    } catch (error) {
      if (!makeRoom()) throw error;
      return save(ended);
    }
  };
  const finish = (id: string, reached: End): Job | undefined => {
    const end = { ...reached, finishedAt: new Date().toISOString() };
    try {
      return write(id, end);
    } catch (error) {
      onDefect(toReelbenchError(error));
      const record = table.find(id);
      if (record === undefined) return undefined;
      unwritten.set(id, end);
      rewriteLater();
      const job = shown(record.job);
      onChange(job);
      return job;
    }
  };
  const rewriteLater = () => {
    rewriting ??= setInterval(() => {
      for (const [id, end] of unwritten) {
        try {
          write(id, end);
          unwritten.delete(id);
        } catch {
          return; // Told already; next time.
        }
      }
      clearInterval(rewriting);
      rewriting = undefined;
    }, rewriteMs);
    rewriting.unref();
  };

  const dispatch = () => {
    if (closing || held) return;
    for (const id of [...waiting]) {
      if (attempts.has(id)) continue; // Its cancelled predecessor has not let go yet.
      const leave = runnerOf(table.get(id).job.kind).lane.tryEnter();
      if (leave === null) continue;
      waiting.splice(waiting.indexOf(id), 1);
      try {
        begin(id, leave);
      } catch (error) {
        attempts.delete(id);
        finish(id, failure(toReelbenchError(error), undefined));
        leave();
      }
    }
  };
  const begin = (id: string, leave: () => void) => {
    const record = table.get(id);
    const attempt: Attempt = {
      controller: new AbortController(),
      stopping: undefined,
      irrevocable: false,
      progress: null,
      settled: Promise.resolve(),
    };
    attempts.set(id, attempt);
    save({
      ...record,
      job: {
        ...record.job,
        state: "running",
        startedAt: new Date().toISOString(),
        finishedAt: null,
        error: null,
        progress: null,
        resumable: false,
      },
    });
    tellPlaces();
    attempt.settled = perform(id, attempt)
      .catch((error: unknown) => onDefect(toReelbenchError(error)))
      .finally(() => {
        attempts.delete(id);
        leave();
        dispatch();
      });
  };
  const perform = async (id: string, attempt: Attempt): Promise<void> => {
    const record = table.get(id);
    const announce = throttle<void>(progressIntervalMs, () => {
      const { job } = table.get(id);
      if (job.state === "running") onChange(shown(job));
    });
    const context: JobContext = {
      jobId: id,
      signal: attempt.controller.signal,
      memory: record.memory,
      onProgress: (progress) => {
        attempt.progress = progress;
        if (attempt.stopping === undefined) announce.push();
      },
      onIrrevocable: () => {
        attempt.irrevocable = true;
      },
      remember: (decisions) => {
        const present = table.get(id);
        table.update({ ...present, memory: { ...present.memory, ...decisions } });
      },
    };
    let end: End;
    try {
      const result = await runnerOf(record.job.kind).run(record.input, context);
      end = { state: "succeeded", result, error: null };
    } catch (thrown) {
      end = failure(toReelbenchError(thrown), attempt.irrevocable ? undefined : attempt.stopping);
    }
    announce.stop();
    finish(id, end);
  };

  const halt = (id: string, reason: "cancel" | "pause"): Job => {
    const job = shown(table.get(id).job);
    const attempt = attempts.get(id);
    if (job.state === "queued") {
      waiting.splice(waiting.indexOf(id), 1);
      const ended = finish(id, failure(new ReelbenchError("RB_CANCELLED"), reason)) ?? job;
      tellPlaces();
      return ended;
    }
    if (job.state !== "running" || attempt === undefined) {
      throw new ReelbenchError("RB_CONFLICT", `The job has already ended: it is ${job.state}.`, {
        details: { state: job.state },
      });
    }
    if (attempt.irrevocable)
      throw new ReelbenchError("RB_CONFLICT", "It has come too far to be stopped. It ends by itself.");
    if (attempt.stopping === undefined) {
      attempt.stopping = reason;
      attempt.controller.abort(new ReelbenchError("RB_CANCELLED"));
      const giveUp = () => {
        if (!attempt.irrevocable) finish(id, failure(new ReelbenchError("RB_CANCELLED"), reason));
      };
      const timer = setTimeout(giveUp, cancelGraceMs);
      void attempt.settled.finally(() => clearTimeout(timer));
    }
    return shown(job);
  };

  for (const lane of new Set(Object.values(runners).map((runner) => runner.lane)))
    lane.onFree(() => queueMicrotask(dispatch));

  return {
    start(kind, input) {
      if (closing) throw new ReelbenchError("RB_CONFLICT", "The engine is closing.");
      const runner = runnerOf(kind);
      const id = `j${randomBytes(8).toString("hex")}`;
      const job: Job = {
        id,
        kind,
        title: runner.title(input),
        state: "queued",
        createdAt: new Date().toISOString(),
        startedAt: null,
        finishedAt: null,
        progress: null,
        result: null,
        error: null,
        resumable: false,
      };
      transaction(() => {
        const record: JobRecord = { job, input, memory: runner.prepare(input, id) };
        table.insert(record);
        onState(record);
      });
      wait(job);
      onChange(shown(job));
      // Not before the caller has the id: the first events would come ahead of the reply.
      setImmediate(dispatch);
      return job;
    },
    get: (id) => shown(table.get(id).job),
    list: (query) => table.list(query).map(shown),
    cancel: (id) => halt(id, "cancel"),
    pause: (id) => halt(id, "pause"),
    move(id, to) {
      const queue = queueOf(id);
      const from = queue.indexOf(id);
      if (from === -1) throw new ReelbenchError("RB_CONFLICT", "The job does not wait for its turn.");
      const goal = { first: 0, earlier: from - 1, later: from + 1, last: queue.length - 1 }[to];
      const turn = queue.toSpliced(from, 1).toSpliced(Math.max(0, Math.min(queue.length - 1, goal)), 0, id);
      // The places in the common list that this lane's jobs hold stay theirs.
      const places = queue.map((other) => waiting.indexOf(other)).sort((left, right) => left - right);
      places.forEach((place, index) => waiting.splice(place, 1, turn[index] ?? id));
      tellPlaces();
      return shown(table.get(id).job);
    },
    hold(wanted) {
      held = wanted;
      if (!held) dispatch();
    },
    isHeld: () => held,
    resume(id) {
      if (closing) throw new ReelbenchError("RB_CONFLICT", "The engine is closing.");
      const end = unwritten.get(id);
      if (end !== undefined) write(id, end);
      unwritten.delete(id);
      const record = table.get(id);
      if (!isResumable(record.job.state)) {
        throw new ReelbenchError("RB_CONFLICT", `The job is ${record.job.state}; there is nothing to resume.`, {
          details: { state: record.job.state },
        });
      }
      const job = save({
        ...record,
        job: {
          ...record.job,
          state: "queued",
          startedAt: null,
          finishedAt: null,
          progress: null,
          error: null,
          resumable: false,
        },
      });
      wait(job);
      setImmediate(dispatch);
      return job;
    },
    async stop() {
      closing = true;
      for (const id of waiting.splice(0)) finish(id, failure(new ReelbenchError("RB_CANCELLED"), "engine-closing"));
      for (const attempt of attempts.values()) {
        attempt.stopping ??= "engine-closing";
        attempt.controller.abort(new ReelbenchError("RB_CANCELLED"));
      }
      await Promise.all([...attempts.values()].map(({ settled }) => settled));
      clearInterval(rewriting);
    },
  };
}

/** How a job ends that threw: by what we asked of it first, by its error otherwise. */
function failure(error: ReelbenchError, stopping: StopReason | undefined): End {
  if (stopping === "cancel")
    return { state: "cancelled", result: null, error: new ReelbenchError("RB_CANCELLED").toEnvelope() };
  if (stopping === "pause")
    return { state: "interrupted", result: null, error: new ReelbenchError("RB_PAUSED").toEnvelope() };
  if (stopping === "engine-closing") {
    return {
      state: "interrupted",
      result: null,
      error: new ReelbenchError("RB_WORKER_DIED", "The engine was closed while this job was unfinished.").toEnvelope(),
    };
  }
  const envelope = error.toEnvelope();
  if (error.code === "RB_CANCELLED") return { state: "cancelled", result: null, error: envelope };
  return { state: error.code === "RB_WORKER_DIED" ? "interrupted" : "failed", result: null, error: envelope };
}
