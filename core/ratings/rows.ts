import { dirname, join } from "node:path";
import { z } from "zod";
import { reject } from "../contract/entities.ts";
import type { MethodOutput, ParsedInput } from "../contract/methods.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { integer, withDatabase } from "./database.ts";
import { among, rowNumbers } from "./row-order.ts";
import { addRowFilter, conditions, needsFeatures } from "./row-conditions.ts";
import { isoOf } from "./snapshot.ts";
import { snapshotFeatures } from "./snapshot-features.ts";

const usersOf = (directory: string) => join(directory, "users.parquet");
const itemsOf = (directory: string) => join(directory, "items.parquet");
const ratingsOf = (directory: string) => join(directory, "ratings.parquet");

const titleFields = { title: z.string().nullable(), year: integer.nullable(), genres: z.array(z.string()).nullable() };

const pageRow = z.object({
  user_id: z.string(),
  item_id: z.string(),
  title: z.string().nullable(),
  rating: z.number(),
  time: integer.nullable(),
});

const orderBy = {
  user: { ascending: "u, i", descending: "u DESC, i DESC" },
  item: { ascending: "i, u", descending: "i DESC, u DESC" },
  rating: { ascending: "rating, u, i", descending: "rating DESC, u DESC, i DESC" },
  time: { ascending: `"time" NULLS LAST, u, i`, descending: `"time" DESC NULLS LAST, u DESC, i DESC` },
} as const;

/** A page of a snapshot's ratings: of one user or one item, or those that a filter lets through. */
export async function snapshotRows(
  directory: string,
  input: ParsedInput<"snapshots.rows">,
): Promise<MethodOutput<"snapshots.rows">> {
  const filter = input.filter ?? {};
  const { userId, itemId } = input;
  if (userId === undefined && itemId === undefined && Object.values(filter).every((asked) => asked === undefined))
    return pageOfAll(directory, input);
  const features = needsFeatures(filter) ? await snapshotFeatures(directory) : null;
  return withDatabase({ spillInto: dirname(directory) }, async (database) => {
    const where = conditions(4);
    if (userId !== undefined) where.add((at) => `u = (SELECT u FROM read_parquet($2) WHERE user_id = ${at})`, userId);
    if (itemId !== undefined) where.add((at) => `i = (SELECT i FROM read_parquet($3) WHERE item_id = ${at})`, itemId);
    addRowFilter(where, filter, features);
    const condition = where.text() === "" ? "" : `WHERE ${where.text()}`;
    const values = [ratingsOf(directory), usersOf(directory), itemsOf(directory), ...where.values];
    const { total } = await database.one(
      z.object({ total: integer }),
      // Names every parameter: DuckDB takes none too many.
      `SELECT count(*) AS total, any_value($2::VARCHAR), any_value($3::VARCHAR) FROM read_parquet($1) ${condition}`,
      values,
    );
    const order = orderBy[input.sort][input.descending ? "descending" : "ascending"];
    const rows = await database.all(
      pageRow,
      `WITH page AS (SELECT u, i, rating, "time" FROM read_parquet($1) ${condition} ORDER BY ${order} LIMIT ${String(input.limit)} OFFSET ${String(input.offset)})
       SELECT user_id, item_id, title, rating, "time" FROM page JOIN read_parquet($2) AS users USING (u) JOIN (SELECT i, item_id, title FROM read_parquet($3)) AS items USING (i)
       ORDER BY ${order}`,
      values,
    );
    return { total, rows: rows.map(shownRow) };
  });
}

/** A page of all ratings: its rows are found by their numbers, so that the last page takes no longer than the first. */
function pageOfAll(
  directory: string,
  { sort, descending, offset, limit }: ParsedInput<"snapshots.rows">,
): Promise<MethodOutput<"snapshots.rows">> {
  return withDatabase({ spillInto: dirname(directory) }, async (database) => {
    const { total } = await database.one(
      z.object({ total: integer }),
      "SELECT count(*) AS total FROM read_parquet($1)",
      [ratingsOf(directory)],
    );
    const numbers = await rowNumbers(database, directory, { sort, descending, offset, limit, total });
    const rows = await database.all(
      pageRow.extend({ r: integer }),
      `SELECT r, user_id, item_id, title, rating, "time"
       FROM (SELECT u, i, rating, "time", file_row_number AS r FROM read_parquet($1, file_row_number = true) WHERE ${among("file_row_number", numbers)})
       JOIN read_parquet($2) AS users USING (u) JOIN (SELECT i, item_id, title FROM read_parquet($3)) AS items USING (i)`,
      [ratingsOf(directory), usersOf(directory), itemsOf(directory)],
    );
    const rowAt = new Map(rows.map((row) => [row.r, row]));
    return {
      total,
      rows: numbers.flatMap((r) => {
        const row = rowAt.get(r);
        return row === undefined ? [] : [shownRow(row)];
      }),
    };
  });
}

