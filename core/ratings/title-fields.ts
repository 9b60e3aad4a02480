/** The genres of the flags in MovieLens 100K's `u.item`, in their order (its `u.genre`). */
const movieLens100kGenres = [
  "unknown",
  "Action",
  "Adventure",
  "Animation",
  "Children's",
  "Comedy",
  "Crime",
  "Documentary",
  "Drama",
  "Fantasy",
  "Film-Noir",
  "Horror",
  "Musical",
  "Mystery",
  "Romance",
  "Sci-Fi",
  "Thriller",
  "War",
  "Western",
] as const;

export interface TitleFields {
  readonly itemId: string;
  readonly title: string | null;
  readonly year: number | null;
  readonly genres: readonly string[];
}

/** "Toy Story (1995)" → Toy Story (1995) and 1995: the title stays as it is written, the year is read from it. */
export function yearOf(title: string | null, yearText: string | null): number | null {
  const plain = yearText === null ? null : /^\s*(\d{4})(\.0)?\s*$/.exec(yearText)?.[1];
  // Seasons are written (2006–2007) or (2006-): the first year counts.
  const inTitle = title === null ? null : /\((\d{4})(?:\s*[-–]\s*(?:\d{4})?)?\)\s*$/.exec(title)?.[1];
  const year = Number(plain ?? inTitle ?? Number.NaN);
  return year >= 1800 && year <= 2200 ? year : null;
}

export function genresOf(text: string | null): string[] {
  if (text === null) return [];
  const parts = text.includes("|") ? text.split("|") : text.split(/[,;]/);
  return [
    ...new Set(
      parts.map((part) => part.trim()).filter((part) => part !== "" && part !== "(no genres listed)" && part !== "\\N"),
    ),
  ];
}

/** u.item: id | title | release date | video date | URL | 19 flags. */
export function itemOfFlags(fields: readonly string[]): TitleFields {
  const title = fields[1] ?? "";
  const released = /-(\d{4})$/.exec(fields[2] ?? "")?.[1] ?? null;
  const flags = fields.slice(fields.length - movieLens100kGenres.length);
  const genres = movieLens100kGenres.filter((genre, index) => genre !== "unknown" && flags[index] === "1");
  return {
    itemId: fields[0] ?? "",
    title: title === "" ? null : title,
    year: yearOf(title, null) ?? yearOf(null, released),
    genres,
  };
}

export function looksLikeFlags(fields: readonly string[]): boolean {
  return (
    fields.length >= 5 + movieLens100kGenres.length &&
    fields.slice(-movieLens100kGenres.length).every((flag) => flag === "0" || flag === "1")
  );
}
