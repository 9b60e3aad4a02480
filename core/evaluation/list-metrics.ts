import type { ItemFacts, Likeness } from "./item-facts.ts";
import type { DirectionSum } from "./ranker.ts";

/** Names of the columns that one list fills, for one length; `docs/reference/metrics.md` has the formulas. */
export function listColumns(k: number, diverse: boolean): string[] {
  return [
    "ndcg",
    "ndcg-exponential",
    "recall",
    "recall-capped",
    "precision",
    "map",
    "hit-rate",
    "mrr",
    "novelty",
    "serendipity",
    ...(diverse ? ["diversity"] : []),
    "popularity-lift",
  ].map((family) => `${family}@${String(k)}`);
}

/** What one user's list is rated by. */
interface RatedList {
  readonly row: number;
  /** [≥ length] best first. */
  readonly items: Int32Array;
  readonly length: number;
  /** Sums of directions of the items' factors, where the ranking has them. */
  readonly directions: DirectionSum | null;
  /** The user's relevant items. */
  readonly relevant: Int32Array;
  /** The user's training items. */
  readonly profile: Int32Array;
}

/** The columns of one length. */
class Columns {
  readonly k: number;
  readonly ndcg: Float64Array;
  readonly ndcgExponential: Float64Array;
  readonly recall: Float64Array;
  readonly recallCapped: Float64Array;
  readonly precision: Float64Array;
  readonly map: Float64Array;
  readonly hitRate: Float64Array;
  readonly mrr: Float64Array;
  readonly novelty: Float64Array;
  readonly serendipity: Float64Array;
  readonly popularityLift: Float64Array;
  /** Empty where nothing is known of how alike items are. */
  readonly diversity: Float64Array;

  constructor(k: number, columns: ReadonlyMap<string, Float64Array>) {
    const column = (family: string) => columns.get(`${family}@${String(k)}`) ?? new Float64Array();
    this.k = k;
    this.ndcg = column("ndcg");
    this.ndcgExponential = column("ndcg-exponential");
    this.recall = column("recall");
    this.recallCapped = column("recall-capped");
    this.precision = column("precision");
    this.map = column("map");
    this.hitRate = column("hit-rate");
    this.mrr = column("mrr");
    this.novelty = column("novelty");
    this.serendipity = column("serendipity");
    this.popularityLift = column("popularity-lift");
    this.diversity = column("diversity");
  }
}

/** Rates lists, at all lengths in one pass. A class, so that V8 compiles it once for all models that a thread evaluates. */
export class ListRater {
  private readonly targets: readonly Columns[];
  private readonly facts: ItemFacts;
  private readonly itemCount: number;
  private readonly discount: Float64Array;
  /** [n] DCG of n hits at the first places. */
  private readonly ideal: Float64Array;
  private readonly spread: Spread | null;
  private readonly ofFactors: boolean;
  private bestGains = new Float64Array(64);

  /** `cutoffs` ascending; columns as `listColumns` names them. */
  constructor(cutoffs: readonly number[], columns: ReadonlyMap<string, Float64Array>, facts: ItemFacts, items: number) {
    const longest = cutoffs.at(-1) ?? 0;
    this.targets = cutoffs.map((k) => new Columns(k, columns));
    this.facts = facts;
    this.itemCount = items;
    this.discount = Float64Array.from({ length: longest }, (_, position) => 1 / Math.log2(position + 2));
    this.ideal = new Float64Array(longest + 1);
    for (let n = 0; n < longest; n++) this.ideal[n + 1] = this.ideal[n]! + this.discount[n]!;
    this.spread = facts.likeness === null ? null : new Spread(facts.likeness);
    this.ofFactors = facts.likeness?.of === "factors";
  }

