import { dirname, join } from "node:path";
import { z } from "zod";
import type { CatalogueItem } from "../contract/entities.ts";
import { asDamage } from "./damage.ts";
import { integer, withDatabase } from "./database.ts";

export interface Catalogue {
  /** [users] by dense index. */
  readonly userIds: string[];
  /** [items] by dense index. */
  readonly items: CatalogueItem[];
}

/** Ids, titles, years and genres of a snapshot, by dense index. Throws RB_CORRUPT for damaged files. */
export function loadCatalogue(snapshotDirectory: string): Promise<Catalogue> {
  return asDamage(snapshotDirectory, readCatalogue(snapshotDirectory));
}

function readCatalogue(snapshotDirectory: string): Promise<Catalogue> {
  return withDatabase({ spillInto: dirname(snapshotDirectory) }, async (database) => {
    const users = await database.all(
      z.object({ user_id: z.string() }),
      "SELECT user_id FROM read_parquet($1) ORDER BY u",
      [join(snapshotDirectory, "users.parquet")],
    );
    const items = await database.all(
      z.object({
        item_id: z.string(),
        title: z.string().nullable(),
        year: integer.nullable(),
        genres: z.array(z.string()).nullable(),
      }),
      `SELECT item_id, title, "year", genres FROM read_parquet($1) ORDER BY i`,
      [join(snapshotDirectory, "items.parquet")],
    );
    return {
      userIds: users.map((user) => user.user_id),
      items: items.map((item) => ({
        itemId: item.item_id,
        title: item.title,
        year: item.year,
        genres: item.genres ?? [],
      })),
    };
  });
}
