import { useQuery } from "@tanstack/react-query";
import type { FilmMap, FilmMapPage } from "../../../../core/contract/embedding.ts";
import type { MethodInput } from "../../../../core/contract/methods.ts";
import { useEngine } from "../../transport/engine-context.tsx";
import { filmTitle } from "../recommendations/film.tsx";

/** The films of a map, column by column, the most rated first. */
export interface MapFilms {
  readonly count: number;
  readonly itemIds: readonly string[];
  readonly titles: readonly string[];
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
      const pages: FilmMapPage[] = [];
      for (let offset = 0; offset < (map?.films ?? 0); offset += filmsPerPage)
        pages.push(await connection.request("embedding.films", { ...request, offset, limit: filmsPerPage }, signal));
      return filmsOf(pages);
    },
    // Typed arrays are not compared field by field.
    structuralSharing: false,
  });
}

export function filmsOf(pages: readonly FilmMapPage[]): MapFilms {
  const itemIds = pages.flatMap((page) => page.itemIds);
  const titles = pages.flatMap((page) => page.titles);
  return {
    count: itemIds.length,
    itemIds,
    titles: titles.map((title, at) => filmTitle({ title, itemId: itemIds[at] ?? "" })),
    years: pages.flatMap((page) => page.years),
    genres: pages.flatMap((page) => page.genres),
    x: Float32Array.from(pages.flatMap((page) => page.x)),
    y: Float32Array.from(pages.flatMap((page) => page.y)),
    ratings: Int32Array.from(pages.flatMap((page) => page.ratings)),
    errors: Float32Array.from(
      pages.flatMap((page) => page.errors),
      (error) => error ?? Number.NaN,
    ),
    tested: Int32Array.from(pages.flatMap((page) => page.tested)),
  };
}
