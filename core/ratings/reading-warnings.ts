import { z } from "zod";
import { integer } from "./database.ts";
import type { Database } from "./database.ts";
import type { ReadPlan } from "./read-plan.ts";
import { sourceFiles } from "./source-files.ts";

/** What a person should know about the ratings as they were read. */
export async function readingWarnings(database: Database, plan: ReadPlan, directory: string): Promise<string[]> {
  const [ratingsPath, usersPath, itemsPath] = sourceFiles(directory);
  const found = await database.one(
    z.object({ damaged: integer, example: z.string().nullable(), timed: integer, rows: integer, zeros: integer }),
    `SELECT count(*) FILTER (${damagedId("item_id")} OR ${damagedId("user_id")}) AS damaged,
       any_value(CASE WHEN ${damagedId("item_id")} THEN item_id ELSE user_id END) FILTER (${damagedId("item_id")} OR ${damagedId("user_id")}) AS example,
       count("time") AS timed, count(*) AS rows, count(*) FILTER (rating = 0) AS zeros
     FROM read_parquet($1) JOIN read_parquet($2) AS users USING (u) JOIN read_parquet($3) AS items USING (i)`,
    [ratingsPath, usersPath, itemsPath],
  );
  return warningsAbout(found, plan);
}

export interface ReadingFacts {
  /** Ratings whose ids look damaged, and one such id. */
  readonly damaged: number;
  readonly example: string | null;
  readonly timed: number;
  readonly rows: number;
  readonly zeros: number;
}

export function warningsAbout(found: ReadingFacts, plan: ReadPlan): string[] {
  const warnings: string[] = [];
  if (found.damaged > 0) warnings.push(damagedIdWarning(found.example ?? "1.2E+05"));
  if (found.timed === 0) warnings.push("There are no times: temporal splits are not possible.");
  else if (found.timed < found.rows)
    warnings.push(`${String(found.rows - found.timed)} of ${String(found.rows)} ratings have no time.`);
  if (found.zeros > 0 && plan.layout?.name === "Book-Crossing") {
    warnings.push(
      `${String(found.zeros)} ratings are 0: in Book-Crossing that means "looked at", not "disliked". Consider excluding them.`,
    );
  }
  return warnings;
}

const damagedId = (column: string) => `regexp_full_match(${column}, '[0-9](\\.[0-9]+)?[eE][+][0-9]+')`;

export function damagedIdWarning(example: string): string {
  return `Ids like ${example} were damaged by a spreadsheet: different ids may have become the same. Export the file again and do not open it in a spreadsheet before the import (or format the column as text first).`;
}
