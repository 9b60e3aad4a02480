import { readdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

/** What data sets call their file of titles, compared without case. */
const knownNames = [
  "u.item",
  "movies.csv",
  "movies.dat",
  "items.csv",
  "titles.csv",
  "movie_titles.csv",
  "movie_titles.txt",
  "bx_books.csv",
  "bx-books.csv",
  "movies.csv.gz",
  "movies.dat.gz",
];

/** A file of titles beside the ratings, by its usual names; null when there is none. */
export async function findTitlesFile(ratingsPath: string): Promise<string | null> {
  const directory = dirname(resolve(ratingsPath));
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile() || entry.isSymbolicLink()).map((entry) => entry.name);
  for (const known of knownNames) {
    const name = files.find((file) => file.toLowerCase() === known);
    if (name !== undefined && join(directory, name) !== resolve(ratingsPath)) return join(directory, name);
  }
  return null;
}
