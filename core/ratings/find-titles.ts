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

const usersNames = ["u.user", "users.dat", "users.csv", "users.dat.gz", "users.csv.gz", "bx-users.csv"];
const tagsNames = ["tags.csv", "tags.dat", "tags.csv.gz", "tags.dat.gz"];

/** A file of titles beside the ratings, by its usual names; null when there is none. */
export function findTitlesFile(ratingsPath: string): Promise<string | null> {
  return findBeside(ratingsPath, knownNames);
}

/** Files of users and of tags beside the ratings. */
export async function findAttributeFiles(
  ratingsPath: string,
): Promise<{ usersPath: string | null; tagsPath: string | null }> {
  return { usersPath: await findBeside(ratingsPath, usersNames), tagsPath: await findBeside(ratingsPath, tagsNames) };
}

async function findBeside(ratingsPath: string, known: readonly string[]): Promise<string | null> {
  const directory = dirname(resolve(ratingsPath));
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile() || entry.isSymbolicLink()).map((entry) => entry.name);
  for (const usual of known) {
    const name = files.find((file) => file.toLowerCase() === usual);
    if (name !== undefined && join(directory, name) !== resolve(ratingsPath)) return join(directory, name);
  }
  return null;
}
