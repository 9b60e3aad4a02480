import { join } from "node:path";
import type { CurvePoint, Run } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import { foldsOf } from "../ratings/split-parts.ts";
import type { TrainingTaskInput } from "../training/task.ts";
import { train } from "../training/train.ts";
import { version } from "../version.ts";
import { changed, finishedRun, presentSnapshot, presentSplit } from "./rooms.ts";
import type { Rooms } from "./rooms.ts";

/** A run as it is when its training has been accepted and nothing is known yet. */
export function queuedRun(
  given: Pick<Run, "id" | "name" | "snapshotId" | "splitId" | "algorithm" | "hyperparameters" | "training" | "seed" | "refitOf">,
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
    codeVersion: version,
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
    seed: run.seed,
    threads: rooms.threads,
    codeVersion: version,
    createdAt: run.createdAt,
    runsDirectory: rooms.workspace.paths.runs,
    refitOf: run.refitOf === null ? null : evaluationOf(rooms, run.refitOf),
  };
}

function selectionOf(rooms: Rooms, run: Run): TrainingTaskInput["selection"] {
  if (run.refitOf !== null) return { kind: "all" };
  const { entity: split, directory: splitDirectory } = presentSplit(rooms, run.splitId);
  const folds = foldsOf(split.protocol);
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
  const { name, note } = runs.get(runId);
  const kept: Run = { ...finished, name, note };
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
