import { instantiateKernels, kernelModule } from "../compute/kernels.ts";
import type { Kernels } from "../compute/kernels.ts";
import { int32View, uint8View } from "../compute/memory-layout.ts";
import {
  buildScanIndex,
  poolCapacity,
  queriesPerCall,
  queriesPerGroup,
  scanFits,
  stateBytes,
} from "../compute/scan-index.ts";
import type { ScanIndex, ScanOptions } from "../compute/scan-index.ts";
import type { FactorModel, ServableModel } from "../models/servable.ts";
import { factorScorer } from "./factor-scorer.ts";
import { queriesPerCoarseGroup } from "../compute/coarse-scan.ts";
import { openCoarsePass } from "./coarse-pass.ts";
import type { CoarsePass } from "./coarse-pass.ts";
import { createRecommender } from "./recommender.ts";
import type { Candidates, FactorVector, Recommender, ScoredItem, Who } from "./recommender.ts";
import { factorVector, isTooLarge, isZero, queryWriter } from "./scan-query.ts";

/** One of many questions for the best items. */
export interface Query extends Candidates {
  readonly who: Who;
}

/**
 * Answers as `Recommender.topN` does, to the last bit, and many times faster: whole-number products in SIMD find the few
 * items that can be in the list, and these alone are scored exactly. Not to be shared between threads; its index is.
 */
export interface Scanner {
  readonly recommender: Recommender;
  /** The exact best `n`, equal scores in order of their indices. */
  topN(who: Who, n: number, candidates?: Candidates): ScoredItem[];
  /** The lists of many at once, in the order asked: several times faster for each than one by one. */
  topNForMany(queries: readonly Query[], n: number): ScoredItem[][];
}

const panelsPerCall = 128;
/** Queries from which on a first look in 8 bits, eight at a time, costs less than 16 bits, four at a time. */
const fewestTogether = 4;

/**
 * The index of a model, to be shared by the scanners of several threads (`slots`); null where a scan does not apply: models
 * of another form than factors, or too large for one memory. `createScanner` then answers through the recommender.
 */
export function indexForScan(model: ServableModel, options: ScanOptions = {}): ScanIndex | null {
  if (model.form !== "factors" || model.items === 0 || !scanFits(model, options)) return null;
  return buildScanIndex(model, { usualNorm: usualNorm(model), ...options });
}

export async function createScanner(
  model: ServableModel,
  options: {
    /** From `indexForScan`, with the slot that this thread has to itself. Absent: an index of its own. */
    readonly shared?: { readonly index: ScanIndex | null; readonly slot: number };
    readonly recommender?: Recommender;
  } = {},
): Promise<Scanner> {
  const recommender = options.recommender ?? createRecommender(model);
  const { index, slot } = options.shared ?? { index: indexForScan(model), slot: 0 };
  if (index === null || model.form !== "factors") return plainScanner(recommender);
  const kernels = instantiateKernels(await kernelModule(), index.memory);
  const coarse = await openCoarsePass(model, index, index.slots[slot]!, kernels);
  const scan = openScan(model, index, slot, kernels, coarse, recommender);
  return {
    recommender,
    topN: (who, n, candidates = {}) => scan.lists([{ ...candidates, who }], n)[0]!,
    topNForMany: (queries, n) => {
      const lists: ScoredItem[][] = [];
      for (let from = 0; from < queries.length; from += queriesPerCall)
        lists.push(...scan.lists(queries.slice(from, from + queriesPerCall), n));
      return lists;
    },
  };
}

/** The same answers by the recommender alone: for models that the scan does not know. */
function plainScanner(recommender: Recommender): Scanner {
  return {
    recommender,
    topN: (who, n, candidates) => recommender.topN(who, n, candidates),
    topNForMany: (queries, n) => queries.map((query) => recommender.topN(query.who, n, query)),
  };
}

interface Scan {
  /** Of up to `queriesPerCall` queries. */
  lists(queries: readonly Query[], n: number): ScoredItem[][];
}

