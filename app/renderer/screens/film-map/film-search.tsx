import { Select } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import type { MapFilms } from "./map-films.ts";

const mostFound = 30;

interface FilmSearchProps {
  readonly films: MapFilms;
  readonly marked: number | null;
  readonly onFilm: (at: number | null) => void;
}

/** Finds a film of the map by its title or id, the most rated first. */
export function FilmSearch({ films, marked, onFilm }: FilmSearchProps) {
  const [typed, setTyped] = useState("");
  const current = marked === null ? "" : (films.titles[marked] ?? "");
  const found = useMemo(
    () => searched(films, typed === current ? "" : typed.trim().toLowerCase()),
    [films, typed, current],
  );
  const places = marked === null || found.includes(marked) ? found : [marked, ...found];
  return (
    <Select
      label="Find a film"
      placeholder="Type a title or an id"
      leftSection={<IconSearch size={14} aria-hidden />}
      searchable
      clearable
      clearButtonProps={{ "aria-label": "Unmark the film" }}
      data={places.map((at) => ({ value: films.itemIds[at] ?? "", label: films.titles[at] ?? "" }))}
      value={marked === null ? null : (films.itemIds[marked] ?? null)}
      // What was found is what is shown.
      filter={({ options }) => options}
      onSearchChange={setTyped}
      nothingFoundMessage="No such film on the map"
      onChange={(id) => onFilm(id === null ? null : (films.places.get(id) ?? null))}
    />
  );
}

/** Titles that begin so, then those that hold it somewhere, then the film of that id. */
function searched(films: MapFilms, text: string): number[] {
  if (text === "") return Array.from({ length: Math.min(mostFound, films.count) }, (_, at) => at);
  const { lowered } = films;
  const [first, other]: [number[], number[]] = [[], []];
  for (let at = 0; at < lowered.length && first.length < mostFound; at++) {
    const place = lowered[at]?.indexOf(text) ?? -1;
    if (place === 0) first.push(at);
    else if ((place > 0 || films.itemIds[at] === text) && other.length < mostFound) other.push(at);
  }
  return [...first, ...other].slice(0, mostFound);
}
