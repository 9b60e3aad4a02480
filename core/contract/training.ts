/** What a run makes of its training ratings before and while it learns. */
import { z } from "zod";

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
