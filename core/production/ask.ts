import type { QueryResult } from "pg";
import { productionError } from "./database.ts";
import type { Database } from "./database.ts";

/** One statement, its failure as a ReelbenchError (`productionError`). */
export async function ask(database: Database, sql: string, values: readonly unknown[] = []): Promise<QueryResult> {
  try {
    return await database.query(sql, [...values]);
  } catch (error) {
    throw productionError(error);
  }
}
