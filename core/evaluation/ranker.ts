import { instantiateKernels, kernelModule } from "../compute/kernels.ts";
import { float32View, float64View, int32View } from "../compute/memory-layout.ts";
import { queriesPerGroup } from "../compute/scan-index.ts";
import type { RankingRegions, ScanIndex } from "../compute/scan-index.ts";
import type { FactorModel } from "../models/servable.ts";
import { factorScorer } from "../recommend/factor-scorer.ts";
import type { FactorVector, Recommender, UserVector } from "../recommend/recommender.ts";
import { factorVector, isTooLarge, queryWriter, scoreError } from "../recommend/scan-query.ts";
import type { QueryLengths } from "../recommend/scan-query.ts";
import { markBlocked, selectTop } from "../recommend/top-n.ts";
import { areaUnderCurve } from "./auc.ts";

/** Somebody whose ranking of all items is wanted. */
export interface Ranked {
  readonly who: UserVector;
  /** Items that are no candidates. Indices beyond the catalogue are ignored. */
  readonly exclude: Int32Array;
}

/** One ranking. Valid only while `Ranker.rank` hands it out. */
export interface Ranking {
  /** [≥ length] the best of all candidates, equal scores in order of their indices. */
  readonly items: Int32Array;
  readonly length: number;
  /**
   * The share of (relevant, other) pairs of candidates in which the relevant item scores higher, ties counted half: the area
   * under the ROC curve, exact. NaN when there is no other item, or no relevant one.
   */
  areaUnderCurve(relevant: Int32Array): number;
  /** Sums of the directions of its items' factors; null where the model has none or they lie elsewhere. */
  readonly directions: DirectionSum | null;
}

/** Σ of the unit vectors along the factors of items, in order. */
export interface DirectionSum {
  /** Begins with the list of another user. */
  reset(items: Int32Array): void;
  /** Adds those of places [from, to) of that list. */
  add(from: number, to: number): void;
  /** How many items added so far have a direction. */
  readonly known: number;
  readonly sum: Float64Array;
}

/**
 * Rankings of all items, as evaluation needs them: the answers of the recommender, to the last bit. Not to be shared between
 * threads.
 */
export interface Ranker {
  readonly recommender: Recommender;
  /** The exact best `n` of each, handed to `use` one after the other. */
  rank(queries: readonly Ranked[], n: number, use: (ranking: Ranking, at: number) => void): void;
}

/** `index`: with `rankings`; null: the recommender answers alone. */
export async function createRanker(recommender: Recommender, index: ScanIndex | null, slot: number): Promise<Ranker> {
  const { model } = recommender;
  const regions = index?.slots[slot]?.ranking ?? null;
  if (index === null || regions === null || model.form !== "factors") return plainRanker(recommender);
  const kernels = instantiateKernels(await kernelModule(), index.memory);
  return new FactorRanker(recommender, model, { index, slot, regions, kernels });
}

/** The same answers by the recommender alone: for models that the scan does not know, and to compare with. */
export function plainRanker(recommender: Recommender): Ranker {
  const { items } = recommender.model;
  const scores = new Float64Array(items);
  const blocked = new Uint8Array(items);
  return {
    recommender,
    rank: (queries, n, use) =>
      queries.forEach(({ who, exclude }, at) => {
        recommender.scoresForUser(who, scores);
        markBlocked(blocked, { exclude });
        const list = Int32Array.from(selectTop(scores, blocked, n), ({ i }) => i);
        const area = (relevant: Int32Array) => areaUnderCurve(scores, blocked, relevant);
        use({ items: list, length: list.length, areaUnderCurve: area, directions: null }, at);
      }),
  };
}

interface Workplace {
  readonly index: ScanIndex;
  readonly slot: number;
  readonly regions: RankingRegions;
  readonly kernels: ReturnType<typeof instantiateKernels>;
}

class FactorDirections implements DirectionSum {
  readonly sum: Float64Array;
  known = 0;
  private readonly place: Workplace;
  private readonly factors: number;

  constructor(place: Workplace, factors: number) {
    this.sum = float64View(place.index.memory, place.regions.directions);
    this.place = place;
    this.factors = factors;
  }

  reset(): void {
    this.sum.fill(0);
    this.known = 0;
  }

  add(from: number, to: number): void {
    const { index, regions, kernels } = this.place;
    this.known += kernels.addDirections(
      regions.ranked.offset,
      from,
      to,
      index.itemFactors.offset,
      this.factors,
      index.inverseLength.offset,
      regions.directions.offset,
    );
  }
}

/** One class for all models: what V8 has compiled for one serves the next. */
class FactorRanker implements Ranker {
  readonly recommender: Recommender;
  private readonly model: FactorModel;
  private readonly index: ScanIndex;
  private readonly regions: RankingRegions;
  private readonly kernels: Workplace["kernels"];
  private readonly queriesAt: number;
  private readonly statesAt: number;
  private readonly setQuery: (at: number, vector: FactorVector | null) => QueryLengths;
  private readonly knowsNothing: (vector: FactorVector) => boolean;
  private readonly plain: Ranker;
  private readonly states: DataView;
  private readonly placeOf: Int32Array;
  private readonly tiles: Float32Array;
  private readonly query: Float64Array;
  private readonly tiers: Float64Array;
  private readonly relevant: Int32Array;
  private readonly places: number;
  /** The list of whoever is being handed out. */
  readonly items: Int32Array;
  length = 0;
  private lane = 0;
  private left = 0;
  private vector: FactorVector | undefined;
  private lengths: QueryLengths = { norm: 0, error: 0 };

