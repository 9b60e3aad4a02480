/**
 * Searches for hyperparameters: what is varied, how the next trial is chosen, how much each is given, and what came of it.
 * Part of the contract (`methods.ts`).
 */
import { z } from "zod";
import {
  entityId,
  hyperparameters,
  hyperparameterValue,
  innerValidation,
  isoTime,
  metricName,
  runState,
  trainingOptions,
} from "./entities.ts";

const count = z.int().nonnegative();
const fieldName = z.string().min(1).max(100);

/** Takes part only where another dimension (or fixed setting) has one of these values. */
const when = z
  .object({ name: fieldName, is: z.array(hyperparameterValue).min(1) })
  .nullable()
  .default(null);

const range = {
  name: fieldName,
  minimum: z.number(),
  maximum: z.number(),
  logarithmic: z.boolean().default(false),
  when,
};

export const searchDimension = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("real"), ...range }),
  z.object({ kind: z.literal("integer"), ...range, minimum: z.int(), maximum: z.int() }),
  z.object({ kind: z.literal("choice"), name: fieldName, choices: z.array(hyperparameterValue).min(1).max(100), when }),
]);
export type SearchDimension = z.output<typeof searchDimension>;

/** How the settings of the next trial are chosen. */
export const searchSampler = z.discriminatedUnion("sampler", [
  z.object({ sampler: z.literal("random") }),
  /** Scrambled Sobol points. */
  z.object({ sampler: z.literal("quasi-random") }),
  /** Tree-structured Parzen estimator over all dimensions jointly. The first `startup` trials are quasi-random. */
  z.object({ sampler: z.literal("tpe"), startup: z.int().min(1).max(1000).default(10) }),
]);
export type SearchSampler = z.output<typeof searchSampler>;

/** What a trial is given less of at first: epochs of the fit, or a share of the users with all that is theirs. */
const ladder = {
  resource: z.enum(["epochs", "users"]),
  /** Epochs, or a share of the users in (0, 1]. */
  minimum: z.number().positive(),
  maximum: z.number().positive(),
  /** Each rung has this many times the budget of the one below, and room for one in this many of its trials. */
  reduction: z.int().min(2).max(10).default(3),
};

/** How much each trial is given, and which go on. */
export const searchSchedule = z.discriminatedUnion("schedule", [
  /** Every trial all of it. */
  z.object({ schedule: z.literal("full") }),
  /** Asynchronous successive halving (Li et al. 2020): a trial in its rung's best 1/reduction goes on at once. */
  z.object({ schedule: z.literal("asha"), ...ladder }),
  /** Brackets of successive halving from the boldest to none (Li et al. 2018). */
  z.object({ schedule: z.literal("hyperband"), ...ladder }),
  /** A trial stops at a rung where it is worse than the median of those before it (Golovin et al. 2017). */
  z.object({ schedule: z.literal("median"), ...ladder, warmUp: z.int().min(1).max(1000).default(5) }),
  /**
   * Rendle et al. 2022: search the other dimensions at `from` factors, double these again and again up to `to`, and search
   * each time only within `neighbourhood` times above and below the best before.
   */
  z.object({
    schedule: z.literal("doubling"),
    dimension: fieldName.default("factors"),
    from: z.int().min(1),
    to: z.int().min(1),
    /** Trials after each doubling; those at `from` are what remains of the search's trials. */
    following: z.int().min(1).max(1000).default(10),
    neighbourhood: z.number().gt(1).default(3),
  }),
]);
export type SearchSchedule = z.output<typeof searchSchedule>;

/** What is given to start a search. What is left out follows from the algorithm and the split. */
export const searchRequest = z.object({
  splitId: entityId,
  algorithm: entityId,
  name: z.string().min(1).max(200).optional(),
  /** What is optimised. Left out: NDCG@10, or RMSE for algorithms that predict ratings and do not rank by intent. */
  metric: metricName.optional(),
  /** Left out: the algorithm's own fields that matter, in ranges around their defaults (`searches.space`). */
  space: z.array(searchDimension).min(1).max(50).optional(),
  /** Settings that are not searched and differ from their defaults. */
  fixed: hyperparameters.default({}),
  sampler: searchSampler.default({ sampler: "tpe", startup: 10 }),
  schedule: searchSchedule.default({ schedule: "full" }),
  /** Settings tried, whatever budget each is given. */
  trials: z.int().min(1).max(10_000).default(30),
  /** Trials at the same time; they share the threads. */
  parallel: z.int().min(1).max(64).default(1),
  seed: z.int().min(0).max(0xffff_ffff).default(42),
  /** Taken out of the training part to judge the trials by. Left out: the split's own validation part, or else as the split itself divides. */
  validation: innerValidation.optional(),
  /** What is made of the training ratings first, in every trial. */
  training: trainingOptions.optional(),
});
export type SearchRequest = z.output<typeof searchRequest>;

export const trialState = z.enum(["running", "succeeded", "failed"]);

/** One training of one trial's settings with one budget. A trial that goes on to a higher rung has several. */
export const searchStep = z.object({
  /** 0, 1, …: the order of decision. */
  step: count,
  trial: count,
  rung: count,
  /** Null: all of it. */
  budget: z.object({ resource: z.enum(["epochs", "users"]), amount: z.number().positive() }).nullable(),
  hyperparameters,
  /** What was searched, without what is fixed. */
  configuration: hyperparameters,
  state: trialState,
  /** Of the search's metric, on the validation part; null while it runs and where it failed. */
  value: z.number().nullable(),
  runId: entityId,
  seconds: z.number().nonnegative().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type SearchStep = z.infer<typeof searchStep>;

export const search = z.object({
  id: entityId,
  name: z.string(),
  state: runState,
  createdAt: isoTime,
  finishedAt: isoTime.nullable(),
  jobId: entityId,
  snapshotId: entityId,
  splitId: entityId,
  algorithm: entityId,
  metric: metricName,
  higherIsBetter: z.boolean(),
  space: z.array(searchDimension),
  fixed: hyperparameters,
  sampler: searchSampler,
  schedule: searchSchedule,
  trials: z.int().positive(),
  parallel: z.int().positive(),
  seed: z.int().nonnegative(),
  /** Null: the split's own validation part. */
  validation: innerValidation.nullable(),
  training: trainingOptions.optional(),
  /** Steps that have ended. */
  finishedSteps: count,
  best: z.object({ step: count, trial: count, value: z.number(), hyperparameters }).nullable(),
  /** The best settings trained on the whole training part and evaluated on the test, once. */
  winnerRunId: entityId.nullable(),
  /** What to keep in mind when reading the winner's figures. */
  warnings: z.array(z.string()),
});
export type Search = z.infer<typeof search>;
