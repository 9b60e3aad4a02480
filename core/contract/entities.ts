/**
 * The nouns that cross borders, as schemas. Ids of users and items are the data's own strings, never renumbered.
 * Times are ISO 8601 here (Unix seconds in storage). Hashes are lower-case hex SHA-256.
 */
import { z } from "zod";

export const isoTime = z.iso.datetime();
export const userId = z.string().min(1).max(512);
export const itemId = z.string().min(1).max(512);
/** A content id or an engine-made id: safe as a file name. */
export const entityId = z.string().regex(/^[a-z0-9][a-z0-9_-]{1,79}$/);
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().nonnegative();
/** Set where an entity's folder was gone when the workspace was opened: it can be seen, not used. */
const missing = z.boolean().optional();

// ── Ratings ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export const ratingScale = z.object({
  minimum: z.number(),
  maximum: z.number(),
  /** Smallest difference between two ratings that occur; null when it could not be told. */
  step: z.number().positive().nullable(),
});
export type RatingScale = z.infer<typeof ratingScale>;

export const fileFormat = z.enum(["delimited", "jsonl", "parquet", "netflix", "matrix"]);
export const textEncoding = z.enum(["utf-8", "utf-16le", "utf-16be", "latin1", "windows-1252"]);
export const timeFormat = z.enum([
  "unix-seconds",
  "unix-milliseconds",
  "unix-microseconds",
  "iso-8601",
  "us-datetime",
  "eu-datetime",
  "excel-serial",
  "none",
]);

/** The part of a split that was decided before the import. */
export const predefinedPart = z.enum(["train", "validation", "test"]);
export type PredefinedPart = z.infer<typeof predefinedPart>;

/** How a file of ratings is to be read. Everything left out is detected. */
export const readOptions = z.object({
  format: fileFormat.optional(),
  encoding: textEncoding.optional(),
  delimiter: z.string().min(1).max(4).optional(),
  header: z.boolean().optional(),
  decimalComma: z.boolean().optional(),
  timeFormat: timeFormat.optional(),
  /** Column names (or `column0`… where there is no header). */
  userColumn: z.string().optional(),
  itemColumn: z.string().optional(),
  ratingColumn: z.string().optional(),
  timeColumn: z.string().nullable().optional(),
  /** For files of one person's ratings: the user id for every row. */
  singleUserId: userId.optional(),
  /** Values that mean "no rating" (wide matrices: 99). */
  missingValues: z.array(z.string()).optional(),
  scale: z.object({ minimum: z.number(), maximum: z.number() }).optional(),
  /** A column that says of every rating which part of a split it is, or the part that all of this file is. */
  partColumn: z.string().optional(),
  part: predefinedPart.optional(),
});
export type ReadOptions = z.infer<typeof readOptions>;

export const previewColumn = z.object({
  name: z.string(),
  role: z.enum(["user", "item", "rating", "time", "title", "genres", "year", "part", "ignored"]),
  samples: z.array(z.string()),
  /** What its cells are in the first records, and the first of them that does not fit the role. */
  cells: z.object({
    empty: count,
    whole: count,
    number: count,
    date: count,
    text: count,
    unfit: z.object({ count, line: z.int().positive(), value: z.string(), reason: z.string() }).nullable(),
  }),
});

