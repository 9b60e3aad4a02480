import { ReelbenchError } from "../contract/errors.ts";
import type { ServableModel } from "../models/servable.ts";
import { dotRow } from "./dense.ts";
import { foldRatings } from "./fold-in.ts";
import type { FoldedRatings, GivenRating, UserVector } from "./fold-in.ts";
import { markBlocked, selectTop } from "./top-n.ts";
import type { Candidates, ScoredItem } from "./top-n.ts";

export type { GivenRating, UserVector } from "./fold-in.ts";
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

/** Answers for one model, by dense indices; the caller maps ids. Pure and synchronous; not to be shared between threads. */
export interface Recommender {
  readonly model: ServableModel;
  /** The vector that training left for user `u`. Throws RB_NOT_FOUND when there is no such user. */
  userVector(u: number): UserVector;
  /** Throws RB_INVALID_INPUT when an item is not the model's or a rating is off the scale. */
  foldIn(ratings: readonly GivenRating[]): UserVector;
  /** The score that rankings use. */
  score(who: Who, i: number): number;
  /** The score clipped to the rating scale where the model predicts ratings; otherwise the score. */
  predict(who: Who, i: number): number;
  /** [items] scores of all items, into `out` where given. */
  scoresForUser(who: Who, out?: Float64Array): Float64Array;
  /** The exact best `n` of the candidates. Equal scores: lower index first. */
  topN(who: Who, n: number, candidates?: Candidates): ScoredItem[];
  /**
   * The items whose factors point the same way (cosine, −1 … 1), without `i` itself. Items without factors (never rated)
   * resemble nothing. Throws RB_NO_ITEM_FACTORS when the model has no factors.
   */
  similar(i: number, n: number, candidates?: Candidates): ScoredItem[];
  /** Explains scores of somebody known only by these ratings. Factorises once; then cheap for each item. */
  explain(ratings: readonly GivenRating[]): (i: number) => Explanation;
  /** Explains scores of user `u`, whose training ratings are given; see `remainder`. */
  explainUser(u: number, ratings: readonly GivenRating[]): (i: number) => Explanation;
}

/** All scores are float64 sums over the model's float32 numbers, in a fixed order: the same bits everywhere. */
export function createRecommender(model: ServableModel): Recommender {
  const blocked = new Uint8Array(model.items);
  const workspace = new Float64Array(model.items);
  let norms: Float64Array | undefined;

  const vectorOf = (who: Who): UserVector => (typeof who === "number" ? userVector(who) : who);

  function userVector(u: number): UserVector {
    if (!Number.isInteger(u) || u < 0 || u >= model.users)
      throw new ReelbenchError("RB_NOT_FOUND", `The model has no user number ${u}.`);
    const factors = Float64Array.from(model.userFactors.subarray(u * model.factors, (u + 1) * model.factors));
    return { bias: model.userBias[u]!, factors };
  }

  /** The one place where a score is computed. */
  function scoreOf(vector: UserVector, fallback: Float32Array | null, i: number): number {
    if (fallback !== null) return fallback[i]!;
    return model.globalMean + vector.bias + model.itemBias[i]! + dotRow(vector.factors, model.itemFactors, i);
  }

  function scoresForUser(who: Who, out: Float64Array = new Float64Array(model.items)): Float64Array {
    const vector = vectorOf(who);
    const fallback = listForStrangers(model, vector);
    for (let i = 0; i < model.items; i++) out[i] = scoreOf(vector, fallback, i);
    return out;
  }

  function score(who: Who, i: number): number {
    checkItem(model, i);
    const vector = vectorOf(who);
    return scoreOf(vector, listForStrangers(model, vector), i);
  }

  function similar(i: number, n: number, candidates: Candidates = {}): ScoredItem[] {
    checkItem(model, i);
    if (model.factors === 0) {
      throw new ReelbenchError(
        "RB_NO_ITEM_FACTORS",
        "This model has no item factors, so it cannot tell which items are alike.",
      );
    }
    norms ??= itemNorms(model);
    const norm = norms[i]!;
    if (norm === 0) return [];
    const target = Float64Array.from(model.itemFactors.subarray(i * model.factors, (i + 1) * model.factors));
    markBlocked(blocked, candidates);
    blocked[i] = 1;
    for (let other = 0; other < model.items; other++) {
      const otherNorm = norms[other]!;
      if (otherNorm === 0) blocked[other] = 1;
      else workspace[other] = dotRow(target, model.itemFactors, other) / (norm * otherNorm);
    }
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
      const fallback = listForStrangers(model, folded.vector);
      const withoutRatings = fallback === null ? model.globalMean + model.itemBias[i]! : fallback[i]!;
      return { score: explained, baseline: withoutRatings + remainder, remainder, contributions };
    };
  }

  return {
    model,
    userVector,
    foldIn: (ratings) => foldRatings(model, ratings).vector,
    score,
    predict: (who, i) => clip(model, score(who, i)),
    scoresForUser,
    topN: (who, n, candidates = {}) => {
      scoresForUser(who, workspace);
      markBlocked(blocked, candidates);
      return selectTop(workspace, blocked, n);
    },
    similar,
    explain: (ratings) => explainer(foldRatings(model, ratings), null),
    explainUser: (u, ratings) => explainer(foldRatings(model, ratings), userVector(u)),
  };
}

/**
 * A projection or an implicit fold-in of nothing is the zero vector, under which all items tie: such a model answers a
 * stranger with the items' popularity in training instead, where the model carries it. Null: the ordinary formula holds.
 */
function listForStrangers(model: ServableModel, vector: UserVector): Float32Array | null {
  const { kind } = model.foldIn;
  if (kind !== "projection" && kind !== "implicit") return null;
  if (model.itemPopularity === undefined || vector.bias !== 0) return null;
  return vector.factors.every((value) => value === 0) ? model.itemPopularity : null;
}

function clip(model: ServableModel, score: number): number {
  return model.predictsRatings ? Math.min(Math.max(score, model.scale.minimum), model.scale.maximum) : score;
}

function checkItem(model: ServableModel, i: number): void {
  if (!Number.isInteger(i) || i < 0 || i >= model.items)
    throw new ReelbenchError("RB_NOT_FOUND", `The model has no item number ${i}.`);
}

function itemNorms(model: ServableModel): Float64Array {
  return Float64Array.from({ length: model.items }, (_, i) => {
    const row = Float64Array.from(model.itemFactors.subarray(i * model.factors, (i + 1) * model.factors));
    return Math.sqrt(dotRow(row, model.itemFactors, i));
  });
}
