import { normaliseName } from "./column-roles.ts";

/** A layout many people have: what it is called and what its files do not say themselves. */
export interface KnownLayout {
  readonly name: string;
  readonly scale: { readonly minimum: number; readonly maximum: number } | null;
  /** All of it is one person's. */
  readonly personal: boolean;
}

const layout = (name: string, minimum: number, maximum: number, personal = false): KnownLayout => ({
  name,
  scale: { minimum, maximum },
  personal,
});

export interface LayoutSigns {
  readonly delimiter: string;
  /** Null without a header line. */
  readonly names: readonly string[] | null;
  readonly rows: readonly (readonly string[])[];
}

const has = (names: readonly string[], ...wanted: readonly string[]) => wanted.every((name) => names.includes(name));

export function recogniseLayout({ delimiter, names, rows }: LayoutSigns): KnownLayout | null {
  return names === null ? withoutHeader(delimiter, rows) : byNames(names.map(normaliseName));
}

function byNames(names: readonly string[]): KnownLayout | null {
  if (has(names, "const", "yourrating")) return layout("IMDb export", 1, 10, true);
  if (has(names, "letterboxduri", "rating")) return layout("Letterboxd export", 0.5, 5, true);
  if (has(names, "bookid", "myrating")) return layout("Goodreads export", 0, 5, true);
  if (has(names, "userid", "isbn", "bookrating")) return layout("Book-Crossing", 0, 10);
  if (has(names, "userid", "movieid", "rating", "timestamp")) return layout("MovieLens", 0.5, 5);
  return null;
}

function withoutHeader(delimiter: string, rows: readonly (readonly string[])[]): KnownLayout | null {
  const width = rows[0]?.length ?? 0;
  if (delimiter === "::" && (width === 3 || width === 4)) {
    const items = rows.map((fields) => fields[1] ?? "");
    return items.some((id) => /^0\d{6}$/.test(id)) ? layout("MovieTweetings", 0, 10) : layout("MovieLens 1M", 0.5, 5);
  }
  if (delimiter === "\t" && width === 4 && rows.every((fields) => fields.every((field) => /^\d+$/.test(field))))
    return layout("MovieLens 100K", 1, 5);
  if (delimiter === " " && width === 3) return layout("FilmTrust", 0.5, 4);
  return null;
}

export const netflixLayout = layout("Netflix Prize", 1, 5);

/** Whether rows are those of a file of titles: an item, its title, and no rating. */
export function looksLikeTitles(names: readonly string[] | null, rows: readonly (readonly string[])[]): boolean {
  if (names !== null) {
    const normalised = names.map(normaliseName);
    return (
      (normalised.includes("title") || normalised.includes("booktitle")) &&
      !normalised.some((name) => name.includes("rating"))
    );
  }
  const titled = rows.filter((fields) => fields.some((field) => /\(\d{4}\)\s*$/.test(field)));
  return rows.length > 0 && titled.length > rows.length / 2;
}
