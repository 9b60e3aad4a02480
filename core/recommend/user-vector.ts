import type { ServableModel } from "../models/servable.ts";

/** A rating of item `i`, on the data's own scale. */
export interface GivenRating {
  readonly i: number;
  readonly rating: number;
}

/** What a model of factors knows of a person: score(i) = μ + itemBias[i] + bias + factors · itemFactors[i]. */
export interface FactorVector {
  readonly form: "factors";
  /** The user of the training whose stored vector this is; only where the model has effects of time that are theirs. */
  readonly u?: number;
  readonly bias: number;
  /** [factors] */
  readonly factors: Float64Array;
}

/** A history as a model of item weights takes it: the items j, ascending, with their x_j, those of 0 left out. */
export interface HistoryVector {
  readonly form: "item-weights";
  readonly items: Int32Array;
  readonly inputs: Float64Array;
}

/** The users nearest to a person, ascending, with their similarities. */
export interface NeighbourVector {
  readonly form: "user-neighbours";
  readonly users: Int32Array;
  readonly similarities: Float64Array;
}

interface VectorByForm {
  readonly factors: FactorVector;
  readonly "item-weights": HistoryVector;
  readonly "user-neighbours": NeighbourVector;
}

/** What a model of this form knows of a person. */
export type VectorOf<Model extends ServableModel> = VectorByForm[Model["form"]];
export type UserVector = VectorOf<ServableModel>;

/**
 * The fold-in of one set of ratings: the user vector, and the weight each rating has in any item's score. Both come from
 * the same computation, so that explanation and score agree.
 */
export interface FoldedRatings<Vector extends UserVector = UserVector> {
  /** Ordered by item, one for each item (where an item was given twice, the later rating counts). */
  readonly ratings: readonly GivenRating[];
  readonly vector: Vector;
  /** Each rating's share of the score of item `i`, in the order of `ratings`: Σ = score(i) − what it is without ratings. */
  contributions(i: number): Float64Array;
}

/** How a model of one form scores. `recommender.ts` makes lists, clips, explains, and answers strangers on top of it. */
export interface FormScorer<Vector extends UserVector> {
  /** The vector of user `u` of the training; null: the form keeps none, they are folded in from their history. */
  stored(u: number): Vector | null;
  /** `ratings` as `settle` leaves them. `u`: whose they are, where that is a user of the model. */
  fold(ratings: readonly GivenRating[], u: number | null): FoldedRatings<Vector>;
  /** The vector tells nothing about its person, and all items would tie. */
  knowsNothing(vector: Vector): boolean;
  score(vector: Vector, i: number): number;
  /** What the score is higher at `time` (Unix seconds) than now; absent: nothing, ever. */
  correctionAt?(vector: Vector, i: number, time: number): number;
  /** [items] the same for all items. */
  scoreAll(vector: Vector, out: Float64Array): void;
  /** The score of item `i` for somebody without ratings. */
  baseline(i: number): number;
  /** Likeness of every item to `i` into `out`, 1 into `unlike` [items] for those that it says nothing of. */
  similarities(i: number, out: Float64Array, unlike: Uint8Array): void;
}
