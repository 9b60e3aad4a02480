import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { Recipe } from "../contract/entities.ts";
import { canonicalJson } from "../files/json.ts";
import { canonicalHash } from "./columns/canonical-hash.ts";
import { bothDone, int32At, openScratchSpace, runBatches, threadsFor } from "./columns/column-space.ts";
import type { ColumnSpace } from "./columns/column-space.ts";
import { orderColumns } from "./columns/order-columns.ts";
import type { OrderedColumns, UnorderedColumns } from "./columns/order-columns.ts";
import { openColumnsFile, readColumns } from "./columns/read-columns.ts";
import type { ColumnsFile } from "./columns/read-columns.ts";
import { columnWriter, groupRows } from "./columns/write-columns.ts";
import type { OrderRequest } from "./order-worker.ts";
import type { RankedIds, SourceRanks } from "./snapshot-rows.ts";

const mostCodes = 65_535;

export interface MadeOfColumns {
  readonly id: string;
  /** Ratings of all sources. */
  readonly before: number;
  readonly ordered: OrderedColumns;
}

/** Ids of all sources, and the ranks of each source's. */
export interface RankedSources {
  readonly ids: RankedIds;
  readonly ranks: readonly SourceRanks[];
}

export interface ColumnWork {
  readonly recipe: Recipe;
  readonly keep: OrderRequest["keep"];
  readonly hasParts: boolean;
  /** Where the snapshot is written. */
  readonly directory: string;
  rank(): Promise<RankedSources>;
  /** What can be done while the ordered ratings are written. */
  beside(ordered: OrderedColumns): Promise<void>;
}

/**
 * Orders, writes and names a snapshot's ratings, straight from sources whose files `columns/write-columns.ts` wrote: every
 * number stays in one shared memory and is touched by kernels alone. Null, and nothing of what was written to be
 * kept, where a source is of another kind, ratings or times are, or memory does not suffice: then the general way decides.
 */
export async function snapshotOfColumns(
  paths: readonly string[],
  work: ColumnWork,
  signal: AbortSignal,
): Promise<MadeOfColumns | null> {
  const files: ColumnsFile[] = [];
  try {
    for (const path of paths) {
      const file = await openColumnsFile(path);
      if (file === null) return null;
      files.push(file);
    }
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    const opening = openScratchSpace(threadsFor(rows), signal);
    // Threads start while ids are ranked.
    const [, ranked] = await Promise.allSettled([opening, work.rank()]);
    const space = await opening;
    try {
      if (ranked.status === "rejected") throw ranked.reason;
      const { ids } = ranked.value;
      const columns = await readSources(space, files, ranked.value, rows, work.hasParts);
      if (columns === null) return null;
      const ordered = await orderColumns(space, columns, work.keep);
      if (ordered.rows === 0 || ordered.earliest < 0) return null;
      const [id] = await bothDone(
        writeRatings(space, columns, ordered, ids, work.recipe, work.directory),
        work.beside(ordered),
      );
      return { id, before: rows, ordered };
    } finally {
      await space.close();
    }
  } catch (error) {
    // More than fits into one memory: the general way holds less at a time.
    if (error instanceof RangeError) return null;
    throw error;
  } finally {
    await Promise.all(files.map(({ handle }) => handle.close()));
  }
}

async function readSources(
  space: ColumnSpace,
  files: readonly ColumnsFile[],
  { ids, ranks: sources }: RankedSources,
  rows: number,
  hasParts: boolean,
): Promise<UnorderedColumns | null> {
  const [u, i, code, time] = [4, 4, 2, 8].map((width) => space.allocate(width * rows)) as [
    number,
    number,
    number,
    number,
  ];
  const part = hasParts ? space.allocate(rows) : 0;
  const codes = new Map<number, number>();
  const codeOf = (value: number): number => {
    const known = codes.get(value);
    if (known !== undefined) return known;
    codes.set(value, codes.size);
    return codes.size - 1;
  };
  let first = 0;
  for (const [index, file] of files.entries()) {
    const ranks = sources[index] ?? { users: noRanks, items: noRanks };
    const good = await readColumns(
      space,
      file,
      [
        { kind: "ints", name: "u", at: u, below: ranks.users.length, map: placed(space, ranks.users) },
        { kind: "ints", name: "i", at: i, below: ranks.items.length, map: placed(space, ranks.items) },
        { kind: "codes", name: "rating", at: code, codeOf },
        { kind: "times", name: "time", at: time },
        ...(hasParts ? [{ kind: "bytes", name: "part", at: part } as const] : []),
      ],
      first,
    );
    if (!good || codes.size > mostCodes) return null;
    first += file.rows;
  }
  return {
    rows,
    u,
    i,
    code,
    time,
    part,
    values: Float64Array.from(codes.keys()),
    users: ids.users.start.length - 1,
    items: ids.items.start.length - 1,
  };
}

const noRanks = new Int32Array(0);

function placed(space: ColumnSpace, ranks: Int32Array): number {
  const at = space.allocate(4 * ranks.length);
  int32At(space, at, ranks.length).set(ranks);
  return at;
}

/** Writes the file and works out the id beside. */
async function writeRatings(
  space: ColumnSpace,
  columns: UnorderedColumns,
  ordered: OrderedColumns,
  ids: RankedIds,
  recipe: Recipe,
  directory: string,
): Promise<string> {
  const { u, i, code, time, part, values } = columns;
  const hash = createHash("sha256").update(canonicalJson(recipe), "utf8");
  const file = await open(join(directory, "ratings.parquet"), "w");
  try {
    const writer = columnWriter(space, file, {
      rows: ordered.rows,
      order: ordered.order,
      columns: [
        { kind: "ints", name: "u", type: "INT32", at: u, map: ordered.userNumbers },
        { kind: "ints", name: "i", type: "INT32", at: i, map: ordered.itemNumbers },
        { kind: "codes", name: "rating", at: code, values, valuesAt: ordered.valuesAt },
        { kind: "times", name: "time", at: time, unit: 1 },
        ...(part === 0 ? [] : [{ kind: "bytes", name: "part", at: part } as const]),
      ],
    });
    const hashing = canonicalHash(space, columns, ordered, ids, groupRows * space.threads, hash);
    await runBatches(space, writer.batches, [hashing, writer.step]);
    await writer.finish();
  } finally {
    await file.close();
  }
  return `s${hash.digest("hex").slice(0, 20)}`;
}
