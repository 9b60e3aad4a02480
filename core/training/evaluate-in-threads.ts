import { Worker } from "node:worker_threads";
import { ReelbenchError } from "../contract/errors.ts";
import { columnNames, testUsers } from "../evaluation/evaluate.ts";
import type { PerUserTable } from "../evaluation/per-user.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import type { TrainingSet } from "../models/algorithm.ts";
import { answersFromHistory } from "../models/servable.ts";
import type { ServableModel } from "../models/servable.ts";
import { shareModel } from "../recommend/shared-model.ts";
import { entryUrl } from "../runtime-paths.ts";
import type { EvaluationWorkerData } from "./evaluation-worker.ts";

export interface EvaluationResult {
  readonly perUser: PerUserTable;
  /** Cutoff → share of the catalogue that stood in at least one test user's list, 0 … 1. */
  readonly coverage: ReadonlyMap<number, number>;
  readonly counts: {
    readonly testRatings: number;
    readonly users: number;
    readonly coldUsers: number;
    readonly coldItemRatings: number;
  };
}

const progressMilliseconds = 200;

/**
 * Evaluates a model on the full ranking with `threads` worker threads. Each row's values depend on that row alone and go
 * to a place of their own, so any number of threads gives the same bytes. Memory: the model and the data once, the result
 * columns, and a few arrays of [items] a thread.
 *
 * Throws RB_CANCELLED (at once: the threads are stopped) and RB_WORKER_DIED.
 */
export async function evaluateInThreads(
  request: {
    readonly model: ServableModel;
    readonly train: TrainingSet;
    readonly test: TrainingSet;
    /** Ratings of test users that training never saw, folded in when the model is asked. */
    readonly foldIn?: TrainingSet | null;
    readonly cutoffs: readonly number[];
    readonly threads: number;
  },
  context: WorkContext,
): Promise<EvaluationResult> {
  const { model, train, test, foldIn = null } = request;
  const cutoffs = [...new Set(request.cutoffs)].sort((a, b) => a - b);
  const users = share(testUsers(test));
  const rows = users.length;
  const columns = new Map(
    columnNames(model.predictsRatings, cutoffs).map((name) => [
      name,
      new Float64Array(new SharedArrayBuffer(rows * 8)),
    ]),
  );
  const listed = cutoffs.map((k) => ({ k, flags: new Uint8Array(new SharedArrayBuffer(model.items)) }));
  const data: EvaluationWorkerData = {
    model: shareModel(model),
    histories: answersFromHistory(model)
      ? { userStart: share(train.userStart), item: share(train.item), rating: share(train.rating) }
      : null,
    input: {
      users,
      cutoffs,
      train: { userStart: share(train.userStart), item: share(train.item) },
      test: { userStart: share(test.userStart), item: share(test.item), rating: share(test.rating) },
      foldIn:
        foldIn === null
          ? null
          : { userStart: share(foldIn.userStart), item: share(foldIn.item), rating: share(foldIn.rating) },
    },
    output: { columns, listed: listed.map(({ flags }) => flags) },
    cells: new Int32Array(new SharedArrayBuffer(8)),
  };
  await runWorkers(data, Math.max(1, Math.min(request.threads, Math.ceil(rows / 32))), context);
  return {
    perUser: {
      users: Int32Array.from(users),
      columns: new Map([...columns].map(([name, values]) => [name, Float64Array.from(values)])),
    },
    coverage: new Map(listed.map(({ k, flags }) => [k, shareOfOnes(flags)])),
    counts: countCold(train, test, foldIn, users),
  };
}

function runWorkers(data: EvaluationWorkerData, threads: number, context: WorkContext): Promise<void> {
  const { signal, onProgress } = context;
  const total = data.input.users.length;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new ReelbenchError("RB_CANCELLED"));
    const workers = Array.from(
      { length: threads },
      () => new Worker(entryUrl("evaluation-worker"), { workerData: data }),
    );
    let running = threads;
    const report = () => onProgress({ done: Atomics.load(data.cells, 1), total, unit: "users", message: "Evaluating" });
    const timer = setInterval(report, progressMilliseconds);
    const stop = (settle: () => void) => {
      clearInterval(timer);
      signal.removeEventListener("abort", onAbort);
      void Promise.all(workers.map((worker) => worker.terminate())).then(settle, settle);
    };
    const fail = (error: ReelbenchError) => stop(() => reject(error));
    const onAbort = () => fail(new ReelbenchError("RB_CANCELLED"));
    signal.addEventListener("abort", onAbort, { once: true });
    for (const worker of workers) {
      worker.once("error", (error) =>
        fail(new ReelbenchError("RB_WORKER_DIED", `An evaluation thread failed: ${String(error)}`, { cause: error })),
      );
      worker.once("exit", (code) => {
        if (code !== 0)
          return fail(new ReelbenchError("RB_WORKER_DIED", `An evaluation thread ended with code ${code}.`));
        if (--running > 0) return;
        report();
        stop(resolve);
      });
    }
  });
}

/** In shared memory: as it is if it lies there already, otherwise a copy. */
function share<A extends Int32Array | Float32Array>(array: A): A {
  if (array.buffer instanceof SharedArrayBuffer) return array;
  const buffer = new SharedArrayBuffer(array.byteLength);
  const copy = array instanceof Int32Array ? new Int32Array(buffer) : new Float32Array(buffer);
  copy.set(array);
  return copy as A; // The same kind of array as it came, by the line above.
}

function shareOfOnes(flags: Uint8Array): number {
  let ones = 0;
  for (const flag of flags) ones += flag;
  return flags.length === 0 ? 0 : ones / flags.length;
}

function countCold(
  train: TrainingSet,
  test: TrainingSet,
  foldIn: TrainingSet | null,
  users: Int32Array,
): EvaluationResult["counts"] {
  const known = new Uint8Array(train.items);
  for (const i of train.item) known[i] = 1;
  let coldItemRatings = 0;
  for (const i of test.item) if (known[i] === 0) coldItemRatings++;
  const knows = (ratings: TrainingSet | null, u: number) =>
    ratings !== null && ratings.userStart[u] !== ratings.userStart[u + 1];
  const coldUsers = users.filter((u) => !knows(train, u) && !knows(foldIn, u)).length;
  return { testRatings: test.item.length, users: users.length, coldUsers, coldItemRatings };
}
