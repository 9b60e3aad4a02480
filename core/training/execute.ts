import { join } from "node:path";
import type { CatalogueItem, CurvePoint, Run, StoppedFit } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { poolFolds } from "../evaluation/per-user.ts";
import { addReports, reportOf } from "../evaluation/report-sums.ts";
import { sampledWarning } from "../evaluation/sampled.ts";
import { metricValues, summarize } from "../evaluation/summarize.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import type { TrainingSet } from "../models/algorithm.ts";
import { encodeBundle } from "../models/bundle.ts";
import type { BundleFile } from "../models/bundle.ts";
import type { ServableModel } from "../models/servable.ts";
import { applyTrainingOptions } from "../ratings/training-options.ts";
import type { TrainingData, TrainingSelection } from "../ratings/training-data.ts";
import { evaluateInThreads } from "./evaluate-in-threads.ts";
import type { EvaluationResult } from "./evaluate-in-threads.ts";
import { fitOnce } from "./fit-once.ts";
import { perUserFileName } from "./per-user-file.ts";
import { phaseProgress } from "./phase-progress.ts";
import { hashOfFolds } from "./reproduction.ts";
import { finishedRun, readFinishedRun, writeRunFolder } from "./run-folder.ts";
import type { TrainingTask } from "./task.ts";
import { validationData } from "./validation-data.ts";
import { discardWork, openWorkFolder } from "./work-folder.ts";
import type { FoldResult, WorkFolder } from "./work-folder.ts";

/** Where ratings and names come from (`core/ratings`). */
export interface TrainingDataSource {
  loadTrainingData(snapshotDirectory: string, selection: TrainingSelection): Promise<TrainingData>;
  loadCatalogue(snapshotDirectory: string): Promise<{ userIds: string[]; items: CatalogueItem[] }>;
}

export interface ExecuteContext extends WorkContext {
  readonly onCurve: (point: CurvePoint) => void;
}

/** Does the whole task in this process and leaves the run's folder. A folder that is already there is the answer. */
export async function executeTraining(
  task: TrainingTask,
  source: TrainingDataSource,
  context: ExecuteContext,
): Promise<Run> {
  const earlier = await readFinishedRun(task.runsDirectory, task.runId);
  if (earlier !== null) {
    await discardWork(task.runsDirectory, task.runId);
    return earlier;
  }
  const work = await openWorkFolder(task);
  const run = await trainKind(task, source, work, context);
  await work.remove();
  return run;
}

function trainKind(
  task: TrainingTask,
  source: TrainingDataSource,
  work: WorkFolder,
  context: ExecuteContext,
): Promise<Run> {
  switch (task.selection.kind) {
    case "holdout":
      return trainHoldout(task, source, work, context);
    case "validation":
    case "k-fold": {
      const folds = foldsOf(task);
      return folds === null
        ? trainHoldout(task, source, work, context)
        : trainFolds(task, source, work, context, folds);
    }
    case "all":
      return trainRefit(task, source, work, context);
  }
}

function foldsOf({ selection }: TrainingTask): number | null {
  return "folds" in selection ? (selection.folds ?? null) : null;
}

/** The hash that a run of this task records: fitted again, nothing kept. */
export async function executeReproduction(
  task: TrainingTask,
  source: TrainingDataSource,
  context: ExecuteContext,
): Promise<string> {
  const folds = foldsOf(task);
  const progress = phaseProgress(folds ?? 1, context.onProgress);
  const hashes: string[] = [];
  for (let fold = 0; fold < (folds ?? 1); fold++) {
    const { train } = await load(task, source, folds === null ? null : fold, progress(fold, "load"), context);
    const { modelHash } = await fitOnce(task, train, null, { ...context, onProgress: progress(fold, "fit") });
    hashes.push(modelHash);
  }
  return folds === null && task.selection.kind !== "validation" ? (hashes[0] ?? "") : hashOfFolds(hashes);
}

async function trainHoldout(
  task: TrainingTask,
  source: TrainingDataSource,
  work: WorkFolder,
  context: ExecuteContext,
): Promise<Run> {
  const trained = await trainAndEvaluate(task, source, work, context, { fold: null, folds: 1 });
  // A trial of a search is a measurement, like a cross-validation of one fold: it leaves no model.
  const isTrial = task.selection.kind === "validation";
  const { perUser, whole, definitions, report, counts, timings, modelHash, curve, stopped } = trained.result;
  const cutoffs = cutoffsOf(task);
  const run = finishedRun(task, {
    metrics: summarize(perUser, { cutoffs, whole: new Map(whole), seed: task.seed, definitions }),
    report: reportOf(report, reportOptions(task)),
    curve: [...curve],
    timings,
    modelHash: isTrial ? null : modelHash,
    foldModelsHash: isTrial ? hashOfFolds([modelHash]) : null,
    evaluated: { ...counts, folds: null },
    ...stoppedOf([stopped]),
  });
  const bundle = isTrial ? null : await bundleOf(run, trained.model, task, source);
  await writeRunFolder(task.runsDirectory, { run, bundle, perUser });
  return run;
}

