import { useQuery } from "@tanstack/react-query";
import type { FilmMap, FilmMapPage } from "../../../../core/contract/embedding.ts";
import type { MethodInput } from "../../../../core/contract/methods.ts";
import { useEngine } from "../../transport/engine-context.tsx";
import { filmTitle } from "../recommendations/film.tsx";

/** The films of a map, column by column, the most rated first. */
export interface MapFilms {
  readonly count: number;
  readonly itemIds: readonly string[];
  /** Of a film, by its id. */
  readonly places: ReadonlyMap<string, number>;
  readonly titles: readonly string[];
  /** Titles in small letters, to be searched. */
  readonly lowered: readonly string[];
  readonly years: readonly (number | null)[];
  /** Places in the map's genres. */
  readonly genres: readonly (readonly number[])[];
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly ratings: Int32Array;
  /** NaN: none of its ratings was held out. */
  readonly errors: Float32Array;
  readonly tested: Int32Array;
}

/** A page is parsed and checked in a few milliseconds, so that nothing waits for the whole. */
const filmsPerPage = 2000;

/** All films of a map that has been made, fetched page after page. */
export function useMapFilms(request: MethodInput<"embedding.get">, map: FilmMap | null) {
  const { connection } = useEngine();
  return useQuery({
    queryKey: ["embedding.films", request, map?.madeAt ?? null],
    enabled: map !== null,
    queryFn: async ({ signal }) => {
      const { add, films } = collector(map?.films ?? 0);
      for (let offset = 0; offset < films.count; offset += filmsPerPage)
        add(await connection.request("embedding.films", { ...request, offset, limit: filmsPerPage }, signal));
      return films;
    },
    // Typed arrays are not compared field by field.
    structuralSharing: false,
  });
}

/** Puts pages together one by one, so that no page waits for the others to be copied. */
function collector(total: number): { add(page: FilmMapPage): void; readonly films: MapFilms } {
  const lists = {
    itemIds: new Array<string>(),
    places: new Map<string, number>(),
    titles: new Array<string>(),
    lowered: new Array<string>(),
    years: new Array<number | null>(),
    genres: new Array<readonly number[]>(),
  };
  const numbers = {
    x: new Float32Array(total),
    y: new Float32Array(total),
    ratings: new Int32Array(total),
    errors: new Float32Array(total).fill(Number.NaN),
    tested: new Int32Array(total),
  };
  return {
    films: { count: total, ...lists, ...numbers },
    add(page) {
      const from = lists.itemIds.length;
      page.itemIds.forEach((itemId, at) => {
        const title = filmTitle({ title: page.titles[at] ?? null, itemId });
        lists.places.set(itemId, from + at);
        lists.itemIds.push(itemId);
        lists.titles.push(title);
        lists.lowered.push(title.toLowerCase());
        lists.years.push(page.years[at] ?? null);
        lists.genres.push(page.genres[at] ?? []);
      });
      for (const name of ["x", "y", "ratings", "tested"] as const) numbers[name].set(page[name], from);
      page.errors.forEach((error, at) => (numbers.errors[from + at] = error ?? Number.NaN));
    },
  };
}

export function filmsOf(pages: readonly FilmMapPage[]): MapFilms {
  const { add, films } = collector(pages.reduce((sum, { itemIds }) => sum + itemIds.length, 0));
  for (const page of pages) add(page);
  return films;
}
