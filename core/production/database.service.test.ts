import { expect, onTestFinished, test } from "vitest";
import { testDatabase } from "../../e2e/services/services.ts";
import { tcpProxy } from "../../e2e/services/tcp-proxy.ts";
import { ask } from "./ask.ts";
import { createProductionPool, inTransaction } from "./database.ts";

const connections = 4;
const statementTimeout = 500;

/** A pool whose connections are all open and idle, over a wire that can fail. */
async function wiredPool() {
  const url = new URL(await testDatabase());
  const wire = await tcpProxy({ host: url.hostname, port: Number(url.port) });
  url.hostname = "127.0.0.1";
  url.port = String(wire.port);
  const lost: string[] = [];
  const pool = createProductionPool(
    { url: url.href, applicationName: "test", connections, statementTimeout },
    ({ message }) => lost.push(message),
  );
  onTestFinished(async () => {
    await pool.end();
    await wire.close();
  });
  await Promise.all(Array.from({ length: connections }, () => pool.query("select pg_sleep(0.1)")));
  expect(pool.totalCount).toBe(connections);
  return { pool, wire, lost };
}

test("connections that went dead without a word cost one wait, not one each", async () => {
  const { pool, wire, lost } = await wiredPool();
  wire.abandon();
  await expect(ask(pool, "select 1")).rejects.toMatchObject({ code: "RB_TARGET_UNREACHABLE" });
  expect(lost).toHaveLength(connections - 1);
  // New ones, all of them, at once.
  const answers = await Promise.all(Array.from({ length: 2 * connections }, () => pool.query("select 1 as one")));
  expect(answers.map(({ rows }) => rows as unknown)).toEqual(answers.map(() => [{ one: 1 }]));
});

test("a transaction on such a connection fails once, and the next one is whole", async () => {
  const { pool, wire } = await wiredPool();
  await pool.query("create table kept (n integer)");
  const insert = (n: number, meanwhile: () => void = () => undefined) =>
    inTransaction(pool, async (client) => {
      await client.query("insert into kept values ($1)", [n]);
      meanwhile();
      await client.query("insert into kept values ($1)", [n]);
    });
  const silences: number[] = [];
  pool.on("release", (error: unknown) => {
    if (error instanceof Error) silences.push(1);
  });
  await expect(insert(1, () => wire.abandon())).rejects.toMatchObject({ code: "RB_TARGET_UNREACHABLE" });
  expect(silences).toHaveLength(1);
  await insert(2);
  expect((await pool.query("select n from kept order by n")).rows).toEqual([{ n: 2 }, { n: 2 }]);
});

test("a statement that is merely slow, and one that is wrong, cost no other connection", async () => {
  const { pool, lost } = await wiredPool();
  await expect(ask(pool, "select pg_sleep(30)")).rejects.toMatchObject({
    code: "RB_TARGET_BUSY",
    message: expect.stringContaining("within the time limit") as string,
  });
  await expect(ask(pool, "select nonsense")).rejects.toMatchObject({ code: "RB_TARGET_SCHEMA" });
  expect(lost).toEqual([]);
  expect(pool.totalCount).toBeGreaterThanOrEqual(connections - 2);
});
