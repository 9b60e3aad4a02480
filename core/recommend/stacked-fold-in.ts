import { partsOf } from "../models/stacked-model.ts";
import type { FactorModel, FoldIn } from "../models/servable.ts";
import type { FactorVector, FoldedRatings, GivenRating } from "./user-vector.ts";

type StackedFoldIn = Extract<FoldIn, { readonly kind: "stacked" }>;
type Fold = (model: FactorModel, ratings: readonly GivenRating[]) => FoldedRatings<FactorVector>;

/** Members taken out of a stacked model once: a gramian or a copy of factors is not for every request. */
const members = new WeakMap<FactorModel, readonly FactorModel[]>();

/**
 * Each member folds the ratings in as it would alone; the vector is theirs beside each other times their weights, and a
 * rating's share of a score the weighted sum of its shares with the members.
 */
export function foldByParts(
  model: FactorModel,
  { parts }: StackedFoldIn,
  ratings: readonly GivenRating[],
  fold: Fold,
): FoldedRatings<FactorVector> {
  const known = members.get(model) ?? partsOf(model, parts);
  members.set(model, known);
  const folded = known.map((member) => fold(member, ratings));
  const factors = new Float64Array(model.factors);
  let bias = 0;
  let at = 0;
  folded.forEach(({ vector }, m) => {
    const weight = parts[m]?.weight ?? 0;
    bias += weight * vector.bias;
    for (const value of vector.factors) factors[at++] = weight * value;
  });
  return {
    ratings,
    vector: { form: "factors", bias, factors },
    contributions(i) {
      const shares = new Float64Array(ratings.length);
      folded.forEach((part, m) => {
        const weight = parts[m]?.weight ?? 0;
        part.contributions(i).forEach((share, j) => (shares[j]! += weight * share));
      });
      return shares;
    },
  };
}