export const filePreview = z.object({
  path: z.string(),
  bytes: count,
  compressed: z.boolean(),
  /** What the reader will do: the options given, completed by detection. */
  options: readOptions,
  /** Name of a known layout when it was recognised ("MovieLens 100K", "IMDb export", …). */
  layout: z.string().nullable(),
  columns: z.array(previewColumn),
  rows: z.array(z.array(z.string().nullable())),
  /** Records of the head that the cells were counted in, and those with another number of fields than most. */
  looked: count,
  ragged: z.object({ count, line: z.int().positive() }).nullable(),
  /** Records of the whole file, by the head's mean length; null where that says nothing (compressed, Parquet). */
  estimatedRecords: count.nullable(),
  scale: ratingScale.nullable(),
  /** A file of titles found beside it (u.item, movies.csv, movies.dat), offered as `itemsPath`. */
  itemsPath: z.string().nullable(),
  /** What a person should know before importing (no times, damaged ids, …). */
  warnings: z.array(z.string()),
  /** Why it cannot be imported as it is; null when it can. */
  problem: z.object({ code: z.string(), message: z.string(), remedy: z.string() }).nullable(),
});
export type FilePreview = z.infer<typeof filePreview>;

export const rejectReason = z.enum([
  "ragged",
  "missing-user",
  "missing-item",
  "missing-rating",
  "rating-not-a-number",
  "rating-off-scale",
  "bad-time",
  "bad-encoding",
  "not-a-record",
]);

export const reject = z.object({
  /** 1-based line of the file where the record starts. */
  line: z.int().positive(),
  reason: rejectReason,
  raw: z.string(),
});

export const source = z.object({
  id: entityId,
  name: z.string(),
  createdAt: isoTime,
  files: z.array(z.object({ path: z.string(), bytes: count, sha256 })),
  options: readOptions,
  layout: z.string().nullable(),
  /** Records in the file, counted independently of the reading. Always accepted + rejected. */
  read: count,
  accepted: count,
  rejected: count,
  rejectsByReason: z.partialRecord(rejectReason, count),
  /** Pairs (user, item) that occur more than once: extra rows beyond the first. */
  duplicates: count,
  users: count,
  items: count,
  hasTime: z.boolean(),
  /** Share of accepted rows with a time, 0…1. */
  timeShare: z.number().min(0).max(1),
  hasTitles: z.boolean(),
  scale: ratingScale,
  warnings: z.array(z.string()),
  /** Where the file was made from a query: which database (without its password) was asked what. */
  origin: z.object({ kind: z.literal("postgres"), database: z.string(), query: z.string() }).optional(),
  missing,
});
export type Source = z.infer<typeof source>;

export const recipeStep = z.discriminatedUnion("step", [
  z.object({ step: z.literal("dedupe"), keep: z.enum(["last", "first", "highest", "mean"]) }),
  z.object({ step: z.literal("time-window"), from: isoTime.nullable(), to: isoTime.nullable() }),
  z.object({ step: z.literal("k-core"), k: z.int().min(1).max(1000) }),
  z.object({ step: z.literal("minimum-ratings"), perUser: count, perItem: count }),
  z.object({ step: z.literal("exclude-users"), users: z.array(userId) }),
  z.object({ step: z.literal("exclude-items"), items: z.array(itemId) }),
  /** Only ratings of at least `minimum` stay; binarised, each of them becomes 1 (published protocols for rankings). */
  z.object({ step: z.literal("rating-threshold"), minimum: z.number(), binarise: z.boolean() }),
]);
/** Steps run in order. A snapshot holds each (user, item) once: where no dedupe step stands, `last` is added first. */
export const recipe = z.array(recipeStep).max(50);
export type Recipe = z.infer<typeof recipe>;

export const snapshot = z.object({
  /** Hash over canonical sorted rows and recipe: the same input and recipe give the same id anywhere. */
  id: entityId,
  name: z.string(),
  createdAt: isoTime,
  sourceIds: z.array(entityId).min(1),
  recipe,
  /** Rows before and after each step, in order. */
  steps: z.array(z.object({ step: recipeStep, before: count, after: count })),
  ratings: count,
  users: count,
  items: count,
  scale: ratingScale,
  hasTime: z.boolean(),
  /** Whether the files said of ratings which part of a split they are. */
  hasParts: z.boolean().optional(),
  from: isoTime.nullable(),
  to: isoTime.nullable(),
  missing,
});
export type Snapshot = z.infer<typeof snapshot>;

