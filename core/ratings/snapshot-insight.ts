import { dirname, join } from "node:path";
import { z } from "zod";
import type { SnapshotInsight, SuspiciousAccount } from "../contract/snapshot-insight.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import {
  burstShare,
  coldBelow,
  everythingShare,
  fewestConstant,
  fewestEverything,
  fewestInBurst,
} from "./account-rules.ts";
import { integer, withDatabase } from "./database.ts";
import type { Database } from "./database.ts";
import { readSnapshotManifest } from "./manifests.ts";

const meanBins = 20;
const mostAccounts = 200;
const lorenzPoints = 100;

/** Who gave a snapshot's ratings: how they use the scale, how few say how much, and which accounts look like no person. */
export async function snapshotInsight(snapshotDirectory: string, context: WorkContext): Promise<SnapshotInsight> {
  const { items, scale } = await readSnapshotManifest(snapshotDirectory);
  return withDatabase({ signal: context.signal, spillInto: dirname(snapshotDirectory) }, async (database) => {
    const ratings = join(snapshotDirectory, "ratings.parquet");
    await database.run(
      `CREATE TEMP TABLE account AS SELECT u, count(*) AS n, count(DISTINCT rating) AS levels, avg(rating) AS mean
         FROM read_parquet($1) GROUP BY u`,
      [ratings],
    );
    const width = (scale.maximum - scale.minimum) / meanBins || 1;
    const means = await database.all(
      z.object({ bin: integer, users: integer }),
      `SELECT greatest(0, least(floor((mean - $1) / $2), ${String(meanBins - 1)}))::INTEGER AS bin, count(*) AS users FROM account GROUP BY 1`,
      [scale.minimum, width],
    );
    const usersOf = new Map(means.map(({ bin, users }) => [bin, users]));
    const cold = await database.one(
      z.object({ users: integer, items: integer }),
      `SELECT (SELECT count(*) FROM account WHERE n < ${String(coldBelow)}) AS users,
         (SELECT count(*) FROM (SELECT i FROM read_parquet($1) GROUP BY i HAVING count(*) < ${String(coldBelow)})) AS items`,
      [ratings],
    );
    const { accounts, total } = await suspicious(database, snapshotDirectory, items);
    return {
      scaleUse: await database.all(
        z.object({ levels: integer, users: integer }),
        `SELECT levels, count(*) AS users FROM account GROUP BY levels ORDER BY levels`,
      ),
      userMeans: Array.from({ length: meanBins }, (_, bin) => ({
        from: scale.minimum + bin * width,
        to: scale.minimum + (bin + 1) * width,
        users: usersOf.get(bin) ?? 0,
      })),
      coldBelow,
      coldUsers: cold.users,
      coldItems: cold.items,
      lorenzUsers: await lorenzOf(database),
      accounts,
      suspiciousAccounts: total,
    };
  });
}

const accountRow = z.object({
  userId: z.string(),
  ratings: integer,
  levels: integer,
  mean: z.number(),
  busiestHour: integer.nullable(),
  constant: z.boolean(),
  burst: z.boolean(),
  everything: z.boolean(),
});

async function suspicious(
  database: Database,
  directory: string,
  items: number,
): Promise<{ accounts: SuspiciousAccount[]; total: number }> {
  await database.run(
    `CREATE TEMP TABLE suspect AS
     WITH hourly AS (
       SELECT u, max(n) AS busiest FROM (
         SELECT u, "time" // 3600 AS hour, count(*) AS n FROM read_parquet($1) WHERE "time" IS NOT NULL GROUP BY u, hour
       ) GROUP BY u
     ), judged AS (
       SELECT account.*, busiest,
         n >= ${String(fewestConstant)} AND levels = 1 AND (SELECT max(levels) FROM account) > 1 AS constant,
         coalesce(busiest >= ${String(fewestInBurst)} AND busiest >= ${String(burstShare)} * n, false) AS burst,
         n > ${String(everythingShare)} * $2 AND n > ${String(fewestEverything)} AS everything
       FROM account LEFT JOIN hourly USING (u)
     )
     SELECT * FROM judged WHERE constant OR burst OR everything`,
    [join(directory, "ratings.parquet"), items],
  );
  const rows = await database.all(
    accountRow,
    `SELECT user_id AS "userId", n AS ratings, levels, mean, busiest AS "busiestHour", constant, burst, everything
       FROM suspect JOIN read_parquet($1) USING (u)
       ORDER BY constant::INTEGER + burst::INTEGER + everything::INTEGER DESC, n DESC, "userId" LIMIT ${String(mostAccounts)}`,
    [join(directory, "users.parquet")],
  );
  const { total } = await database.one(z.object({ total: integer }), "SELECT count(*) AS total FROM suspect");
  return {
    total,
    accounts: rows.map(({ constant, burst, everything, ...account }) => ({
      ...account,
      reasons: [
        ...(constant ? ["constant" as const] : []),
        ...(burst ? ["burst" as const] : []),
        ...(everything ? ["everything" as const] : []),
      ],
    })),
  };
}

/** Users by their number of ratings, fewest first, in at most a hundred steps. */
async function lorenzOf(database: Database): Promise<SnapshotInsight["lorenzUsers"]> {
  const rows = await database.all(
    z.object({ share: z.number(), ratings: z.number() }),
    `WITH ranked AS (
       SELECT row_number() OVER (ORDER BY n, u) AS place, sum(n) OVER (ORDER BY n, u ROWS UNBOUNDED PRECEDING) AS upto,
         count(*) OVER () AS users, sum(n) OVER () AS total FROM account
     )
     SELECT max(place)::DOUBLE / any_value(users) AS share, max(upto)::DOUBLE / any_value(total) AS ratings
       FROM ranked GROUP BY ceil(place * ${String(lorenzPoints)}.0 / users) ORDER BY share`,
  );
  return [{ share: 0, ratings: 0 }, ...rows];
}
