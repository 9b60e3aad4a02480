import type { Pool } from "pg";
import { z } from "zod";
import { ask } from "../../core/production/ask.ts";
import { parseRows } from "../../core/production/database.ts";
import type { Vault } from "./vault.ts";

/** Everything that is sealed: table, key, sealed columns, and the context each is sealed for. */
const sealed = [
  { table: "accounts", key: "id", column: "email_sealed", context: "accounts.email" },
  { table: "accounts", key: "id", column: "name_sealed", context: "accounts.name" },
  { table: "signing_keys", key: "kid", column: "private_sealed", context: "signing_keys.private_sealed" },
] as const;

const batch = 500;

/**
 * Seals with the current data key what an older one sealed, row by row: it may be killed and started again at any time.
 * Returns how many fields were moved.
 */
export async function resealAll(pool: Pool, vault: Vault): Promise<number> {
  let moved = 0;
  const current = Buffer.from((await vault.currentKey()).replaceAll("-", ""), "hex");
  for (const { table, key, column, context } of sealed) {
    const row = z.object({ key: z.string(), value: z.instanceof(Buffer) });
    for (;;) {
      const rows = parseRows(
        row,
        await ask(
          pool,
          `select ${key}::text as key, ${column} as value from reelbench.${table}
           where ${column} is not null and substring(${column} from 1 for 16) <> $1 limit ${batch}`,
          [current],
        ),
      );
      if (rows.length === 0) break;
      for (const { key: id, value } of rows) {
        const text = await vault.open(value, `${context} ${id}`);
        // Only if nobody changed the field meanwhile: then it is sealed with the current key anyway.
        await ask(pool, `update reelbench.${table} set ${column} = $2 where ${key}::text = $1 and ${column} = $3`, [
          id,
          await vault.seal(text, `${context} ${id}`),
          value,
        ]);
        moved++;
      }
    }
  }
  return moved;
}
