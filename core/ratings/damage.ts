import { ReelbenchError } from "../contract/errors.ts";

/** What DuckDB says of a file that is damaged is many things; to who reads a snapshot it is one: RB_CORRUPT, with the cause. */
export async function asDamage<T>(directory: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    if (cause instanceof ReelbenchError) throw cause;
    throw new ReelbenchError("RB_CORRUPT", `${directory}: a file of the snapshot cannot be read.`, { cause });
  }
}
