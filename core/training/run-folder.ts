import { availableParallelism, cpus } from "node:os";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { run as runSchema } from "../contract/entities.ts";
import type { Run } from "../contract/entities.ts";
import type { PerUserTable } from "../evaluation/per-user.ts";
import { exists, writeFileAtomic, writeFolderAtomic } from "../files/atomic.ts";
import { readJson } from "../files/json.ts";
import type { BundleFile } from "../models/bundle.ts";
import { writeBundleFolder } from "./bundle-folder.ts";
import { perUserFileName, writePerUser } from "./per-user-file.ts";
import type { TrainingTask } from "./task.ts";

export const modelFolderName = "model";

export interface RunContents {
  readonly run: Run;
  /** Null for k-fold runs, which leave no model. */
  readonly bundle: ReadonlyMap<BundleFile, Uint8Array> | null;
  /** The values of this evaluation, or the file of the run whose evaluation is carried. */
  readonly perUser: PerUserTable | { readonly copyFrom: string };
}

/** Writes `<runsDirectory>/<id>/`: run.json, model/ and per-user.parquet, whole or not at all. */
export async function writeRunFolder(runsDirectory: string, { run, bundle, perUser }: RunContents): Promise<void> {
  await writeFolderAtomic(
    runsDirectory,
    () => run.id,
    async (directory) => {
      if (bundle !== null) await writeBundleFolder(join(directory, modelFolderName), bundle);
      const target = join(directory, perUserFileName);
      if (!("copyFrom" in perUser)) await writePerUser(target, perUser);
      else if (await exists(perUser.copyFrom)) await copyFile(perUser.copyFrom, target);
      await writeFileAtomic(join(directory, "run.json"), `${JSON.stringify(run, null, 2)}\n`);
    },
  );
}

/** The run that stands there already, if the training had finished when it was started again. */
export async function readFinishedRun(runsDirectory: string, runId: string): Promise<Run | null> {
  const path = join(runsDirectory, runId, "run.json");
  return (await exists(path)) ? readJson(path, runSchema) : null;
}

export function describeMachine(threads: number): NonNullable<Run["machine"]> {
  const runtime =
    process.versions["electron"] === undefined
      ? `Node ${process.versions.node}`
      : `Electron ${process.versions["electron"]}`;
  return { cpu: cpus()[0]?.model.trim() ?? "unknown", cores: availableParallelism(), threads, runtime };
}

/** What a run is before anything of it is known. */
export function finishedRun(
  task: TrainingTask,
  results: Pick<
    Run,
    "metrics" | "curve" | "timings" | "modelHash" | "foldModelsHash" | "evaluated" | "report" | "stopped"
  >,
): Run {
  const {
    runId,
    name,
    note,
    createdAt,
    snapshot,
    splitId,
    algorithm,
    hyperparameters,
    training,
    evaluation,
    warmStart,
    seed,
    threads,
    codeVersion,
    refitOf,
    search,
  } = task;
  return {
    id: runId,
    name,
    state: "succeeded",
    createdAt,
    finishedAt: new Date().toISOString(),
    snapshotId: snapshot.id,
    splitId,
    algorithm,
    hyperparameters,
    ...(training === undefined ? {} : { training }),
    ...(evaluation === undefined ? {} : { evaluation }),
    ...(warmStart === undefined ? {} : { warmStart: { runId: warmStart.runId, modelHash: warmStart.modelHash } }),
    ...(search === undefined ? {} : { search }),
    seed,
    machine: describeMachine(threads),
    codeVersion,
    refitOf: refitOf?.run.id ?? null,
    error: null,
    note,
    ...results,
  };
}
