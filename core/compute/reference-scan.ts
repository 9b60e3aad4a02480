/** The kernels of assembly/scan.ts, coarse-scan.ts and rank.ts in plain TypeScript, as their words read: see reference.ts. */

/** Whole numbers, and what they are worth. */
export interface ScannedItems {
  /** By place. */
  readonly wholes: readonly (readonly number[])[];
  readonly scales: Float32Array;
  readonly biases: Float32Array;
}

export interface ScannedQuery {
  readonly wholes: readonly number[];
  readonly scale: number;
}

/** A place's score in float32, every step rounded. */
export function scoreTile({ wholes, scales, biases }: ScannedItems, place: number, query: ScannedQuery): number {
  const products = query.wholes.reduce((sum, value, f) => sum + value * (wholes[place]?.[f] ?? 0), 0);
  const scaled = Math.fround(Math.fround(products) * (scales[place] ?? NaN));
  return Math.fround(Math.fround(scaled * Math.fround(query.scale)) + (biases[place] ?? NaN));
}

/**
 * The places that a scan of `places` keeps: those whose score is no further than `margin` below the n-th best, all of them where
 * there are no n. Ascending.
 */
export function scanned(
  items: ScannedItems,
  query: ScannedQuery,
  places: readonly number[],
  { n, margin }: { readonly n: number; readonly margin: number },
): { readonly place: number; readonly score: number }[] {
  const all = places
    .map((place) => ({ place, score: scoreTile(items, place, query) }))
    .filter(({ score }) => score > -Infinity);
  const nth = all.toSorted((a, b) => b.score - a.score)[n - 1];
  const cut = nth === undefined ? -Infinity : Math.fround(nth.score - Math.fround(margin));
  return all.filter(({ score }) => score >= cut).toSorted((a, b) => a.place - b.place);
}

export interface CoarsePanel {
  /** [8 items][factors] 64 + a whole number. */
  readonly bytes: readonly (readonly number[])[];
  readonly norm: number;
  readonly bias: number;
  readonly error: number;
  readonly inverse: number;
}

export interface CoarseQuery {
  readonly wholes: readonly number[];
  readonly norm: number;
  readonly cut: number;
  readonly error: number;
  readonly reach: number;
  readonly slack: number;
  readonly inverse: number;
  readonly first: number;
  readonly second: number;
}

const wrapped = (value: number): number => (value << 16) >> 16;
const saturated = (value: number): number => Math.max(-32_768, Math.min(32_767, value));

/** `panel · 8 + query` of all that may hold something, panels after each other. */
export function coarsePanels(panels: readonly CoarsePanel[], queries: readonly CoarseQuery[], half: number): number[] {
  const f = Math.fround;
  return panels.flatMap((panel, at) => {
    const reaches = queries.some(({ norm, cut }) => f(f(f(norm) * f(panel.norm)) + f(panel.bias)) >= f(cut));
    if (!reaches) return [];
    return queries.flatMap((query, number) => {
      const off = f(f(f(f(panel.norm) * f(query.error)) + f(f(panel.error) * f(query.reach))) + f(query.slack));
      const above = f(f(f(f(f(query.cut) - f(panel.bias)) - off) * f(panel.inverse)) * f(query.inverse));
      const whole = Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(above)));
      const limit = saturated(Math.max(whole, -40_000) - 1);
      const isHit = panel.bytes.some((item) => {
        const sum = (from: number, to: number, start: number) =>
          wrapped(query.wholes.slice(from, to).reduce((total, q, k) => total + q * (item[from + k] ?? 64), start));
        return saturated(sum(0, half, query.first) + sum(half, item.length, query.second)) >= limit;
      });
      return isHit ? [at * 8 + number] : [];
    });
  });
}

/** Exact scores: what all have in common and the item's bias, then four partial sums, added pairwise. */
export function exactScore(item: number, { constant, query, factors, biases }: ExactScores): number {
  const k = query.length;
  const whole = k - (k % 4);
  const partial = [0, 0, 0, 0];
  const term = (f: number) => (query[f] ?? 0) * (factors[item * k + f] ?? 0);
  for (let f = 0; f < whole; f++) partial[f % 4] = (partial[f % 4] ?? 0) + term(f);
  for (let f = whole; f < k; f++) partial[0] = (partial[0] ?? 0) + term(f);
  const [a = 0, b = 0, c = 0, d = 0] = partial;
  return constant + (biases[item] ?? 0) + (a + b + (c + d));
}

export interface ExactScores {
  readonly constant: number;
  /** [k] */
  readonly query: Float64Array;
  /** [items × k] */
  readonly factors: Float32Array;
  readonly biases: Float32Array;
}

/** The best `n` of the open items, of equal ones the lower first. */
export function rankRow(open: readonly number[], n: number, scores: ExactScores): number[] {
  return open
    .map((item) => ({ item, score: exactScore(item, scores) }))
    .toSorted((a, b) => b.score - a.score || a.item - b.item)
    .slice(0, n)
    .map(({ item }) => item);
}

/** Over all places (null: below all), how many of the relevant items score higher, ties counted half. */
export function relevantAbove(
  places: readonly (number | null)[],
  relevant: readonly number[],
  scores: ExactScores,
): number {
  const own = relevant.map((item) => exactScore(item, scores));
  return places.reduce<number>((sum, item) => {
    if (item === null) return sum + own.length;
    const score = exactScore(item, scores);
    return sum + own.reduce((above, other) => above + (other > score ? 1 : other === score ? 0.5 : 0), 0);
  }, 0);
}

/** Adds factors × inverse length of the items that have one, in their order; returns how many have. */
export function addDirections(
  items: readonly number[],
  factors: Float32Array,
  inverse: Float64Array,
  sum: Float64Array,
): number {
  const known = items.filter((item) => inverse[item] !== 0);
  for (const item of known)
    sum.forEach((value, f) => (sum[f] = value + (factors[item * sum.length + f] ?? 0) * (inverse[item] ?? 0)));
  return known.length;
}
