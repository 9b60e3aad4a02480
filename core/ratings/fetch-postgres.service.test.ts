import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { expect, it } from "vitest";
import { testDatabase } from "../../e2e/services/services.ts";
import { fetchPostgres } from "./fetch-postgres.ts";
import { idle, importFile, inTemporaryFolder } from "./temporary.fixture.ts";

async function withRatings(): Promise<string> {
  const url = await testDatabase();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query<{ n: number }>(
      `CREATE TABLE votes (who text, film text, stars numeric(2, 1), at timestamptz);
       INSERT INTO votes SELECT 'user ' || n % 40, 'film, "' || n % 90 || '"', 0.5 + (n % 10) * 0.5, timestamptz '2020-01-01 00:00:00.25+02' + n * interval '1 hour'
         FROM generate_series(1, 1000) AS n`,
    );
  } finally {
    await client.end();
  }
  return url;
}

const select = `SELECT who AS "userId", film AS "movieId", stars AS rating, at AS timestamp FROM votes ORDER BY at`;

it("brings what a query answers to a file that is imported whole, quotes, commas and times included", async () => {
  const url = await withRatings();
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "query.csv");
    const fetched = await fetchPostgres({ url, query: `${select};\n`, timeoutSeconds: 30 }, path, idle);
    expect(fetched).toEqual({ rows: 1000, bytes: (await readFile(path)).length });
    const { source, rows } = await importFile(path);
    expect(source).toMatchObject({ read: 1000, accepted: 1000, users: 40, items: 90, hasTime: true });
    expect(rows[0]).toMatchObject({
      user_id: "user 1",
      item_id: 'film, "1"',
      rating: 1,
      time: Date.parse("2019-12-31T23:00:00Z") / 1000,
    });
  });
});

it("refuses what writes, is more than one statement, or takes too long, and changes nothing", async () => {
  const url = await withRatings();
  const refused = (query: string, timeoutSeconds = 30) =>
    inTemporaryFolder((folder) =>
      fetchPostgres({ url, query, timeoutSeconds }, join(folder, "query.csv"), idle).then(
        () => "accepted",
        (error: { code?: string; message: string }) => `${error.code ?? ""}: ${error.message}`,
      ),
    );
  expect(await refused("DELETE FROM votes RETURNING *")).toMatch(/^RB_INVALID_INPUT/);
  expect(await refused("WITH gone AS (DELETE FROM votes RETURNING *) SELECT * FROM gone")).toMatch(/^RB_INVALID_INPUT/);
  expect(await refused("SELECT 1; DELETE FROM votes")).toMatch(/^RB_INVALID_INPUT/);
  // Would leave the brackets that it is put in, and start a program on the server.
  expect(await refused("SELECT 1) TO PROGRAM 'touch /tmp/owned' --")).toMatch(/^RB_INVALID_INPUT: .*syntax/);
  expect(await refused("SELECT * FROM nowhere")).toMatch(/^RB_INVALID_INPUT: .*nowhere/);
  expect(await refused("SELECT pg_sleep(20)", 1)).toMatch(/^RB_INVALID_INPUT: .*longer than 1 seconds/);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query("SELECT count(*)::int AS n FROM votes");
  await client.end();
  expect(rows).toEqual([{ n: 1000 }]);
});

it("stops the query in the database too when it is cancelled", async () => {
  const url = await withRatings();
  await inTemporaryFolder(async (folder) => {
    const controller = new AbortController();
    const fetching = fetchPostgres(
      { url, query: "SELECT pg_sleep(60)", timeoutSeconds: 120 },
      join(folder, "query.csv"),
      { signal: controller.signal, onProgress: () => undefined },
    );
    setTimeout(() => controller.abort(), 500);
    await expect(fetching).rejects.toMatchObject({ code: "RB_CANCELLED" });
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await expect
      .poll(
        async () =>
          (
            await client.query<{ n: number }>(
              "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'reelbench import' AND state = 'active' AND query LIKE '%pg_sleep%'",
            )
          ).rows,
        { timeout: 5000 },
      )
      .toEqual([{ n: 0 }]);
    await client.end();
  });
});

it("never says the password", async () => {
  const url = new URL(await testDatabase());
  url.password = "wrong-and-secret";
  await inTemporaryFolder(async (folder) => {
    const failure = await fetchPostgres(
      { url: url.href, query: "SELECT 1", timeoutSeconds: 5 },
      join(folder, "query.csv"),
      idle,
    ).catch((error: unknown) => error);
    expect(String(failure)).not.toContain("wrong-and-secret");
  });
});
