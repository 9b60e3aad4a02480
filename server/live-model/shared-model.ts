import type { ScanIndex } from "../../core/compute/scan-index.ts";
import type { ServableModel } from "../../core/models/servable.ts";
import type { IdIndex, SharedText } from "./shared-text.ts";

/**
 * Everything one version needs to answer, in shared memory: made once by the loader, read by every thread, changed by
 * nobody (but for the hidden flags, which are the operator's and not the version's).
 */
export interface SharedModel {
  /** Unique in this process: the same version may be loaded twice. */
  readonly key: number;
  readonly version: string;
  readonly algorithm: string;
  readonly modelHash: string;
  readonly createdAt: string;
  readonly model: ServableModel;
  readonly users: IdIndex;
  readonly items: IdIndex;
  readonly catalogue: SharedCatalogue;
  /** What of the operator's catalogue is in it. */
  readonly catalogueRevision: number;
  readonly histories: SharedHistories;
  /** For the scan, a slot for each scoring thread; null for models that it does not know. */
  readonly scan: ScanIndex | null;
  /** Bytes of shared memory. */
  readonly bytes: number;
}

export interface SharedCatalogue {
  /** By dense index, the item as JSON: parsed only for the few that stand in an answer. */
  readonly json: SharedText;
  /** [items]; −32768 where unknown. */
  readonly years: Int16Array;
  readonly genres: readonly string[];
  /** [items × words], bit g of an item: it has genre g. */
  readonly genreBits: Uint32Array;
  readonly genreWords: number;
  /** [items] 1 for items nobody may be shown. */
  readonly hidden: Uint8Array;
  /** [1] How often the flags changed: what was made of them before is not used. */
  readonly changes: Uint32Array;
}

export const unknownYear = -32_768;

/** The users' ratings, by dense user index; rows in any order. */
export interface SharedHistories {
  /** [users] */
  readonly start: Int32Array;
  /** [users] */
  readonly length: Int32Array;
  /** [ratings] dense item index */
  readonly item: Int32Array;
  /** [ratings] */
  readonly rating: Float32Array;
}

export interface CatalogueEntry {
  readonly itemId: string;
  readonly title: string | null;
  readonly year: number | null;
  readonly genres: readonly string[];
  readonly hidden: boolean;
}

/** The catalogue in the order of `itemIds`; items it does not know stand in it by their id alone. */
export function shareCatalogue(
  itemIds: readonly string[],
  entryOf: (itemId: string) => CatalogueEntry | undefined,
  toText: (texts: readonly string[]) => SharedText,
): SharedCatalogue {
  const entries = itemIds.map(
    (itemId) => entryOf(itemId) ?? { itemId, title: null, year: null, genres: [], hidden: false },
  );
  const genres = [...new Set(entries.flatMap((entry) => entry.genres))].sort();
  const numberOf = new Map(genres.map((genre, index) => [genre, index]));
  const genreWords = Math.ceil(genres.length / 32);
  const years = new Int16Array(new SharedArrayBuffer(2 * entries.length));
  const hidden = new Uint8Array(new SharedArrayBuffer(entries.length));
  const genreBits = new Uint32Array(new SharedArrayBuffer(4 * entries.length * genreWords));
  entries.forEach((entry, i) => {
    years[i] = entry.year !== null && Math.abs(entry.year) < 32_768 ? entry.year : unknownYear;
    hidden[i] = entry.hidden ? 1 : 0;
    for (const genre of entry.genres) {
      const g = numberOf.get(genre) ?? 0;
      const word = i * genreWords + (g >>> 5);
      genreBits[word] = (genreBits[word] ?? 0) | (1 << (g & 31));
    }
  });
  const json = toText(
    entries.map(({ itemId, title, year, genres: own }) => JSON.stringify({ itemId, title, year, genres: own })),
  );
  const changes = new Uint32Array(new SharedArrayBuffer(4));
  return { json, years, genres, genreBits, genreWords, hidden, changes };
}

/** Bytes of all the shared memory that a value holds. */
export function sharedBytes(value: unknown, seen = new Set<ArrayBufferLike>()): number {
  const buffer = ArrayBuffer.isView(value) || value instanceof WebAssembly.Memory ? value.buffer : null;
  if (buffer !== null) {
    if (seen.has(buffer)) return 0;
    seen.add(buffer);
    return buffer.byteLength;
  }
  if (value === null || typeof value !== "object") return 0;
  return Object.values(value).reduce<number>((sum, inner) => sum + sharedBytes(inner, seen), 0);
}
