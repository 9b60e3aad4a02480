import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Source } from "../contract/entities.ts";
import { toReelbenchError } from "../contract/errors.ts";
import { integer, sqlPath } from "./database.ts";
import type { Database } from "./database.ts";
import type { ReadPlan } from "./read-plan.ts";
import { sourceFiles } from "./source-files.ts";
import { readTitles } from "./read-titles.ts";
import type { TitlesFile } from "./read-titles.ts";
import { genresOf, yearOf } from "./title-fields.ts";
import type { TitleFields } from "./title-fields.ts";

export interface WrittenItems {
  readonly hasTitles: boolean;
  readonly file: Source["files"][number] | null;
  readonly warnings: readonly string[];
}

/**
 * Writes `items.parquet` from the file of titles and from the title columns of the ratings themselves; the file wins. A
 * file that was named must be readable; one that was merely found beside the ratings only costs a warning.
 */
export async function writeSourceItems(
  database: Database,
  plan: ReadPlan,
  itemsPath: string | null,
  directory: string,
  options: { readonly automatic: boolean; readonly signal: AbortSignal },
): Promise<WrittenItems> {
  const warnings: string[] = [];
  let titles: TitlesFile | null = null;
  if (itemsPath !== null) {
    try {
      titles = await readTitles(itemsPath, { signal: options.signal });
    } catch (error) {
      if (!options.automatic || options.signal.aborted) throw error;
      warnings.push(`The titles beside the ratings were left out: ${toReelbenchError(error).message}`);
    }
  }
  const inRatings =
    plan.columns.title === undefined && plan.columns.genres === undefined ? [] : await titlesInRatings(database);
  const items = new Map<string, TitleFields>(inRatings.map((item) => [item.itemId, item]));
  for (const item of titles?.items ?? []) items.set(item.itemId, item);
  if (items.size === 0) return { hasTitles: false, file: titles?.file ?? null, warnings };
  await writeItems(database, [...items.values()], directory);
  const { known, rated } = await database.one(
    z.object({ known: integer, rated: integer }),
    "SELECT count(*) FILTER (item_id IN (SELECT item_id FROM read_parquet($2) WHERE title IS NOT NULL)) AS known, count(*) AS rated FROM read_parquet($1)",
    [sourceFiles(directory)[2], join(directory, "items.parquet")],
  );
  if (titles !== null && known < rated / 2)
    warnings.push(
      `Only ${String(known)} of ${String(rated)} rated items have a title in ${titles.file.path}: is it the right file?`,
    );
  if (titles !== null && titles.skipped > 0)
    warnings.push(`${String(titles.skipped)} lines of ${titles.file.path} hold no id and title.`);
  return { hasTitles: known > 0, file: titles?.file ?? null, warnings };
}

async function titlesInRatings(database: Database): Promise<TitleFields[]> {
  const text = z.string().nullable();
  const rows = await database.all(
    z.object({ item_id: z.string(), title: text, year: text, genres: text }),
    `SELECT item_id, min(title) AS title, min("year") AS "year", min(genres) AS genres FROM verdicts WHERE verdict IS NULL GROUP BY item_id`,
  );
  return rows.map((row) => ({
    itemId: row.item_id,
    title: row.title === "" ? null : row.title,
    year: yearOf(row.title, row.year),
    genres: genresOf(row.genres),
  }));
}

async function writeItems(database: Database, items: readonly TitleFields[], directory: string): Promise<void> {
  const lines = join(directory, "staging", "items.jsonl");
  await writeFile(
    lines,
    items
      .map((item) => JSON.stringify({ item_id: item.itemId, title: item.title, year: item.year, genres: item.genres }))
      .join("\n"),
  );
  await database.run(
    `COPY (SELECT item_id, title, "year", genres FROM read_json($1, format = 'newline_delimited',
       columns = {item_id: 'VARCHAR', title: 'VARCHAR', "year": 'INTEGER', genres: 'VARCHAR[]'}) ORDER BY item_id)
     TO ${sqlPath(join(directory, "items.parquet"))} (FORMAT parquet, COMPRESSION zstd)`,
    [lines],
  );
}
