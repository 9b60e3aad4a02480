import type { ItemWeightModel } from "../models/servable.ts";
import { inputOf } from "./settle.ts";
import type { FormScorer, HistoryVector } from "./user-vector.ts";

/** score(i) = itemBias[i] + Σ_j x_j·W[j → i], summed by ascending j in float64, whichever way the weights are stored. */
export function itemWeightScorer(model: ItemWeightModel): FormScorer<HistoryVector> {
  const { items, input, weights, itemBias } = model;
  const baseline = (i: number) => itemBias?.[i] ?? 0;

  /** Adds `x` times row j of W to `out`. */
  const addRow = (out: Float64Array, j: number, x: number): void => {
    if (weights.kind === "dense") {
      const { data } = weights;
      const row = j * items;
      for (let i = 0; i < items; i++) out[i]! += x * data[row + i]!;
      return;
    }
    const { start, item, weight } = weights;
    for (let at = start[j]!; at < start[j + 1]!; at++) out[item[at]!]! += x * weight[at]!;
  };

  const score = ({ items: history, inputs }: HistoryVector, i: number): number => {
    let sum = baseline(i);
    for (let n = 0; n < history.length; n++) sum += inputs[n]! * weightOf(model, history[n]!, i);
    return sum;
  };

  return {
    stored: () => null,
    fold(ratings) {
      const counting = ratings.map(({ i, rating }) => ({ i, x: inputOf(input, rating) })).filter(({ x }) => x !== 0);
      return {
        ratings,
        vector: {
          form: "item-weights",
          items: Int32Array.from(counting, ({ i }) => i),
          inputs: Float64Array.from(counting, ({ x }) => x),
        },
        contributions: (i) =>
          Float64Array.from(ratings, (given) => {
            const x = inputOf(input, given.rating);
            return x === 0 ? 0 : x * weightOf(model, given.i, i);
          }),
      };
    },
    knowsNothing: (vector) => vector.items.length === 0,
    score,
    scoreAll({ items: history, inputs }, out) {
      if (itemBias === undefined) out.fill(0, 0, items);
      else out.set(itemBias);
      for (let n = 0; n < history.length; n++) addRow(out, history[n]!, inputs[n]!);
    },
    baseline,
    // What having `i` alone does for the others; what it takes away from is not like it.
    similarities(i, out, unlike) {
      out.fill(0, 0, items);
      addRow(out, i, 1);
      for (let other = 0; other < items; other++) if (!(out[other]! > 0)) unlike[other] = 1;
    },
  };
}

/** W[j → i] */
function weightOf({ weights, items }: ItemWeightModel, j: number, i: number): number {
  if (weights.kind === "dense") return weights.data[j * items + i]!;
  const { start, item, weight } = weights;
  let low = start[j]!;
  let high = start[j + 1]! - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = item[middle]!;
    if (found === i) return weight[middle]!;
    if (found < i) low = middle + 1;
    else high = middle - 1;
  }
  return 0;
}
