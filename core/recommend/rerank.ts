import { chooseUnlike } from "./diversify.ts";
import type { ScoredItem } from "./top-n.ts";

const strongest = 0.8;

/** How much each counts against the model's own order; 0 and 0 leave it as it is. */
export interface Wishes {
  /** 0 … 1: unlike films beside each other. */
  readonly diversity: number;
  /** 0 … 1: films that few have rated. */
  readonly novelty: number;
}

export interface ItemNature {
  /** How alike two items are, 0 … 1; null: nothing is known of one of them, which counts as not alike. */
  likeness(i: number, j: number): number | null;
  /** Self-information −log₂ of the share of users who rated it; bits. */
  novelty(i: number): number;
}

export interface Cost {
  /** Σ scores of the list ÷ Σ scores of the model's own, both counted from the worst candidate's score; 1: nothing was given up. */
  readonly scoreKept: number;
  readonly diversity: { readonly before: number; readonly after: number };
  /** Mean bits. */
  readonly novelty: { readonly before: number; readonly after: number };
  /** Of the model's own list, how many are left. */
  readonly kept: number;
}

/**
 * Maximal marginal relevance (Carbonell & Goldstein 1998) with a term for novelty: one after the other, the candidate with
 * the largest (1 − d)(1 − v) · relevance + v · novelty − d · likeness to the nearest already chosen, where relevance and
 * novelty run from 0 to 1 over the candidates, and d and v are 0.8 of the wishes: the model always has a say. `pool`: best
 * first. Equal values: the model's order. O(n · pool) likenesses.
 */
export function rerank(
  pool: readonly ScoredItem[],
  n: number,
  { diversity, novelty }: Wishes,
  nature: ItemNature,
): readonly ScoredItem[] {
  if (diversity === 0 && novelty === 0) return pool.slice(0, n);
  const relevance = toUnit(pool.map(({ score }) => score));
  const newness = toUnit(pool.map(({ i }) => nature.novelty(i)));
  const [d, v] = [diversity * strongest, novelty * strongest];
  const own = (1 - d) * (1 - v);
  const worth = relevance.map((value, at) => own * value + v * (newness[at] ?? 0));
  const likeness = (a: number, b: number): number => nature.likeness(pool[a]?.i ?? 0, pool[b]?.i ?? 0) ?? 0;
  return chooseUnlike(worth, likeness, n, d).flatMap((at) => pool[at] ?? []);
}

export function costOf(
  own: readonly ScoredItem[],
  list: readonly ScoredItem[],
  worstScore: number,
  nature: ItemNature,
): Cost {
  const sum = (items: readonly ScoredItem[]) => items.reduce((total, { score }) => total + score - worstScore, 0);
  const before = sum(own);
  const ours = new Set(own.map(({ i }) => i));
  return {
    scoreKept: before > 0 ? sum(list) / before : 1,
    diversity: { before: diversityOf(own, nature), after: diversityOf(list, nature) },
    novelty: { before: noveltyOf(own, nature), after: noveltyOf(list, nature) },
    kept: list.filter(({ i }) => ours.has(i)).length,
  };
}

/** 1 − mean likeness of all pairs. */
function diversityOf(list: readonly ScoredItem[], nature: ItemNature): number {
  let [sum, pairs] = [0, 0];
  list.forEach(({ i }, at) => {
    for (const { i: j } of list.slice(at + 1)) {
      sum += nature.likeness(i, j) ?? 0;
      pairs++;
    }
  });
  return pairs === 0 ? 1 : 1 - sum / pairs;
}

function noveltyOf(list: readonly ScoredItem[], nature: ItemNature): number {
  return list.length === 0 ? 0 : list.reduce((total, { i }) => total + nature.novelty(i), 0) / list.length;
}

/** From the smallest to the largest as 0 … 1; where all are equal, 1. */
function toUnit(values: readonly number[]): Float64Array {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return Float64Array.from(values, (value) => (high > low ? (value - low) / (high - low) : 1));
}

/** Likeness by genres: shared ÷ all of both (Jaccard). */
export function genreLikeness(a: readonly string[], b: readonly string[]): number | null {
  if (a.length === 0 || b.length === 0) return null;
  const shared = a.filter((genre) => b.includes(genre)).length;
  return shared / (a.length + b.length - shared);
}
