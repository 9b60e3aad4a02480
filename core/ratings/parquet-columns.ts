import { z } from "zod";
import { ReelbenchError } from "../contract/errors.ts";
import { withDatabase } from "./database.ts";

/** SQL's quoting of a name; names come from the file's own schema. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export interface ParquetColumns {
  readonly names: readonly string[];
  /** DuckDB's type names. */
  readonly types: readonly string[];
  readonly sample: readonly (readonly string[])[];
}

/** Columns and first rows of a Parquet file. Throws RB_FILE_UNREADABLE when it is damaged. */
export async function parquetColumns(path: string): Promise<ParquetColumns> {
  try {
    return await withDatabase({}, async (database) => {
      const described = await database.all(
        z.object({ column_name: z.string(), column_type: z.string() }),
        "DESCRIBE FROM read_parquet($1)",
        [path],
      );
      const names = described.map((column) => column.column_name);
      const cells = names.map((name, index) => `CAST(${sqlName(name)} AS VARCHAR) AS c${String(index)}`).join(", ");
      const rows = await database.all(
        z.record(z.string(), z.string().nullable()),
        `SELECT ${cells} FROM read_parquet($1) LIMIT 200`,
        [path],
      );
      return {
        names,
        types: described.map((column) => column.column_type),
        sample: rows.map((row) => names.map((_, index) => row[`c${String(index)}`] ?? "")),
      };
    });
  } catch (error) {
    if (error instanceof ReelbenchError && error.code !== "RB_CORRUPT") throw error;
    throw new ReelbenchError(
      "RB_FILE_UNREADABLE",
      `${path} begins like a Parquet file and cannot be read as one: it is damaged or cut short.`,
      { cause: error },
    );
  }
}
