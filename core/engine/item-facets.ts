import { LRUCache } from "lru-cache";
import type { CatalogueItem } from "../contract/entities.ts";
import type { MethodOutput } from "../contract/methods.ts";
import { loadCatalogue } from "../ratings/catalogue.ts";
import type { DirectHandlers } from "./handlers.ts";
import { presentSnapshot } from "./rooms.ts";
import type { Rooms } from "./rooms.ts";

type Facets = MethodOutput<"items.facets">;
type Items = ReadonlyMap<string, CatalogueItem>;

/** What a snapshot's films are: genres, years, titles. A snapshot does not change, so its catalogue is read once. */
export function itemFacetHandlers(rooms: Rooms): DirectHandlers<"items.facets" | "items.named"> {
  const known = new LRUCache<string, Promise<Items>>({ max: 4 });
  const itemsOf = (snapshotId: string): Promise<Items> => {
    const { directory } = presentSnapshot(rooms, snapshotId);
    const found = known.get(snapshotId);
    if (found !== undefined) return found;
    const made = loadCatalogue(directory).then(({ items }) => new Map(items.map((item) => [item.itemId, item])));
    known.set(snapshotId, made);
    made.catch(() => known.delete(snapshotId));
    return made;
  };
  return {
    "items.facets": async ({ snapshotId }) => facetsOf([...(await itemsOf(snapshotId)).values()]),
    "items.named": async ({ snapshotId, itemIds }) => {
      const items = await itemsOf(snapshotId);
      return itemIds.flatMap((id) => items.get(id) ?? []);
    },
  };
}

function facetsOf(items: readonly CatalogueItem[]): Facets {
  const genres = new Map<string, number>();
  let [from, to] = [Infinity, -Infinity];
  for (const item of items) {
    for (const genre of item.genres) genres.set(genre, (genres.get(genre) ?? 0) + 1);
    if (item.year === null) continue;
    from = Math.min(from, item.year);
    to = Math.max(to, item.year);
  }
  return {
    genres: [...genres]
      .map(([genre, count]) => ({ genre, items: count }))
      .sort((a, b) => b.items - a.items || (a.genre < b.genre ? -1 : 1)),
    years: from <= to ? { from, to } : null,
  };
}
