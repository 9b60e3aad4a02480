import { z } from "zod";
import { ReelbenchError } from "../contract/errors.ts";
import { integer, sqlPath } from "./database.ts";
import type { Database } from "./database.ts";
import { idArenaOf } from "./id-arena.ts";
import type { IdArena } from "./id-arena.ts";
import type { UnorderedRatings } from "./order-ratings.ts";
import { sourceFiles, sourceRows } from "./source-files.ts";
import { unusedPart } from "./split-parts.ts";

/** Ids of all sources in byte order, in tables `all_users` (user_id, u0) and `all_items` (item_id, i0), ranks from 0. */
export interface RankedIds {
  readonly users: IdArena;
  readonly items: IdArena;
}

/** From the sources' files of ids, where all have them. */
export function rankIdsOfSources(database: Database, directories: readonly string[]): Promise<RankedIds> {
  const listed = (file: 1 | 2) =>
    `read_parquet([${directories.map((directory) => sqlPath(sourceFiles(directory)[file])).join(", ")}])`;
  return rankIds(database, listed(1), listed(2));
}

/** From all rows of the sources: the view `everything`. */
export async function rankIdsOfRows(database: Database, directories: readonly string[]): Promise<RankedIds> {
  const rows = await Promise.all(directories.map(sourceRows));
  const all = rows
    .map(
      (from, index) =>
        `SELECT user_id, item_id, rating, "time", part, ${String(index)}::INTEGER AS source, place::BIGINT AS position FROM ${from}`,
    )
    .join(" UNION ALL ");
  await database.run(`CREATE TEMP VIEW everything AS ${all}`);
  return rankIds(database, "everything", "everything");
}

async function rankIds(database: Database, usersFrom: string, itemsFrom: string): Promise<RankedIds> {
  const rank = async (table: string, id: string, number: string, from: string): Promise<IdArena> => {
    await database.run(
      `CREATE OR REPLACE TEMP TABLE ${table} AS SELECT ${id}, (row_number() OVER (ORDER BY ${id}) - 1)::INTEGER AS ${number} FROM (SELECT DISTINCT ${id} FROM ${from})`,
    );
    return readIds(database, table, id, number);
  };
  return {
    users: await rank("all_users", "user_id", "u0", usersFrom),
    items: await rank("all_items", "item_id", "i0", itemsFrom),
  };
}

/** No id holds it (`stage-writer.ts`). */
const separator = "chr(30)";
const idsOfText = 65_536;

/** All ids of a table by number, in texts of many: an object for each would take longer than all else that is done with them. */
async function readIds(database: Database, table: string, id: string, number: string): Promise<IdArena> {
  const texts = await database.all(
    z.object({ ids: z.string(), n: integer }),
    `SELECT string_agg(${id}, ${separator} ORDER BY ${number}) AS ids, count(*) AS n FROM ${table} GROUP BY ${number} // ${String(idsOfText)} ORDER BY min(${number})`,
  );
  const arena = idArenaOf(texts.map(({ ids }) => ids));
  if (arena.start.length - 1 !== texts.reduce((sum, { n }) => sum + n, 0))
    throw new ReelbenchError("RB_INTERNAL", "A source holds an id with a record separator. Import its file again.");
  return arena;
}

/** The table `rows` that recipe steps work on: u0, i0, rating, time, part, source, position. */
export async function createRows(database: Database): Promise<void> {
  await database.run(
    `CREATE TEMP TABLE rows AS SELECT u0, i0, rating, "time", part, source, position FROM everything JOIN all_users USING (user_id) JOIN all_items USING (item_id)`,
  );
}

const noRank = new Int32Array(0);

/** What the steps left of the table `rows`. */
export async function readRows(database: Database, ids: RankedIds, hasParts: boolean): Promise<UnorderedRatings> {
  const { n } = await database.one(z.object({ n: integer }), "SELECT count(*) AS n FROM rows");
  const into = emptyRatings(n, ids, hasParts);
  await fill(database, into, 0, { from: "rows", u: "u0", i: "i0", userRanks: noRank, itemRanks: noRank });
  return into;
}