function openScan(
  model: FactorModel,
  index: ScanIndex,
  slot: number,
  kernels: Kernels,
  coarse: CoarsePass | null,
  recommender: Recommender,
): Scan {
  const exact = factorScorer(model);
  const place = index.slots[slot]!;
  const { memory, pairs } = index;
  const panelCount = index.panelNorms.length;
  const states = new DataView(memory.buffer, place.states.offset, place.states.length);
  const pools = int32View(memory, place.pools);
  const blocked = uint8View(memory, place.blocked).fill(0);
  const itemAt = int32View(memory, index.itemAt);
  const placeOf = int32View(memory, index.placeOf);
  const setQuery = queryWriter(model, index, place);
  const strangers = orderForStrangers(recommender);
  const largestPool = poolCapacity(index.longestList);
  const found = { scores: new Float64Array(largestPool), items: new Int32Array(largestPool) };

  function block(at: number, { exclude, allowed }: Candidates): void {
    const start = at * panelCount;
    if (allowed !== undefined) {
      for (let i = 0; i < index.items; i++) if (!allowed[i]) setBit(start, placeOf[i]!);
    }
    for (const i of exclude ?? []) if (i >= 0 && i < index.items) setBit(start, placeOf[i]!);
  }
  function setBit(start: number, at: number): void {
    blocked[start + (at >> 3)]! |= 1 << (at & 7);
  }
  function unblock(at: number, { exclude, allowed }: Candidates): void {
    const start = at * panelCount;
    if (allowed !== undefined) blocked.fill(0, start, start + panelCount);
    else for (const i of exclude ?? []) if (i >= 0 && i < index.items) blocked[start + (placeOf[i]! >> 3)] = 0;
  }

  /** `twice`: only the first panels, where cuts are found, in 16 bits for all; the others after a look in 8 bits. */
  function run(count: number, n: number, capacity: number, twice: boolean): void {
    const groups = Math.ceil(count / queriesPerGroup);
    const end = twice ? Math.min(panelsPerCall, panelCount) : panelCount;
    for (let from = 0; from < end; from += panelsPerCall) {
      const to = Math.min(from + panelsPerCall, panelCount);
      if (count === 1) {
        kernels.scanPanelsOnce(
          index.panels.offset,
          pairs,
          from,
          to,
          index.scales.offset,
          index.biases.offset,
          index.panelNorms.offset,
          index.panelBiases.offset,
          place.queries.offset,
          place.states.offset,
          place.pools.offset,
          capacity,
          n,
          place.blocked.offset,
        );
      } else {
        kernels.scanPanels(
          index.panels.offset,
          pairs,
          from,
          to,
          index.scales.offset,
          index.biases.offset,
          index.panelNorms.offset,
          index.panelBiases.offset,
          place.queries.offset,
          groups,
          place.states.offset,
          place.pools.offset,
          capacity,
          n,
          place.blocked.offset,
          panelCount,
        );
      }
    }
    kernels.finishScan(groups, place.states.offset, place.pools.offset, capacity, n);
    if (!twice || end === panelCount) return;
    coarse?.run(end, count, n, capacity);
    kernels.finishScan(groups, place.states.offset, place.pools.offset, capacity, n);
  }

  /** The pool's candidates, scored exactly; null when the pool was too small for all that tie. */
  function listFrom(at: number, vector: FactorVector, n: number, capacity: number): ScoredItem[] | null {
    const count = states.getInt32(
      Math.floor(at / queriesPerGroup) * stateBytes + 64 + (at % queriesPerGroup) * 4,
      true,
    );
    if (count === capacity) return null;
    const start = at * capacity * 2 + capacity;
    for (let candidate = 0; candidate < count; candidate++) {
      const i = itemAt[pools[start + candidate]!]!;
      found.items[candidate] = i;
      found.scores[candidate] = exact.score(vector, i);
    }
    sortBest(found.scores, found.items, count);
    const list = new Array<ScoredItem>(Math.min(n, count));
    for (let rank = 0; rank < list.length; rank++) list[rank] = { i: found.items[rank]!, score: found.scores[rank]! };
    return list;
  }

  function lists(queries: readonly Query[], n: number): ScoredItem[][] {
    if (n <= 0) return queries.map(() => []);
    if (n > index.longestList) return queries.map((query) => recommender.topN(query.who, n, query));
    const capacity = poolCapacity(n);
    const vectors = queries.map(({ who }) => factorVector(recommender, who));
    const answers = vectors.map((vector, at) => {
      const query = queries[at]!;
      if (exact.knowsNothing(vector) || (model.factors > 0 && isZero(vector))) return strangers(vector, query, n);
      return isTooLarge(index, vector) ? recommender.topN(vector, n, query) : undefined;
    });
    const scanned = [...answers.keys()].filter((at) => answers[at] === undefined);
    let twice = coarse !== null && scanned.length >= fewestTogether;
    const together = twice ? queriesPerCoarseGroup : queriesPerGroup;
    const lanes = scanned.length === 1 ? 1 : Math.ceil(scanned.length / together) * together;
    for (let lane = 0; lane < lanes; lane++) {
      const at = scanned[lane];
      const vector = at === undefined ? null : vectors[at]!;
      const lengths = setQuery(lane, vector);
      if (coarse !== null && twice) twice = coarse.setQuery(lane, vector, lengths);
      if (at !== undefined) block(lane, queries[at]!);
    }
    if (lanes > 0) run(lanes, n, capacity, twice);
    scanned.forEach((at, lane) => {
      unblock(lane, queries[at]!);
      const vector = vectors[at]!;
      answers[at] = listFrom(lane, vector, n, capacity) ?? recommender.topN(vector, n, queries[at]);
    });
    return answers.map((list) => list ?? []);
  }

  return { lists };
}

