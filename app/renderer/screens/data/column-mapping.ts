import type { FilePreview, ReadOptions } from "../../../../core/contract/entities.ts";

export type ColumnRole = FilePreview["columns"][number]["role"];
/** The roles a person can give; titles, years and genres are read from where they stand. */
export type MappedRole = "user" | "item" | "rating" | "time" | "part" | "ignored";

const optionOf = {
  user: "userColumn",
  item: "itemColumn",
  rating: "ratingColumn",
  time: "timeColumn",
  part: "partColumn",
} as const;

export const roleLabels: Readonly<Record<ColumnRole, string>> = {
  user: "User",
  item: "Film",
  rating: "Rating",
  time: "Time",
  title: "Title",
  genres: "Genres",
  year: "Year",
  part: "Part of a split",
  ignored: "Not used",
};

/**
 * The options after a column was given a role. A role stands on one column: whoever had it loses it. Taking the time
 * away means "no times", which detection must not undo.
 */
export function assignRole(
  options: ReadOptions,
  columns: FilePreview["columns"],
  column: string,
  role: MappedRole,
): ReadOptions {
  const next: ReadOptions = { ...options };
  const before = columns.find(({ name }) => name === column)?.role;
  if (before === "time" && role !== "time") next.timeColumn = null;
  else if (before === "user" || before === "item" || before === "rating" || before === "part")
    delete next[optionOf[before]];
  if (role !== "ignored") next[optionOf[role]] = column;
  // A column that was mapped to something else by hand keeps nothing of it.
  for (const name of ["userColumn", "itemColumn", "ratingColumn", "timeColumn", "partColumn"] as const) {
    if (next[name] === column && (role === "ignored" || optionOf[role] !== name)) delete next[name];
  }
  if (before === "time" && role !== "time") next.timeColumn = null;
  return next;
}

/** A copy with the option set, or left to detection when undefined. */
export function withOption<K extends keyof ReadOptions>(
  options: ReadOptions,
  key: K,
  value: ReadOptions[K] | undefined,
): ReadOptions {
  const next: ReadOptions = { ...options };
  if (value === undefined) delete next[key];
  else next[key] = value;
  return next;
}

const kindNames = {
  whole: "whole numbers",
  number: "numbers",
  date: "dates",
  text: "texts",
  empty: "empty",
} as const;

/** "40 whole numbers, 2 texts": what a column's cells are, most first. */
export function cellKinds(cells: FilePreview["columns"][number]["cells"]): string {
  return (Object.keys(kindNames) as (keyof typeof kindNames)[])
    .filter((kind) => cells[kind] > 0)
    .sort((a, b) => cells[b] - cells[a])
    .map((kind) => `${String(cells[kind])} ${kindNames[kind]}`)
    .join(", ");
}
