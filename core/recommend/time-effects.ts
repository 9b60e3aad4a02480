import type { FactorModel } from "../models/servable.ts";
import { binOf, secondsPerDay, signedDeviation } from "../models/time-effects.ts";
import type { DayEffects, TimeSvdEffects } from "../models/time-effects.ts";

/**
 * What a model's score of item `i` at `time` (Unix seconds) is above the one at serving time. Without `u` in the vector: somebody
 * folded in, of whose own drift nothing is known. 0 for models without effects of time, and
 * for a time that is not known (NaN).
 */
export function timeCorrection(
  model: FactorModel,
  { u = null, factors }: { readonly u?: number | null; readonly factors: Float64Array },
  i: number,
  time: number,
): number {
  const { timeEffects } = model;
  if (timeEffects === undefined || Number.isNaN(time)) return 0;
  switch (timeEffects.kind) {
    case "time-svd":
      return timeSvdCorrection(model, timeEffects, u, i, time);
    case "days":
      return dayCorrection(model, timeEffects, factors, i, time);
  }
}

function timeSvdCorrection(
  { itemFactors, factors }: FactorModel,
  effects: TimeSvdEffects,
  u: number | null,
  i: number,
  time: number,
): number {
  const bin = (at: number) => effects.itemBins[i * effects.bins + binOf(effects, at)]!;
  const item = bin(time) - bin(effects.servingTime);
  if (u === null) return item;
  const day = (time - effects.start) / secondsPerDay;
  const today = (effects.servingTime - effects.start) / secondsPerDay;
  const mean = effects.userMean[u]!;
  const drift = (signedDeviation(day - mean) - signedDeviation(today - mean)) / effects.deviationScale;
  let slope = effects.userSlope[u]!;
  for (let f = 0; f < factors; f++) slope += effects.factorSlopes[u * factors + f]! * itemFactors[i * factors + f]!;
  return item + drift * slope + biasOfDay(effects, u, Math.floor(day));
}

function biasOfDay({ dayStart, day, dayBias }: TimeSvdEffects, u: number, wanted: number): number {
  let [low, high] = [dayStart[u]!, dayStart[u + 1]!];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (day[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low < dayStart[u + 1]! && day[low] === wanted ? dayBias[low]! : 0;
}

function dayCorrection(
  { itemFactors, factors: k }: FactorModel,
  { day, bias, userSide, itemSide }: DayEffects,
  factors: Float64Array,
  i: number,
  time: number,
): number {
  const wanted = Math.floor(time / secondsPerDay);
  const row = firstAfter(day, wanted) - 1;
  if (day[row] !== wanted) return 0;
  let sum = bias[row]!;
  for (let f = 0; f < k; f++)
    sum += factors[f]! * userSide[row * k + f]! + itemFactors[i * k + f]! * itemSide[row * k + f]!;
  return sum;
}

/** The place of the first of the ascending values above `wanted`. */
function firstAfter(values: Int32Array, wanted: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! <= wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
