import type { ScoredItem } from "../recommend/top-n.ts";
import type { ItemFacts } from "./item-facts.ts";

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

/** Writes the values of one user's list, at all lengths. */
export interface ListRater {
  /** `gains` [items]: −1 where not relevant, else 2^rating − 1; `profile`: the user's training items. */
  rate(
    row: number,
    list: readonly ScoredItem[],
    gains: Float64Array,
    relevant: readonly number[],
    profile: Int32Array,
  ): void;
}

type Column = Float64Array | undefined;

interface Columns {
  readonly k: number;
  readonly ndcg: Column;
  readonly ndcgExponential: Column;
  readonly recall: Column;
  readonly recallCapped: Column;
  readonly precision: Column;
  readonly map: Column;
  readonly hitRate: Column;
  readonly mrr: Column;
  readonly novelty: Column;
  readonly serendipity: Column;
  readonly diversity: Column;
  readonly popularityLift: Column;
}

/** `cutoffs` ascending; columns as `listColumns` names them. */
export function listRater(
  cutoffs: readonly number[],
  columns: ReadonlyMap<string, Float64Array>,
  facts: ItemFacts,
  items: number,
): ListRater {
  const targets: Columns[] = cutoffs.map((k) => {
    const column = (family: string) => columns.get(`${family}@${String(k)}`);
    return {
      k,
      ndcg: column("ndcg"),
      ndcgExponential: column("ndcg-exponential"),
      recall: column("recall"),
      recallCapped: column("recall-capped"),
      precision: column("precision"),
      map: column("map"),
      hitRate: column("hit-rate"),
      mrr: column("mrr"),
      novelty: column("novelty"),
      serendipity: column("serendipity"),
      diversity: column("diversity"),
      popularityLift: column("popularity-lift"),
    };
  });
  const longest = cutoffs.at(-1) ?? 0;
  const discount = Float64Array.from({ length: longest }, (_, position) => 1 / Math.log2(position + 2));
  const ideal = new Float64Array(longest + 1);
  for (let position = 0; position < longest; position++) ideal[position + 1] = ideal[position]! + discount[position]!;
  const spread = spreadOf(facts);

  function rate(
    row: number,
    list: readonly ScoredItem[],
    gains: Float64Array,
    relevant: readonly number[],
    profile: Int32Array,
  ): void {
    const bestGains = new Float64Array(relevant.length);
    for (let at = 0; at < relevant.length; at++) bestGains[at] = gains[relevant[at]!]!;
    bestGains.sort();
    const usual = meanPopularity(facts, profile);
    let [hits, firstHit, gain, gainExponential, bestExponential, precisions] = [0, 0, 0, 0, 0, 0];
    let [information, surprise, popularity] = [0, 0, 0];
    let position = 0;
    let counted = 0;
    spread?.reset();
    for (const target of targets) {
      for (; position < Math.min(target.k, list.length); position++) {
        const { i } = list[position]!;
        information += facts.selfInformation[i]!;
        popularity += facts.popularity[i]!;
        spread?.add(i);
        const itemGain = gains[i]!;
        if (itemGain < 0) continue;
        hits++;
        if (firstHit === 0) firstHit = position + 1;
        gain += discount[position]!;
        gainExponential += itemGain * discount[position]!;
        precisions += hits / (position + 1);
        surprise += Math.max((items - position) / items - facts.expectation[i]!, 0);
      }
      for (; counted < Math.min(target.k, bestGains.length); counted++) {
        bestExponential += bestGains[bestGains.length - 1 - counted]! * discount[counted]!;
      }
      const { k } = target;
      const none = relevant.length === 0;
      const put = (column: Column, value: number) => {
        if (column !== undefined) column[row] = value;
      };
      put(target.ndcg, none ? NaN : gain / ideal[Math.min(k, relevant.length)]!);
      put(target.ndcgExponential, none ? NaN : gainExponential / bestExponential);
      put(target.recall, none ? NaN : hits / relevant.length);
      put(target.recallCapped, none ? NaN : hits / Math.min(k, relevant.length));
      put(target.precision, none ? NaN : hits / k);
      put(target.map, none ? NaN : precisions / relevant.length);
      put(target.hitRate, none ? NaN : hits > 0 ? 1 : 0);
      put(target.mrr, none ? NaN : firstHit === 0 ? 0 : 1 / firstHit);
      put(target.novelty, position === 0 ? NaN : information / position);
      put(target.serendipity, none || position === 0 ? NaN : surprise / position);
      put(target.diversity, spread === null || position < 2 ? NaN : spread.diversity(position));
      put(target.popularityLift, position === 0 ? NaN : (popularity / position - usual) / usual);
    }
  }
  return { rate };
}

/** NaN without a training item. */
function meanPopularity(facts: ItemFacts, profile: Int32Array): number {
  let sum = 0;
  for (const i of profile) sum += facts.popularity[i]!;
  return profile.length === 0 ? NaN : sum / profile.length;
}

/**
 * Mean of 1 − cosine over all pairs of a list that grows. With unit vectors v, Σ_{i<j} v_i·v_j = (‖Σ v‖² − Σ ‖v‖²) / 2, so a
 * list of k costs k steps and not k².
 */
function spreadOf({ likeness }: ItemFacts): {
  reset(): void;
  add(i: number): void;
  diversity(length: number): number;
} | null {
  if (likeness === null) return null;
  const { columns, vectors, inverseLength } = likeness;
  const sum = new Float64Array(columns);
  let known = 0;
  return {
    reset: () => {
      sum.fill(0);
      known = 0;
    },
    add: (i) => {
      const scale = inverseLength[i]!;
      if (scale === 0) return;
      known++;
      for (let c = 0; c < columns; c++) sum[c]! += vectors[i * columns + c]! * scale;
    },
    diversity: (length) => {
      let squares = 0;
      for (let c = 0; c < columns; c++) squares += sum[c]! ** 2;
      return 1 - (squares - known) / (length * (length - 1));
    },
  };
}
