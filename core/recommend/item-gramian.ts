import type { FactorModel } from "../models/servable.ts";

const known = new WeakMap<Float32Array, Float64Array>();

/**
 * QᵀQ of the item factors, [factors × factors] row-major float64, summed in order of the items. Taken from the model where it
 * carries it; else computed once for as long as the factors are in memory. Not to be written to.
 */
export function itemGramian(model: FactorModel): Float64Array {
  if (model.itemGramian !== undefined) return model.itemGramian;
  const { itemFactors, factors: k } = model;
  const found = known.get(itemFactors);
  if (found !== undefined) return found;
  const gramian = new Float64Array(k * k);
  for (let start = 0; start < itemFactors.length; start += k) {
    // Indices stay below k² and items × k.
    for (let a = 0; a < k; a++) {
      const value = itemFactors[start + a]!;
      if (value === 0) continue;
      for (let b = 0; b <= a; b++) gramian[a * k + b]! += value * itemFactors[start + b]!;
    }
  }
  for (let a = 0; a < k; a++) for (let b = 0; b < a; b++) gramian[b * k + a] = gramian[a * k + b]!;
  known.set(itemFactors, gramian);
  return gramian;
}
