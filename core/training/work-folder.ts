import { createHash } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { curvePoint, sha256, stoppedFit } from "../contract/entities.ts";
import type { CurvePoint, StoppedFit } from "../contract/entities.ts";
import type { DefinitionContext } from "../evaluation/metric.ts";
import type { PerUserTable } from "../evaluation/per-user.ts";
import { reportSums } from "../evaluation/report-sums.ts";
import type { ReportSums } from "../evaluation/report-sums.ts";
import { canonicalJson } from "../files/json.ts";
import { readSealed, writeSealed } from "./sealed-file.ts";
import type { TrainingTask } from "./task.ts";

/** What an interrupted fit needs to go on: its state as read, or in the parts that the fit gave. */
export interface Checkpoint<State = Uint8Array> {
  readonly state: State;
  readonly curve: readonly CurvePoint[];
  readonly fitSeconds: number;
  /** Of a fit that stops early: what its first half has found; null before. */
  readonly stopped: StoppedFit | null;
}

/** What a finished fold leaves: its model is not kept. */
export interface FoldResult {
  readonly modelHash: string;
  readonly perUser: PerUserTable;
  /** Metrics of the whole, by name. */
  readonly whole: readonly (readonly [name: string, value: number])[];
  readonly definitions: DefinitionContext;
  readonly report: ReportSums;
  readonly counts: {
    readonly testRatings: number;
    readonly users: number;
    readonly coldUsers: number;
    readonly coldItemRatings: number;
  };
  readonly curve: readonly CurvePoint[];
  readonly timings: { readonly load: number; readonly fit: number; readonly evaluate: number };
  readonly stopped: StoppedFit | null;
}

/** Where a training keeps what it must not lose: `<runsDirectory>/.work-<runId>/`. */
export interface WorkFolder {
  readCheckpoint(fold: number): Promise<Checkpoint | null>;
  saveCheckpoint(fold: number, checkpoint: Checkpoint<readonly Uint8Array[]>): Promise<void>;
  readFold(fold: number): Promise<FoldResult | null>;
  saveFold(fold: number, result: FoldResult): Promise<void>;
  remove(): Promise<void>;
}

const workPrefix = ".work-";

export function workDirectory(runsDirectory: string, runId: string): string {
  return join(runsDirectory, `${workPrefix}${runId}`);
}

/**
 * Throws away the checkpoints of trainings that will not go on, as `isOver` says of their runs: a kill between the run's
 * last write and the folder's removal leaves them. Returns how many there were.
 */
export async function sweepWork(runsDirectory: string, isOver: (runId: string) => boolean): Promise<number> {
  const names = await readdir(runsDirectory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const over = names
    .filter((name) => name.startsWith(workPrefix))
    .map((name) => name.slice(workPrefix.length))
    .filter(isOver);
  for (const runId of over) await discardWork(runsDirectory, runId);
  return over.length;
}

/** Throws away the checkpoints of a training that is not to be resumed. */
export async function discardWork(runsDirectory: string, runId: string): Promise<void> {
  await rm(workDirectory(runsDirectory, runId), { recursive: true, force: true });
}

const checkpointHeader = z.object({
  task: sha256,
  fold: z.int(),
  curve: z.array(curvePoint),
  fitSeconds: z.number(),
  stopped: stoppedFit.nullable().default(null),
});
const foldHeader = z.object({
  task: sha256,
  fold: z.int(),
  modelHash: sha256,
  rows: z.int().nonnegative(),
  columns: z.array(z.string()),
  whole: z.array(z.tuple([z.string(), z.number()])),
  definitions: z.object({
    relevance: z.object({ from: z.number().nullable() }),
    alike: z.enum(["genres", "factors"]).nullable(),
    sampledNegatives: z.int().nullable(),
  }),
  report: reportSums,
  counts: z.object({ testRatings: z.int(), users: z.int(), coldUsers: z.int(), coldItemRatings: z.int() }),
  curve: z.array(curvePoint),
  timings: z.object({ load: z.number(), fit: z.number(), evaluate: z.number() }),
  stopped: stoppedFit.nullable().default(null),
});

/** Opens (and makes) the folder. What another task or another version of the code left in it is ignored. */
export async function openWorkFolder(task: TrainingTask): Promise<WorkFolder> {
  const directory = workDirectory(task.runsDirectory, task.runId);
  await mkdir(directory, { recursive: true });
  const key = taskKey(task);
  const checkpointPath = join(directory, "checkpoint.bin");
  const foldPath = (fold: number) => join(directory, `fold-${fold}.bin`);
  return {
    readCheckpoint: async (fold) => {
      const found = await readSealed(checkpointPath, checkpointHeader);
      if (found === null || found.header.task !== key || found.header.fold !== fold) return null;
      const { curve, fitSeconds, stopped } = found.header;
      return { state: found.payload, curve, fitSeconds, stopped };
    },
    saveCheckpoint: (fold, { state, curve, fitSeconds, stopped }) =>
      writeSealed(checkpointPath, { task: key, fold, curve, fitSeconds, stopped }, state),
    readFold: async (fold) => {
      const found = await readSealed(foldPath(fold), foldHeader);
      if (found === null || found.header.task !== key || found.header.fold !== fold) return null;
      const { rows, columns, ...rest } = found.header;
      return { ...rest, perUser: unpackTable(found.payload, rows, columns) };
    },
    saveFold: (fold, { perUser, ...rest }) =>
      writeSealed(
        foldPath(fold),
        { task: key, fold, rows: perUser.users.length, columns: [...perUser.columns.keys()], ...rest },
        packTable(perUser),
      ),
    remove: () => discardWork(task.runsDirectory, task.runId),
  };
}

/** Everything that decides the bytes of the result; not names, folders or threads. */
function taskKey(task: TrainingTask): string {
  const { snapshot, splitId, selection, algorithm, hyperparameters, training, warmStart, codeVersion } = task;
  const part = selection.kind === "validation" ? { ...selection, splitDirectory: undefined } : selection.kind;
  const { evaluation, seed, cutoffs } = task;
  const settings = { algorithm, hyperparameters, training, evaluation, warmStart: warmStart?.modelHash, seed, cutoffs };
  const decisive = { snapshotId: snapshot.id, splitId, part, ...settings, codeVersion };
  return createHash("sha256").update(canonicalJson(decisive)).digest("hex");
}

/** Float64 columns first, so that both kinds of array are aligned. */
function packTable({ users, columns }: PerUserTable): Uint8Array[] {
  return [...columns.values(), users].map((array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
}

function unpackTable(payload: Uint8Array, rows: number, names: readonly string[]): PerUserTable {
  const columns = new Map(
    names.map((name, at) => [name, new Float64Array(payload.buffer, payload.byteOffset + at * rows * 8, rows)]),
  );
  return { columns, users: new Int32Array(payload.buffer, payload.byteOffset + names.length * rows * 8, rows) };
}
