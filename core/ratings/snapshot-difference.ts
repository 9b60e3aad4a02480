import { dirname, join } from "node:path";
import { z } from "zod";
import type { SnapshotDifference } from "../contract/snapshot-insight.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import { integer, withDatabase } from "./database.ts";
import type { Database } from "./database.ts";
import { readSnapshotManifest } from "./manifests.ts";

type Bins = SnapshotDifference["shifts"][number]["bins"];

/**
 * Population stability index Σ (p − q) · ln(p / q) over bins with counts `before` and `after`, each share smoothed by half a
 * row, so that an empty bin counts much and not infinitely.
 */
export function stabilityIndex(bins: readonly { readonly before: number; readonly after: number }[]): number {
  const total = (side: "before" | "after") => bins.reduce((sum, bin) => sum + bin[side] + 0.5, 0);
  const before = total("before");
  const after = total("after");
  return bins.reduce((sum, bin) => {
    const p = (bin.after + 0.5) / after;
    const q = (bin.before + 0.5) / before;
    return sum + (p - q) * Math.log(p / q);
  }, 0);
}

/** What changed from one snapshot to another: pairs by the data's own ids, and how each distribution shifted. */
export async function snapshotDifference(
  beforeDirectory: string,
  afterDirectory: string,
  context: WorkContext,
): Promise<SnapshotDifference> {
  const before = await readSnapshotManifest(beforeDirectory);
  const after = await readSnapshotManifest(afterDirectory);
  return withDatabase({ signal: context.signal, spillInto: dirname(afterDirectory) }, async (database) => {
    await createSide(database, "earlier", beforeDirectory);
    await createSide(database, "later", afterDirectory);
    const pairs = await database.one(
      z.object({ added: integer, removed: integer, changed: integer, unchanged: integer }),
      `SELECT count(*) FILTER (earlier.rating IS NULL) AS added, count(*) FILTER (later.rating IS NULL) AS removed,
         count(*) FILTER (earlier.rating <> later.rating) AS changed, count(*) FILTER (earlier.rating = later.rating) AS unchanged
       FROM earlier FULL JOIN later USING (user_id, item_id)`,
    );
    const users = await sidesOf(database, "user_id");
    const items = await sidesOf(database, "item_id");
    const shift = (name: SnapshotDifference["shifts"][number]["name"], bins: Bins) => ({
      name,
      psi: stabilityIndex(bins),
      bins,
    });
    return {
      before: { ratings: before.ratings, users: before.users, items: before.items },
      after: { ratings: after.ratings, users: after.users, items: after.items },
      ...pairs,
      usersAdded: users.added,
      usersRemoved: users.removed,
      itemsAdded: items.added,
      itemsRemoved: items.removed,
      shifts: [
        shift("ratings", await ratingBins(database)),
        shift("ratings-per-user", await activityBins(database, "user_id")),
        shift("ratings-per-item", await activityBins(database, "item_id")),
      ],
    };
  });
}

type Side = "earlier" | "later";
type Id = "user_id" | "item_id";

async function createSide(database: Database, side: Side, directory: string): Promise<void> {
  await database.run(
    `CREATE TEMP TABLE ${side} AS SELECT user_id, item_id, rating FROM read_parquet($1)
       JOIN (SELECT u, user_id FROM read_parquet($2)) AS users USING (u)
       JOIN (SELECT i, item_id FROM read_parquet($3)) AS items USING (i)`,
    ["ratings.parquet", "users.parquet", "items.parquet"].map((file) => join(directory, file)),
  );
}

function sidesOf(database: Database, id: Id): Promise<{ added: number; removed: number }> {
  return database.one(
    z.object({ added: integer, removed: integer }),
    `SELECT count(*) FILTER (before IS NULL) AS added, count(*) FILTER (after IS NULL) AS removed FROM
       (SELECT DISTINCT ${id}, 1 AS before FROM earlier) FULL JOIN (SELECT DISTINCT ${id}, 1 AS after FROM later) USING (${id})`,
  );
}

const bin = z.object({ label: z.string(), before: integer, after: integer });
const mostLevels = 20;

/** One bin for each rating that occurs, or tenths of the range where there are many. */
async function ratingBins(database: Database): Promise<Bins> {
  const { levels, lowest, width } = await database.one(
    z.object({ levels: integer, lowest: z.number(), width: z.number() }),
    `SELECT count(DISTINCT rating) AS levels, min(rating) AS lowest, (max(rating) - min(rating)) / 10 AS width
       FROM (SELECT rating FROM earlier UNION ALL SELECT rating FROM later)`,
  );
  const level =
    levels <= mostLevels
      ? "rating"
      : `${String(lowest)} + ${String(width)} * least(floor((rating - ${String(lowest)}) / ${String(width)}), 9)`;
  const rows = await database.all(
    bin.extend({ level: z.number() }),
    `SELECT level, level::VARCHAR AS label, sum(before) AS before, sum(after) AS after FROM (
       SELECT ${level} AS level, 1 AS before, 0 AS after FROM earlier UNION ALL SELECT ${level}, 0, 1 FROM later
     ) GROUP BY level ORDER BY level`,
  );
  return rows.map(({ label, before, after }) => ({ label, before, after }));
}

/** Users or items by their number of ratings, each bin twice as wide as the one before. */
async function activityBins(database: Database, id: Id): Promise<Bins> {
  const counted = (side: Side) =>
    `SELECT floor(log2(count(*)))::INTEGER AS power, 1 AS one FROM ${side} GROUP BY ${id}`;
  const rows = await database.all(
    z.object({ power: integer, before: integer, after: integer }),
    `SELECT power, sum(before) AS before, sum(after) AS after FROM (
       SELECT power, one AS before, 0 AS after FROM (${counted("earlier")}) UNION ALL SELECT power, 0, one FROM (${counted("later")})
     ) GROUP BY power ORDER BY power`,
  );
  return rows.map(({ power, before, after }) => ({
    label: power === 0 ? "1" : `${String(2 ** power)} to ${String(2 ** (power + 1) - 1)}`,
    before,
    after,
  }));
}
