import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import type { Source } from "../contract/entities.ts";
import { integer, sqlPath } from "./database.ts";
import type { Database } from "./database.ts";
import { readTags, readUserAttributes } from "./read-attributes.ts";
import type { AttributesFile } from "./read-attributes.ts";
import { attributeFiles, sourceFiles } from "./source-files.ts";

export interface AttributePaths {
  /** A file of users; null: none. */
  readonly usersPath: string | null;
  /** A file of tags; null: none. */
  readonly tagsPath: string | null;
}

/** What a request names, wherever the process was started. */
export function attributePaths(request: {
  readonly usersPath?: string | null | undefined;
  readonly tagsPath?: string | null | undefined;
}): AttributePaths {
  const whole = (path: string | null | undefined) => (path === null || path === undefined ? null : resolve(path));
  return { usersPath: whole(request.usersPath), tagsPath: whole(request.tagsPath) };
}

export interface WrittenAttributes {
  /** How many rated users and items something is said of; null where no file was named. */
  readonly known: NonNullable<Source["attributes"]> | null;
  readonly files: Source["files"];
  readonly warnings: readonly string[];
}

/** Writes what files say of users and of items beside the ratings (docs/reference/formats.md). */
export async function writeSourceAttributes(
  database: Database,
  { usersPath, tagsPath }: AttributePaths,
  directory: string,
  signal: AbortSignal,
): Promise<WrittenAttributes> {
  if (usersPath === null && tagsPath === null) return { known: null, files: [], warnings: [] };
  const users = usersPath === null ? null : await readUserAttributes(usersPath, { signal });
  const tags = tagsPath === null ? null : await readTags(tagsPath, { signal });
  const [, userIds, itemIds] = sourceFiles(directory);
  const [usersFile, tagsFile] = attributeFiles(directory);
  const write = async (read: AttributesFile | null, file: string, id: "user_id" | "item_id", rated: string) =>
    read === null || read.attributes.size === 0 ? 0 : writeWords(database, { read, file, id, rated, directory });
  const known = {
    users: await write(users, usersFile, "user_id", userIds),
    items: await write(tags, tagsFile, "item_id", itemIds),
  };
  const read = [users, tags].filter((file) => file !== null);
  const strange = (path: string | null, count: number, of: string) =>
    path !== null && count === 0 ? [`${path} says nothing of any rated ${of}: is it the right file?`] : [];
  return {
    known,
    files: read.map(({ file }) => file),
    warnings: [
      ...read.flatMap(({ warnings }) => warnings),
      ...strange(usersPath, known.users, "user"),
      ...strange(tagsPath, known.items, "film"),
    ],
  };
}

interface Words {
  readonly read: AttributesFile;
  readonly file: string;
  readonly id: "user_id" | "item_id";
  /** The file of the ids that were rated or rate. */
  readonly rated: string;
  readonly directory: string;
}

/** How many of the ids that ratings have are in the file now. */
async function writeWords(database: Database, { read, file, id, rated, directory }: Words): Promise<number> {
  const lines = join(directory, "staging", `${id}.jsonl`);
  const rows = Array.from(read.attributes, ([key, words]) => JSON.stringify({ id: key, words }));
  await writeFile(lines, rows.join("\n"));
  await database.run(
    `COPY (SELECT id AS ${id}, words FROM read_json($1, format = 'newline_delimited', columns = {id: 'VARCHAR', words: 'VARCHAR[]'}) ORDER BY id)
     TO ${sqlPath(file)} (FORMAT parquet, COMPRESSION zstd)`,
    [lines],
  );
  const { known } = await database.one(
    z.object({ known: integer }),
    `SELECT count(*) AS known FROM read_parquet($1) SEMI JOIN read_parquet($2) USING (${id})`,
    [rated, file],
  );
  return known;
}
