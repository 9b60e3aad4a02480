import type { FeatureTable } from "../models/algorithm.ts";
import type { CatalogueItem } from "../contract/entities.ts";

/**
 * What is known of items beside their ratings, [items × features]: each genre (`genre: Comedy`) and the decade of the
 * year (`decade: 1990`). Features are ordered by name. Null where nothing is known of any item.
 */
export function itemFeatures(items: readonly Pick<CatalogueItem, "year" | "genres">[]): FeatureTable | null {
  const named = items.map(({ year, genres }) => [
    ...new Set([
      ...genres.map((genre) => `genre: ${genre}`),
      ...(year === null ? [] : [`decade: ${String(Math.floor(year / 10) * 10)}`]),
    ]),
  ]);
  const names = [...new Set(named.flat())].sort();
  if (names.length === 0) return null;
  const indexOf = new Map(names.map((name, index) => [name, index]));
  const start = new Int32Array(new SharedArrayBuffer(4 * (items.length + 1)));
  named.forEach((features, item) => (start[item + 1] = (start[item] ?? 0) + features.length));
  const index = new Int32Array(new SharedArrayBuffer(4 * (start[items.length] ?? 0)));
  named.forEach((features, item) =>
    index.set(
      features.map((name) => indexOf.get(name) ?? 0).sort((a, b) => a - b),
      start[item] ?? 0,
    ),
  );
  return { names, start, index, value: null };
}
