import { rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { ParsedInput } from "../contract/methods.ts";
import { exists, temporaryPath } from "../files/atomic.ts";
import { integer, sqlPath, withDatabase } from "./database.ts";
import type { Database } from "./database.ts";

/** A page of all ratings of a snapshot, in the order of a column. */
export interface PageOfAll extends Pick<ParsedInput<"snapshots.rows">, "sort" | "descending" | "offset" | "limit"> {
  /** Ratings of the snapshot. */
  readonly total: number;
}

const manyRatings = {
  /** Fewer ratings are sorted anew for each page: it takes no time that anybody would notice. */
  worthKeeping: 2_000_000,
  /** Rows at the top, which are found without sorting all. */
  nearTop: 10_000,
};

/** Rows are numbered as they lie in the file, by (u, i). Backwards is the reverse, but for ratings without a time, last either way. */
const orders = {
  item: { ascending: "i, u", descending: "i DESC, u DESC" },
  rating: { ascending: "rating, r", descending: "rating DESC, r DESC" },
  time: { ascending: '"time" NULLS LAST, r', descending: '"time" DESC NULLS LAST, r DESC' },
} as const;
type Sorted = keyof typeof orders;

const numbered = (path: string) =>
  `(SELECT *, file_row_number AS r FROM read_parquet(${sqlPath(path)}, file_row_number = true))`;
const number = z.object({ r: integer });

/**
 * The numbers of a page's rows, in its order. Near the top they are found at once. To sort many ratings for every page would take
 * seconds each time: their order is kept in a file, which is begun when somebody leaves the first page.
 */
export async function rowNumbers(
  database: Database,
  directory: string,
  page: PageOfAll,
  { worthKeeping, nearTop } = manyRatings,
): Promise<number[]> {
  const { sort, descending, offset, limit, total } = page;
  if (sort === "user") {
    const places = placesFrom(offset, limit, total);
    return descending ? places.map((place) => total - 1 - place) : places;
  }
  const ratings = numbered(join(directory, "ratings.parquet"));
  if (total >= worthKeeping) {
    const isKept = await exists(orderFile(directory, sort));
    if (isKept || offset + limit > nearTop)
      return readNumbers(database, ratings, await keptOrder(database, directory, { sort, total }), page);
    // A page that cannot do without it says why it could not be made.
    if (offset > 0) keptOrder(database, directory, { sort, total }).catch(() => undefined);
  }
  const order = orders[sort][descending ? "descending" : "ascending"];
  const found = await database.all(
    number,
    `SELECT r FROM ${ratings} ORDER BY ${order} LIMIT ${String(limit)} OFFSET ${String(offset)}`,
  );
  return found.map(({ r }) => r);
}

function placesFrom(offset: number, limit: number, total: number): number[] {
  return Array.from({ length: Math.max(0, Math.min(limit, total - offset)) }, (_, at) => offset + at);
}

async function readNumbers(
  database: Database,
  ratings: string,
  path: string,
  { sort, descending, offset, limit, total }: PageOfAll,
): Promise<number[]> {
  const places = placesFrom(offset, limit, total);
  if (descending) {
    const sorted = sort === "time" ? await timedRatings(database, ratings) : total;
    for (const [at, place] of places.entries()) places[at] = (place < sorted ? sorted : total + sorted) - 1 - place;
  }
  const rows = await database.all(
    z.object({ place: integer, r: integer }),
    `SELECT file_row_number AS place, r FROM read_parquet($1, file_row_number = true) WHERE ${among("file_row_number", places)}`,
    [path],
  );
  const numberAt = new Map(rows.map(({ place, r }) => [place, r]));
  return places.flatMap((place) => numberAt.get(place) ?? []);
}

/** That a number is one of these: of what lies together in a file, only the part around it is read. */
export function among(column: string, numbers: readonly number[]): string {
  if (numbers.length === 0) return "false";
  const [from, to] = [Math.min(...numbers), Math.max(...numbers)];
  return to - from < numbers.length
    ? `${column} BETWEEN ${String(from)} AND ${String(to)}`
    : `${column} IN (${numbers.join(", ")})`;
}

async function timedRatings(database: Database, ratings: string): Promise<number> {
  const { n } = await database.one(z.object({ n: integer }), `SELECT count("time") AS n FROM ${ratings}`);
  return n;
}

const orderFile = (directory: string, sort: Sorted) => join(directory, `order.${sort}.parquet`);
const making = new Map<string, Promise<void>>();

/** The file that holds the row numbers, lowest value first. Nothing but a cache: removed with the snapshot, made again where it is missing. */
async function keptOrder(
  database: Database,
  directory: string,
  { sort, total }: { readonly sort: Sorted; readonly total: number },
): Promise<string> {
  const path = orderFile(directory, sort);
  if (await isWhole(database, path, total)) return path;
  const made = making.get(path) ?? makeOrder(directory, sort, path).finally(() => making.delete(path));
  making.set(path, made);
  await made;
  return path;
}

/** A power cut may leave a file without its end. */
async function isWhole(database: Database, path: string, total: number): Promise<boolean> {
  if (!(await exists(path))) return false;
  return database.one(z.object({ n: integer }), "SELECT count(*) AS n FROM read_parquet($1)", [path]).then(
    ({ n }) => n === total,
    () => false,
  );
}

async function makeOrder(directory: string, sort: Sorted, path: string): Promise<void> {
  const temporary = temporaryPath(dirname(directory));
  try {
    await withDatabase({ spillInto: dirname(directory) }, (database) =>
      database.run(
        `COPY (SELECT r::UINTEGER AS r FROM ${numbered(join(directory, "ratings.parquet"))} ORDER BY ${orders[sort].ascending})
         TO ${sqlPath(temporary)} (FORMAT parquet)`,
      ),
    );
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}
