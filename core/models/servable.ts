import type { TimeEffects } from "./time-effects.ts";

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
      /** Adds `shrinkage`·‖p‖² that does not grow with n (0 when absent): a normal prior of p, in units of the noise. */
      readonly shrinkage?: number;
    }
  /** min over p ≥ 0 of Σ (r − μ − p·qᵢ)² + n·λ‖p‖², n the number of ratings given: the users' half of a non-negative factorisation. */
  | { readonly kind: "non-negative"; readonly regularization: number }
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
  /**
   * p = |J|^-½ Σ_J y_j, J the ratings of at least `positiveFrom` and y the model's implicit factors: linear in what was
   * chosen, so that every item has its share.
   */
  | { readonly kind: "implicit-sum"; readonly positiveFrom: number }
  /** The model has nothing personal; everyone gets the same list. */
  | { readonly kind: "none" }
  /** A weighted sum of models: each folds in by itself. Part n has the next `factors` columns, and column n of `partItemBias`. */
  | { readonly kind: "stacked"; readonly parts: readonly StackedPart[] };

export interface StackedPart {
  readonly factors: number;
  /** ≥ 0; already in the user's factors and in all biases, not in the item factors. */
  readonly weight: number;
  readonly globalMean: number;
  /** Whether its columns of `implicitFactors` are its own; absent: it has none. */
  readonly implicit?: boolean;
  readonly foldIn: Exclude<FoldIn, { readonly kind: "stacked" }>;
}

/** What every form has. */
interface ModelBase {
  readonly users: number;
  readonly items: number;
  /**
   * [items] ratings of each item in training. The trainer adds it to every model, so that one which knows nothing about
   * somebody without ratings (a projection, weights of items) can answer them with what is popular.
   */
  readonly itemPopularity?: Float32Array;
  /** Whether scores are on the rating scale. If so, predictions are clipped to it (rankings are not). */
  readonly predictsRatings: boolean;
  readonly scale: { readonly minimum: number; readonly maximum: number };
}

/** score(u, i) = globalMean + userBias[u] + itemBias[i] + userFactors[u]·itemFactors[i]. Row-major float32. */
export interface FactorModel extends ModelBase {
  readonly form: "factors";
  /** `users` × `factors` and `items` × `factors`; `factors` may be 0 (biases, popularity). */
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
   * [items × factors] y of SVD++ and its kin, where the model has them. They are part of every stored user vector; a ridge
   * fold-in adds |J|^-½ Σ_J y_j, J the items given, to the vector that it solves for, and fits what that leaves.
   */
  readonly implicitFactors?: Float32Array;
  /** [items × parts] each part's own item biases; only of a stacked model. */
  readonly partItemBias?: Float32Array;
  /** How far ratings may be from their scores, for models that know. */
  readonly intervals?: ScoreIntervals;
  /** What changes with time; biases and factors above are those at its serving time. */
  readonly timeEffects?: TimeEffects;
  readonly foldIn: FoldIn;
  /**
   * [factors × factors] QᵀQ of the item factors, where somebody has already computed it for an implicit fold-in (the server,
   * once for all its threads). Not part of a bundle.
   */
  readonly itemGramian?: Float64Array;
}

/** A rating's variance about its score: `noise` + users[u] + items[i], what is not known of the user and of the item. On the rating scale. */
export interface ScoreIntervals {
  readonly noise: number;
  /** [users], [items], none below zero */
  readonly users: Float32Array;
  readonly items: Float32Array;
}

/** What a rating is worth to a model that answers from somebody's history: x_j of item j. An x_j of 0 counts as no rating. */
export type HistoryInput =
  /** 1 from `positiveFrom` on (the model's scale), else 0. */
  | { readonly kind: "binary"; readonly positiveFrom: number }
  /** rating − center */
  | { readonly kind: "rating"; readonly center: number };

/**
 * score(i) = itemBias[i] + Σ_j x_j·W[j → i] over the items j of somebody's history: EASE, SLIM, neighbours of items. Nothing is
 * stored of users, so known ones and new ones are answered alike, from their ratings.
 */
export interface ItemWeightModel extends ModelBase {
  readonly form: "item-weights";
  readonly input: HistoryInput;
  readonly weights: DenseWeights | SparseWeights;
  /** [items]; absent: 0. */
  readonly itemBias?: Float32Array;
}

/** W[j → i] = data[j·items + i], [items × items]. */
export interface DenseWeights {
  readonly kind: "dense";
  readonly data: Float32Array;
}

/** CSR by j: item j gives weight[n] to item[n], n from start[j] to start[j + 1] − 1, items ascending and each once. */
export interface SparseWeights {
  readonly kind: "sparse";
  /** [items + 1] */
  readonly start: Int32Array;
  readonly item: Int32Array;
  readonly weight: Float32Array;
}

/**
 * score(i) = Σ_v s(u, v)·x_vi over the `neighbours` users v most similar to u (s > 0; equal ones: the lower index), with
 * s(u, v) = x_u·x_v / (‖x_u‖^2a ‖x_v‖^2(1−a) + shrinkage). Neighbours are looked for when somebody asks, in the training ratings,
 * which are part of the model; a user is never their own neighbour.
 */
export interface NeighbourModel extends ModelBase {
  readonly form: "user-neighbours";
  readonly input: HistoryInput;
  /** By user (CSR): x values of the training, those other than 0; items ascending and each once. */
  readonly rows: {
    /** [users + 1] */
    readonly start: Int32Array;
    readonly item: Int32Array;
    readonly value: Float32Array;
  };
  /** `asymmetry` is a: 0.5 for the cosine. */
  readonly similarity: { readonly asymmetry: number; readonly shrinkage: number };
  readonly neighbours: number;
  /**
   * [users] How like them somebody must at least be to be among their k nearest. Where it is there, those count who count somebody
   * among theirs, however many they are.
   */
  readonly admission?: Float32Array;
  /** `rows` by item, where somebody has already turned them (once for all threads). Not part of a bundle. */
  readonly columns?: { readonly start: Int32Array; readonly user: Int32Array; readonly value: Float32Array };
}

export type ServableModel = FactorModel | ItemWeightModel | NeighbourModel;

/** Whether everyone gets the same list. */
export function isImpersonal(model: ServableModel): boolean {
  return model.form === "factors" && model.foldIn.kind === "none";
}

/** Whether it can tell which items are alike. */
export function knowsSimilarItems(model: ServableModel): boolean {
  return model.form !== "factors" || model.factors > 0;
}

/** Whether a known user's answer needs their ratings: the model itself keeps nothing of them. */
export function answersFromHistory(model: ServableModel): boolean {
  return model.form === "item-weights";
}

/** 0 for a form without factors. */
export function factorsOf(model: ServableModel): number {
  return model.form === "factors" ? model.factors : 0;
}
