import { ReelbenchError } from "../contract/errors.ts";
import { knowsSimilarItems } from "../models/servable.ts";
import type { FactorModel, ServableModel } from "../models/servable.ts";
import { factorScorer } from "./factor-scorer.ts";
import { itemWeightScorer } from "./item-weight-scorer.ts";
import { neighbourScorer } from "./neighbour-scorer.ts";
import { settle } from "./settle.ts";
import { markBlocked, selectTop } from "./top-n.ts";
import type { Candidates, ScoredItem } from "./top-n.ts";
import type { FoldedRatings, FormScorer, GivenRating, UserVector, VectorOf } from "./user-vector.ts";

export type { FactorVector, GivenRating, UserVector } from "./user-vector.ts";
export type { Candidates, ScoredItem } from "./top-n.ts";

/** Somebody: a user the model was trained on, by dense index, or a vector that was folded in. */
export type Who = number | UserVector;

/** Why an item has its score: score = baseline + Σ contributions. */
export interface Explanation {
  readonly score: number;
  /** What the item would score for somebody without ratings, plus `remainder`. */
  readonly baseline: number;
  /**
   * For a stored user: the stored score minus the one their ratings alone give by fold-in. Small for a converged model,
   * and 0 for folded-in people. It is part of `baseline`; kept apart so that it can be told.
   */
  readonly remainder: number;
  /** One for each rating, ordered by item. */
  readonly contributions: readonly { readonly i: number; readonly contribution: number }[];
}

/**
 * The ratings of user `u` of the model, from wherever they are: the training set, a target's histories. A model that keeps
 * nothing of its users (`answersFromHistory`) folds them in when it is asked about `u`.
 */
export type HistoryOf = (u: number) => readonly GivenRating[];

/** Answers for one model, by dense indices; the caller maps ids. Pure and synchronous; not to be shared between threads. */
export interface Recommender<Model extends ServableModel = ServableModel> {
  readonly model: Model;
  /** The vector of user `u` of the training. Throws RB_NOT_FOUND when there is no such user. */
  userVector(u: number): VectorOf<Model>;
  /**
   * `u`: the user of the model whose ratings these are, where it is one: nobody is to be their own neighbour.
   * Throws RB_INVALID_INPUT when an item is not the model's or a rating is off the scale.
   */
  foldIn(ratings: readonly GivenRating[], u?: number): VectorOf<Model>;
  /** The score that rankings use. */
  score(who: Who, i: number): number;
  /**
   * The score clipped to the rating scale where the model predicts ratings; otherwise the score. `time` (Unix seconds): as of
   * then, for models with effects of time; absent or NaN: as of serving, which is what rankings use.
   */
  predict(who: Who, i: number, time?: number): number;
  /**
   * Standard deviation of user `u`'s rating of item `i` about its score: what the model does not know of both, and the noise of ratings.
   * Null for models that offer no intervals.
   */
  uncertainty(u: number, i: number): number | null;
  /** [items] scores of all items, into `out` where given. */
  scoresForUser(who: Who, out?: Float64Array): Float64Array;
  /** The exact best `n` of the candidates. Equal scores: lower index first. */
  topN(who: Who, n: number, candidates?: Candidates): ScoredItem[];
  /**
   * The items most like `i`, without `i` itself. By factors: the cosine, −1 … 1. By weights of items: the weight that `i` gives
   * them, where it is positive. By neighbours: the cosine of who rated them, where there is anybody. Items never rated
   * resemble nothing. Throws RB_NO_ITEM_FACTORS when the model cannot tell.
   */
  similar(i: number, n: number, candidates?: Candidates): ScoredItem[];
  /** Explains scores of `foldIn(ratings, u)`. Factorises once; then cheap for each item. */
  explain(ratings: readonly GivenRating[], u?: number): (i: number) => Explanation;
  /** Explains scores of user `u`, whose training ratings are given; see `remainder`. */
  explainUser(u: number, ratings: readonly GivenRating[]): (i: number) => Explanation;
}

/**
 * All scores are float64 sums over the model's float32 numbers, in a fixed order: the same bits everywhere.
 * `historyOf` is for models that answer from histories; one that is asked about a user without it throws RB_INTERNAL.
 */
export function createRecommender<Model extends ServableModel>(
  model: Model,
  historyOf?: HistoryOf,
): Recommender<Model> {
  // A scorer makes the vectors of its model's form; that this is `VectorOf<Model>` cannot be told to the compiler.
  return recommenderOf(model, scorerOf(model), historyOf) as Recommender<Model>;
}

function scorerOf(model: ServableModel): FormScorer<UserVector> {
  switch (model.form) {
    case "factors":
      return factorScorer(model);
    case "item-weights":
      return itemWeightScorer(model);
    case "user-neighbours":
      return neighbourScorer(model);
  }
}

