import type { FeatureTable } from "../models/algorithm.ts";
import type { CatalogueItem } from "../contract/entities.ts";

/**
 * What is known of items beside their ratings, [items × features]: each genre (`genre: Comedy`), the decade of the
 * year (`decade: 1990`) and each tag (`tag: surreal`). Null where nothing is known of any item.
 */
export function itemFeatures(
  items: readonly Pick<CatalogueItem, "year" | "genres">[],
  tags: readonly (readonly string[])[] | null,
): FeatureTable | null {
  return featureTable(
    items.map(({ year, genres }, item) => [
      ...genres.map((genre) => `genre: ${genre}`),
      ...(year === null ? [] : [`decade: ${String(Math.floor(year / 10) * 10)}`]),
      ...(tags?.[item] ?? []).map((tag) => `tag: ${tag}`),
    ]),
  );
}

/** [rows × features] of what each row is called; features are ordered by name. Null where no row has any. */
export function featureTable(rows: readonly (readonly string[])[]): FeatureTable | null {
  const named = rows.map((row) => [...new Set(row)]);
  const names = [...new Set(named.flat())].sort();
  if (names.length === 0) return null;
  const indexOf = new Map(names.map((name, index) => [name, index]));
  const start = new Int32Array(new SharedArrayBuffer(4 * (rows.length + 1)));
  named.forEach((features, row) => (start[row + 1] = (start[row] ?? 0) + features.length));
  const index = new Int32Array(new SharedArrayBuffer(4 * (start[rows.length] ?? 0)));
  named.forEach((features, row) =>
    index.set(
      features.map((name) => indexOf.get(name) ?? 0).sort((a, b) => a - b),
      start[row] ?? 0,
    ),
  );
  return { names, start, index, value: null };
}
