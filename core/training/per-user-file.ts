import { dirname, join } from "node:path";
import { ReelbenchError } from "../contract/errors.ts";
import type { PerUserTable } from "../evaluation/per-user.ts";
import { exists } from "../files/atomic.ts";
import { sqlPath, withConnection } from "../ratings/database.ts";
import { sqlName } from "../ratings/parquet-columns.ts";

export const perUserFileName = "per-user.parquet";

/** `u` INTEGER and a DOUBLE column for each of the table's, NULL where a user has no value. */
export async function writePerUser(path: string, table: PerUserTable): Promise<void> {
  await withConnection({ threads: 1, spillInto: dirname(path) }, async (connection) => {
    const names = [...table.columns.keys()];
    await connection.run(
      `CREATE TABLE per_user (u INTEGER, ${names.map((name) => `${sqlName(name)} DOUBLE`).join(", ")})`,
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
    await connection.run(`COPY per_user TO ${sqlPath(path)} (FORMAT parquet, COMPRESSION zstd)`);
  });
}

/** The per-user values of a run. Throws RB_NOT_FOUND when the run was not evaluated, RB_CORRUPT when the file is damaged. */
export async function readPerUser(runDirectory: string): Promise<PerUserTable> {
  const path = join(runDirectory, perUserFileName);
  if (!(await exists(path)))
    throw new ReelbenchError("RB_NOT_FOUND", `${path} does not exist: this run was not evaluated.`);
  try {
    return await withConnection({ threads: 1, spillInto: dirname(runDirectory) }, async (connection) => {
      const reader = await connection.runAndReadAll(`SELECT * FROM read_parquet(${sqlPath(path)}) ORDER BY u`);
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
