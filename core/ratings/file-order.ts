import { dirname, join } from "node:path";
import { z } from "zod";
import { ReelbenchError } from "../contract/errors.ts";
import { integer, withDatabase } from "./database.ts";
import { sourceRows } from "./source-files.ts";

export interface RatingsInFileOrder {
  readonly user: Int32Array;
  readonly item: Int32Array;
  readonly rating: Float32Array;
  /** NaN where unknown. */
  readonly time: Float64Array;
}

const row = z.object({ u: integer, i: integer, rating: z.number(), time: z.number().nullable() });
const rowsAtOnce = 100_000;

/**
 * A source's ratings in the order of its file, by a snapshot's dense indices: some published protocols go by the order of
 * lines. Throws RB_CONFLICT where the source holds a pair twice, so that the snapshot has fewer.
 */
export async function ratingsInFileOrder(
  sourceDirectory: string,
  snapshotDirectory: string,
  ratings: number,
): Promise<RatingsInFileOrder> {
  const columns = {
    user: new Int32Array(ratings),
    item: new Int32Array(ratings),
    rating: new Float32Array(ratings),
    time: new Float64Array(ratings),
  };
  let count = 0;
  await withDatabase({ spillInto: dirname(snapshotDirectory) }, async (database) => {
    const files = [join(snapshotDirectory, "users.parquet"), join(snapshotDirectory, "items.parquet")];
    const rows = await sourceRows(sourceDirectory);
    await database.run(
      `CREATE TEMP TABLE ordered AS SELECT row_number() OVER (ORDER BY r.line) AS n, users.u, items.i, r.rating, r."time"
       FROM ${rows} r JOIN read_parquet($1) users USING (user_id) JOIN read_parquet($2) items USING (item_id)`,
      files,
    );
    for (let from = 0; ; from += rowsAtOnce) {
      const page = await database.all(
        row,
        `SELECT u, i, rating::DOUBLE AS rating, "time"::DOUBLE AS "time" FROM ordered WHERE n > ${String(from)} AND n <= ${String(from + rowsAtOnce)} ORDER BY n`,
        [],
      );
      if (page.length === 0) break;
      for (const { u, i, rating, time } of page) {
        columns.user[count] = u;
        columns.item[count] = i;
        columns.rating[count] = rating;
        columns.time[count] = time ?? NaN;
        count++;
      }
    }
  });
  if (count !== ratings)
    throw new ReelbenchError(
      "RB_CONFLICT",
      "The file holds some ratings twice; published tables speak of files that do not.",
    );
  return columns;
}