const histogram = z.array(z.object({ label: z.string(), value: z.number(), count }));
export const profile = z.object({
  ratings: count,
  users: count,
  items: count,
  /** Share of the users × items matrix that is filled, 0…1. */
  density: z.number(),
  mean: z.number(),
  median: z.number(),
  standardDeviation: z.number(),
  ratingHistogram: histogram,
  /** Quantiles 0, .1, .25, .5, .75, .9, .99, 1 of ratings per user and per item. */
  ratingsPerUser: z.array(z.object({ quantile: z.number(), value: z.number() })),
  ratingsPerItem: z.array(z.object({ quantile: z.number(), value: z.number() })),
  /** Gini coefficient of ratings over items / users, 0 (equal) … 1. */
  giniItems: z.number(),
  giniUsers: z.number(),
  /** Lorenz curve over items, least rated first: share of items → share of ratings (≤ 101 points). */
  lorenzItems: z.array(z.object({ share: z.number(), ratings: z.number() })),
  /** Ratings per calendar month; empty without times. */
  activity: z.array(z.object({ month: z.string(), count })),
  topItems: z.array(z.object({ itemId, title: z.string().nullable(), count, mean: z.number() })),
  warnings: z.array(z.string()),
});
export type Profile = z.infer<typeof profile>;

// ── Splits ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const share = z.number().gt(0).lt(1);
/** Only ratings of at least this are tested: a low one is nothing to be found. */
const relevantFrom = z.number().optional();
/** Share of the ratings not tested that is kept apart for tuning and early stopping, chosen as the test is. No run is trained on it. */
const validationShare = share.optional();
/** Whether one more part of the same kind is kept apart for tuning and early stopping. */
const validation = z.boolean().optional();
export const splitProtocol = z.discriminatedUnion("protocol", [
  /** The last share of all ratings in time is the test. */
  z.object({ protocol: z.literal("global-temporal"), testShare: share.default(0.2), validationShare, relevantFrom }),
  /**
   * The last share of all ratings in time, cut into windows of equal size; each is tested on what came before it, and
   * only that (rolling origin). A validation part is the window before the tested one.
   */
  z.object({
    protocol: z.literal("rolling-origin"),
    cutoffs: z.int().min(2).max(20).default(4),
    testShare: share.default(0.4),
    validation,
    relevantFrom,
  }),
  /** Each user's last share is that user's test. */
  z.object({ protocol: z.literal("per-user-temporal"), testShare: share.default(0.2), validationShare, relevantFrom }),
  /** Each user's last rating is the test; the one before it the validation. */
  z.object({ protocol: z.literal("leave-last-out"), validation, relevantFrom }),
  /** Every rating is in the test with the same probability. */
  z.object({ protocol: z.literal("random"), testShare: share.default(0.2), validationShare, relevantFrom }),
  /** A validation part is the fold behind the tested one. */
  z.object({ protocol: z.literal("k-fold"), folds: z.int().min(2).max(20).default(5), validation, relevantFrom }),
  /**
   * Shares of the users are kept out of training altogether (Liang et al. 2018): a part of each one's ratings is given to
   * the model when it is asked (folded in), the rest is the test.
   */
  z.object({
    protocol: z.literal("held-out-users"),
    testShare: share.default(0.1),
    validationShare,
    foldInShare: share.default(0.8),
    /** Which of a user's ratings are folded in: any, or the earliest. */
    foldInBy: z.enum(["random", "time"]).default("random"),
    relevantFrom,
  }),
  /** As the imported files or their column of parts say. */
  z.object({ protocol: z.literal("predefined"), relevantFrom }),
]);
export type SplitProtocol = z.infer<typeof splitProtocol>;

