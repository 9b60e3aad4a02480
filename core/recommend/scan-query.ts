import { ReelbenchError } from "../contract/errors.ts";
import { lengthOf, queriesPerGroup, roundUp, stateBytes, toWholeNumbers } from "../compute/scan-index.ts";
import type { ScanBounds, ScanIndex, ScanSlot } from "../compute/scan-index.ts";
import type { FactorModel } from "../models/servable.ts";
import type { FactorVector, Recommender, Who } from "./recommender.ts";

/** Beyond this, float32 would overflow: such models are scored exactly from the start. */
const largestScore = 1e30;
const largestFloat = Math.fround(3.4e38);

/** Lengths of a query and of what rounding took off it. */
export interface QueryLengths {
  readonly norm: number;
  readonly error: number;
}

/** Writes queries into a slot of the scan: the `at`-th of a call, or null for nobody. */
export function queryWriter(
  model: FactorModel,
  index: ScanIndex,
  place: ScanSlot,
): (at: number, vector: FactorVector | null) => QueryLengths {
  const { memory, pairs } = index;
  const wholes = new Int16Array(memory.buffer, place.queries.offset, place.queries.length * 2);
  const states = new DataView(memory.buffer, place.states.offset, place.states.length);
  const nobody = new Float64Array(index.factors);
  return (at, vector) => {
    const lane = (at % queriesPerGroup) * 4;
    const state = Math.floor(at / queriesPerGroup) * stateBytes + lane;
    const factors = vector?.factors ?? nobody;
    const norm = lengthOf(factors);
    const start = Math.floor(at / queriesPerGroup) * pairs * 8 + (at % queriesPerGroup) * 2;
    const { scale, error } = toWholeNumbers(factors, norm, wholes, start, 8);
    states.setFloat32(state, scale, true);
    states.setFloat32(state + 16, roundUp(norm), true);
    // A lane without a query wants nothing.
    states.setFloat32(state + 32, vector === null ? largestFloat : -largestFloat, true);
    states.setFloat32(
      state + 48,
      roundUp(2 * scoreError(model, index.bounds, vector?.bias ?? 0, { norm, error })),
      true,
    );
    states.setInt32(state + 64, 0, true);
    return { norm, error };
  };
}

/**
 * How far an approximate score can lie from the exact one (both without mean and the query's bias): what rounding to whole
 * numbers took off (|p·q − p̂·q̂| ≤ ‖p̂‖‖q − q̂‖ + ‖p − p̂‖‖q‖), five float32 operations, and the rounding of the exact score itself, which
 * can make equal what is not.
 */
export function scoreError(
  model: FactorModel,
  bounds: ScanBounds,
  bias: number,
  { norm, error }: QueryLengths,
): number {
  const largest = (norm + error) * (bounds.norm + bounds.error) + bounds.bias;
  const rounding = (norm + error) * bounds.error + error * bounds.norm;
  const exact = largest + Math.abs(model.globalMean) + Math.abs(bias);
  return rounding * (1 + 2 ** -20) + largest * 12 * 2 ** -24 + exact * (model.factors + 16) * 2 ** -50 + 1e-36;
}

export function factorVector(recommender: Recommender, who: Who): FactorVector {
  const vector = typeof who === "number" ? recommender.userVector(who) : who;
  if (vector.form === "factors") return vector;
  throw new ReelbenchError("RB_INTERNAL", `A vector of ${vector.form} was given to a model of factors.`);
}

export function isTooLarge(index: ScanIndex, { factors, bias }: FactorVector): boolean {
  const largest = lengthOf(factors) * index.bounds.norm + index.bounds.bias + Math.abs(bias);
  return !(largest < largestScore);
}

export function isZero({ factors }: FactorVector): boolean {
  for (let f = 0; f < factors.length; f++) if (factors[f] !== 0) return false;
  return true;
}
