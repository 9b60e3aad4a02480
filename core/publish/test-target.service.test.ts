import { expect, test } from "vitest";
import { redisUrl, testDatabase } from "../../e2e/services/services.ts";
import { createProductionPool } from "../production/database.ts";
import { migrate } from "../production/migrate.ts";
import { testTarget } from "./test-target.ts";

const outcome = ({ checks }: Awaited<ReturnType<typeof testTarget>>) =>
  Object.fromEntries(checks.map(({ check, passed }) => [check, passed]));

test("an empty database and a Redis will do; nothing is changed by looking", async () => {
  const url = await testDatabase();
  const result = await testTarget({ postgresUrl: url, redisUrl: redisUrl() });
  expect(result.ok).toBe(true);
  expect(outcome(result)).toEqual({
    address: true,
    postgres: true,
    encryption: true,
    privileges: true,
    schema: true,
    redis: true,
  });
  const pool = createProductionPool({ url, applicationName: "test" });
  const { rows } = await pool.query("select to_regnamespace('reelbench') as schema");
  expect(rows).toEqual([{ schema: null }]);
  await pool.end();
});

test("a role without privileges, a newer schema, a dead Redis and a wrong address are each named, and no password is", async () => {
  const url = new URL(await testDatabase());
  const pool = createProductionPool({ url: url.href, applicationName: "test" });
  const role = `weak_${url.pathname.slice(-8)}`;
  await pool.query(`create role ${role} login password 'hush'`);
  const weak = new URL(url);
  weak.username = role;
  weak.password = "hush";
  const refused = await testTarget({ postgresUrl: weak.href, redisUrl: "redis://:hush@127.0.0.1:9" });
  expect(outcome(refused)).toEqual({
    address: true,
    postgres: true,
    encryption: true,
    privileges: false,
    schema: true,
    redis: false,
  });
  expect(JSON.stringify(refused)).not.toContain("hush");
  await migrate(pool);
  await pool.query("insert into reelbench.migrations (number, name, sha256) values (9999, '9999_future.sql', 'x')");
  expect(outcome(await testTarget({ postgresUrl: url.href, redisUrl: null }))).toMatchObject({
    schema: false,
    redis: true,
  });
  expect(await testTarget({ postgresUrl: "postgres://u:hush@db", redisUrl: null })).toMatchObject({
    ok: false,
    checks: [{ check: "address", passed: false }],
  });
  await pool.query(`drop role ${role}`);
  await pool.end();
});