export const split = z.object({
  id: entityId,
  name: z.string(),
  createdAt: isoTime,
  snapshotId: entityId,
  protocol: splitProtocol,
  seed: z.int().nonnegative(),
  /** Of k-fold the first fold's, of rolling origin the last cut-off's. */
  train: count,
  test: count,
  /** Ratings kept apart for tuning and early stopping. */
  validation: count.optional(),
  /** Ratings of the test users that are given to the model when it is asked (held-out users). */
  foldIn: count.optional(),
  /** Users and items of the test, and how many of them the training part (or the fold-in) knows. */
  testUsers: count,
  warmTestUsers: count,
  testItems: count,
  warmTestItems: count,
  /** What this split lets the model see that it would not have had, in plain words. Empty: nothing known. */
  leaks: z.array(z.string()),
  warnings: z.array(z.string()),
  missing,
});
export type Split = z.infer<typeof split>;

export const splitProposal = z.object({
  protocol: splitProtocol,
  /** In plain words: who is trained on and who is tested. */
  description: z.string(),
  reason: z.string(),
  train: count,
  test: count,
  testUsers: count,
  warmTestUsers: count,
  leaks: z.array(z.string()),
  /** False where the counts are too small for intervals to mean anything. */
  meaningful: z.boolean(),
});

// ── Algorithms ────────────────────────────────────────────────────────────────────────────────────────────────────────

export const hyperparameterValue = z.union([z.number(), z.boolean(), z.string()]);
export const hyperparameters = z.record(z.string(), hyperparameterValue);
export type Hyperparameters = z.infer<typeof hyperparameters>;

/** One field of an algorithm's form. */
export const hyperparameterField = z.object({
  name: z.string(),
  label: z.string(),
  /** The paper's meaning, units included. */
  description: z.string(),
  kind: z.enum(["integer", "real", "boolean", "choice", "text"]),
  default: hyperparameterValue,
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  /** Sliders and searches step multiplicatively. */
  logarithmic: z.boolean().optional(),
  choices: z.array(z.string()).optional(),
});

export const algorithmInfo = z.object({
  id: entityId,
  name: z.string(),
  summary: z.string(),
  whenToUse: z.string(),
  paper: z.object({ citation: z.string(), url: z.string().nullable() }).nullable(),
  /** Whether scores are on the rating scale, so that RMSE and MAE mean something. */
  predictsRatings: z.boolean(),
  iterative: z.boolean(),
  /** What it makes use of beside who rated what how. */
  uses: z.array(z.enum(["rating-values", "times", "weights", "item-features", "user-features"])),
  /** `explain`: contributions that add up to the score exactly. `intervals`: a standard deviation with each predicted rating. */
  offers: z.array(z.enum(["fold-in", "explain", "warm-start", "intervals", "early-stopping"])),
  hyperparameters: z.array(hyperparameterField),
});
export type AlgorithmInfo = z.infer<typeof algorithmInfo>;

// ── Training ratings ─────────────────────────────────────────────────────────────────────────────────────────────────

/** Ratings taken out of a training part to choose settings by, where the split itself keeps no validation part. */
export const innerValidation = z.object({
  protocol: z.enum(["global-temporal", "per-user-temporal", "leave-last-out", "random"]),
  share: z.number().gt(0).lt(1).default(0.1),
});
export type InnerValidation = z.output<typeof innerValidation>;

/**
 * Train no longer than helps: a part of the training ratings is put aside, the model judged by it while it learns, and the fit
 * ended when `patience` judgements in a row were no better than the best one. Then all training ratings are learnt from, for
 * as many epochs as were best. For algorithms that offer "early-stopping"; their `epochs` are the most there may be.
 */
export const earlyStopping = z.object({
  /** Judgements without improvement after which the fit ends. */
  patience: z.int().min(1).max(1000).default(3),
  /** Epochs from one judgement to the next. */
  every: z.int().min(1).max(1000).default(1),
  /** Left out: RMSE where ratings are predicted, else NDCG@10. */
  metric: z.enum(["rmse", "mae", "ndcg@10", "recall@10"]).optional(),
  validation: innerValidation.default({ protocol: "random", share: 0.1 }),
});
export type EarlyStopping = z.output<typeof earlyStopping>;

