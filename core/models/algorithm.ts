import type { CurvePoint, Hyperparameters, AlgorithmInfo, Progress } from "../contract/entities.ts";
import type { ServableModel } from "./servable.ts";

/** Ratings to learn from, by user (CSR). Arrays may lie in shared memory; nobody writes to them after they are built. */
export interface TrainingSet {
  readonly users: number;
  readonly items: number;
  /** [users + 1]: row u is entries userStart[u] … userStart[u + 1] − 1, ordered by item. */
  readonly userStart: Int32Array;
  /** [ratings] dense item index. */
  readonly item: Int32Array;
  /** [ratings] on the snapshot's own scale. */
  readonly rating: Float32Array;
  /** [ratings] Unix seconds, NaN where unknown; null when no rating has a time. */
  readonly time: Float64Array | null;
  /** [ratings] how much each rating counts (time decay, confidence); absent: all the same. Algorithms that `use` "weights" heed it. */
  readonly weight?: Float32Array | null;
  /** What is known of items and users beside ratings (genres, decade; age group, occupation); absent where nothing is. */
  readonly itemFeatures?: FeatureTable | null;
  readonly userFeatures?: FeatureTable | null;
  readonly scale: { readonly minimum: number; readonly maximum: number };
}

/** Sparse features by row (CSR): row n has features index[start[n]] … index[start[n + 1] − 1]. */
export interface FeatureTable {
  /** One for each feature: `genre: Comedy`, `decade: 1990`. */
  readonly names: readonly string[];
  /** [rows + 1] */
  readonly start: Int32Array;
  readonly index: Int32Array;
  /** Beside `index`; null: all 1. */
  readonly value: Float32Array | null;
}

export interface FitContext {
  /** Every random choice comes from it. Same seed, any number of threads: same bytes. */
  readonly seed: number;
  /** Compute threads that may be used. */
  readonly threads: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  readonly onEpoch: (point: CurvePoint) => void;
  /** Opaque bytes from which this algorithm can go on; null when starting afresh. */
  readonly resumeFrom: Uint8Array | null;
  /** A finished model over the same users and items to start from, for algorithms that `offer` "warm-start". */
  readonly warmStart?: ServableModel | null;
  /** Asked after each epoch, with a way to the model as it then is: whether to end there. For algorithms that `offer` "early-stopping". */
  readonly isLast?: (epoch: number, model: () => ServableModel) => Promise<boolean>;
  /**
   * Called between epochs, not more often than every few seconds. The bytes come in parts, which may be views of what the fit
   * computes in: they hold still until the promise is resolved, which it is when they are on disk.
   */
  readonly saveCheckpoint: (state: readonly Uint8Array[]) => Promise<void>;
}

export interface CostEstimate {
  /** Bytes of memory at the peak of the fit, data included. */
  readonly bytes: number;
  /** Floating-point operations of the whole fit. */
  readonly flops: number;
  /** Of the bytes, those of the largest WebAssembly memory; absent: all but the data and a model of `factors`. */
  readonly largestMemoryBytes?: number;
}

/**
 * One algorithm = one file that exports one of these, and a line in `registry.ts`. Hyperparameters arrive already
 * validated against `info.hyperparameters` with defaults filled in.
 */
export interface Algorithm<Model extends ServableModel = ServableModel> {
  readonly info: AlgorithmInfo;
  estimateCost(
    shape: { readonly users: number; readonly items: number; readonly ratings: number },
    hyperparameters: Hyperparameters,
  ): CostEstimate;
  /** Throws ReelbenchError: RB_TRAIN_DIVERGED, RB_TRAIN_TOO_LARGE, RB_CANCELLED. */
  fit(data: TrainingSet, hyperparameters: Hyperparameters, context: FitContext): Promise<Model>;
}
