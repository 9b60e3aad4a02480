import { rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { exists, temporaryPath } from "../files/atomic.ts";
import { burstShare, everythingShare, fewestConstant, fewestEverything, fewestInBurst } from "./account-rules.ts";
import { sqlPath, withDatabase } from "./database.ts";

/** Ratings that pull a bias half-way to 0 (Koren 2010, section 2.1, decoupled estimation). */
const itemShrinkage = 25;
const userShrinkage = 10;

/** What is known of each user and item of a snapshot, a row each, in Parquet files beside its ratings. */
export interface FeatureFiles {
  /** u, user_id, n, mean, deviation, bias, levels, first, last, busiest, constant, burst, everything. */
  readonly users: string;
  /** i, item_id, title, year, genres, n, mean, deviation, bias, first, last. */
  readonly items: string;
}

const making = new Map<string, Promise<void>>();

/** Made when first asked for. Nothing but a cache: removed with the snapshot, made again where they are missing. */
export async function snapshotFeatures(snapshotDirectory: string): Promise<FeatureFiles> {
  const files = {
    users: join(snapshotDirectory, "features.users.parquet"),
    items: join(snapshotDirectory, "features.items.parquet"),
  };
  if ((await exists(files.users)) && (await exists(files.items))) return files;
  const made = making.get(snapshotDirectory) ?? makeFeatures(snapshotDirectory, files);
  making.set(snapshotDirectory, made);
  try {
    await made;
  } finally {
    making.delete(snapshotDirectory);
  }
  return files;
}

async function makeFeatures(directory: string, files: FeatureFiles): Promise<void> {
  const [ratings, users, items] = ["ratings", "users", "items"].map((name) =>
    sqlPath(join(directory, `${name}.parquet`)),
  ) as [string, string, string];
  const [temporaryUsers, temporaryItems] = [temporaryPath(dirname(directory)), temporaryPath(dirname(directory))];
  try {
    await withDatabase({ spillInto: dirname(directory) }, async (database) => {
      await database.run(
        `CREATE TEMP TABLE item AS SELECT i, count(*) AS n, avg(rating) AS mean, stddev_pop(rating) AS deviation,
           sum(rating - mu) / (${String(itemShrinkage)} + count(*)) AS bias, min("time") AS first, max("time") AS last
         FROM read_parquet(${ratings}), (SELECT avg(rating) AS mu FROM read_parquet(${ratings})) GROUP BY i`,
      );
      await database.run(
        `CREATE TEMP TABLE account AS SELECT u, count(*) AS n, avg(rating) AS mean, stddev_pop(rating) AS deviation, count(DISTINCT rating) AS levels,
           sum(rating - mu - bias) / (${String(userShrinkage)} + count(*)) AS bias, min("time") AS first, max("time") AS last
         FROM (SELECT u, i, rating, "time" FROM read_parquet(${ratings})) JOIN (SELECT i, bias FROM item) USING (i),
           (SELECT avg(rating) AS mu FROM read_parquet(${ratings})) GROUP BY u`,
      );
      await database.run(
        `COPY (
           WITH hourly AS (
             SELECT u, max(n) AS busiest FROM (
               SELECT u, "time" // 3600 AS hour, count(*) AS n FROM read_parquet(${ratings}) WHERE "time" IS NOT NULL GROUP BY u, hour
             ) GROUP BY u
           )
           SELECT u, user_id, n, mean, deviation, bias, levels, first, last, busiest,
             n >= ${String(fewestConstant)} AND levels = 1 AND (SELECT max(levels) FROM account) > 1 AS constant,
             coalesce(busiest >= ${String(fewestInBurst)} AND busiest >= ${String(burstShare)} * n, false) AS burst,
             n > ${String(everythingShare)} * (SELECT count(*) FROM item) AND n > ${String(fewestEverything)} AS everything
           FROM account LEFT JOIN hourly USING (u) JOIN read_parquet(${users}) AS names USING (u) ORDER BY u
         ) TO ${sqlPath(temporaryUsers)} (FORMAT parquet)`,
      );
      await database.run(
        `COPY (SELECT i, item_id, title, "year", coalesce(genres, []) AS genres, n, mean, deviation, bias, first, last
           FROM item JOIN read_parquet(${items}) AS names USING (i) ORDER BY i) TO ${sqlPath(temporaryItems)} (FORMAT parquet)`,
      );
    });
    await rename(temporaryItems, files.items);
    await rename(temporaryUsers, files.users);
  } finally {
    await rm(temporaryUsers, { force: true });
    await rm(temporaryItems, { force: true });
  }
}
