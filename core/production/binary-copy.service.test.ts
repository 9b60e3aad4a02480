import { setTimeout as after } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { testDatabase } from "../../e2e/services/services.ts";
import { copyInt4, copyRows } from "./binary-copy.ts";
import { createProductionPool, inTransaction } from "./database.ts";

let pool: ReturnType<typeof createProductionPool>;
beforeEach(async () => {
  // Statements may take half a second, and the driver waits for five more.
  pool = createProductionPool({ url: await testDatabase(), applicationName: "test", statementTimeout: 500 });
  await pool.query("create table numbers (n integer)");
});
afterEach(() => pool.end());

const never = new AbortController().signal;
const count = async () => (await pool.query<{ n: string }>("select count(*) as n from numbers")).rows[0]?.n;

/** One number every so many milliseconds. */
async function* slowly(numbers: number, pause: number) {
  for (let n = 0; n < numbers; n++) {
    await after(pause);
    yield [copyInt4(n)];
  }
}

test("a slow link may take longer than a statement may, as long as something goes out", async () => {
  await inTransaction(pool, (client) => copyRows(client, "numbers (n)", slowly(30, 300), never, 2000));
  expect(await count()).toBe("30");
  const limit = await inTransaction(pool, async (client) => {
    await copyRows(client, "numbers (n)", [], never);
    return client.query<{ statement_timeout: string }>("show statement_timeout");
  });
  expect(limit.rows).toEqual([{ statement_timeout: "500ms" }]);
});

test("a copy of which nothing more goes out is given up, and leaves nothing", async () => {
  const stuck = async function* () {
    yield [copyInt4(1)];
    await new Promise(() => undefined);
  };
  await expect(
    inTransaction(pool, (client) => copyRows(client, "numbers (n)", stuck(), never, 500)),
  ).rejects.toMatchObject({ code: "RB_TARGET_UNREACHABLE" });
  expect(await count()).toBe("0");
});

test("rows that fail half-way fail the copy, and nothing is thrown into the process afterwards", async () => {
  const uncaught: unknown[] = [];
  const listen = (error: unknown) => void uncaught.push(error);
  process.on("uncaughtExceptionMonitor", listen);
  const failing = async function* () {
    yield [copyInt4(1)];
    await after(10);
    throw new Error("the disk is gone");
  };
  await expect(
    inTransaction(pool, (client) => copyRows(client, "numbers (n)", failing(), never)),
  ).rejects.toMatchObject({ message: expect.stringContaining("the disk is gone") as string });
  await after(6500); // Longer than the driver waits for an answer.
  process.off("uncaughtExceptionMonitor", listen);
  expect(uncaught).toEqual([]);
  expect(await count()).toBe("0");
});