  /** Writes the row's values. `gains` [items]: −1 where not relevant, else 2^rating − 1. */
  rate({ row, items, length, directions, relevant, profile }: RatedList, gains: Float64Array): void {
    const { targets, facts, itemCount, discount, ideal } = this;
    const spread = this.ofFactors && directions !== null ? directions : this.spread;
    const { selfInformation, popularity, expectation } = facts;
    const wanted = relevant.length;
    const bestGains = this.sortedGains(relevant, gains);
    const usual = meanPopularity(popularity, profile);
    let hits = 0;
    let firstHit = 0;
    let gain = 0;
    let gainExponential = 0;
    let bestExponential = 0;
    let precisions = 0;
    let information = 0;
    let surprise = 0;
    let popular = 0;
    let position = 0;
    let counted = 0;
    spread?.reset(items);
    for (let at = 0; at < targets.length; at++) {
      const target = targets[at]!;
      const { k } = target;
      const end = Math.min(k, length);
      if (spread !== null) spread.add(position, end);
      for (; position < end; position++) {
        const i = items[position]!;
        information += selfInformation[i]!;
        popular += popularity[i]!;
        const itemGain = gains[i]!;
        if (itemGain < 0) continue;
        hits++;
        if (firstHit === 0) firstHit = position + 1;
        gain += discount[position]!;
        gainExponential += itemGain * discount[position]!;
        precisions += hits / (position + 1);
        surprise += Math.max((itemCount - position) / itemCount - expectation[i]!, 0);
      }
      for (const most = Math.min(k, wanted); counted < most; counted++) {
        bestExponential += bestGains[wanted - 1 - counted]! * discount[counted]!;
      }
      const none = wanted === 0;
      target.ndcg[row] = none ? NaN : gain / ideal[Math.min(k, wanted)]!;
      target.ndcgExponential[row] = none ? NaN : gainExponential / bestExponential;
      target.recall[row] = none ? NaN : hits / wanted;
      target.recallCapped[row] = none ? NaN : hits / Math.min(k, wanted);
      target.precision[row] = none ? NaN : hits / k;
      target.map[row] = none ? NaN : precisions / wanted;
      target.hitRate[row] = none ? NaN : hits > 0 ? 1 : 0;
      target.mrr[row] = none ? NaN : firstHit === 0 ? 0 : 1 / firstHit;
      target.novelty[row] = position === 0 ? NaN : information / position;
      target.serendipity[row] = none || position === 0 ? NaN : surprise / position;
      target.popularityLift[row] = position === 0 ? NaN : (popular / position - usual) / usual;
      if (spread !== null) target.diversity[row] = position < 2 ? NaN : diversity(spread, position);
    }
  }

  /** Ascending, in its first places. */
  private sortedGains(relevant: Int32Array, gains: Float64Array): Float64Array {
    const count = relevant.length;
    if (count > this.bestGains.length) this.bestGains = new Float64Array(2 * count);
    const sorted = this.bestGains;
    for (let at = 0; at < count; at++) sorted[at] = gains[relevant[at]!]!;
    if (count > 64) sorted.subarray(0, count).sort();
    else sortFew(sorted, count);
    return sorted;
  }
}

/** Ascending: by insertion, for what is shorter than a sort's preparations. */
function sortFew(values: Float64Array, count: number): void {
  for (let at = 1; at < count; at++) {
    const value = values[at]!;
    let to = at;
    for (; to > 0 && values[to - 1]! > value; to--) values[to] = values[to - 1]!;
    values[to] = value;
  }
}

/** NaN without a training item. */
function meanPopularity(popularity: Int32Array, profile: Int32Array): number {
  let sum = 0;
  for (let at = 0; at < profile.length; at++) sum += popularity[profile[at]!]!;
  return profile.length === 0 ? NaN : sum / profile.length;
}

/**
 * Mean of 1 − cosine over all pairs of a list that grows. With unit vectors v, Σ_{i<j} v_i·v_j = (‖Σ v‖² − Σ ‖v‖²) / 2, so a
 * list of k costs k steps and not k².
 */
function diversity({ sum, known }: Pick<DirectionSum, "sum" | "known">, length: number): number {
  let squares = 0;
  for (let c = 0; c < sum.length; c++) squares += sum[c]! ** 2;
  return 1 - (squares - known) / (length * (length - 1));
}

/** The sum of directions where no ranking offers it: of genres, and of models that are not scanned. */
class Spread implements DirectionSum {
  readonly sum: Float64Array;
  known = 0;
  private readonly likeness: Likeness;
  private items: Int32Array = new Int32Array();

  constructor(likeness: Likeness) {
    this.likeness = likeness;
    this.sum = new Float64Array(likeness.columns);
  }

  reset(items: Int32Array): void {
    this.items = items;
    this.sum.fill(0);
    this.known = 0;
  }

  add(from: number, to: number): void {
    const { columns, vectors, inverseLength } = this.likeness;
    const { sum, items } = this;
    for (let position = from; position < to; position++) {
      const i = items[position]!;
      const scale = inverseLength[i]!;
      if (scale === 0) continue;
      this.known++;
      const start = i * columns;
      for (let c = 0; c < columns; c++) sum[c]! += vectors[start + c]! * scale;
    }
  }
}
