import {
  coarseGroupBytes,
  coarseScale,
  coarseScanModule,
  halfOf,
  instantiateCoarse,
  largestQueryNumber,
  panelsPerCoarseCall,
  queriesPerCoarseGroup,
  wholeOf,
} from "../compute/coarse-scan.ts";
import type { Kernels } from "../compute/kernels.ts";
import { queriesPerGroup, roundUp, stateBytes } from "../compute/scan-index.ts";
import type { ScanIndex, ScanSlot } from "../compute/scan-index.ts";
import type { FactorModel } from "../models/servable.ts";
import { scoreError } from "./scan-query.ts";
import type { QueryLengths } from "./scan-query.ts";
import type { FactorVector } from "./recommender.ts";

/**
 * For many queries at once: all items in 8 bits, eight queries to a load, and only the panels that can hold something in 16 bits.
 * Candidates and cuts are those of the scan in 16 bits: what is left out is below the cut by more than the error of both.
 */
export interface CoarsePass {
  /** The `at`-th query of a call, or nobody; false where float32 is too coarse for it. */
  setQuery(at: number, vector: FactorVector | null, lengths: QueryLengths): boolean;
  /** The panels from `from` on, for the first `count` queries, a whole number of groups of eight. */
  run(from: number, count: number, n: number, capacity: number): void;
}

/** Below this, products of scales would leave float32's range. */
const smallestScore = 1e-20;

/** Null where index or runtime have none. */
export async function openCoarsePass(
  model: FactorModel,
  index: ScanIndex,
  slot: ScanSlot,
  kernels: Kernels,
): Promise<CoarsePass | null> {
  const module = await coarseScanModule();
  const { coarse, memory, pairs } = index;
  const place = slot.coarse;
  if (module === null || coarse === null || place === null) return null;
  const { coarsePanels } = instantiateCoarse(module, memory);
  const half = halfOf(pairs);
  const numbers = new Int8Array(memory.buffer, place.queries.offset, place.queries.length);
  const groups = new DataView(memory.buffer, place.groups.offset, place.groups.length);
  const nobody = new Float64Array(index.factors);
  const panelCount = index.panelNorms.length;

  function setQuery(at: number, vector: FactorVector | null, lengths: QueryLengths): boolean {
    const lane = at % queriesPerCoarseGroup;
    const group = Math.floor(at / queriesPerCoarseGroup);
    const factors = vector?.factors ?? nobody;
    const scale = coarseScale(factors, largestQueryNumber);
    const start = group * pairs * 2 * queriesPerCoarseGroup + lane * 2;
    const sums = [0, 0];
    let squares = 0;
    for (let f = 0; f < factors.length; f++) {
      const whole = wholeOf(factors[f]!, scale, largestQueryNumber);
      const pair = f >> 1;
      numbers[start + pair * 2 * queriesPerCoarseGroup + (f & 1)] = whole;
      sums[pair < half ? 0 : 1]! += whole;
      squares += (factors[f]! - whole * scale) ** 2;
    }
    // The other number of the last pair of an odd row.
    if (factors.length % 2 === 1) numbers[start + (factors.length >> 1) * 2 * queriesPerCoarseGroup + 1] = 0;
    const error = Math.sqrt(squares);
    const reach = lengths.norm + error;
    const largest = reach * (index.bounds.norm + index.coarseError) + index.bounds.bias;
    const slack = scoreError(model, index.bounds, vector?.bias ?? 0, lengths) + largest * 16 * 2 ** -24;
    const state = group * coarseGroupBytes;
    groups.setFloat32(state + lane * 4, roundUp(error), true);
    groups.setFloat32(state + 32 + lane * 4, roundUp(reach), true);
    groups.setFloat32(state + 64 + lane * 4, roundUp(slack), true);
    groups.setFloat32(state + 96 + lane * 4, 1 / scale, true);
    // Items are stored with 64 added: taken off before the sum begins, modulo 2¹⁶ as all of it.
    groups.setInt16(state + 128 + lane * 2, -64 * sums[0]!, true);
    groups.setInt16(state + 144 + lane * 2, -64 * sums[1]!, true);
    return vector === null || largest > smallestScore;
  }

  function run(first: number, count: number, n: number, capacity: number): void {
    if (coarse === null || place === null) return;
    const fineGroupBytes = pairs * 4 * queriesPerGroup;
    for (let from = first; from < panelCount; from += panelsPerCoarseCall) {
      const to = Math.min(from + panelsPerCoarseCall, panelCount);
      for (let group = 0; group < count / queriesPerCoarseGroup; group++) {
        const states = slot.states.offset + 2 * group * stateBytes;
        const hits = coarsePanels(
          coarse.panels.offset,
          pairs,
          half,
          from,
          to,
          index.panelNorms.offset,
          index.panelBiases.offset,
          coarse.errors.offset,
          coarse.inverses.offset,
          place.queries.offset + group * pairs * 2 * queriesPerCoarseGroup,
          place.groups.offset + group * coarseGroupBytes,
          states,
          place.spill.offset,
          place.hits.offset,
        );
        if (hits === 0) continue;
        kernels.refinePanels(
          place.hits.offset,
          hits,
          index.panels.offset,
          pairs,
          index.scales.offset,
          index.biases.offset,
          slot.queries.offset + 2 * group * fineGroupBytes,
          states,
          slot.pools.offset + group * queriesPerCoarseGroup * capacity * 8,
          capacity,
          n,
          slot.blocked.offset + group * queriesPerCoarseGroup * panelCount,
          panelCount,
        );
      }
    }
  }

  return { setQuery, run };
}
