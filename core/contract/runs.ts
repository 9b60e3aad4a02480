/** A training with all that it came from and all that came of it. */
import { z } from "zod";
import { hyperparameters } from "./algorithms.ts";
import { evaluationOptions, evaluationReport, metricValue } from "./evaluation.ts";
import { count, entityId, isoTime, missing, sha256 } from "./identifiers.ts";
import { innerValidation, stoppedFit, trainingOptions } from "./training.ts";

export const curvePoint = z.object({
  epoch: z.int().nonnegative(),
  seconds: z.number().nonnegative(),
  /** Name → value: `train-rmse`, `loss`, … */
  values: z.record(z.string(), z.number()),
});
export type CurvePoint = z.infer<typeof curvePoint>;

export const runState = z.enum(["queued", "running", "succeeded", "failed", "cancelled", "interrupted"]);

/** Where a run stands in a search, and what it was judged by: its metrics are of that part. */
export const searchPlace = z.object({
  searchId: entityId,
  trial: count,
  part: z.discriminatedUnion("part", [
    /** A trial: a measurement, which leaves no model. `inner` null: the split's own validation part. */
    z.object({
      part: z.literal("validation"),
      inner: innerValidation.nullable(),
      /** As in the split's protocol. */
      relevantFrom: z.number().optional(),
      /** Share of the users that took part; 1: all. */
      userShare: z.number().gt(0).max(1),
      seed: count,
    }),
    /** The winner: trained on the whole training part, evaluated on the test. */
    z.object({ part: z.literal("test") }),
  ]),
  /** List lengths of the metrics. */
  cutoffs: z.array(z.int().min(1).max(1000)).min(1),
});

export const run = z.object({
  id: entityId,
  name: z.string(),
  state: runState,
  createdAt: isoTime,
  finishedAt: isoTime.nullable(),
  snapshotId: entityId,
  splitId: entityId,
  algorithm: entityId,
  hyperparameters,
  /** What was made of the training ratings; absent: nothing. */
  training: trainingOptions.optional(),
  seed: z.int().nonnegative(),
  metrics: z.array(metricValue),
  curve: z.array(curvePoint),
  /** Where early stopping ended the fits: one, or one for each fold. */
  stopped: z.array(stoppedFit).optional(),
  /** Wall-clock seconds. */
  timings: z.object({ load: z.number(), fit: z.number(), evaluate: z.number() }).nullable(),
  machine: z.object({ cpu: z.string(), cores: z.int(), threads: z.int(), runtime: z.string() }).nullable(),
  codeVersion: z.string(),
  /** SHA-256 over the model's tensors; null for k-fold runs, which leave no model until refitted. */
  modelHash: sha256.nullable(),
  /** k-fold runs: SHA-256 over the folds' model hashes, so that these can be reproduced too. */
  foldModelsHash: sha256.nullable().optional(),
  /** Who the metrics speak for. Like the metrics, a refit has them from the run that chose it. */
  evaluated: z
    .object({
      testRatings: count,
      /** Users with at least one test rating (in k-fold: in any fold). */
      users: count,
      /** Of these, users without a training rating: they get the model's answer for strangers. */
      coldUsers: count,
      /** Test ratings of items without a training rating. */
      coldItemRatings: count,
      folds: z.int().positive().nullable(),
    })
    .nullable()
    .optional(),
  /** How it was judged, where not in the usual way. */
  evaluation: evaluationOptions.optional(),
  /** Calibration, segments and the like. Like the metrics, a refit has it from the run that chose it. */
  report: evaluationReport.optional(),
  /** A training that a search for hyperparameters made. */
  search: searchPlace.optional(),
  /** The run from whose model the fit started. Part of the run's identity, by the model's hash. */
  warmStart: z.object({ runId: entityId, modelHash: sha256 }).optional(),
  /** A refit: trained on all of the snapshot; it carries the evaluation of the run that chose it. */
  refitOf: entityId.nullable(),
  error: z.object({ code: z.string(), message: z.string(), remedy: z.string() }).nullable(),
  note: z.string(),
  tags: z.array(z.string()).optional(),
  /** Since when it is out of the way: kept whole, but in no table unless asked for. */
  archivedAt: isoTime.optional(),
  missing,
});
export type Run = z.infer<typeof run>;