/**
 * What a run makes of its training ratings before it learns. Part of the run's identity; the tested ratings stay as they
 * are, so rankings stay comparable. Left out: the ratings as they are, each counting the same.
 */
export const trainingOptions = z.object({
  /**
   * Ratings of at least `from` are likes. `values`: all likes count as the best rating of the scale (binarised), or as rated.
   * `low`: the others are left out, or count as the worst rating.
   */
  likes: z
    .object({
      from: z.number(),
      values: z.enum(["equal", "as-rated"]).default("equal"),
      low: z.enum(["left-out", "worst"]).default("left-out"),
    })
    .optional(),
  /** Weight 1 + α · (rating − minimum) / (maximum − minimum) (Hu et al. 2008). */
  confidence: z.number().positive().max(1e6).optional(),
  /** Weight 2^(−age / half-life), the age counted in days from the newest training rating. Without a time: the least weight. */
  halfLifeDays: z.number().positive().max(1e6).optional(),
  /** Items without a training rating get bias and factors from their genres and decade, by ridge regression with this λ. */
  contentForColdItems: z.number().positive().max(1e6).optional(),
  earlyStopping: earlyStopping.optional(),
});
export type TrainingOptions = z.infer<typeof trainingOptions>;

// ── Evaluation ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** How a run is judged. Part of its metrics' definitions: runs judged differently are never compared. */
export const evaluationOptions = z.object({
  /** Lengths of the lists that are judged. Left out: 10. */
  cutoffs: z.array(z.int().min(1).max(1000)).min(1).max(12).optional(),
  /** Only test ratings of at least this count as relevant in lists. Left out: all of them do. */
  relevantFrom: z.number().optional(),
  /** Only to reproduce papers: judge each relevant item among so many sampled ones, too. The report then carries a warning. */
  sampledNegatives: z.int().min(1).max(100_000).optional(),
  /** False: no AUC and no diversity within lists, which take about as long as all other metrics. Left out: true. */
  thorough: z.boolean().optional(),
});
export type EvaluationOptions = z.infer<typeof evaluationOptions>;

/** What an evaluation found beside its metrics. k-fold: groups added up over the folds. */
export const evaluationReport = z.object({
  relevantFrom: z.number().nullable(),
  /** Test ratings that count as relevant, and test users who have none (they are in no metric of lists). */
  relevantRatings: count,
  usersWithoutRelevant: count,
  sampledNegatives: z.int().nullable(),
  /** Test ratings in ten groups by predicted rating, lowest first; means. Empty where the model predicts no ratings. */
  calibration: z.array(z.object({ ratings: count, predicted: z.number(), observed: z.number() })),
  /** Share of test ratings inside the model's predictive intervals, and their mean width, by nominal level. */
  intervals: z.array(z.object({ level: z.number(), ratings: count, coverage: z.number(), width: z.number() })),
  /** The list length that recall and NDCG of the segments are for. */
  k: z.int(),
  segments: z.array(
    z.object({
      kind: z.enum(["activity", "popularity", "genre", "time"]),
      label: z.string(),
      ratings: count,
      /** Users with an NDCG; null where the segment is not one of users. */
      users: count.nullable(),
      rmse: z.number().nullable(),
      mae: z.number().nullable(),
      /** Of the segment's relevant test ratings, the share within the first k places. */
      recall: z.number().nullable(),
      /** Mean over the segment's users. */
      ndcg: z.number().nullable(),
    }),
  ),
  /** k-fold: each metric's value in each fold, and test ratings ÷ training ratings of a fold. */
  folds: z.object({ values: z.record(z.string(), z.array(z.number())), testShare: z.number() }).optional(),
  warnings: z.array(z.string()),
});
export type EvaluationReport = z.infer<typeof evaluationReport>;

