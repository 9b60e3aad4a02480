/** Who is trained on and who is tested on what. */
import { z } from "zod";
import { count, entityId, isoTime, missing } from "./identifiers.ts";

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
