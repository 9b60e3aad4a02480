import { z } from "zod";
import type { Recipe } from "../contract/entities.ts";
import type { RecipePreview } from "../contract/snapshot-tables.ts";
import { integer, sqlPath, withDatabase } from "./database.ts";
import type { Database } from "./database.ts";
import { applyStep } from "./recipe-steps.ts";
import { effectiveRecipe } from "./snapshot.ts";
import { hasNumbers, sourceFiles, sourceRows } from "./source-files.ts";

/**
 * What the recipe leaves of the sources after each step, counted by the steps themselves: the snapshot made of both has the same
 * counts. `scratch` is a folder to spill into. Throws RB_CANCELLED.
 */
export async function previewRecipe(
  directories: readonly string[],
  recipe: Recipe,
  scratch: string,
  signal: AbortSignal,
): Promise<RecipePreview> {
  return withDatabase({ signal, spillInto: scratch }, async (database) => {
    await createRows(database, directories);
    const start = await countRows(database);
    const steps: RecipePreview["steps"] = [];
    let before = start.ratings;
    for (const step of effectiveRecipe(recipe)) {
      await applyStep(database, step);
      const { ratings, users, items } = await countRows(database);
      steps.push({ step, before, after: ratings, users, items });
      before = ratings;
    }
    return { ...start, steps };
  });
}

/** The tables that steps work on (`recipe-steps.ts`). One source has its numbers already; several need common ones. */
async function createRows(database: Database, directories: readonly string[]): Promise<void> {
  const [only, ...more] = directories;
  if (only !== undefined && more.length === 0 && (await hasNumbers(only))) {
    const [ratings, users, items] = sourceFiles(only).map(sqlPath) as [string, string, string];
    await database.run(`CREATE TEMP VIEW all_users AS SELECT user_id, u AS u0 FROM read_parquet(${users})`);
    await database.run(`CREATE TEMP VIEW all_items AS SELECT item_id, i AS i0 FROM read_parquet(${items})`);
    await database.run(
      `CREATE TEMP TABLE rows AS SELECT u AS u0, i AS i0, rating, "time", part, 0::INTEGER AS source, file_row_number::BIGINT AS position
         FROM read_parquet(${ratings}, file_row_number = true)`,
    );
    return;
  }
  const sources = await Promise.all(directories.map(sourceRows));
  const all = sources.map(
    (from, index) =>
      `SELECT user_id, item_id, rating, "time", part, ${String(index)}::INTEGER AS source, place::BIGINT AS position FROM ${from}`,
  );
  await database.run(`CREATE TEMP VIEW everything AS ${all.join(" UNION ALL ")}`);
  for (const [table, id, number] of [
    ["all_users", "user_id", "u0"],
    ["all_items", "item_id", "i0"],
  ] as const)
    await database.run(
      `CREATE TEMP TABLE ${table} AS SELECT ${id}, (row_number() OVER () - 1)::INTEGER AS ${number} FROM (SELECT DISTINCT ${id} FROM everything)`,
    );
  await database.run(
    `CREATE TEMP TABLE rows AS SELECT u0, i0, rating, "time", part, source, position FROM everything JOIN all_users USING (user_id) JOIN all_items USING (item_id)`,
  );
}

function countRows(database: Database): Promise<Pick<RecipePreview, "ratings" | "users" | "items">> {
  return database.one(
    z.object({ ratings: integer, users: integer, items: integer }),
    "SELECT count(*) AS ratings, count(DISTINCT u0) AS users, count(DISTINCT i0) AS items FROM rows",
  );
}
