import type { EvaluationOptions } from "../contract/entities.ts";
import { calibrationError } from "../evaluation/calibration.ts";
import { columnNames, evaluationOutput, testUsers } from "../evaluation/evaluate.ts";
import type { EvaluationInput, RatingsByUser } from "../evaluation/evaluation-data.ts";
import { itemFacts } from "../evaluation/item-facts.ts";
import type { Likeness } from "../evaluation/item-facts.ts";
import type { DefinitionContext } from "../evaluation/metric.ts";
import type { PerUserTable } from "../evaluation/per-user.ts";
import { sumReport } from "../evaluation/report.ts";
import type { ReportSums } from "../evaluation/report-sums.ts";
import { catalogueMetrics } from "../evaluation/whole.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import type { TrainingSet } from "../models/algorithm.ts";
import { answersFromHistory } from "../models/servable.ts";
import type { ServableModel } from "../models/servable.ts";
import { indexForScan } from "../recommend/scanner.ts";
import { shareModel } from "../recommend/shared-model.ts";
import { rowsPerClaim } from "./evaluation-claims.ts";
import { openEvaluationThreads } from "./evaluation-threads.ts";
import type { EvaluationThreads } from "./evaluation-threads.ts";
import type { EvaluationWorkerData } from "./evaluation-messages.ts";

export interface EvaluationResult {
  readonly perUser: PerUserTable;
  /** Metrics of the whole: `coverage@k`, `gini@k`, `calibration-error`. */
  readonly whole: ReadonlyMap<string, number>;
  readonly report: ReportSums;
  /** What decides the metrics' definitions. */
  readonly definitions: DefinitionContext;
  readonly counts: {
    readonly testRatings: number;
    readonly users: number;
    readonly coldUsers: number;
    readonly coldItemRatings: number;
  };
}

interface EvaluationRequest {
  readonly model: ServableModel;
  /** What the model has learned from; a model that keeps no users answers known ones from it. */
  readonly train: TrainingSet;
  /** All ratings that are not tested, where training left some out: none of them is recommended. Absent: `train`. */
  readonly rated?: TrainingSet;
  readonly test: TrainingSet;
  /** Ratings of test users that training never saw, folded in when the model is asked. */
  readonly foldIn?: TrainingSet | null;
  readonly cutoffs: readonly number[];
  /** Absent: all test ratings are relevant, and nothing is sampled. */
  readonly options?: EvaluationOptions | undefined;
  /** For what is sampled. */
  readonly seed?: number;
  readonly threads: number;
  /** Threads that are already there (`threads` of them); absent: new ones, for this evaluation. */
  readonly workers?: EvaluationThreads;
}

/**
 * Evaluates a model on the full ranking with `threads` worker threads. Each row's values depend on that row alone and go
 * to a place of their own, so any number of threads gives the same bytes. Memory: the model and the data once, its items
 * once more, the result columns, 12 bytes a test rating, and for each thread some arrays of [items]; nothing of users × items.
 *
 * Throws RB_CANCELLED (at once: the threads are stopped) and RB_WORKER_DIED.
 */
export async function evaluateInThreads(request: EvaluationRequest, context: WorkContext): Promise<EvaluationResult> {
  const { train, test, foldIn = null } = request;
  const rated = request.rated ?? train;
  const users = share(testUsers(test));
  const enough = Math.max(1, Math.min(request.threads, Math.ceil(users.length / rowsPerClaim)));
  // Started first: they come up while the rest is prepared.
  const workers = request.workers ?? openEvaluationThreads(enough);
  let prepared: EvaluationWorkerData;
  try {
    prepared = prepare(request, users, workers.count);
    await workers.run(prepared, context);
  } finally {
    if (request.workers === undefined) await workers.close();
  }
  const { model, input, output } = prepared;
  const report = sumReport(input, output, {
    rated,
    test,
    intervals: model.form === "factors" ? model.intervals : undefined,
  });
  return {
    perUser: {
      users: new Int32Array(input.users),
      columns: new Map([...output.columns].map(([name, values]) => [name, new Float64Array(values)])),
    },
    whole: new Map([
      ...catalogueMetrics(output.listed, input.cutoffs).map(({ metric, value }) => [metric, value] as const),
      ...(report.predictsRatings ? [["calibration-error", calibrationError(report.calibration)] as const] : []),
    ]),
    report,
    definitions: {
      relevance: input.relevance,
      alike: input.facts.likeness?.of ?? null,
      sampledNegatives: input.sampled?.negatives ?? null,
    },
    counts: countCold(rated, test, foldIn, input.users),
  };
}

