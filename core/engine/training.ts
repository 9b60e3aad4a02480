import { join } from "node:path";
import type { CurvePoint, Run } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import type { Algorithm } from "../models/algorithm.ts";
import { planTraining } from "../models/plan-training.ts";
import type { TrainingPlan } from "../models/plan-training.ts";
import { foldsOf } from "../ratings/split-parts.ts";
import type { TrainingTaskInput } from "../training/task.ts";
import { train } from "../training/train.ts";
import { codeVersion } from "../code-version.ts";
import { changed, finishedRun, presentSnapshot, presentSplit } from "./rooms.ts";
import type { Rooms } from "./rooms.ts";

/** A run as it is when its training has been accepted and nothing is known yet. */
export function queuedRun(
  given: Pick<
    Run,
    | "id"
    | "name"
    | "snapshotId"
    | "splitId"
    | "algorithm"
    | "hyperparameters"
    | "training"
    | "search"
    | "evaluation"
    | "warmStart"
    | "seed"
    | "refitOf"
  >,
): Run {
  return {
    ...given,
    state: "queued",
    createdAt: new Date().toISOString(),
    finishedAt: null,
    metrics: [],
    curve: [],
    timings: null,
    machine: null,
    codeVersion,
    modelHash: null,
    error: null,
    note: "",
  };
}

/** Everything the trainer's process needs for this run, from the catalogue. */
export function trainingTaskOf(rooms: Rooms, run: Run): TrainingTaskInput {
  const { entity: snapshot, directory: snapshotDirectory } = presentSnapshot(rooms, run.snapshotId);
  return {
    runId: run.id,
    name: run.name,
    note: run.note,
    snapshot,
    snapshotDirectory,
    splitId: run.splitId,
    selection: selectionOf(rooms, run),
    algorithm: run.algorithm,
    hyperparameters: run.hyperparameters,
    training: run.training,
    evaluation: run.evaluation,
    seed: run.seed,
    threads: rooms.threads,
    codeVersion,
    createdAt: run.createdAt,
    runsDirectory: rooms.workspace.paths.runs,
    ...(run.search === undefined ? {} : { search: run.search, cutoffs: run.search.cutoffs }),
    ...(run.warmStart === undefined
      ? {}
      : { warmStart: { ...run.warmStart, directory: modelDirectory(rooms, run.warmStart.runId).directory } }),
    refitOf: run.refitOf === null ? null : evaluationOf(rooms, run.refitOf),
  };
}

/**
 * The model that a fit on this split may start from. Throws RB_INVALID_INPUT for an algorithm that cannot, and for a run
 * that has learned from other ratings: what this split tests may be among them.
 */
export function warmStartOf(
  rooms: Rooms,
  algorithm: Algorithm,
  splitId: string,
  runId: string,
): NonNullable<Run["warmStart"]> {
  if (!algorithm.info.offers.includes("warm-start"))
    throw new ReelbenchError("RB_INVALID_INPUT", `${algorithm.info.name} cannot start from another model.`);
  const { run } = modelDirectory(rooms, runId);
  if (run.splitId !== splitId || run.refitOf !== null || run.modelHash === null)
    throw new ReelbenchError(
      "RB_INVALID_INPUT",
      `The run ${runId} was not trained on the training part of this split; starting from it could leak what is tested.`,
    );
  return { runId, modelHash: run.modelHash };
}

/** What training this algorithm on the split would need. A refit needs what all of the snapshot needs. */
export function planOf(
  rooms: Rooms,
  algorithm: Algorithm,
  hyperparameters: Run["hyperparameters"],
  on: { readonly splitId: string } | { readonly snapshotId: string },
): TrainingPlan {
  const { catalogue } = rooms.workspace;
  const split = "splitId" in on ? catalogue.splits.get(on.splitId) : null;
  const snapshot = catalogue.snapshots.get("snapshotId" in on ? on.snapshotId : (split?.snapshotId ?? ""));
  const { users, items } = snapshot;
  return planTraining(
    algorithm,
    { users, items, ratings: split?.train ?? snapshot.ratings },
    hyperparameters,
    rooms.memory,
  );
}

function selectionOf(rooms: Rooms, run: Run): TrainingTaskInput["selection"] {
  if (run.refitOf !== null) return { kind: "all" };
  const { entity: split, directory: splitDirectory } = presentSplit(rooms, run.splitId);
  const folds = foldsOf(split.protocol);
  if (run.search?.part.part === "validation") {
    const { inner, relevantFrom, userShare, seed } = run.search.part;
    return { kind: "validation", splitDirectory, inner, relevantFrom, userShare, seed, ...(folds && { folds }) };
  }
  return folds === null ? { kind: "holdout", splitDirectory } : { kind: "k-fold", splitDirectory, folds };
}

function evaluationOf(rooms: Rooms, runId: string): NonNullable<TrainingTaskInput["refitOf"]> {
  const { entity, directory } = finishedRun(rooms, runId);
  return { run: entity, directory };
}

/** Trains a run that stands in the catalogue, and puts the finished one in its place. One that has succeeded is left alone. */
export async function trainRun(
  rooms: Rooms,
  runId: string,
  context: WorkContext,
  onCurve: (point: CurvePoint) => void,
): Promise<Run> {
  const { runs } = rooms.workspace.catalogue;
  const run = runs.get(runId);
  if (run.state === "succeeded") return run; // Killed between the training's last write and the job's.
  const started: Run = { ...run, state: "running", error: null };
  runs.put(started);
  changed(rooms, "run", runId);
  const { run: finished } = await train(trainingTaskOf(rooms, started), rooms.processHost, { ...context, onCurve });
  // Renamed or annotated while it trained: the person's words win.
  const { name, note, tags, archivedAt } = runs.get(runId);
  const kept: Run = {
    ...finished,
    name,
    note,
    ...(tags === undefined ? {} : { tags }),
    ...(archivedAt === undefined ? {} : { archivedAt }),
  };
  runs.put(kept);
  changed(rooms, "run", runId);
  return kept;
}

/** The run's model and everything beside it. Throws RB_NO_MODEL for k-fold runs, which leave none. */
export function modelDirectory(rooms: Rooms, runId: string): { readonly run: Run; readonly directory: string } {
  const { entity: run, directory } = finishedRun(rooms, runId);
  if (run.modelHash === null)
    throw new ReelbenchError(
      "RB_NO_MODEL",
      `The run ${runId} left no model: k-fold runs are measurements. Refit it first.`,
    );
  return { run, directory: join(directory, "model") };
}
