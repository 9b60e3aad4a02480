import type { CurvePoint, Progress, StoppedFit } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import type { FitContext, TrainingSet } from "../models/algorithm.ts";
import { hashBytes } from "../models/bundle-card.ts";
import { encodeModel } from "../models/bundle.ts";
import { regressColdItems } from "../models/content-regression.ts";
import { algorithmById } from "../models/registry.ts";
import type { ServableModel } from "../models/servable.ts";
import { changesValues } from "../ratings/training-options.ts";
import { readBundleFolder } from "./bundle-folder.ts";
import { findEpochs } from "./early-stopping.ts";
import { popularityOf } from "./popularity.ts";
import type { TrainingTask } from "./task.ts";
import type { Checkpoint } from "./work-folder.ts";

export interface FitSink extends WorkContext {
  readonly onCurve: (point: CurvePoint) => void;
}

/** Where a fit's checkpoints go; null when nothing is to be kept. */
export interface CheckpointStore {
  read(): Promise<Checkpoint | null>;
  save(checkpoint: Checkpoint<readonly Uint8Array[]>): Promise<void>;
}

export interface Fitted {
  readonly model: ServableModel;
  readonly modelHash: string;
  readonly curve: readonly CurvePoint[];
  /** Seconds of fitting, those before a resume included. */
  readonly seconds: number;
  /** Where early stopping ended it; null without. */
  readonly stopped: StoppedFit | null;
}

/** Fits the task's algorithm on `data`, from the last checkpoint if there is one. The same bytes either way. */
export async function fitOnce(
  task: TrainingTask,
  data: TrainingSet,
  checkpoints: CheckpointStore | null,
  sink: FitSink,
): Promise<Fitted> {
  const algorithm = algorithmById(task.algorithm);
  const resumed = (await checkpoints?.read()) ?? null;
  const startedAt = performance.now();
  const seconds = () => (resumed?.fitSeconds ?? 0) + (performance.now() - startedAt) / 1000;
  const curve: CurvePoint[] = [...(resumed?.curve ?? [])];
  for (const point of curve) sink.onCurve(point);

  const add = (point: CurvePoint) => {
    // After a resume that could not use the checkpoint, epochs come again from the first.
    const known = curve.findIndex(({ epoch }) => epoch >= point.epoch);
    if (known >= 0) curve.length = known;
    curve.push(point);
    sink.onCurve(point);
  };
  let stopped = resumed?.stopped ?? null;
  const context: FitContext = {
    seed: task.seed,
    threads: task.threads,
    signal: sink.signal,
    onProgress: (progress: Progress) => sink.onProgress(progress),
    onEpoch: add,
    resumeFrom: resumed?.state ?? null,
    warmStart: task.warmStart === undefined ? null : await warmModel(task.warmStart, data),
    saveCheckpoint: async (state) => checkpoints?.save({ state, curve, fitSeconds: seconds(), stopped }),
  };
  const { earlyStopping } = task.training ?? {};
  if (earlyStopping === undefined) return finished(await algorithm.fit(data, task.hyperparameters, context));
  const half = (first: boolean) => (progress: Progress) => sink.onProgress(halved(progress, first));
  let { resumeFrom } = context;
  if (stopped === null) {
    const sought = { ...context, onProgress: half(true) };
    stopped = await findEpochs(algorithm, task, data, earlyStopping, { curve, add }, sought);
    resumeFrom = null;
  }
  const hyperparameters = { ...task.hyperparameters, epochs: stopped.epochs };
  // The curve stays the one that was judged: that of all ratings says nothing more.
  const again = { ...context, resumeFrom, onProgress: half(false), onEpoch: () => undefined };
  return finished(await algorithm.fit(data, hyperparameters, again));

  function finished(fitted: ServableModel): Fitted {
    const model = {
      ...withContent(fitted, data, task),
      itemPopularity: popularityOf(data),
      // Scores learnt from likes are no ratings: nobody is to measure their error against the real ones.
      ...(changesValues(task.training ?? {}) ? { predictsRatings: false } : {}),
    };
    return { model, modelHash: hashBytes(encodeModel(model)), curve, seconds: seconds(), stopped };
  }
}

/** One of two fits after each other, as half of a count. */
function halved(progress: Progress, first: boolean): Progress {
  const { done, total, message } = progress;
  const said = `${first ? "How long to learn" : "Learning from all ratings"}: ${message}`;
  if (total === null) return { ...progress, message: said };
  return { ...progress, done: first ? done : done + total, total: 2 * total, message: said };
}

/** Throws RB_INVALID_INPUT for a model that has no factors to conclude. */
function withContent(model: ServableModel, data: TrainingSet, { training, algorithm }: TrainingTask): ServableModel {
  const regularization = training?.contentForColdItems;
  if (regularization === undefined) return model;
  if (model.form === "factors" && model.foldIn.kind !== "none") return regressColdItems(model, data, regularization);
  throw new ReelbenchError("RB_INVALID_INPUT", `${algorithm} has no factors that unrated items could be given.`, {
    remedy: "Leave the content for cold items out, or train a model of factors.",
  });
}

/** Throws RB_CORRUPT where the model is not the one that this run is to start from. */
async function warmModel(
  { runId, modelHash, directory }: NonNullable<TrainingTask["warmStart"]>,
  data: TrainingSet,
): Promise<ServableModel> {
  const { model } = await readBundleFolder(directory);
  if (hashBytes(encodeModel(model)) !== modelHash)
    throw new ReelbenchError("RB_CORRUPT", `The model of run ${runId}, to start from, is not the one it recorded.`);
  if (model.users !== data.users || model.items !== data.items)
    throw new ReelbenchError("RB_INVALID_INPUT", `The model of run ${runId} is of other users and items.`);
  return model;
}