function prepare(request: EvaluationRequest, users: Int32Array, threads: number): EvaluationWorkerData {
  const model = shareModel(request.model);
  const input = inputOf(request, model, users);
  return {
    model,
    index: indexForScan(model, { slots: threads, longestList: input.cutoffs.at(-1) ?? 1, rankings: true }),
    histories: answersFromHistory(model) ? shareRatings(request.train) : null,
    input,
    output: evaluationOutput(columnNames(model.predictsRatings, input), input, model),
    cells: new Int32Array(new SharedArrayBuffer(8)),
  };
}

function inputOf(request: EvaluationRequest, model: ServableModel, users: Int32Array): EvaluationInput {
  const { test, foldIn = null, options } = request;
  const thorough = options?.thorough ?? true;
  const rated = request.rated ?? request.train;
  const facts = itemFacts(rated, model);
  return {
    users,
    cutoffs: [...new Set(request.cutoffs)].sort((a, b) => a - b),
    rated: shareRatings(rated),
    test: shareRatings(test),
    foldIn: foldIn === null ? null : shareRatings(foldIn),
    relevance: { from: options?.relevantFrom ?? null },
    facts: { ...facts, likeness: facts.likeness === null || !thorough ? null : shareLikeness(facts.likeness) },
    curves: thorough,
    sampled:
      options?.sampledNegatives === undefined ? null : { negatives: options.sampledNegatives, seed: request.seed ?? 0 },
  };
}

function shareRatings({ userStart, item, rating, time }: TrainingSet): RatingsByUser {
  return {
    userStart: share(userStart),
    item: share(item),
    rating: share(rating),
    time: time === null ? null : share(time),
  };
}

/** The vectors are the model's, or a small table; the rest is a number an item. */
function shareLikeness(likeness: Likeness): Likeness {
  return { ...likeness, vectors: share(likeness.vectors) };
}

/** In shared memory: as it is if it lies there already, otherwise a copy. */
function share<A extends Int32Array | Float32Array | Float64Array>(array: A): A {
  if (array.buffer instanceof SharedArrayBuffer) return array;
  const buffer = new SharedArrayBuffer(array.byteLength);
  const copy =
    array instanceof Int32Array
      ? new Int32Array(buffer)
      : array instanceof Float32Array
        ? new Float32Array(buffer)
        : new Float64Array(buffer);
  copy.set(array);
  return copy as A; // The same kind of array as it came, by the line above.
}

function countCold(
  train: TrainingSet,
  test: TrainingSet,
  foldIn: TrainingSet | null,
  users: Int32Array,
): EvaluationResult["counts"] {
  const known = new Uint8Array(train.items);
  for (let at = 0; at < train.item.length; at++) known[train.item[at] ?? 0] = 1;
  let coldItemRatings = 0;
  for (let at = 0; at < test.item.length; at++) if (known[test.item[at] ?? 0] === 0) coldItemRatings++;
  const knows = (ratings: TrainingSet | null, u: number) =>
    ratings !== null && ratings.userStart[u] !== ratings.userStart[u + 1];
  const coldUsers = users.filter((u) => !knows(train, u) && !knows(foldIn, u)).length;
  return { testRatings: test.item.length, users: users.length, coldUsers, coldItemRatings };
}