/** Every fold is fitted and evaluated; users' values are pooled. A finished fold is never done again. */
async function trainFolds(
  task: TrainingTask,
  source: TrainingDataSource,
  work: WorkFolder,
  context: ExecuteContext,
  folds: number,
): Promise<Run> {
  const results: FoldResult[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const kept = await work.readFold(fold);
    if (kept !== null) {
      results.push(kept);
      continue;
    }
    // The learning curve shown is the first fold's.
    const foldContext = fold === 0 ? context : { ...context, onCurve: () => undefined };
    const { result } = await trainAndEvaluate(task, source, work, foldContext, { fold, folds });
    await work.saveFold(fold, result);
    results.push(result);
  }
  const perUser = poolFolds(results.map((result) => result.perUser));
  const definitions = results[0]?.definitions;
  const run = finishedRun(task, {
    metrics: summarize(perUser, {
      cutoffs: cutoffsOf(task),
      whole: meanOfWholes(results),
      seed: task.seed,
      ...(definitions === undefined ? {} : { definitions }),
    }),
    report: reportOverFolds(results, task),
    curve: [...(results[0]?.curve ?? [])],
    timings: {
      load: sum(results.map(({ timings }) => timings.load)),
      fit: sum(results.map(({ timings }) => timings.fit)),
      evaluate: sum(results.map(({ timings }) => timings.evaluate)),
    },
    modelHash: null,
    foldModelsHash: hashOfFolds(results.map(({ modelHash }) => modelHash)),
    evaluated: {
      testRatings: sum(results.map(({ counts }) => counts.testRatings)),
      users: perUser.users.length,
      coldUsers: sum(results.map(({ counts }) => counts.coldUsers)),
      coldItemRatings: sum(results.map(({ counts }) => counts.coldItemRatings)),
      folds,
    },
    ...stoppedOf(results.map((result) => result.stopped)),
  });
  await writeRunFolder(task.runsDirectory, { run, bundle: null, perUser });
  return run;
}

async function trainRefit(
  task: TrainingTask,
  source: TrainingDataSource,
  work: WorkFolder,
  context: ExecuteContext,
): Promise<Run> {
  const { refitOf } = task;
  if (refitOf === null)
    throw new ReelbenchError("RB_INVALID_INPUT", "A refit must name the run whose evaluation it carries.");
  const progress = phaseProgress(1, context.onProgress);
  const startedAt = performance.now();
  const { train } = await load(task, source, null, progress(0, "load"), context);
  const loadSeconds = secondsSince(startedAt);
  const fitted = await fitOnce(task, train, storeOf(work, 0), { ...context, onProgress: progress(0, "fit") });
  const run = finishedRun(task, {
    metrics: refitOf.run.metrics,
    report: refitOf.run.report,
    curve: [...fitted.curve],
    timings: { load: loadSeconds, fit: fitted.seconds, evaluate: 0 },
    modelHash: fitted.modelHash,
    foldModelsHash: null,
    evaluated: refitOf.run.evaluated ?? null,
    ...stoppedOf([fitted.stopped]),
  });
  const bundle = await bundleOf(run, fitted.model, task, source);
  await writeRunFolder(task.runsDirectory, {
    run,
    bundle,
    perUser: { copyFrom: join(refitOf.directory, perUserFileName) },
  });
  return run;
}

/** `fold` null: the hold-out split. */
interface Place {
  readonly fold: number | null;
  readonly folds: number;
}

async function trainAndEvaluate(
  task: TrainingTask,
  source: TrainingDataSource,
  work: WorkFolder,
  context: ExecuteContext,
  { fold, folds }: Place,
): Promise<{ model: ServableModel; result: FoldResult }> {
  const at = fold ?? 0;
  const progress = phaseProgress(folds, context.onProgress);
  const loadStarted = performance.now();
  const { train, rated, test, foldIn } = await load(task, source, fold, progress(at, "load"), context);
  if (test === null || test.item.length === 0)
    throw new ReelbenchError("RB_SPLIT_EMPTY", "There is no rating to test on.");
  const loadSeconds = secondsSince(loadStarted);
  const fitted = await fitOnce(task, train, storeOf(work, at), { ...context, onProgress: progress(at, "fit") });
  const evaluationStarted = performance.now();
  const evaluation: EvaluationResult = await evaluateInThreads(
    {
      model: fitted.model,
      train,
      rated,
      test,
      foldIn,
      cutoffs: cutoffsOf(task),
      options: task.evaluation,
      seed: task.seed,
      threads: task.threads,
    },
    { signal: context.signal, onProgress: progress(at, "evaluate") },
  );
  const timings = { load: loadSeconds, fit: fitted.seconds, evaluate: secondsSince(evaluationStarted) };
  const { perUser, whole, definitions, report, counts } = evaluation;
  return {
    model: fitted.model,
    result: {
      modelHash: fitted.modelHash,
      perUser,
      whole: [...whole],
      definitions,
      report,
      counts,
      curve: fitted.curve,
      timings,
      stopped: fitted.stopped,
    },
  };
}