// ── Runs ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

export const metricName = z.string().regex(/^[a-z][a-z0-9-]*(@\d+)?$/);

export const metricValue = z.object({
  /** `rmse`, `mae`, `recall@10`, `ndcg@10`, `coverage@10`, … */
  metric: metricName,
  /** Version of the definition; values with different definitions are never compared. */
  definition: z.string(),
  value: z.number(),
  /** Bootstrap percentile interval over users; null where it would mean nothing. */
  interval: z.object({ low: z.number(), high: z.number(), level: z.number() }).nullable(),
  /** Users it is averaged over. */
  users: count,
  higherIsBetter: z.boolean(),
});
export type MetricValue = z.infer<typeof metricValue>;

export const curvePoint = z.object({
  epoch: z.int().nonnegative(),
  seconds: z.number().nonnegative(),
  /** Name → value: `train-rmse`, `loss`, … */
  values: z.record(z.string(), z.number()),
});
export type CurvePoint = z.infer<typeof curvePoint>;

/** Where early stopping ended a fit. */
export const stoppedFit = z.object({
  /** The model was trained for so many, the best of the `tried`. */
  epochs: z.int().positive(),
  tried: z.int().positive(),
  metric: z.string(),
  /** Of the metric, on the ratings put aside, after `epochs`. */
  value: z.number(),
});
export type StoppedFit = z.infer<typeof stoppedFit>;

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

/** One run against the baseline on one metric, paired over users. */
export const metricComparison = z.object({
  metric: metricName,
  /** The run compared against, where it is not the table's baseline (which may lack this metric). */
  against: entityId.optional(),
  baseline: z.number(),
  value: z.number(),
  difference: z.number(),
  /** Paired bootstrap interval of the difference. */
  interval: z.object({ low: z.number(), high: z.number(), level: z.number() }).nullable(),
  /** Standardised mean difference of the paired per-user values (Cohen's d_z). */
  effectSize: z.number().nullable(),
  /** Randomisation-test p-value, and after Holm's correction over all comparisons on the table. */
  pValue: z.number().nullable(),
  pValueCorrected: z.number().nullable(),
  /** After the max-T correction (Westfall & Young), which knows how strongly the comparisons hang together. */
  pValueMaxT: z.number().nullable().optional(),
  /**
   * Where both runs have folds: the corrected resampled t-test over them (Nadeau & Bengio), which asks whether the difference would
   * be there with other training data, too. p is null where all folds differ by exactly the same.
   */
  overFolds: z
    .object({ folds: z.int(), difference: z.number(), t: z.number(), pValue: z.number().nullable() })
    .nullable()
    .optional(),
  wins: count,
  losses: count,
  ties: count,
  verdict: z.enum(["better", "worse", "no-difference-shown", "not-tested"]),
});

export const comparison = z.object({
  splitId: entityId,
  baselineId: entityId,
  runs: z.array(z.object({ runId: entityId, comparisons: z.array(metricComparison), sentence: z.string() })),
  /** What the whole table says, in a sentence. */
  conclusion: z.string(),
});
export type Comparison = z.infer<typeof comparison>;

// ── Recommendations ───────────────────────────────────────────────────────────────────────────────────────────────────

export const rating = z.object({ itemId, rating: z.number() });

export const catalogueItem = z.object({
  itemId,
  title: z.string().nullable(),
  year: z.int().nullable(),
  genres: z.array(z.string()),
});
export type CatalogueItem = z.infer<typeof catalogueItem>;

export const contribution = z.object({
  itemId,
  title: z.string().nullable(),
  /** Signed share of the score, in score units; with `baseline` they sum to the score exactly. */
  contribution: z.number(),
});

export const recommendation = catalogueItem.extend({
  rank: z.int().positive(),
  score: z.number(),
  explanation: z.object({ baseline: z.number(), contributions: z.array(contribution) }).nullable(),
});
export type Recommendation = z.infer<typeof recommendation>;

