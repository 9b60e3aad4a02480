import { Text } from "@mantine/core";
import { useMemo } from "react";
import type { FilmMap } from "../../../../core/contract/embedding.ts";
import { formatCount, formatDecimal, formatQuantity, formatShare } from "../../components/format/numbers.ts";
import { DataTable, textOf } from "../../components/table/data-table.tsx";
import type { DataColumn } from "../../components/table/data-table.tsx";
import type { TextTable } from "../../components/table/copy-as.ts";
import type { MapFilms } from "./map-films.ts";

/** More rows take too long to sort between two frames; all of them are in copies and exports. */
const mostRows = 1000;

export function errorName(map: FilmMap): string {
  return map.error.measure === "miss-rate" ? `Missed by lists of ${String(map.error.cutoff)}` : "Mean absolute error";
}

export function formatError(map: FilmMap, error: number): string {
  if (Number.isNaN(error)) return "–";
  return map.error.measure === "miss-rate" ? formatShare(error) : formatDecimal(error, 3);
}

export function genresOf(films: MapFilms, map: FilmMap, at: number): string {
  return (films.genres[at] ?? []).flatMap((genre) => map.genres[genre]?.genre ?? []).join(", ");
}

/** A film, by its place on the map. */
interface FilmRow {
  readonly at: number;
}

function filmColumns(films: MapFilms, map: FilmMap): readonly DataColumn<FilmRow>[] {
  const number =
    (values: Float32Array | Int32Array) =>
    ({ at }: FilmRow) => {
      const value = values[at] ?? Number.NaN;
      return Number.isNaN(value) ? null : value;
    };
  const rounded =
    (values: Float32Array) =>
    ({ at }: FilmRow) =>
      Number((values[at] ?? 0).toPrecision(6));
  const errors: DataColumn<FilmRow>[] = [
    {
      id: "error",
      header: errorName(map),
      value: number(films.errors),
      cell: ({ at }) => formatError(map, films.errors[at] ?? Number.NaN),
      numeric: true,
      width: 150,
      bestFirst: "high",
    },
    {
      id: "tested",
      header: "Held out",
      value: number(films.tested),
      cell: ({ at }) => formatCount(films.tested[at] ?? 0),
      numeric: true,
      width: 90,
      bestFirst: "high",
    },
  ];
  return [
    { id: "title", header: "Film", value: ({ at }) => films.titles[at] ?? "", width: 260 },
    { id: "id", header: "Film id", value: ({ at }) => films.itemIds[at] ?? "", width: 90 },
    { id: "year", header: "Year", value: ({ at }) => films.years[at] ?? null, numeric: true, width: 70 },
    { id: "genres", header: "Genres", value: ({ at }) => genresOf(films, map, at), width: 200 },
    {
      id: "ratings",
      header: "Ratings",
      value: number(films.ratings),
      cell: ({ at }) => formatCount(films.ratings[at] ?? 0),
      numeric: true,
      width: 90,
      bestFirst: "high",
    },
    ...(map.error.measure === null ? [] : errors),
    {
      id: "x",
      header: "x",
      value: rounded(films.x),
      cell: ({ at }) => formatDecimal(films.x[at] ?? 0, 3),
      numeric: true,
      width: 80,
    },
    {
      id: "y",
      header: "y",
      value: rounded(films.y),
      cell: ({ at }) => formatDecimal(films.y[at] ?? 0, 3),
      numeric: true,
      width: 80,
    },
  ];
}

export const filmsAsText = (films: MapFilms, map: FilmMap, places: readonly number[]): TextTable =>
  textOf(
    filmColumns(films, map),
    places.map((at) => ({ at })),
  );

interface FilmTableProps {
  readonly films: MapFilms;
  readonly map: FilmMap;
  /** Places of the films to show. */
  readonly places: readonly number[];
  readonly label: string;
  readonly maxHeight: number;
  readonly onOpen: (at: number) => void;
}

export function FilmTable({ films, map, places, label, maxHeight, onOpen }: FilmTableProps) {
  const columns = useMemo(() => filmColumns(films, map), [films, map]);
  const rows = useMemo(() => places.slice(0, mostRows).map((at) => ({ at })), [places]);
  return (
    <>
      <DataTable
        label={label}
        columns={columns}
        rows={rows}
        rowId={({ at }) => films.itemIds[at] ?? ""}
        rowLabel={({ at }) => films.titles[at] ?? ""}
        onOpen={({ at }) => onOpen(at)}
        maxHeight={maxHeight}
      />
      {places.length > rows.length && (
        <Text size="xs" c="dimmed" mt={4}>
          The first {formatQuantity(rows.length, "film")} of {formatCount(places.length)}. Copies and exports hold all
          of them.
        </Text>
      )}
    </>
  );
}
