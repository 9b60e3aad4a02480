import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { reject } from "../contract/entities.ts";
import type { ReadOptions, Source } from "../contract/entities.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import { integer, withDatabase } from "./database.ts";
import { importSource } from "./import.ts";
import { sourceRows } from "./source-files.ts";

export const idle: WorkContext = { signal: new AbortController().signal, onProgress: () => undefined };

/** Runs `work` with a folder of its own and removes it. */
export async function inTemporaryFolder<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "reelbench-ratings-"));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const ratingRow = z.object({
  line: integer,
  user_id: z.string(),
  item_id: z.string(),
  rating: z.number(),
  time: integer.nullable(),
});
const itemRow = z.object({
  item_id: z.string(),
  title: z.string().nullable(),
  year: integer.nullable(),
  genres: z.array(z.string()),
});
const rejectRow = reject.extend({ line: integer });

export interface ImportedRows {
  readonly source: Source;
  readonly rows: z.output<typeof ratingRow>[];
  readonly rejects: z.output<typeof rejectRow>[];
  readonly items: z.output<typeof itemRow>[];
}

/** Imports a file and reads back everything it left. */
export function importFile(
  path: string,
  options: ReadOptions = {},
  itemsPath: string | null = null,
): Promise<ImportedRows> {
  return inTemporaryFolder(async (directory) => {
    const source = await importSource({ path, options, itemsPath }, directory, idle);
    const folder = join(directory, source.id);
    return withDatabase({}, async (database) => ({
      source,
      rows: await database.all(
        ratingRow,
        `SELECT line, user_id, item_id, rating, "time" FROM ${await sourceRows(folder)} ORDER BY place`,
      ),
      rejects: await database.all(rejectRow, "FROM read_parquet($1)", [join(folder, "rejects.parquet")]),
      items: source.hasTitles
        ? await database.all(itemRow, "FROM read_parquet($1)", [join(folder, "items.parquet")])
        : [],
    }));
  });
}

/** The same for bytes that lie in no file yet. */
export function importBytes(
  bytes: string | Uint8Array,
  options: ReadOptions = {},
  name = "ratings.csv",
): Promise<ImportedRows> {
  return inTemporaryFolder(async (directory) => {
    const path = join(directory, name);
    await writeFile(path, bytes);
    return importFile(path, options);
  });
}
