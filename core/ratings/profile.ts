import { dirname, join } from "node:path";
import { z } from "zod";
import { profile as profileSchema } from "../contract/entities.ts";
import type { Profile } from "../contract/entities.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import { integer, withDatabase } from "./database.ts";
import type { Database } from "./database.ts";

const quantiles = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1] as const;
const mostBars = 50;
const lorenzPoints = 100;

/** Describes a snapshot: distributions, concentration, activity over time, and what to beware of. */
export async function profileSnapshot(snapshotDirectory: string, context: WorkContext): Promise<Profile> {
  return withDatabase({ signal: context.signal, spillInto: dirname(snapshotDirectory) }, async (database) => {
    const files = [join(snapshotDirectory, "ratings.parquet")];
    const titles = [...files, join(snapshotDirectory, "items.parquet")];
    const overall = await database.one(overallRow, overallSql, files);
    const perUser = await countsOf(database, files, "u");
    const perItem = await countsOf(database, files, "i");
    return profileSchema.parse({
      ratings: overall.ratings,
      users: perUser.length,
      items: perItem.length,
      density: overall.ratings / (perUser.length * perItem.length),
      mean: overall.mean,
      median: overall.median,
      standardDeviation: overall.deviation,
      ratingHistogram: await histogramOf(database, files, overall),
      ratingsPerUser: quantilesOf(perUser),
      ratingsPerItem: quantilesOf(perItem),
      giniItems: gini(perItem),
      giniUsers: gini(perUser),
      lorenzItems: lorenz(perItem),
      activity: await database.all(
        z.object({ month: z.string(), count: integer }),
        `SELECT strftime(make_timestamp("time" * 1000000), '%Y-%m') AS "month", count(*) AS "count" FROM read_parquet($1) WHERE "time" IS NOT NULL GROUP BY 1 ORDER BY 1`,
        files,
      ),
      topItems: await database.all(
        z.object({ itemId: z.string(), title: z.string().nullable(), count: integer, mean: z.number() }),
        `SELECT item_id AS "itemId", title, n AS "count", mean FROM (SELECT i, count(*) AS n, avg(rating) AS mean FROM read_parquet($1) GROUP BY i)
         JOIN (SELECT i, item_id, title FROM read_parquet($2)) AS items USING (i) ORDER BY n DESC, i LIMIT 20`,
        titles,
      ),
      warnings: warningsOf(overall, perUser, perItem),
    });
  });
}

const overallRow = z.object({
  ratings: integer,
  mean: z.number(),
  median: z.number(),
  deviation: z.number(),
  lowest: z.number(),
  highest: z.number(),
  different: integer,
  timed: integer,
});
const overallSql = `SELECT count(*) AS ratings, avg(rating) AS mean, median(rating) AS median, stddev_pop(rating) AS deviation, min(rating) AS lowest,
  max(rating) AS highest, count(DISTINCT rating) AS different, count("time") AS timed FROM read_parquet($1)`;

/** Ratings of each user or item, fewest first. */
async function countsOf(database: Database, files: string[], column: "u" | "i"): Promise<number[]> {
  const rows = await database.all(
    z.object({ n: integer, times: integer }),
    `SELECT n, count(*) AS times FROM (SELECT count(*) AS n FROM read_parquet($1) GROUP BY ${column}) GROUP BY n ORDER BY n`,
    files,
  );
  return rows.flatMap(({ n, times }) => new Array<number>(times).fill(n));
}

/** One bar for each rating that occurs, or equal bins where there are too many. */
async function histogramOf(
  database: Database,
  files: string[],
  overall: z.output<typeof overallRow>,
): Promise<Profile["ratingHistogram"]> {
  if (overall.different <= mostBars) {
    const rows = await database.all(
      z.object({ value: z.number(), count: integer }),
      `SELECT rating AS value, count(*) AS "count" FROM read_parquet($1) GROUP BY rating ORDER BY rating`,
      files,
    );
    return rows.map(({ value, count }) => ({ label: String(value), value, count }));
  }
  const bins = 20;
  const width = (overall.highest - overall.lowest) / bins;
  const rows = await database.all(
    z.object({ bin: integer, count: integer }),
    `SELECT least(floor((rating - $2) / $3), ${String(bins - 1)})::INTEGER AS bin, count(*) AS "count" FROM read_parquet($1) GROUP BY 1 ORDER BY 1`,
    [...files, overall.lowest, width],
  );
  const counts = new Map(rows.map(({ bin, count }) => [bin, count]));
  return Array.from({ length: bins }, (_, bin) => {
    const from = overall.lowest + bin * width;
    return {
      label: `${from.toPrecision(3)} – ${(from + width).toPrecision(3)}`,
      value: from + width / 2,
      count: counts.get(bin) ?? 0,
    };
  });
}

/** The nearest rank: the smallest count that at least that share of the others does not exceed. */
function quantilesOf(sorted: readonly number[]): { quantile: number; value: number }[] {
  return quantiles.map((quantile) => ({
    quantile,
    value: sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)] ?? 0,
  }));
}

/** Gini coefficient of sorted counts: Σ (2k − n − 1) x_k / (n Σ x), k = 1 … n. */
function gini(sorted: readonly number[]): number {
  const n = sorted.length;
  let total = 0;
  let weighted = 0;
  sorted.forEach((count, index) => {
    total += count;
    weighted += (2 * (index + 1) - n - 1) * count;
  });
  return total === 0 ? 0 : weighted / (n * total);
}

function lorenz(sorted: readonly number[]): { share: number; ratings: number }[] {
  const total = sorted.reduce((sum, count) => sum + count, 0);
  const points = Math.min(lorenzPoints, sorted.length);
  const curve: { share: number; ratings: number }[] = [];
  let taken = 0;
  let sum = 0;
  for (let point = 0; point <= points; point++) {
    const upTo = Math.round((point / points) * sorted.length);
    for (; taken < upTo; taken++) sum += sorted[taken] ?? 0;
    curve.push({ share: taken / sorted.length, ratings: sum / total });
  }
  return curve;
}

function warningsOf(
  overall: z.output<typeof overallRow>,
  perUser: readonly number[],
  perItem: readonly number[],
): string[] {
  const warnings: string[] = [];
  const median = (sorted: readonly number[]) => sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  if (overall.timed === 0) warnings.push("There are no times: only random splits are possible, and they flatter.");
  else if (overall.timed < overall.ratings)
    warnings.push(`${String(overall.ratings - overall.timed)} of ${String(overall.ratings)} ratings have no time.`);
  if (median(perUser) < 5)
    warnings.push(
      `Very sparse: half of the users have ${String(median(perUser))} ratings or fewer. A k-core step keeps those who say more.`,
    );
  if (median(perItem) < 3)
    warnings.push(
      `Half of the items have ${String(median(perItem))} ratings or fewer: little can be learnt about them.`,
    );
  if (overall.deviation === 0) warnings.push("All ratings are the same: there are no preferences to learn.");
  if (perUser.length < 50)
    warnings.push(`Only ${String(perUser.length)} users: nothing general can be learnt or measured.`);
  return warnings;
}
