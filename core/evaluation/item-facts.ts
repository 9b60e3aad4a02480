import type { FeatureTable, TrainingSet } from "../models/algorithm.ts";
import type { ServableModel } from "../models/servable.ts";

/** What metrics beyond accuracy know of the items, from training alone. Arrays may lie in shared memory. */
export interface ItemFacts {
  /** [items] ratings in training. */
  readonly popularity: Int32Array;
  /** [items] −log₂(popularity ÷ users with a training rating); items without one as if they had one. */
  readonly selfInformation: Float64Array;
  /** [items] (items + 1 − rank) ÷ items by popularity, equal ones of equal rank; 0 for items without a training rating. */
  readonly expectation: Float64Array;
  readonly likeness: Likeness | null;
}

/** Directions whose cosines say how alike two items are. */
export interface Likeness {
  readonly of: "genres" | "factors";
  readonly columns: number;
  /** [items × columns] */
  readonly vectors: Float32Array;
  /** [items] 1 ÷ length; 0 for items of which nothing is known: they are like nothing. */
  readonly inverseLength: Float64Array;
}

export function itemFacts(train: TrainingSet, model: ServableModel): ItemFacts {
  const { items } = train;
  const popularity = new Int32Array(items);
  for (let at = 0; at < train.item.length; at++) popularity[train.item[at]!]!++;
  let users = 0;
  for (let u = 0; u < train.users; u++) if (train.userStart[u + 1]! > train.userStart[u]!) users++;
  const ranks = new Map([...new Set(popularity)].sort((a, b) => b - a).map((count, at) => [count, at + 1]));
  return {
    popularity,
    selfInformation: Float64Array.from(popularity, (count) => -Math.log2(Math.max(count, 1) / Math.max(users, 1))),
    expectation: Float64Array.from(popularity, (count) => (count === 0 ? 0 : (items + 1 - ranks.get(count)!) / items)),
    likeness: likenessOf(train.itemFeatures ?? null, model),
  };
}

const genrePrefix = "genre: ";

/** Genres where the data have any; else the factors of a model that has some. */
function likenessOf(features: FeatureTable | null, model: ServableModel): Likeness | null {
  const genres = new Map(
    (features?.names ?? [])
      .flatMap((name, at) => (name.startsWith(genrePrefix) ? [at] : []))
      .map((at, column) => [at, column]),
  );
  if (features !== null && genres.size > 0) {
    const vectors = new Float32Array(model.items * genres.size);
    for (let i = 0; i < model.items; i++) {
      for (let n = features.start[i]!; n < features.start[i + 1]!; n++) {
        const column = genres.get(features.index[n]!);
        if (column !== undefined) vectors[i * genres.size + column] = 1;
      }
    }
    return withLengths("genres", vectors, genres.size, model.items);
  }
  if (model.form !== "factors" || model.factors === 0) return null;
  return withLengths("factors", model.itemFactors, model.factors, model.items);
}

function withLengths(of: Likeness["of"], vectors: Float32Array, columns: number, items: number): Likeness {
  const inverseLength = Float64Array.from({ length: items }, (_, i) => {
    let squares = 0;
    for (let c = 0; c < columns; c++) squares += vectors[i * columns + c]! ** 2;
    return squares > 0 ? 1 / Math.sqrt(squares) : 0;
  });
  return { of, columns, vectors, inverseLength };
}

/** The genres of the catalogue with the items of each; null where the data have none. */
export function itemsByGenre(features: FeatureTable | null, items: number): Map<string, Uint8Array> | null {
  if (features === null) return null;
  const genres = new Map<string, Uint8Array>();
  for (let i = 0; i < items; i++) {
    for (let n = features.start[i]!; n < features.start[i + 1]!; n++) {
      const name = features.names[features.index[n]!] ?? "";
      if (!name.startsWith(genrePrefix)) continue;
      const genre = name.slice(genrePrefix.length);
      const members = genres.get(genre) ?? new Uint8Array(items);
      members[i] = 1;
      genres.set(genre, members);
    }
  }
  return genres.size === 0 ? null : genres;
}