/** All ratings of sources whose rows carry numbers, source after source, in their order. */
export async function readSources(
  database: Database,
  directories: readonly string[],
  ids: RankedIds,
  hasParts: boolean,
): Promise<UnorderedRatings> {
  const files = directories.map(sourceFiles);
  const counts: number[] = [];
  for (const [ratings] of files)
    counts.push(
      (await database.one(z.object({ n: integer }), "SELECT count(*) AS n FROM read_parquet($1)", [ratings])).n,
    );
  const into = emptyRatings(
    counts.reduce((sum, n) => sum + n, 0),
    ids,
    hasParts,
  );
  let at = 0;
  for (const [index, [ratings]] of files.entries()) {
    const { users, items } = await ranksOfSource(database, directories[index] ?? "");
    const from = `read_parquet(${sqlPath(ratings)})`;
    await fill(database, into, at, { from, u: "u", i: "i", userRanks: users, itemRanks: items });
    at += counts[index] ?? 0;
  }
  return into;
}

/** [numbers of a source] the rank of each user and item. */
export interface SourceRanks {
  readonly users: Int32Array;
  readonly items: Int32Array;
}

export async function ranksOfSource(database: Database, directory: string): Promise<SourceRanks> {
  const [, users, items] = sourceFiles(directory);
  return {
    users: await ranksOf(database, users, "u", "u0", "all_users", "user_id"),
    items: await ranksOf(database, items, "i", "i0", "all_items", "item_id"),
  };
}

async function ranksOf(
  database: Database,
  path: string,
  number: string,
  rank: string,
  table: string,
  id: string,
): Promise<Int32Array> {
  const { n } = await database.one(z.object({ n: integer }), "SELECT count(*) AS n FROM read_parquet($1)", [path]);
  const ranks = new Int32Array(n);
  for await (const chunk of database.chunks(
    `SELECT ${number}, ${rank} FROM read_parquet($1) JOIN ${table} USING (${id})`,
    [path],
  )) {
    const numbers = new Int32Array(...database.bytesOfColumn(chunk, 0, 4));
    const found = new Int32Array(...database.bytesOfColumn(chunk, 1, 4));
    for (let at = 0; at < numbers.length; at++) ranks[numbers[at] ?? 0] = found[at] ?? 0;
  }
  return ranks;
}

function emptyRatings(rows: number, { users, items }: RankedIds, hasParts: boolean): UnorderedRatings {
  return {
    u: new Int32Array(new SharedArrayBuffer(4 * rows)),
    i: new Int32Array(new SharedArrayBuffer(4 * rows)),
    rating: new Float64Array(new SharedArrayBuffer(8 * rows)),
    time: new Float64Array(new SharedArrayBuffer(8 * rows)),
    part: hasParts ? new Uint8Array(new SharedArrayBuffer(rows)) : null,
    users: users.start.length - 1,
    items: items.start.length - 1,
  };
}

interface RowsFrom {
  readonly from: string;
  readonly u: string;
  readonly i: string;
  /** Rank of each number; empty: the numbers are ranks. */
  readonly userRanks: Int32Array;
  readonly itemRanks: Int32Array;
}

async function fill(database: Database, into: UnorderedRatings, start: number, rows: RowsFrom): Promise<void> {
  const { u, i, rating, time, part } = into;
  const { userRanks, itemRanks } = rows;
  const parts = part === null ? "" : `, coalesce(part, ${String(unusedPart)})::UTINYINT`;
  let at = start;
  for await (const chunk of database.chunks(
    `SELECT ${rows.u}, ${rows.i}, rating, coalesce("time"::DOUBLE, 'nan'::DOUBLE)${parts} FROM ${rows.from}`,
  )) {
    u.set(new Int32Array(...database.bytesOfColumn(chunk, 0, 4)), at);
    i.set(new Int32Array(...database.bytesOfColumn(chunk, 1, 4)), at);
    rating.set(new Float64Array(...database.bytesOfColumn(chunk, 2, 8)), at);
    time.set(new Float64Array(...database.bytesOfColumn(chunk, 3, 8)), at);
    part?.set(new Uint8Array(...database.bytesOfColumn(chunk, 4, 1)), at);
    const end = at + chunk.rowCount;
    if (userRanks.length > 0) for (let row = at; row < end; row++) u[row] = userRanks[u[row] ?? 0] ?? 0;
    if (itemRanks.length > 0) for (let row = at; row < end; row++) i[row] = itemRanks[i[row] ?? 0] ?? 0;
    at = end;
  }
}
