import { dirname, join } from "node:path";
import type { Snapshot } from "../contract/entities.ts";
import { kernelCall } from "../compute/kernels.ts";
import { evenRanges } from "../compute/program.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { bytesAt, float64At, int32At, openColumnSpace, threadsFor } from "./columns/column-space.ts";
import { openColumnsFile, readColumns } from "./columns/read-columns.ts";
import { rowsAtOnce, userStarts } from "./columns/user-order.ts";
import { asDamage } from "./damage.ts";
import { withDatabase } from "./database.ts";
import { readSnapshotManifest } from "./manifests.ts";
import { unusedPart } from "./split-parts.ts";

/** All of a snapshot's ratings as columns, in the order of its file: by user, then item. */
export interface RatingColumns {
  readonly count: number;
  readonly u: Int32Array;
  readonly i: Int32Array;
  readonly rating: Float32Array;
  /** NaN where unknown. */
  readonly time: Float64Array;
  /** The predefined part of each (`split-parts.ts`), 255 where none was said; null when no file said any. */
  readonly part: Uint8Array | null;
  /** [users + 1] where each user's ratings begin, where reading them has found it out. */
  readonly userStart?: Int32Array;
}

/**
 * Reads a snapshot's ratings into shared memory. Throws RB_CORRUPT when the file does not hold what its manifest says, or
 * an index that is no user's or item's, or is not ordered by user.
 */
export async function loadRatingColumns(snapshotDirectory: string, manifest?: Snapshot): Promise<RatingColumns> {
  const snapshot = manifest ?? (await readSnapshotManifest(snapshotDirectory));
  return (
    (await loadColumns(snapshotDirectory, snapshot)) ??
    asDamage(snapshotDirectory, loadAnyColumns(snapshotDirectory, snapshot))
  );
}

/** Those of a file that `columns/write-columns.ts` wrote, decoded by kernels where they stay; null for all others. */
async function loadColumns(snapshotDirectory: string, snapshot: Snapshot): Promise<RatingColumns | null> {
  const { ratings, users, items, hasParts } = snapshot;
  const file = await openColumnsFile(join(snapshotDirectory, "ratings.parquet")).catch(() => null);
  if (file === null) return null;
  try {
    if (file.rows !== ratings) return null;
    const space = await openColumnSpace(threadsFor(ratings), new AbortController().signal);
    try {
      const [u, i, rating, time] = [4, 4, 4, 8].map((width) => space.allocate(width * ratings)) as [
        number,
        number,
        number,
        number,
      ];
      const part = hasParts === true ? space.allocate(ratings) : 0;
      const descent = space.allocate(4);
      const good = await readColumns(
        space,
        file,
        [
          { kind: "ints", name: "u", at: u, below: users, map: 0 },
          { kind: "ints", name: "i", at: i, below: items, map: 0 },
          { kind: "ratings", name: "rating", at: rating },
          { kind: "times", name: "time", at: time },
          ...(part === 0 ? [] : [{ kind: "bytes", name: "part", at: part } as const]),
        ],
        0,
      );
      if (!good) return null;
      const start = await userStarts(space, u, ratings, users);
      await space.run([
        evenRanges(ratings, rowsAtOnce).map(({ from, to }) => kernelCall("findDescent", u, from, to, descent)),
      ]);
      if (int32At(space, descent, 1)[0] !== 0) return null;
      return {
        count: ratings,
        u: int32At(space, u, ratings),
        i: int32At(space, i, ratings),
        rating: new Float32Array(space.memory.buffer, rating, ratings),
        time: float64At(space, time, ratings),
        part: part === 0 ? null : bytesAt(space, part, ratings),
        userStart: int32At(space, start, users + 1),
      };
    } finally {
      await space.close();
    }
  } catch (error) {
    // More than fits into one memory: the general way has one for each column.
    if (error instanceof RangeError) return null;
    throw error;
  } finally {
    await file.handle.close();
  }
}

async function loadAnyColumns(snapshotDirectory: string, snapshot: Snapshot): Promise<RatingColumns> {
  const { ratings } = snapshot;
  const u = new Int32Array(new SharedArrayBuffer(4 * ratings));
  const i = new Int32Array(new SharedArrayBuffer(4 * ratings));
  const rating = new Float32Array(new SharedArrayBuffer(4 * ratings));
  const time = new Float64Array(new SharedArrayBuffer(8 * ratings));
  const part = snapshot.hasParts === true ? new Uint8Array(new SharedArrayBuffer(ratings)) : null;
  let count = 0;
  await withDatabase({ spillInto: dirname(snapshotDirectory) }, async (database) => {
    // Unknown indices become −1 here, so that no vector holds a NULL.
    const sql = `SELECT coalesce(u, -1)::INTEGER, coalesce(i, -1)::INTEGER, coalesce(rating::FLOAT, 'nan'::FLOAT), coalesce("time"::DOUBLE, 'nan'::DOUBLE)
      ${part === null ? "" : `, coalesce(part, ${String(unusedPart)})::UTINYINT`} FROM read_parquet($1)`;
    for await (const chunk of database.chunks(sql, [join(snapshotDirectory, "ratings.parquet")])) {
      const { rowCount } = chunk;
      if (count + rowCount > ratings) break;
      u.set(new Int32Array(...database.bytesOfColumn(chunk, 0, 4)), count);
      i.set(new Int32Array(...database.bytesOfColumn(chunk, 1, 4)), count);
      rating.set(new Float32Array(...database.bytesOfColumn(chunk, 2, 4)), count);
      time.set(new Float64Array(...database.bytesOfColumn(chunk, 3, 8)), count);
      part?.set(new Uint8Array(...database.bytesOfColumn(chunk, 4, 1)), count);
      count += rowCount;
    }
  });
  if (count !== ratings)
    throw new ReelbenchError(
      "RB_CORRUPT",
      `${snapshotDirectory}: the file of ratings does not hold the ${String(ratings)} ratings its manifest speaks of.`,
    );
  checkIndices(snapshotDirectory, { u, i, rating }, snapshot);
  return { count, u, i, rating, time, part };
}

/** Kernels write where indices point: one out of range would be no error but damage. */
function checkIndices(
  directory: string,
  { u, i, rating }: Pick<RatingColumns, "u" | "i" | "rating">,
  { users, items }: Snapshot,
): void {
  let previous = 0;
  for (let row = 0; row < u.length; row++) {
    const user = u[row] ?? -1;
    const item = i[row] ?? -1;
    const value = rating[row] ?? Number.NaN;
    if (user < previous || user >= users || item < 0 || item >= items || value !== value)
      throw new ReelbenchError("RB_CORRUPT", `${directory}: row ${String(row)} of ratings.parquet is no rating.`);
    previous = user;
  }
}