  readonly directions: DirectionSum;

  constructor(recommender: Recommender, model: FactorModel, workplace: Workplace) {
    const { index, slot, regions, kernels } = workplace;
    const { memory } = index;
    this.directions = new FactorDirections(workplace, model.factors);
    const place = index.slots[slot]!; // The slot whose regions were given.
    this.recommender = recommender;
    this.model = model;
    this.index = index;
    this.regions = regions;
    this.kernels = kernels;
    this.queriesAt = place.queries.offset;
    this.statesAt = place.states.offset;
    this.setQuery = queryWriter(model, index, place);
    this.knowsNothing = factorScorer(model).knowsNothing;
    this.plain = plainRanker(recommender);
    this.states = new DataView(memory.buffer, place.states.offset, place.states.length);
    this.placeOf = int32View(memory, index.placeOf);
    this.tiles = float32View(memory, regions.tiles);
    this.query = float64View(memory, regions.query);
    this.tiers = float64View(memory, regions.tiers);
    this.relevant = int32View(memory, regions.relevant);
    this.items = int32View(memory, regions.ranked);
    this.places = this.items.length;
  }

  rank(queries: readonly Ranked[], n: number, use: (ranking: Ranking, at: number) => void): void {
    for (let from = 0; from < queries.length; from += queriesPerGroup) {
      const group = queries.slice(from, from + queriesPerGroup);
      const vectors = group.map(({ who }) => factorVector(this.recommender, who));
      if (vectors.some((vector) => this.knowsNothing(vector) || isTooLarge(this.index, vector))) {
        this.plain.rank(group, n, (ranking, at) => use(ranking, from + at));
        continue;
      }
      const lengths = this.score(vectors);
      for (let lane = 0; lane < group.length; lane++) {
        this.list(lane, group[lane]!, vectors[lane]!, lengths[lane]!, n);
        use(this, from + lane);
      }
    }
  }

  /** Approximate scores of all items for up to four. */
  private score(vectors: readonly FactorVector[]): QueryLengths[] {
    const { index, regions, places } = this;
    const lengths: QueryLengths[] = [];
    for (let lane = 0; lane < queriesPerGroup; lane++) lengths.push(this.setQuery(lane, vectors[lane] ?? null));
    this.kernels.scoreTiles(
      index.panels.offset,
      index.pairs,
      0,
      index.panelNorms.length,
      index.scales.offset,
      index.biases.offset,
      this.queriesAt,
      this.statesAt,
      regions.tiles.offset,
      places,
    );
    return lengths;
  }

  private list(lane: number, { exclude }: Ranked, vector: FactorVector, lengths: QueryLengths, n: number): void {
    const { index, regions, model, places } = this;
    this.lane = lane;
    this.vector = vector;
    this.lengths = lengths;
    this.left = places - index.items; // The places after the last item are at −∞ from the start.
    this.leaveOut(exclude);
    this.query.set(vector.factors);
    const count = this.kernels.rankRow(
      regions.tiles.offset + lane * places * 4,
      places,
      index.itemAt.offset,
      Math.min(n, index.items),
      this.states.getFloat32(48 + (lane % queriesPerGroup) * 4, true),
      model.globalMean + vector.bias,
      regions.query.offset,
      model.factors,
      index.itemFactors.offset,
      index.itemBias.offset,
      regions.keys.offset,
      regions.spare.offset,
      regions.ranked.offset,
      regions.table.offset,
    );
    this.length = count;
  }

  /** Items that are no candidates, or not any more. Indices beyond the catalogue are ignored. */
  private leaveOut(items: Int32Array): void {
    const { placeOf, tiles, places, lane } = this;
    const start = lane * places;
    for (let at = 0; at < items.length; at++) {
      const place = placeOf[items[at]!];
      if (place === undefined || tiles[start + place] === -Infinity) continue;
      tiles[start + place] = -Infinity;
      this.left++;
    }
  }

  areaUnderCurve(relevant: Int32Array): number {
    const { index, regions, model, lane, places, vector } = this;
    const count = relevant.length;
    if (vector === undefined || count === 0) return NaN;
    this.leaveOut(relevant);
    const others = places - this.left;
    if (others === 0) return NaN;
    this.relevant.set(relevant);
    index.tiers.forEach(({ until, bounds }, tier) => {
      this.tiers[tier * 2] = tier + 1 === index.tiers.length ? places : until;
      this.tiers[tier * 2 + 1] = scoreError(model, bounds, vector.bias, this.lengths);
    });
    const above = this.kernels.relevantAbove(
      regions.tiles.offset + lane * places * 4,
      index.itemAt.offset,
      regions.relevant.offset,
      count,
      regions.tiers.offset,
      index.tiers.length,
      model.globalMean + vector.bias,
      regions.query.offset,
      model.factors,
      index.itemFactors.offset,
      index.itemBias.offset,
      regions.keys.offset,
      regions.spare.offset,
      regions.table.offset,
    );
    // All that was left out stands below everything.
    return (above - this.left * count) / (others * count);
  }
}
