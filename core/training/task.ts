import { z } from "zod";
import {
  curvePoint,
  entityId,
  evaluationOptions,
  hyperparameters,
  innerValidation,
  progress,
  run,
  searchPlace,
  sha256,
  snapshot,
  trainingOptions,
} from "../contract/entities.ts";

/** Which part of a snapshot is learned from, and how the rest is used. Directories are absolute paths. */
const selection = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("holdout"), splitDirectory: z.string() }),
  /** Every protocol that trains several models: k-fold, rolling origin. */
  z.object({ kind: z.literal("k-fold"), splitDirectory: z.string(), folds: z.int().min(2) }),
  /**
   * A trial of a search: judged by the split's validation part, or by one taken out of its training part (`inner`); on a split
   * of several `folds` in each of them.
   */
  z.object({
    kind: z.literal("validation"),
    splitDirectory: z.string(),
    inner: innerValidation.nullable(),
    folds: z.int().min(2).optional(),
    relevantFrom: z.number().optional(),
    userShare: z.number().gt(0).max(1),
    seed: z.int().nonnegative(),
  }),
  /** All ratings, nothing kept for testing: a refit. */
  z.object({ kind: z.literal("all") }),
]);

/**
 * One training, complete: the child process needs nothing else. The same task (but for names, folders, threads) gives
 * the same bytes.
 */
export const trainingTask = z.object({
  runId: entityId,
  name: z.string(),
  note: z.string().default(""),
  snapshot,
  snapshotDirectory: z.string(),
  splitId: entityId,
  selection,
  algorithm: entityId,
  /** Already complete and valid (`parseHyperparameters`). */
  hyperparameters,
  /** What is made of the training ratings first; absent: nothing. */
  training: trainingOptions.optional(),
  /** How it is judged, where not in the usual way. */
  evaluation: evaluationOptions.optional(),
  seed: z.int().min(0).max(0xffff_ffff),
  /** List lengths of the ranking metrics. */
  cutoffs: z.array(z.int().min(1).max(1000)).min(1).default([10]),
  threads: z.int().min(1).max(256),
  codeVersion: z.string(),
  createdAt: z.iso.datetime(),
  /** Where the run's folder `<runId>/` appears when it has succeeded; work in progress is in `.work-<runId>/` beside it. */
  runsDirectory: z.string(),
  /** For trainings of a search. */
  search: searchPlace.optional(),
  /** The finished model that the fit starts from, and its folder. */
  warmStart: z.object({ runId: entityId, modelHash: sha256, directory: z.string() }).optional(),
  /** For a refit: the run whose evaluation it carries, and its folder, from which per-user values are copied. */
  refitOf: z.object({ run, directory: z.string() }).nullable().default(null),
});
export type TrainingTask = z.infer<typeof trainingTask>;
export type TrainingTaskInput = z.input<typeof trainingTask>;

/** Fit again in a temporary place and tell the hash; nothing is kept. */
export const reproduceOutcome = z.object({ hash: sha256 });

export const trainingOutcome = z.object({ run });
export type TrainingOutcome = z.infer<typeof trainingOutcome>;

/** Parent → child. */
export const trainerRequest = z.discriminatedUnion("type", [
  z.object({ type: z.literal("train"), task: trainingTask }),
  z.object({ type: z.literal("reproduce"), task: trainingTask }),
  z.object({ type: z.literal("cancel") }),
]);
export type TrainerRequest = z.infer<typeof trainerRequest>;

const envelope = z.object({
  code: z.string(),
  message: z.string(),
  remedy: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
});

/** Child → parent. */
export const trainerReport = z.discriminatedUnion("type", [
  /** The child listens; a message sent earlier could be lost. */
  z.object({ type: z.literal("ready") }),
  z.object({ type: z.literal("progress"), progress }),
  z.object({ type: z.literal("curve"), point: curvePoint }),
  z.object({ type: z.literal("trained"), outcome: trainingOutcome }),
  z.object({ type: z.literal("reproduced"), outcome: reproduceOutcome }),
  z.object({ type: z.literal("failed"), error: envelope }),
]);
export type TrainerReport = z.infer<typeof trainerReport>;
