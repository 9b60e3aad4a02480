import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { DuckDBConnection } from "@duckdb/node-api";
import { ReelbenchError } from "../contract/errors.ts";
import type { PerUserTable } from "../evaluation/per-user.ts";
import { exists } from "../files/atomic.ts";

export const perUserFileName = "per-user.parquet";

/** `u` INTEGER and a DOUBLE column for each of the table's, NULL where a user has no value. */
export async function writePerUser(path: string, table: PerUserTable): Promise<void> {
  await withDuckDB(async (connection) => {
    const names = [...table.columns.keys()];
    await connection.run(
      `CREATE TABLE per_user (u INTEGER, ${names.map((name) => `${identifier(name)} DOUBLE`).join(", ")})`,
    );
    const appender = await connection.createAppender("per_user");
    const columns = [...table.columns.values()];
    table.users.forEach((u, row) => {
      appender.appendInteger(u);
      for (const column of columns) {
        const value = column[row] ?? NaN;
        if (Number.isNaN(value)) appender.appendNull();
        else appender.appendDouble(value);
      }
      appender.endRow();
    });
    appender.closeSync();
    await connection.run(`COPY per_user TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`);
  });
}

/** The per-user values of a run. Throws RB_NOT_FOUND when the run was not evaluated, RB_CORRUPT when the file is damaged. */
export async function readPerUser(runDirectory: string): Promise<PerUserTable> {
  const path = join(runDirectory, perUserFileName);
  if (!(await exists(path)))
    throw new ReelbenchError("RB_NOT_FOUND", `${path} does not exist: this run was not evaluated.`);
  try {
    return await withDuckDB(async (connection) => {
      const reader = await connection.runAndReadAll(`SELECT * FROM read_parquet(${literal(path)}) ORDER BY u`);
      const names = reader.columnNames();
      const [users, ...columns] = reader.getColumns();
      return {
        users: Int32Array.from(users ?? [], Number),
        columns: new Map(
          columns.map((column, at) => [
            names[at + 1] ?? "",
            Float64Array.from(column, (value) => (value === null ? NaN : Number(value))),
          ]),
        ),
      };
    });
  } catch (error) {
    throw new ReelbenchError("RB_CORRUPT", `${path} cannot be read.`, { cause: error });
  }
}

async function withDuckDB<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  try {
    return await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
