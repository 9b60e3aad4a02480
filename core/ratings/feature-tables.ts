import { dirname } from "node:path";
import { z } from "zod";
import type { MethodOutput, ParsedInput } from "../contract/methods.ts";
import type { EntityFilter } from "../contract/snapshot-tables.ts";
import { exists } from "../files/atomic.ts";
import { integer, sqlPath, withDatabase } from "./database.ts";
import { conditions } from "./row-conditions.ts";
import type { Conditions } from "./row-conditions.ts";
import { isoOf } from "./snapshot.ts";
import { attributeFiles } from "./source-files.ts";
import { snapshotFeatures } from "./snapshot-features.ts";

const features = {
  n: integer,
  mean: z.number(),
  deviation: z.number(),
  bias: z.number(),
  first: integer.nullable(),
  last: integer.nullable(),
};

/** A page of a snapshot's users. */
export async function snapshotUsers(
  directory: string,
  { filter, sort, descending, offset, limit }: Omit<ParsedInput<"snapshots.users">, "snapshotId">,
): Promise<MethodOutput<"snapshots.users">> {
  const { users } = await snapshotFeatures(directory);
  const order = sort === "user" ? "user_id" : sort === "ratings" ? "n" : sort;
  return withDatabase({ spillInto: dirname(directory) }, async (database) => {
    const file = await withWords(users, "u", attributeFiles(directory)[0]);
    const where = entityConditions(filter, "user_id", file);
    const from = `FROM ${file} ${whereOf(where)}`;
    const { values } = where;
    const { total } = await database.one(z.object({ total: integer }), `SELECT count(*) AS total ${from}`, values);
    const rows = await database.all(
      z.object({
        user_id: z.string(),
        ...features,
        levels: integer,
        constant: z.boolean(),
        burst: z.boolean(),
        everything: z.boolean(),
        words: z.array(z.string()),
      }),
      `SELECT user_id, n, mean, deviation, bias, first, last, levels, constant, burst, everything, words ${from}
         ORDER BY ${order} ${descending ? "DESC" : "ASC"} NULLS LAST, u LIMIT ${String(limit)} OFFSET ${String(offset)}`,
      values,
    );
    return {
      total,
      rows: rows.map((row) => ({
        userId: row.user_id,
        ...shared(row),
        levels: row.levels,
        reasons: (["constant", "burst", "everything"] as const).filter((reason) => row[reason]),
        attributes: row.words,
      })),
    };
  });
}

/** A page of a snapshot's items. */
export async function snapshotItems(
  directory: string,
  { filter, sort, descending, offset, limit }: Omit<ParsedInput<"snapshots.items">, "snapshotId">,
): Promise<MethodOutput<"snapshots.items">> {
  const { items } = await snapshotFeatures(directory);
  const order = sort === "item" ? "item_id" : sort === "ratings" ? "n" : sort === "year" ? '"year"' : sort;
  return withDatabase({ spillInto: dirname(directory) }, async (database) => {
    const file = await withWords(items, "i", attributeFiles(directory)[1]);
    const where = entityConditions(filter, "item_id", file);
    const from = `FROM ${file} ${whereOf(where)}`;
    const { values } = where;
    const { total } = await database.one(z.object({ total: integer }), `SELECT count(*) AS total ${from}`, values);
    const rows = await database.all(
      z.object({
        item_id: z.string(),
        title: z.string().nullable(),
        year: integer.nullable(),
        genres: z.array(z.string()),
        words: z.array(z.string()),
        ...features,
      }),
      `SELECT item_id, title, "year", genres, words, n, mean, deviation, bias, first, last ${from}
         ORDER BY ${order} ${descending ? "DESC" : "ASC"} NULLS LAST, i LIMIT ${String(limit)} OFFSET ${String(offset)}`,
      values,
    );
    return {
      total,
      rows: rows.map((row) => ({
        itemId: row.item_id,
        title: row.title,
        year: row.year,
        genres: row.genres,
        tags: row.words,
        ...shared(row),
      })),
    };
  });
}

/** What each genre gets. */
export async function snapshotGenres(directory: string): Promise<MethodOutput<"snapshots.genres">> {
  const { items } = await snapshotFeatures(directory);
  return withDatabase({ spillInto: dirname(directory) }, async (database) => {
    const file = `read_parquet(${sqlPath(items)})`;
    const genres = await database.all(
      z.object({ genre: z.string(), items: integer, ratings: integer, mean: z.number(), bias: z.number() }),
      `SELECT genre, count(*) AS items, sum(n) AS ratings, sum(n * mean) / sum(n) AS mean,
         sum(n * mean) / sum(n) - (SELECT sum(n * mean) / sum(n) FROM ${file}) AS bias
       FROM (SELECT unnest(genres) AS genre, n, mean FROM ${file}) GROUP BY genre ORDER BY ratings DESC, genre LIMIT 200`,
    );
    const { without } = await database.one(
      z.object({ without: integer }),
      `SELECT count(*) AS without FROM ${file} WHERE len(genres) = 0`,
    );
    return { genres, without };
  });
}

/** `FROM` this: the features, and `words` that a file said of each user or item. */
async function withWords(path: string, number: "u" | "i", attributes: string): Promise<string> {
  const file = `read_parquet(${sqlPath(path)})`;
  if (!(await exists(attributes))) return `(SELECT *, []::VARCHAR[] AS words FROM ${file})`;
  return `(SELECT features.*, coalesce(words, []) AS words FROM ${file} AS features LEFT JOIN read_parquet(${sqlPath(attributes)}) USING (${number}))`;
}

const wordHolds = (at: string) => `len(list_filter(words, lambda word: contains(lower(word), lower(${at})))) > 0`;

function shared(row: z.output<z.ZodObject<typeof features>>) {
  const { n, mean, deviation, bias, first, last } = row;
  return { ratings: n, mean, deviation, bias, first: isoOf(first), last: isoOf(last) };
}

function entityConditions(filter: EntityFilter, id: "user_id" | "item_id", file: string): Conditions {
  const { text, ratings, mean, levels, account, titled, genre, sameTitle } = filter;
  const where = conditions();
  where.range("n", ratings);
  where.range("mean", mean);
  const wanted = text?.trim() ?? "";
  if (id === "user_id") {
    where.range("levels", levels);
    if (account !== undefined) where.add(() => `"${account}"`);
    if (wanted !== "") where.add((at) => `(contains(lower(user_id), lower(${at})) OR ${wordHolds(at)})`, wanted);
    return where;
  }
  if (titled !== undefined) where.add(() => `title IS ${titled ? "NOT " : ""}NULL`);
  if (genre !== undefined) where.add((at) => `list_contains(genres, ${at})`, genre);
  if (sameTitle === true)
    where.add(
      () =>
        `(lower(title), coalesce("year", 0)) IN (SELECT (lower(title), coalesce("year", 0)) FROM ${file} WHERE title IS NOT NULL GROUP BY ALL HAVING count(*) > 1)`,
    );
  if (wanted !== "")
    where.add(
      (at) =>
        `(contains(lower(strip_accents(coalesce(title, ''))), lower(strip_accents(${at}))) OR contains(lower(item_id), lower(${at})) OR ${wordHolds(at)})`,
      wanted,
    );
  return where;
}

function whereOf(where: Conditions): string {
  return where.text() === "" ? "" : `WHERE ${where.text()}`;
}