function recommenderOf(
  model: ServableModel,
  scorer: FormScorer<UserVector>,
  historyOf: HistoryOf | undefined,
): Recommender {
  const blocked = new Uint8Array(model.items);
  const workspace = new Float64Array(model.items);

  function vectorOf(who: Who): UserVector {
    if (typeof who === "number") return userVector(who);
    if (who.form === model.form) return who;
    throw new ReelbenchError("RB_INTERNAL", `A vector of ${who.form} was given to a model of ${model.form}.`);
  }

  function userVector(u: number): UserVector {
    if (!Number.isInteger(u) || u < 0 || u >= model.users)
      throw new ReelbenchError("RB_NOT_FOUND", `The model has no user number ${u}.`);
    const stored = scorer.stored(u);
    if (stored !== null) return stored;
    if (historyOf === undefined)
      throw new ReelbenchError(
        "RB_INTERNAL",
        "This model answers known users from their ratings, which were not given.",
      );
    return fold(historyOf(u), u).vector;
  }

  function fold(ratings: readonly GivenRating[], u: number | null): FoldedRatings {
    return scorer.fold(settle(model, ratings), u);
  }

  /** A model that knows nothing of somebody answers with the items' popularity in training, where it carries that. */
  function listForStrangers(vector: UserVector): Float32Array | null {
    const { itemPopularity } = model;
    return itemPopularity !== undefined && scorer.knowsNothing(vector) ? itemPopularity : null;
  }

  function scoresForUser(who: Who, out: Float64Array = new Float64Array(model.items)): Float64Array {
    const vector = vectorOf(who);
    const fallback = listForStrangers(vector);
    if (fallback === null) scorer.scoreAll(vector, out);
    else out.set(fallback);
    return out;
  }

  function score(who: Who, i: number): number {
    checkItem(model, i);
    const vector = vectorOf(who);
    const fallback = listForStrangers(vector);
    return fallback === null ? scorer.score(vector, i) : fallback[i]!;
  }

  function correction(who: Who, i: number, time: number): number {
    return Number.isNaN(time) ? 0 : (scorer.correctionAt?.(vectorOf(who), i, time) ?? 0);
  }

  function similar(i: number, n: number, candidates: Candidates = {}): ScoredItem[] {
    checkItem(model, i);
    if (!knowsSimilarItems(model)) {
      throw new ReelbenchError(
        "RB_NO_ITEM_FACTORS",
        "This model has no item factors, so it cannot tell which items are alike.",
      );
    }
    markBlocked(blocked, candidates);
    scorer.similarities(i, workspace, blocked);
    blocked[i] = 1;
    return selectTop(workspace, blocked, n);
  }

  /** `stored`: the vector whose score is to be explained, when it is not the folded one. */
  function explainer(folded: FoldedRatings, stored: UserVector | null): (i: number) => Explanation {
    return (i) => {
      const explained = score(stored ?? folded.vector, i);
      const foldedScore = score(folded.vector, i);
      const shares = folded.contributions(i);
      const contributions = folded.ratings.map((rating, j) => ({ i: rating.i, contribution: shares[j]! }));
      const remainder = explained - foldedScore;
      const withoutRatings = listForStrangers(folded.vector)?.[i] ?? scorer.baseline(i);
      return { score: explained, baseline: withoutRatings + remainder, remainder, contributions };
    };
  }

  return {
    model,
    userVector,
    foldIn: (ratings, u) => fold(ratings, u ?? null).vector,
    score,
    predict: (who, i, time = NaN) => clip(model, score(who, i) + correction(who, i, time)),
    uncertainty: (u, i) => {
      checkItem(model, i);
      userVector(u);
      return model.form === "factors" ? deviationOf(model, u, i) : null;
    },
    scoresForUser,
    topN: (who, n, candidates = {}) => {
      scoresForUser(who, workspace);
      markBlocked(blocked, candidates);
      return selectTop(workspace, blocked, n);
    },
    similar,
    explain: (ratings, u) => explainer(fold(ratings, u ?? null), null),
    explainUser: (u, ratings) => explainer(fold(ratings, u), userVector(u)),
  };
}

function clip(model: ServableModel, score: number): number {
  return model.predictsRatings ? Math.min(Math.max(score, model.scale.minimum), model.scale.maximum) : score;
}

function checkItem(model: ServableModel, i: number): void {
  if (!Number.isInteger(i) || i < 0 || i >= model.items)
    throw new ReelbenchError("RB_NOT_FOUND", `The model has no item number ${i}.`);
}

function deviationOf({ intervals }: FactorModel, u: number, i: number): number | null {
  return intervals === undefined ? null : Math.sqrt(intervals.noise + intervals.users[u]! + intervals.items[i]!);
}