/** Highest score first, lower index first among equals: Shell's sort, whose few steps beat a comparator's calls on short lists. */
function sortBest(scores: Float64Array, items: Int32Array, count: number): void {
  for (const gap of [701, 301, 132, 57, 23, 10, 4, 1]) {
    for (let at = gap; at < count; at++) {
      const score = scores[at]!;
      const item = items[at]!;
      let to = at;
      for (; to >= gap; to -= gap) {
        const other = scores[to - gap]!;
        if (other > score || (other === score && items[to - gap]! < item)) break;
        scores[to] = other;
        items[to] = items[to - gap]!;
      }
      scores[to] = score;
      items[to] = item;
    }
  }
}

/** Whoever has no factors gets the same list, less what is excluded: put in order once. */
function orderForStrangers(
  recommender: Recommender,
): (vector: FactorVector, query: Candidates, n: number) => ScoredItem[] {
  let known: { readonly bias: number; readonly order: readonly ScoredItem[] } | undefined;
  return (vector, { exclude, allowed }, n) => {
    if (known?.bias !== vector.bias)
      known = { bias: vector.bias, order: recommender.topN(vector, recommender.model.items) };
    const out = new Set(exclude ?? []);
    const list: ScoredItem[] = [];
    for (const scored of known.order) {
      if (list.length === n) break;
      if (!out.has(scored.i) && (allowed === undefined || allowed[scored.i])) list.push(scored);
    }
    return list;
  };
}

/** About the root mean square length of the users' factors: of a sample, as it only orders the items. */
function usualNorm({ users, factors, userFactors }: FactorModel): number {
  const step = Math.max(1, Math.floor(users / 512));
  let squares = 0;
  let sampled = 0;
  for (let u = 0; u < users; u += step, sampled++) {
    for (let at = u * factors; at < (u + 1) * factors; at++) squares += userFactors[at]! ** 2;
  }
  return sampled === 0 ? 1 : Math.sqrt(squares / sampled);
}
