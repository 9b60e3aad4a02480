import { CholeskyDecomposition, Matrix } from "ml-matrix";
import { ReelbenchError } from "../contract/errors.ts";
import type { FeatureTable, TrainingSet } from "./algorithm.ts";
import type { FactorModel } from "./servable.ts";

/** So many ratings count half as much for the regression as infinitely many. */
const halfRatings = 10;
const mostFeatures = 4096;

/**
 * Gives items without a training rating the bias and the factors that items with the same features have on average: ridge
 * regressions from features x_i (and a constant) to every factor and the bias of the items that were rated,
 *   min over B of Σ_i w_i ‖(b_i, q_i) − Bᵀ(1, x_i)‖² + λ ‖B‖², w_i = n_i / (n_i + 10), n_i the item's ratings,
 * the constant not penalised (Gantner et al. 2010 map attributes to factors so, there by learning for ranking). Items with
 * ratings stay as they are, bit for bit, and so do those that nothing is known of.
 *
 * @throws ReelbenchError RB_INVALID_INPUT where no item has features.
 */
export function regressColdItems(model: FactorModel, data: TrainingSet, regularization: number): FactorModel {
  const features = data.itemFeatures ?? null;
  if (features === null || features.names.length === 0)
    throw new ReelbenchError(
      "RB_INVALID_INPUT",
      "Nothing is known of the items (no genres, no years), so nothing can be concluded about unrated ones.",
    );
  if (features.names.length > mostFeatures)
    throw new ReelbenchError(
      "RB_TRAIN_TOO_LARGE",
      `The items have ${features.names.length.toLocaleString("en")} features; ${mostFeatures.toLocaleString("en")} are the most that a regression is solved for.`,
    );
  const counts = new Float64Array(model.items);
  for (const i of data.item) counts[i] = (counts[i] ?? 0) + 1;
  const coefficients = regress(model, features, counts, regularization);
  const k = model.factors;
  const [itemBias, itemFactors] = [model.itemBias.slice(), model.itemFactors.slice()];
  for (let i = 0; i < model.items; i++) {
    if (counts[i] !== 0 || features.start[i] === features.start[i + 1]) continue;
    const predicted = new Float64Array(k + 1);
    eachFeature(features, i, (row, value) => {
      for (let f = 0; f <= k; f++) predicted[f] = (predicted[f] ?? 0) + value * coefficients.get(row, f);
    });
    itemBias[i] = predicted[0] ?? 0;
    itemFactors.set(predicted.subarray(1), i * k);
  }
  return { ...model, itemBias, itemFactors };
}

/** B, [1 + features × 1 + factors]. */
function regress(model: FactorModel, features: FeatureTable, counts: Float64Array, regularization: number): Matrix {
  const size = features.names.length + 1;
  const k = model.factors;
  const moments = Matrix.zeros(size, size);
  const targets = Matrix.zeros(size, k + 1);
  for (let i = 0; i < model.items; i++) {
    const count = counts[i] ?? 0;
    if (count === 0) continue;
    const weight = count / (count + halfRatings);
    eachFeature(features, i, (row, value) => {
      const weighted = weight * value;
      eachFeature(features, i, (column, other) =>
        moments.set(row, column, moments.get(row, column) + weighted * other),
      );
      targets.set(row, 0, targets.get(row, 0) + weighted * (model.itemBias[i] ?? 0));
      for (let f = 0; f < k; f++)
        targets.set(row, f + 1, targets.get(row, f + 1) + weighted * (model.itemFactors[i * k + f] ?? 0));
    });
  }
  // The constant has only what keeps the system definite.
  for (let row = 0; row < size; row++)
    moments.set(row, row, moments.get(row, row) + (row === 0 ? 1e-9 : Math.max(regularization, 1e-9)));
  return new CholeskyDecomposition(moments).solve(targets);
}

/** The constant as feature 0, then the item's own. */
function eachFeature(
  { start, index, value }: FeatureTable,
  i: number,
  visit: (row: number, value: number) => void,
): void {
  visit(0, 1);
  for (let n = start[i] ?? 0; n < (start[i + 1] ?? 0); n++) visit((index[n] ?? 0) + 1, value?.[n] ?? 1);
}
