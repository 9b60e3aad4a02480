import { join } from "node:path";
import { exists } from "../files/atomic.ts";
import { sqlPath } from "./database.ts";

/** How files of ratings are written: version 2 of Parquet stores whole numbers as differences, smaller and faster. */
export const ratingsFormat = "(FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION V2)";

/** The ratings of a source and the ids of its users and items, by number (docs/reference/formats.md). */
export function sourceFiles(directory: string): readonly [ratings: string, users: string, items: string] {
  return [join(directory, "ratings.parquet"), join(directory, "user-ids.parquet"), join(directory, "item-ids.parquet")];
}

/** What is said of users and of items beside titles: in a source by id, in a snapshot by number. Absent where nothing is. */
export function attributeFiles(directory: string): readonly [users: string, items: string] {
  return [join(directory, "user-attributes.parquet"), join(directory, "item-tags.parquet")];
}

/** Whether its ratings carry numbers. Sources imported by earlier versions carry the ids themselves. */
export function hasNumbers(directory: string): Promise<boolean> {
  return exists(sourceFiles(directory)[1]);
}

/** SELECT … FROM this: line, user_id, item_id, rating, time, part and place (the row's number in the file) of a source of either kind. */
export async function sourceRows(directory: string): Promise<string> {
  const [ratings, users, items] = sourceFiles(directory).map(sqlPath) as [string, string, string];
  if (!(await hasNumbers(directory)))
    return `(SELECT line, user_id, item_id, rating, "time", NULL::UTINYINT AS part, file_row_number AS place FROM read_parquet(${ratings}, file_row_number = true))`;
  return `(SELECT line, user_id, item_id, rating, "time", part, place FROM (SELECT *, file_row_number AS place FROM read_parquet(${ratings}, file_row_number = true))
    JOIN read_parquet(${users}) AS user_ids USING (u) JOIN read_parquet(${items}) AS item_ids USING (i))`;
}
