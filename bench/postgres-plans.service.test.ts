import { readFile } from "node:fs/promises";
import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase } from "../e2e/services/services.ts";
import type { FreshDatabase } from "../e2e/services/services.ts";
import { createProductionPool } from "../core/production/database.ts";
import { explain, fillTarget } from "./postgres-plans.ts";
import type { Plan } from "./postgres-plans.ts";

const rows = 200_000;
let database: FreshDatabase;
let pool: Pool;
let plans: readonly Plan[];

beforeAll(async () => {
  database = await freshDatabase();
  pool = createProductionPool({ url: database.url, applicationName: "test", statementTimeout: 600_000 });
  await fillTarget(pool, rows);
  plans = await explain(pool);
}, 1_200_000);
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const planOf = (name: string) => {
  const plan = plans.find((each) => each.name === name);
  if (plan === undefined) throw new Error(`There is no plan of ${name}.`);
  return plan;
};

test.each(["epoch", "latest feedback", "repeated delivery", "outcomes of one user", "page of histories", "trending"])(
  "%s reads no table from end to end",
  (name) => {
    const { scans } = planOf(name);
    expect(scans.length).toBeGreaterThan(0);
    expect(scans.filter(({ node }) => node === "Seq Scan")).toEqual([]);
  },
);

test.each(["epoch", "latest feedback", "repeated delivery"])("%s looks at one partition of sixteen", (name) => {
  const partitions = new Set(planOf(name).scans.flatMap(({ relation }) => (relation === "" ? [] : [relation])));
  expect(partitions.size).toBe(1);
  // A hundred rows of a user, in a million: some hundred blocks, not ten thousand.
  expect(planOf(name).blocks).toBeLessThan(300);
});

test("the script for Citus is SQL that the schema takes, but for Citus' own functions", async () => {
  await pool.query(
    `create function public.create_reference_table(text) returns void language sql as 'select';
     create function public.create_distributed_table(text, text, colocate_with text default '') returns void language sql as 'select'`,
  );
  const before = await pool.query("select count(*) from reelbench.feedback");
  await pool.query(await readFile(new URL("../docs/operations/citus.sql", import.meta.url), "utf8"));
  expect((await pool.query("select count(*) from reelbench.feedback")).rows).toEqual(before.rows);
  const { rows: kinds } = await pool.query(
    "select relname, relkind from pg_class where oid in ('reelbench.feedback'::regclass, 'reelbench.histories'::regclass) order by 1",
  );
  expect(kinds).toEqual([
    { relname: "feedback", relkind: "r" },
    { relname: "histories", relkind: "r" },
  ]);
}, 600_000);
