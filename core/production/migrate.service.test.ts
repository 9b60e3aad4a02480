import { expect, test } from "vitest";
import { testDatabase } from "../../e2e/services/services.ts";
import { createProductionPool } from "./database.ts";
import { migrate, openProduction, productionMigrations, schemaVersion } from "./migrate.ts";

async function freshPool() {
  return createProductionPool({ url: await testDatabase(), applicationName: "test", connections: 8 });
}

test("any number of starters at once migrate once", async () => {
  const pool = await freshPool();
  const results = await Promise.all(Array.from({ length: 6 }, () => migrate(pool)));
  expect(results.flatMap(({ applied }) => applied)).toEqual(productionMigrations().map(({ name }) => name));
  expect(await schemaVersion(pool)).toBe(productionMigrations().length);
  await pool.end();
});

test("a failing migration leaves the schema as it was", async () => {
  const pool = await freshPool();
  const known = productionMigrations();
  const broken = {
    number: known.length + 1,
    name: "9999_broken.sql",
    sql: "create table reelbench.half (id int); select 1/0",
    sha256: "0".repeat(64),
  };
  await expect(migrate(pool, [...known, broken])).rejects.toMatchObject({ code: "RB_INTERNAL" });
  expect(await schemaVersion(pool)).toBe(0);
  await migrate(pool);
  await expect(migrate(pool, [...known, broken])).rejects.toMatchObject({ code: "RB_INTERNAL" });
  expect(await schemaVersion(pool)).toBe(known.length);
  const { rows } = await pool.query("select to_regclass('reelbench.half') as half");
  expect(rows[0]).toEqual({ half: null });
  await pool.end();
});

test("a newer schema and one made by other files are refused and left alone", async () => {
  const pool = await freshPool();
  await migrate(pool);
  const known = productionMigrations();
  await pool.query("insert into reelbench.migrations (number, name, sha256) values ($1, '9999_future.sql', $2)", [
    known.length + 1,
    "f".repeat(64),
  ]);
  await expect(migrate(pool)).rejects.toMatchObject({
    code: "RB_TARGET_SCHEMA",
    message: expect.stringContaining("newer") as string,
  });
  await expect(openProduction(pool)).rejects.toMatchObject({ code: "RB_TARGET_SCHEMA" });
  await pool.query("delete from reelbench.migrations where number > $1", [known.length]);
  await pool.query("update reelbench.migrations set sha256 = $1 where number = 1", ["e".repeat(64)]);
  await expect(migrate(pool)).rejects.toMatchObject({ code: "RB_TARGET_SCHEMA" });
  await pool.end();
});

test("a role that may not create the schema is told what to grant", async () => {
  const url = new URL(await testDatabase());
  const admin = createProductionPool({ url: url.href, applicationName: "test" });
  const role = `weak_${url.pathname.slice(-8)}`;
  await admin.query(`create role ${role} login password 'weak'`);
  url.username = role;
  url.password = "weak";
  const pool = createProductionPool({ url: url.href, applicationName: "test" });
  await expect(openProduction(pool)).rejects.toMatchObject({ code: "RB_TARGET_SCHEMA" });
  await expect(migrate(pool)).rejects.toMatchObject({
    code: "RB_TARGET_SCHEMA",
    message: expect.stringContaining("GRANT CREATE ON DATABASE") as string,
  });
  await pool.end();
  await admin.query(`drop role ${role}`);
  await admin.end();
});