export const ratedItem = catalogueItem.extend({ rating: z.number(), time: isoTime.nullable() });

// ── Publish ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export const target = z.discriminatedUnion("kind", [
  z.object({ id: entityId, name: z.string(), kind: z.literal("local") }),
  z.object({
    id: entityId,
    name: z.string(),
    kind: z.literal("production"),
    /** As shown: the password is kept apart and never leaves the engine. */
    postgres: z.string(),
    redis: z.string().nullable(),
    environment: z.enum(["development", "staging", "production"]).default("production"),
    /** Servers and publishers of the same channel belong together (`REELBENCH_CHANNEL`). */
    channel: z.string().default("production"),
    /** Retired versions kept for going back; older ones are removed after a publication unless they are pinned. */
    keepVersions: z.int().nonnegative().default(5),
  }),
]);
export type Target = z.infer<typeof target>;

export const gateResult = z.object({
  gate: z.string(),
  passed: z.boolean(),
  /** What was measured against what bound, in a sentence. */
  reason: z.string(),
});

export const parityResult = z.object({
  /** `live`: servers in production answered. `bundled`: none was live, one was started against the target. */
  answeredBy: z.enum(["live", "bundled"]),
  servers: count,
  probes: count,
  compared: count,
  mismatches: count,
  /** Largest absolute difference between two scores of the same item. */
  largestDifference: z.number(),
});
export type ParityResult = z.infer<typeof parityResult>;

export const publication = z.object({
  id: entityId,
  targetId: entityId,
  runId: entityId,
  /** The version's name on the target. */
  version: z.string(),
  state: z.enum(["uploading", "ready", "active", "retired", "failed"]),
  createdAt: isoTime,
  activatedAt: isoTime.nullable(),
  gates: z.array(gateResult),
  parity: parityResult.nullable(),
});
export type Publication = z.infer<typeof publication>;

export const targetStatus = z.object({
  reachable: z.boolean(),
  error: z.object({ code: z.string(), message: z.string(), remedy: z.string() }).nullable(),
  schemaVersion: z.int().nullable(),
  active: z.object({ version: z.string(), since: isoTime }).nullable(),
  previous: z.string().nullable(),
  versions: z.array(
    z.object({
      version: z.string(),
      state: z.enum(["uploading", "ready", "active", "retired", "failed"]),
      algorithm: z.string(),
      createdAt: isoTime,
      bytes: count,
    }),
  ),
  history: z.array(z.object({ version: z.string(), activatedAt: isoTime, reason: z.enum(["publish", "rollback"]) })),
  servers: z.array(
    z.object({ id: z.string(), url: z.string().nullable(), serving: z.string().nullable(), seenAt: isoTime }),
  ),
});
export type TargetStatus = z.infer<typeof targetStatus>;

// ── Jobs ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

export const progress = z.object({
  done: z.number().nonnegative(),
  /** Null while it is not known. */
  total: z.number().nonnegative().nullable(),
  unit: z.string(),
  message: z.string(),
});
export type Progress = z.infer<typeof progress>;

export const job = z.object({
  id: entityId,
  kind: z.string(),
  title: z.string(),
  state: runState,
  createdAt: isoTime,
  startedAt: isoTime.nullable(),
  finishedAt: isoTime.nullable(),
  progress: progress.nullable(),
  /** The method's output once it has succeeded. */
  result: z.unknown(),
  error: z
    .object({
      code: z.string(),
      message: z.string(),
      remedy: z.string(),
      details: z.record(z.string(), z.unknown()).optional(),
    })
    .nullable(),
  resumable: z.boolean(),
  /** Of a queued job: its turn among those that wait for the same place, from 1. */
  place: z.int().positive().optional(),
});
export type Job = z.infer<typeof job>;
