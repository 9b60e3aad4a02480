import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { DuckDBDataChunk } from "@duckdb/node-api";
import { ReelbenchError } from "../contract/errors.ts";
import type { TrainingSet } from "../models/algorithm.ts";
import { withDatabase } from "./database.ts";
import { readSnapshotManifest } from "./manifests.ts";
import { testPart, trainPart, unusedPart } from "./split-parts.ts";

export type TrainingSelection =
  | { readonly part: "all" }
  | { readonly part: "holdout"; readonly splitDirectory: string }
  | { readonly part: "fold"; readonly splitDirectory: string; readonly fold: number };

export interface TrainingData {
  readonly train: TrainingSet;
  readonly test: TrainingSet | null;
}

/** All of a snapshot's ratings as columns, in the order of its file: by user, then item. */
export interface RatingColumns {
  readonly count: number;
  readonly u: Int32Array;
  readonly i: Int32Array;
  readonly rating: Float32Array;
  /** NaN where unknown. */
  readonly time: Float64Array;
}

/**
 * Ratings for training and testing, in shared memory, by user (CSR). Both parts know all of the snapshot's users and
 * items by the same dense indices. Throws RB_CORRUPT when the assignment does not fit the snapshot, RB_NOT_FOUND for a
 * fold that does not exist.
 */
export async function loadTrainingData(snapshotDirectory: string, selection: TrainingSelection): Promise<TrainingData> {
  const manifest = await readSnapshotManifest(snapshotDirectory);
  const columns = await loadRatingColumns(snapshotDirectory);
  if (columns.count !== manifest.ratings)
    throw new ReelbenchError(
      "RB_CORRUPT",
      `${snapshotDirectory}: the manifest speaks of ${String(manifest.ratings)} ratings, the file holds ${String(columns.count)}.`,
    );
  const shape = {
    users: manifest.users,
    items: manifest.items,
    scale: { minimum: manifest.scale.minimum, maximum: manifest.scale.maximum },
    hasTime: manifest.hasTime,
  };
  if (selection.part === "all") return { train: selectRows(columns, shape, null, () => true), test: null };
  const assignment = await readAssignment(selection.splitDirectory, columns.count);
  if (selection.part === "holdout") {
    return {
      train: selectRows(columns, shape, assignment, (part) => part === trainPart),
      test: selectRows(columns, shape, assignment, (part) => part === testPart),
    };
  }
  const { fold } = selection;
  if (!assignment.includes(fold)) throw new ReelbenchError("RB_NOT_FOUND", `The split has no fold ${String(fold)}.`);
  return {
    train: selectRows(columns, shape, assignment, (part) => part !== fold && part !== unusedPart),
    test: selectRows(columns, shape, assignment, (part) => part === fold),
  };
}

/** One unsigned byte for each rating, in the order of the snapshot's file. */
export async function readAssignment(splitDirectory: string, ratings: number): Promise<Uint8Array> {
  const bytes = await readFile(join(splitDirectory, "assignment.bin")).catch((error: unknown) => {
    throw new ReelbenchError("RB_NOT_FOUND", `${splitDirectory} holds no assignment.`, { cause: error });
  });
  if (bytes.length !== ratings)
    throw new ReelbenchError(
      "RB_CORRUPT",
      `${splitDirectory}: the assignment is for ${String(bytes.length)} ratings, the snapshot has ${String(ratings)}.`,
    );
  return bytes;
}

export async function loadRatingColumns(snapshotDirectory: string): Promise<RatingColumns> {
  const { ratings } = await readSnapshotManifest(snapshotDirectory);
  const u = new Int32Array(new SharedArrayBuffer(4 * ratings));
  const i = new Int32Array(new SharedArrayBuffer(4 * ratings));
  const rating = new Float32Array(new SharedArrayBuffer(4 * ratings));
  const time = new Float64Array(new SharedArrayBuffer(8 * ratings));
  let count = 0;
  await withDatabase({ spillInto: dirname(snapshotDirectory) }, async (database) => {
    const sql = `SELECT u, i, rating::FLOAT AS rating, coalesce("time"::DOUBLE, 'nan'::DOUBLE) AS "time" FROM read_parquet($1)`;
    for await (const chunk of database.chunks(sql, [join(snapshotDirectory, "ratings.parquet")])) {
      if (count + chunk.rowCount > ratings)
        throw new ReelbenchError("RB_CORRUPT", `${snapshotDirectory} holds more ratings than its manifest says.`);
      [u, i, rating, time].forEach((target, column) => copyNumbers(chunk, column, target, count));
      count += chunk.rowCount;
    }
  });
  return { count, u, i, rating, time };
}

function copyNumbers(
  chunk: DuckDBDataChunk,
  column: number,
  target: Int32Array | Float32Array | Float64Array,
  at: number,
): void {
  const vector = chunk.getColumnVector(column);
  for (let row = 0; row < chunk.rowCount; row++) {
    const value = vector.getItem(row);
    if (typeof value !== "number")
      throw new ReelbenchError("RB_CORRUPT", "A column of ratings.parquet holds something other than numbers.");
    target[at + row] = value;
  }
}

interface Shape {
  readonly users: number;
  readonly items: number;
  readonly scale: TrainingSet["scale"];
  readonly hasTime: boolean;
}

function selectRows(
  columns: RatingColumns,
  shape: Shape,
  assignment: Uint8Array | null,
  wanted: (part: number) => boolean,
): TrainingSet {
  const chosen = new Uint8Array(256).map((_, part) => (wanted(part) ? 1 : 0));
  const isChosen = (row: number) => assignment === null || chosen[assignment[row] ?? unusedPart] === 1;
  let size = 0;
  const userStart = new Int32Array(new SharedArrayBuffer(4 * (shape.users + 1)));
  for (let row = 0; row < columns.count; row++) {
    if (!isChosen(row)) continue;
    size++;
    const next = (columns.u[row] ?? 0) + 1;
    userStart[next] = (userStart[next] ?? 0) + 1;
  }
  for (let user = 0; user < shape.users; user++)
    userStart[user + 1] = (userStart[user + 1] ?? 0) + (userStart[user] ?? 0);
  const base = { users: shape.users, items: shape.items, scale: shape.scale, userStart };
  // The file is ordered by user already: what is chosen keeps that order, and lies where userStart says.
  if (size === columns.count)
    return { ...base, item: columns.i, rating: columns.rating, time: shape.hasTime ? columns.time : null };
  const item = new Int32Array(new SharedArrayBuffer(4 * size));
  const rating = new Float32Array(new SharedArrayBuffer(4 * size));
  const time = shape.hasTime ? new Float64Array(new SharedArrayBuffer(8 * size)) : null;
  let at = 0;
  for (let row = 0; row < columns.count; row++) {
    if (!isChosen(row)) continue;
    item[at] = columns.i[row] ?? 0;
    rating[at] = columns.rating[row] ?? 0;
    if (time !== null) time[at] = columns.time[row] ?? Number.NaN;
    at++;
  }
  return { ...base, item, rating, time };
}
