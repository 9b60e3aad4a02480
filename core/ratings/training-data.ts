import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ReelbenchError } from "../contract/errors.ts";
import type { TrainingSet } from "../models/algorithm.ts";
import { loadCatalogue } from "./catalogue.ts";
import { asDamage } from "./damage.ts";
import { featureTable, itemFeatures } from "./item-features.ts";
import { readSnapshotManifest, readSplitManifest } from "./manifests.ts";
import { loadRatingColumns } from "./rating-columns.ts";
import type { RatingColumns } from "./rating-columns.ts";
import { loadAttributes } from "./snapshot-attributes.ts";
import { partRoles } from "./split-parts.ts";
import type { PartRoles } from "./split-parts.ts";

/**
 * Which part is learnt from and which is told apart from it: everything; a hold-out's training part and its test; one fold
 * and the others; or, of splits that keep one, the training part and its validation part (`fold` for those with folds).
 */
export type TrainingSelection =
  | { readonly part: "all" }
  | { readonly part: "holdout"; readonly splitDirectory: string }
  | { readonly part: "fold"; readonly splitDirectory: string; readonly fold: number }
  | { readonly part: "validation"; readonly splitDirectory: string; readonly fold?: number };

export interface TrainingData {
  readonly train: TrainingSet;
  /** What is predicted: the test or validation part. */
  readonly test: TrainingSet | null;
  /** Ratings of tested users that training must not see, for the model to fold in; null where no users are held out. */
  readonly foldIn: TrainingSet | null;
}

/**
 * Ratings for training and testing, in shared memory, by user (CSR), with what is known of users and items. All parts know all
 * of the snapshot's users and items by the same dense indices. Throws RB_CORRUPT when the assignment does not fit the
 * snapshot, RB_NOT_FOUND for a fold that does not exist, RB_INVALID_INPUT where there is no validation part.
 */
export async function loadTrainingData(snapshotDirectory: string, selection: TrainingSelection): Promise<TrainingData> {
  const manifest = await readSnapshotManifest(snapshotDirectory);
  const [columns, { items }, attributes] = await Promise.all([
    loadRatingColumns(snapshotDirectory, manifest),
    loadCatalogue(snapshotDirectory),
    asDamage(snapshotDirectory, loadAttributes(snapshotDirectory, manifest)),
  ]);
  if (items.length !== manifest.items)
    throw new ReelbenchError(
      "RB_CORRUPT",
      `${snapshotDirectory}: items.parquet holds ${String(items.length)} items, the snapshot has ${String(manifest.items)}.`,
    );
  const shape: Shape = {
    users: manifest.users,
    items: manifest.items,
    scale: { minimum: manifest.scale.minimum, maximum: manifest.scale.maximum },
    hasTime: manifest.hasTime,
    itemFeatures: itemFeatures(items, attributes.items),
    userFeatures: attributes.users === null ? null : featureTable(attributes.users),
  };
  if (selection.part === "all") return { train: allRows(columns, shape), test: null, foldIn: null };
  const assignment = await readAssignment(selection.splitDirectory, columns.count);
  const roles = await rolesOf(selection);
  const test = selectRows(columns, shape, assignment, roles.test, roles.relevantFrom);
  if (selection.part === "validation" && test.item.length === 0)
    throw new ReelbenchError("RB_SPLIT_EMPTY", "The split's validation part holds no rating.");
  const foldIn = selectRows(columns, shape, assignment, roles.foldIn, -Infinity);
  return {
    train: selectRows(columns, shape, assignment, roles.train, -Infinity),
    test,
    foldIn: foldIn.item.length === 0 ? null : foldIn,
  };
}

async function rolesOf(selection: Exclude<TrainingSelection, { readonly part: "all" }>): Promise<PartRoles> {
  const { protocol } = await readSplitManifest(selection.splitDirectory);
  switch (selection.part) {
    case "holdout":
      return partRoles(protocol, null);
    case "fold":
      return partRoles(protocol, selection.fold);
    case "validation":
      return partRoles(protocol, selection.fold ?? null, "validation");
  }
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

interface Shape extends Pick<TrainingSet, "users" | "items" | "scale"> {
  readonly hasTime: boolean;
  readonly itemFeatures: NonNullable<TrainingSet["itemFeatures"]> | null;
  readonly userFeatures: NonNullable<TrainingSet["userFeatures"]> | null;
}

function allRows(columns: RatingColumns, { hasTime, ...shape }: Shape): TrainingSet {
  const { u, i: item, rating, time } = columns;
  const userStart = columns.userStart ?? startsOf(u, shape.users);
  return { ...shape, userStart, item, rating, time: hasTime ? time : null };
}

function startsOf(u: Int32Array, users: number): Int32Array {
  const start = new Int32Array(new SharedArrayBuffer(4 * (users + 1)));
  for (let row = 0; row < u.length; row++) {
    const next = (u[row] ?? 0) + 1;
    start[next] = (start[next] ?? 0) + 1;
  }
  accumulate(start);
  return start;
}

/** Counts at n + 1 become starts. */
function accumulate(start: Int32Array): void {
  for (let at = 1; at < start.length; at++) start[at] = (start[at] ?? 0) + (start[at - 1] ?? 0);
}

/** The rows of the wanted parts (`wanted[part]` is 1) rated `from` or higher. */
function selectRows(
  columns: RatingColumns,
  { hasTime, ...shape }: Shape,
  assignment: Uint8Array,
  wanted: Uint8Array,
  from: number,
): TrainingSet {
  const { count, u, i, rating, time } = columns;
  const userStart = new Int32Array(new SharedArrayBuffer(4 * (shape.users + 1)));
  let size = 0;
  for (let row = 0; row < count; row++) {
    if (wanted[assignment[row] ?? 0] === 0 || (rating[row] ?? 0) < from) continue;
    size++;
    const next = (u[row] ?? 0) + 1;
    userStart[next] = (userStart[next] ?? 0) + 1;
  }
  accumulate(userStart);
  const chosen = {
    item: new Int32Array(new SharedArrayBuffer(4 * size)),
    rating: new Float32Array(new SharedArrayBuffer(4 * size)),
    time: hasTime ? new Float64Array(new SharedArrayBuffer(8 * size)) : null,
  };
  // The file is ordered by user already: what is chosen keeps that order, and lies where userStart says.
  let at = 0;
  for (let row = 0; row < count; row++) {
    if (wanted[assignment[row] ?? 0] === 0 || (rating[row] ?? 0) < from) continue;
    chosen.item[at] = i[row] ?? 0;
    chosen.rating[at] = rating[row] ?? 0;
    if (chosen.time !== null) chosen.time[at] = time[row] ?? Number.NaN;
    at++;
  }
  return { ...shape, userStart, ...chosen };
}
