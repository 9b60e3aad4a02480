import type { FilePreview } from "../contract/entities.ts";

export type ColumnRole = FilePreview["columns"][number]["role"];
export type NamedRole = Exclude<ColumnRole, "ignored">;

/** Names by which exports call a column, surest first; compared without case, spaces and punctuation. */
const namesByRole: Record<NamedRole, readonly string[]> = {
  user: [
    "userid",
    "user",
    "users",
    "uid",
    "username",
    "reviewerid",
    "customerid",
    "memberid",
    "accountid",
    "viewerid",
    "personid",
    "customer",
    "reviewer",
    "member",
    "viewer",
    "person",
    "benutzer",
    "benutzerid",
    "nutzer",
    "nutzerid",
    "utilisateur",
    "usuario",
    "utente",
  ],
  item: [
    "movieid",
    "itemid",
    "const",
    "tconst",
    "letterboxduri",
    "isbn",
    "asin",
    "filmid",
    "bookid",
    "productid",
    "animeid",
    "showid",
    "trackid",
    "songid",
    "articleid",
    "titleid",
    "movie",
    "item",
    "film",
    "imdbid",
    "tmdbid",
    "product",
    "book",
    "show",
    "anime",
    "mid",
    "iid",
    "pelicula",
    "artikel",
  ],
  rating: [
    "yourrating",
    "myrating",
    "rating",
    "bookrating",
    "userrating",
    "ratings",
    "score",
    "stars",
    "overall",
    "bewertung",
    "wertung",
    "note",
    "puntuacion",
    "calificacion",
    "voto",
    "preference",
    "value",
    "rate",
    "r",
  ],
  time: [
    "timestamp",
    "daterated",
    "ratedat",
    "ratingtime",
    "ratingdate",
    "reviewtime",
    "unixreviewtime",
    "createdat",
    "datetime",
    "time",
    "ts",
    "watcheddate",
    "dateadded",
    "date",
    "when",
    "datum",
    "zeit",
    "zeitstempel",
    "fecha",
    "tstamp",
    "t",
  ],
  title: ["title", "movietitle", "filmtitle", "booktitle", "name", "titel", "titre", "titulo", "primarytitle"],
  genres: ["genres", "genre"],
  year: ["year", "releaseyear", "yearofpublication", "jahr", "annee", "ano"],
  // Never guessed: whoever has such a column names it.
  part: [],
};

export const roles = Object.keys(namesByRole) as NamedRole[];

export function normaliseName(name: string): string {
  return name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, "");
}

/** Role → column index by the header's names. Roles nobody fits are absent; no column has two roles. */
export function rolesByName(names: readonly string[]): Partial<Record<NamedRole, number>> {
  const normalised = names.map(normaliseName);
  const found: Partial<Record<NamedRole, number>> = {};
  const taken = new Set<number>();
  for (const role of roles) {
    for (const known of namesByRole[role]) {
      const index = normalised.findIndex((name, at) => name === known && !taken.has(at));
      if (index === -1) continue;
      found[role] = index;
      taken.add(index);
      break;
    }
  }
  return found;
}

const number = /^[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?$/;

export function looksNumeric(text: string): boolean {
  return number.test(text.trim());
}

/** Names for every column: empty ones by position, repeated ones numbered, so that each can be named in options. */
export function uniqueNames(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return names.map((name, index) => {
    const base = name.trim() === "" ? `column${String(index)}` : name.trim();
    let unique = base;
    for (let n = 2; seen.has(unique); n++) unique = `${base}_${String(n)}`;
    seen.add(unique);
    return unique;
  });
}

/** Whether the first record names columns: a known name, or words above a column of numbers. */
export function detectHeader(first: readonly string[], body: readonly (readonly string[])[]): boolean {
  if (first.some(looksNumeric)) return false;
  const found = rolesByName(first);
  if (found.user !== undefined || found.item !== undefined || found.rating !== undefined) return true;
  if (body.length === 0) return false;
  return first.some((_, column) => {
    const cells = body.map((fields) => fields[column] ?? "").filter((cell) => cell !== "");
    return cells.length > 0 && cells.filter(looksNumeric).length > 0.9 * cells.length;
  });
}