async function load(
  task: TrainingTask,
  source: TrainingDataSource,
  fold: number | null,
  report: WorkContext["onProgress"],
  { signal }: WorkContext,
): Promise<TrainingData & { readonly rated: TrainingSet }> {
  if (signal.aborted) throw new ReelbenchError("RB_CANCELLED");
  report({ done: 0, total: null, unit: "ratings", message: "Loading the ratings" });
  const loaded = await source.loadTrainingData(task.snapshotDirectory, loadedPart(task, fold));
  const data = task.selection.kind === "validation" ? validationData(loaded, task.selection) : loaded;
  // Who is folded in gives ratings as people give them to a server, which knows nothing of the training's options.
  // What a person has rated is never recommended to them, whether training made use of it or not.
  return { ...data, rated: data.train, train: applyTrainingOptions(data.train, task.training ?? {}) };
}

function loadedPart({ selection }: TrainingTask, fold: number | null): TrainingSelection {
  if (selection.kind === "all") return { part: "all" };
  const { splitDirectory } = selection;
  if (selection.kind === "validation" && selection.inner === null)
    return { part: "validation", splitDirectory, ...(fold === null ? {} : { fold }) };
  return fold === null ? { part: "holdout", splitDirectory } : { part: "fold", splitDirectory, fold };
}

function storeOf(
  work: WorkFolder,
  fold: number,
): {
  read: () => ReturnType<WorkFolder["readCheckpoint"]>;
  save: (checkpoint: Parameters<WorkFolder["saveCheckpoint"]>[1]) => Promise<void>;
} {
  return { read: () => work.readCheckpoint(fold), save: (checkpoint) => work.saveCheckpoint(fold, checkpoint) };
}

async function bundleOf(
  run: Run,
  model: ServableModel,
  task: TrainingTask,
  source: TrainingDataSource,
): Promise<Map<BundleFile, Uint8Array>> {
  const { userIds, items } = await source.loadCatalogue(task.snapshotDirectory);
  const { algorithm, hyperparameters, seed, snapshotId, splitId, refitOf, metrics, codeVersion } = run;
  return encodeBundle({
    model,
    userIds,
    itemIds: items.map(({ itemId }) => itemId),
    description: {
      algorithm,
      hyperparameters,
      seed,
      runId: run.id,
      snapshotId,
      splitId,
      refitOf,
      metrics,
      codeVersion,
    },
  });
}

/** A cross-validation has as many catalogues in use as folds; their mean is what one model does. */
function meanOfWholes(results: readonly FoldResult[]): Map<string, number> {
  const names = results[0]?.whole.map(([name]) => name) ?? [];
  return new Map(
    names.map((name, at) => [name, sum(results.map(({ whole }) => whole[at]?.[1] ?? NaN)) / results.length]),
  );
}

function reportOverFolds(results: readonly FoldResult[], task: TrainingTask): NonNullable<Run["report"]> {
  const sums = addReports(results.map(({ report }) => report));
  const ofFolds = results.map(({ perUser }) => metricValues(perUser, cutoffsOf(task)));
  const values = [...(ofFolds[0]?.keys() ?? [])].map((metric): [string, number[]] => [
    metric,
    ofFolds.map((fold) => fold.get(metric) ?? NaN),
  ]);
  return {
    ...reportOf(sums, reportOptions(task)),
    folds: { values: Object.fromEntries(values), testShare: sums.testRatings / sums.trainRatings },
  };
}

function stoppedOf(fits: readonly (StoppedFit | null)[]): Pick<Run, "stopped"> {
  const stopped = fits.filter((fit) => fit !== null);
  return stopped.length === 0 ? {} : { stopped };
}

function cutoffsOf(task: TrainingTask): readonly number[] {
  return [...new Set(task.evaluation?.cutoffs ?? task.cutoffs)].sort((a, b) => a - b);
}

function reportOptions({ evaluation }: TrainingTask): Parameters<typeof reportOf>[1] {
  const sampledNegatives = evaluation?.sampledNegatives ?? null;
  return {
    relevantFrom: evaluation?.relevantFrom ?? null,
    sampledNegatives,
    warnings: sampledNegatives === null ? [] : [sampledWarning],
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function secondsSince(startedAt: number): number {
  return (performance.now() - startedAt) / 1000;
}
