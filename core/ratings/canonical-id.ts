import { createHash } from "node:crypto";
import { join } from "node:path";
import { listValue } from "@duckdb/node-api";
import { z } from "zod";
import type { Recipe } from "../contract/entities.ts";
import { canonicalJson } from "../files/json.ts";
import { integer } from "./database.ts";
import type { Database } from "./database.ts";

const unitSeparator = "chr(31)";
const recordSeparator = "chr(30)";
const ratingsAtOnce = 1_000_000;

/**
 * The id of a snapshot (docs/reference/formats.md): a hash over recipe and rows, in the order of user and item ids as
 * bytes. A rating is written as ECMAScript writes a number (the shortest text that reads back the same), a time as its
 * Unix seconds, an unknown time as nothing. The ids hold no separator: the import refuses such ids.
 */
export async function canonicalId(database: Database, directory: string, recipe: Recipe): Promise<string> {
  const hash = createHash("sha256").update(canonicalJson(recipe), "utf8");
  const files = [
    join(directory, "ratings.parquet"),
    join(directory, "users.parquet"),
    join(directory, "items.parquet"),
  ] as const;
  await ratingTexts(database, files[0]);
  for (const { low, high } of await userRanges(database, files[0])) {
    const rows = await database.all(
      z.object({ text: z.string() }),
      `SELECT string_agg(user_id || ${unitSeparator} || item_id || ${unitSeparator} || written || ${unitSeparator} || coalesce("time"::VARCHAR, '') || ${recordSeparator}, '' ORDER BY i) AS text
       FROM (SELECT u, i, rating, "time" FROM read_parquet($1) WHERE u BETWEEN $4 AND $5)
       JOIN read_parquet($2) AS users USING (u) JOIN (SELECT i, item_id FROM read_parquet($3)) AS items USING (i) JOIN rating_texts USING (rating)
       GROUP BY u ORDER BY u`,
      [...files, low, high],
    );
    for (const { text } of rows) hash.update(text, "utf8");
  }
  return `s${hash.digest("hex").slice(0, 20)}`;
}

/** Table `rating_texts`: every rating that occurs and how it is written. */
async function ratingTexts(database: Database, ratings: string): Promise<void> {
  const values = await database.all(z.object({ rating: z.number() }), "SELECT DISTINCT rating FROM read_parquet($1)", [
    ratings,
  ]);
  await database.run("CREATE OR REPLACE TEMP TABLE rating_texts (rating DOUBLE, written VARCHAR)");
  await database.run("INSERT INTO rating_texts SELECT unnest($1)::DOUBLE, unnest($2)", [
    listValue(values.map(({ rating }) => rating.toExponential(17))),
    listValue(values.map(({ rating }) => String(rating))),
  ]);
}

/** Ranges of users with about a million ratings each, so that their texts need not all be in memory. */
async function userRanges(database: Database, ratings: string): Promise<{ low: number; high: number }[]> {
  return database.all(
    z.object({ low: integer, high: integer }),
    `SELECT min(u) AS low, max(u) AS high FROM (SELECT u, (sum(n) OVER (ORDER BY u) - 1) // ${String(ratingsAtOnce)} AS block FROM (SELECT u, count(*) AS n FROM read_parquet($1) GROUP BY u)) GROUP BY block ORDER BY low`,
    [ratings],
  );
}
