import { z } from "zod";
import type { Recipe } from "../contract/entities.ts";
import { integer } from "./database.ts";
import type { Database } from "./database.ts";

type Step = Recipe[number];

/** Carries out one step on the table `rows` (u0, i0, rating, time, source, position). */
export async function applyStep(database: Database, step: Step): Promise<void> {
  switch (step.step) {
    case "dedupe":
      return dedupe(database, step.keep);
    case "time-window":
      return timeWindow(database, step.from, step.to);
    case "k-core":
      return core(database, step.k);
    case "minimum-ratings":
      return minimumRatings(database, step.perUser, step.perItem);
    case "exclude-users":
      return database.run(
        "DELETE FROM rows WHERE u0 IN (SELECT u0 FROM all_users WHERE user_id IN (SELECT unnest($1)))",
        [step.users],
      );
    case "exclude-items":
      return database.run(
        "DELETE FROM rows WHERE i0 IN (SELECT i0 FROM all_items WHERE item_id IN (SELECT unnest($1)))",
        [step.items],
      );
    case "rating-threshold":
      return database.run(
        `CREATE OR REPLACE TEMP TABLE rows AS SELECT * ${step.binarise ? "REPLACE (1::DOUBLE AS rating)" : ""} FROM rows WHERE rating >= $1`,
        [step.minimum],
      );
  }
}

/**
 * By time, unknown times first; within the same time by place: the order of the sources, then of the rows in each.
 */
const chronological = (direction: "ASC" | "DESC") =>
  `"time" ${direction} NULLS ${direction === "ASC" ? "FIRST" : "LAST"}, source ${direction}, position ${direction}`;

const orderByKeep = {
  last: chronological("DESC"),
  first: chronological("ASC"),
  highest: `rating DESC, ${chronological("DESC")}`,
} as const;

async function dedupe(database: Database, keep: "last" | "first" | "highest" | "mean"): Promise<void> {
  await database.run(
    "CREATE OR REPLACE TEMP TABLE repeated AS SELECT u0, i0 FROM rows GROUP BY u0, i0 HAVING count(*) > 1",
  );
  const { n } = await database.one(z.object({ n: integer }), "SELECT count(*) AS n FROM repeated");
  if (n === 0) return;
  const rivals = "SELECT rows.* FROM rows SEMI JOIN repeated USING (u0, i0)";
  const kept =
    keep === "mean"
      ? // Summed in sorted order: a sum of floating-point numbers must not depend on which thread met which row first.
        `SELECT u0, i0, list_sum(list_sort(list(rating))) / count(*) AS rating, max("time") AS "time", min(part) AS part, min(source) AS source, min(position) AS position FROM (${rivals}) GROUP BY u0, i0`
      : `SELECT * FROM (${rivals}) QUALIFY row_number() OVER (PARTITION BY u0, i0 ORDER BY ${orderByKeep[keep]}) = 1`;
  await database.run(`CREATE OR REPLACE TEMP TABLE settled AS ${kept}`);
  await database.run(
    "CREATE OR REPLACE TEMP TABLE rows AS SELECT rows.* FROM rows ANTI JOIN repeated USING (u0, i0) UNION ALL SELECT * FROM settled",
  );
}

/** `from` belongs to the window, `to` does not. Ratings whose time is not known are in no window. */
async function timeWindow(database: Database, from: string | null, to: string | null): Promise<void> {
  if (from === null && to === null) return;
  const seconds = (iso: string | null, otherwise: number) => (iso === null ? otherwise : Date.parse(iso) / 1000);
  await database.run(`DELETE FROM rows WHERE "time" IS NULL OR "time" < $1 OR "time" >= $2`, [
    seconds(from, -1e15),
    seconds(to, 1e15),
  ]);
}

/** Removes users and items with fewer than k ratings until none is left that has fewer (Seidman 1983). */
async function core(database: Database, k: number): Promise<void> {
  for (;;) {
    const { n } = await database.one(
      z.object({ n: integer }),
      `SELECT (SELECT count(*) FROM (SELECT u0 FROM rows GROUP BY u0 HAVING count(*) < $1)) + (SELECT count(*) FROM (SELECT i0 FROM rows GROUP BY i0 HAVING count(*) < $1)) AS n`,
      [k],
    );
    if (n === 0) return;
    await minimumRatings(database, k, k);
  }
}

/** Users and items are counted once, before either is removed. */
async function minimumRatings(database: Database, perUser: number, perItem: number): Promise<void> {
  await database.run(
    `CREATE OR REPLACE TEMP TABLE rows AS SELECT rows.* FROM rows
       SEMI JOIN (SELECT u0 FROM rows GROUP BY u0 HAVING count(*) >= $1) USING (u0)
       SEMI JOIN (SELECT i0 FROM rows GROUP BY i0 HAVING count(*) >= $2) USING (i0)`,
    [perUser, perItem],
  );
}
