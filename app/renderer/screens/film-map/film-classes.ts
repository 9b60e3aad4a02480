import type { FilmMap } from "../../../../core/contract/embedding.ts";
import { formatCount, formatDecimal, formatShare } from "../../components/format/numbers.ts";
import { scaleCount } from "../../theme/tokens.ts";
import type { MapFilms } from "./map-films.ts";

export type MapColour = "genre" | "popularity" | "error";

/** Films that are drawn in one colour, shown and hidden together. */
export interface FilmClass {
  readonly id: string;
  readonly label: string;
  /** A custom property of the theme. */
  readonly color: string;
  readonly films: number;
}

export interface FilmClasses {
  readonly classes: readonly FilmClass[];
  /** [films] place in `classes` */
  readonly of: Uint8Array;
}

const mostGenres = 7;
const muted = "--rb-point-muted";

export function classesOf(films: MapFilms, map: FilmMap, colour: MapColour): FilmClasses {
  switch (colour) {
    case "genre":
      return byGenre(films, map);
    case "popularity":
      return byPopularity(films);
    case "error":
      return byError(films, map);
  }
}

/** By the first genre that is named of a film: the most frequent of those by name, the others together. */
function byGenre(films: MapFilms, map: FilmMap): FilmClasses {
  const counts = new Map<number, number>();
  for (const [genre] of films.genres) if (genre !== undefined) counts.set(genre, (counts.get(genre) ?? 0) + 1);
  const named = [...counts]
    .sort((a, b) => b[1] - a[1] || a[0] - b[0])
    .slice(0, mostGenres)
    .map(([genre]) => genre);
  const place = new Map(named.map((genre, at) => [genre, at]));
  const others = named.length;
  return counted(
    [
      ...named.map((genre, at) => ({
        id: map.genres[genre]?.genre ?? "",
        label: map.genres[genre]?.genre ?? "",
        color: `--rb-series-${String(at)}`,
      })),
      { id: "other", label: "Other genres", color: "--rb-series-7" },
      { id: "none", label: "No genre", color: muted },
    ],
    ofEach(films.genres, ([genre]) => (genre === undefined ? others + 1 : (place.get(genre) ?? others))),
  );
}

/** Equal steps of the logarithm: ratings differ by factors, not by sums. */
function byPopularity({ ratings }: MapFilms): FilmClasses {
  const [low, high] = extentOf(ratings);
  const step = Math.log(Math.max(2, high + 1) / Math.max(1, low)) / scaleCount;
  const edges = Array.from({ length: scaleCount + 1 }, (_, at) => Math.round(Math.max(1, low) * Math.exp(step * at)));
  const of = ofEach(ratings, (count) => {
    let at = 0;
    while (at < scaleCount - 1 && count >= (edges[at + 1] ?? Infinity)) at++;
    return at;
  });
  return counted(
    scaled((at) => {
      const [from, to] = [edges[at] ?? 0, (edges[at + 1] ?? 0) - 1];
      return to <= from ? formatCount(from) : `${formatCount(from)}–${formatCount(to)}`;
    }),
    of,
  );
}

function byError({ errors }: MapFilms, map: FilmMap): FilmClasses {
  const isShare = map.error.measure === "miss-rate";
  const told = isShare ? (value: number) => formatShare(value) : (value: number) => formatDecimal(value, 2);
  const [low, high] = isShare ? [0, 1] : middleOf(errors);
  const step = (high - low) / scaleCount;
  const of = ofEach(errors, (error) => {
    if (Number.isNaN(error)) return scaleCount;
    return step > 0 ? Math.max(0, Math.min(scaleCount - 1, Math.floor((error - low) / step))) : 0;
  });
  const label = (at: number) => {
    if (!isShare && at === 0) return `below ${told(low + step)}`;
    if (!isShare && at === scaleCount - 1) return `${told(low + step * at)} and more`;
    return `${told(low + step * at)}–${told(low + step * (at + 1))}`;
  };
  return counted([...scaled(label), { id: "untested", label: "Nothing held out", color: muted }], of);
}

/** A loop over the places: many times quicker than `Uint8Array.from`, which walks through an iterator. */
function ofEach<T>(
  values: { readonly length: number; readonly [at: number]: T },
  place: (value: T) => number,
): Uint8Array {
  const of = new Uint8Array(values.length);
  for (let at = 0; at < of.length; at++) {
    const value = values[at];
    if (value !== undefined) of[at] = place(value);
  }
  return of;
}

const scaled = (label: (at: number) => string) =>
  Array.from({ length: scaleCount }, (_, at) => ({
    id: `step-${String(at)}`,
    label: label(at),
    color: `--rb-scale-${String(at)}`,
  }));

/** With the number of films of each; what has none is left out. */
function counted(all: readonly Omit<FilmClass, "films">[], of: Uint8Array): FilmClasses {
  const counts = all.map(() => 0);
  for (const at of of) counts[at] = (counts[at] ?? 0) + 1;
  const kept = all.map((_, at) => at).filter((at) => (counts[at] ?? 0) > 0);
  const places = all.map((_, at) => kept.indexOf(at));
  return {
    classes: kept.flatMap((at) => {
      const one = all[at];
      return one === undefined ? [] : [{ ...one, films: counts[at] ?? 0 }];
    }),
    of: of.map((at) => places[at] ?? 0),
  };
}

function extentOf(values: Int32Array): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : [1, 1];
}

/** All but the outermost twentieths: a film with a single rating would else take the scale for itself. */
function middleOf(values: Float32Array): [number, number] {
  const known = values.filter((value) => !Number.isNaN(value)).sort();
  const at = (share: number) => known[Math.floor(share * (known.length - 1))] ?? 0;
  return known.length === 0 ? [0, 1] : [at(0.05), at(0.95)];
}