function shownRow({ user_id, item_id, title, rating, time }: z.output<typeof pageRow>) {
  return { userId: user_id, itemId: item_id, title, rating, time: isoOf(time) };
}

/** Users whose id holds the text; who begins with it first, then who rated most. */
export function searchUsers(
  directory: string,
  input: ParsedInput<"users.search">,
): Promise<MethodOutput<"users.search">> {
  return withDatabase({ spillInto: dirname(directory) }, async (database) => {
    const rows = await database.all(
      z.object({ user_id: z.string(), ratings: integer }),
      `SELECT user_id, ratings FROM read_parquet($2) AS users JOIN (SELECT u, count(*) AS ratings FROM read_parquet($1) GROUP BY u) USING (u)
       WHERE contains(lower(user_id), lower($3)) ORDER BY lower(user_id) = lower($3) DESC, starts_with(lower(user_id), lower($3)) DESC, ratings DESC, u LIMIT $4`,
      [ratingsOf(directory), usersOf(directory), input.text.trim(), input.limit],
    );
    return rows.map((row) => ({ userId: row.user_id, ratings: row.ratings }));
  });
}

/** Items whose title or id holds the text, accents and case aside; most rated first. */
export function searchItems(
  directory: string,
  input: ParsedInput<"items.search">,
): Promise<MethodOutput<"items.search">> {
  return withDatabase({ spillInto: dirname(directory) }, async (database) => {
    const rows = await database.all(
      z.object({ item_id: z.string(), ...titleFields, ratings: integer }),
      `SELECT item_id, title, "year", genres, ratings FROM read_parquet($2) AS items JOIN (SELECT i, count(*) AS ratings FROM read_parquet($1) GROUP BY i) USING (i)
       WHERE contains(lower(strip_accents(coalesce(title, ''))), lower(strip_accents($3))) OR contains(lower(item_id), lower($3))
       ORDER BY lower(item_id) = lower($3) DESC, ratings DESC, i LIMIT $4`,
      [ratingsOf(directory), itemsOf(directory), input.text.trim(), input.limit],
    );
    return rows.map((row) => ({
      itemId: row.item_id,
      title: row.title,
      year: row.year,
      genres: row.genres ?? [],
      ratings: row.ratings,
    }));
  });
}

/** What a user has rated, the best first, and how much it is. Throws RB_NOT_FOUND for a user the snapshot does not know. */
export function userHistory(
  directory: string,
  input: Pick<ParsedInput<"users.history">, "userId" | "limit">,
): Promise<MethodOutput<"users.history">> {
  return withDatabase({ spillInto: dirname(directory) }, async (database) => {
    const rows = await database.all(
      z.object({ item_id: z.string(), ...titleFields, rating: z.number(), time: integer.nullable(), total: integer }),
      `SELECT item_id, title, "year", genres, rating, "time", count(*) OVER () AS total FROM read_parquet($1) AS ratings JOIN read_parquet($3) AS items USING (i)
       WHERE u = (SELECT u FROM read_parquet($2) WHERE user_id = $4) ORDER BY rating DESC, "time" DESC NULLS LAST, i LIMIT $5`,
      [ratingsOf(directory), usersOf(directory), itemsOf(directory), input.userId, input.limit],
    );
    const [first] = rows;
    if (first === undefined) throw new ReelbenchError("RB_NOT_FOUND", `The snapshot knows no user "${input.userId}".`);
    const films = rows.map((row) => ({
      itemId: row.item_id,
      title: row.title,
      year: row.year,
      genres: row.genres ?? [],
      rating: row.rating,
      time: isoOf(row.time),
    }));
    return { total: first.total, films };
  });
}

/** A page of the records of a source that could not be read, in the file's order. */
export function sourceRejects(
  directory: string,
  input: Pick<ParsedInput<"sources.rejects">, "offset" | "limit">,
): Promise<MethodOutput<"sources.rejects">> {
  return withDatabase({ spillInto: dirname(directory) }, async (database) => {
    const path = join(directory, "rejects.parquet");
    const { total } = await database.one(
      z.object({ total: integer }),
      "SELECT count(*) AS total FROM read_parquet($1)",
      [path],
    );
    const rows = await database.all(
      z.object({ line: integer, reason: reject.shape.reason, raw: z.string() }),
      "SELECT line, reason, raw FROM read_parquet($1, file_row_number = true) ORDER BY file_row_number LIMIT $2 OFFSET $3",
      [path, input.limit, input.offset],
    );
    return { total, rows };
  });
}
