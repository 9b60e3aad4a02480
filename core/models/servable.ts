/**
 * The form in which a fitted model answers. Evaluation, workbench and server all score through it (`core/recommend`), so
 * that what is measured is what is served. Dense indices `u`, `i` are the snapshot's; ids stand in the bundle.
 */

/** How ratings that arrive after training become a user vector. */
export type FoldIn =
  /**
   * min over (b, p) of Σ (r − μ − bᵢ − b − p·qᵢ)² + n·(λ_b b² + λ‖p‖²), n the number of ratings given: the solve that
   * matches SGD's per-rating weight decay (Koren 2009, eq. 5). With k = 0 only the bias is solved.
   */
  | {
      readonly kind: "ridge";
      readonly regularization: number;
      readonly biasRegularization: number;
      /** Adds `biasShrinkage`·b² that does not grow with n (0 when absent): biases as regularised means, b = Σ / (n + shrinkage). */
      readonly biasShrinkage?: number;
    }
  /** p = Σ (r − center) qᵢ: the projection on orthonormal item factors (Cremonesi 2010, §3.2.2). */
  | { readonly kind: "projection"; readonly center: number }
  /**
   * min over x of Σ_J (1 − x·q_j)² + α₀ Σ_all (x·q_i)² + λ (|J| + α₀·items)^ν ‖x‖², J the ratings of at least
   * `positiveFrom`: the users' half of iALS (Rendle et al. 2022). `items`: those of the training.
   */
  | {
      readonly kind: "implicit";
      readonly unobservedWeight: number;
      readonly regularization: number;
      readonly frequencyExponent: number;
      readonly items: number;
      /** On the model's scale; lower ratings count as none. */
      readonly positiveFrom: number;
    }
  /** The model has nothing personal; everyone gets the same list. */
  | { readonly kind: "none" };

/** score(u, i) = globalMean + userBias[u] + itemBias[i] + userFactors[u]·itemFactors[i]. Row-major float32. */
export interface ServableModel {
  /** `users` × `factors` and `items` × `factors`; `factors` may be 0 (biases, popularity). */
  readonly users: number;
  readonly items: number;
  readonly factors: number;
  readonly globalMean: number;
  /** [users]; zeros where the model has none. */
  readonly userBias: Float32Array;
  /** [items]; for popularity, the popularity itself. */
  readonly itemBias: Float32Array;
  /** [users × factors] */
  readonly userFactors: Float32Array;
  /** [items × factors] */
  readonly itemFactors: Float32Array;
  /**
   * [items] ratings of each item in training. The trainer adds it to every model, so that a projection, which knows
   * nothing about somebody without ratings, can answer them with what is popular.
   */
  readonly itemPopularity?: Float32Array;
  readonly foldIn: FoldIn;
  /**
   * [factors × factors] QᵀQ of the item factors, where somebody has already computed it for an implicit fold-in (the server,
   * once for all its threads). Not part of a bundle.
   */
  readonly itemGramian?: Float64Array;
  /** Whether scores are on the rating scale. If so, predictions are clipped to it (rankings are not). */
  readonly predictsRatings: boolean;
  readonly scale: { readonly minimum: number; readonly maximum: number };
}
