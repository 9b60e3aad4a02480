import type { Pool } from "pg";
import { z } from "zod";
import { catalogueItem } from "../contract/entities.ts";
import type { CatalogueItem } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { ask } from "./ask.ts";
import { bigCount, inTransaction, parseRow, parseRows } from "./database.ts";
import type { Database } from "./database.ts";
import { notify } from "./notices.ts";

const itemRow = z
  .object({
    item_id: z.string(),
    title: z.string().nullable(),
    year: z.int().nullable(),
    genres: z.array(z.string()),
    hidden: z.boolean(),
    revision: bigCount,
  })
  .transform(({ item_id, ...row }) => ({ itemId: item_id, ...row }));
/** Hidden items are never shown, whatever the model. */
export type StoredItem = z.output<typeof itemRow>;

const columns = "item_id, title, year, genres, hidden, revision";

/** Every item changed after a revision, in its order, at most `limit`. Revision 0: the whole catalogue. */
export async function itemsSince(database: Database, revision: number, limit = 10_000): Promise<StoredItem[]> {
  // Ties are possible (one revision for a batch), so the last revision is read to its end.
  const result = await ask(
    database,
    `select ${columns} from reelbench.items where revision > $1 and revision <= coalesce(
       (select revision from reelbench.items where revision > $1 order by revision offset $2 - 1 limit 1), 9223372036854775807)
     order by revision, item_id`,
    [revision, limit],
  );
  return parseRows(itemRow, result);
}

export async function catalogueRevision(database: Database): Promise<number> {
  const row = parseRow(
    z.object({ revision: bigCount }),
    await ask(database, "select revision from reelbench.catalogue_state"),
  );
  return row?.revision ?? 0;
}

export async function hiddenItems(database: Database): Promise<Set<string>> {
  const rows = parseRows(
    z.object({ item_id: z.string() }),
    await ask(database, "select item_id from reelbench.items where hidden"),
  );
  return new Set(rows.map((row) => row.item_id));
}

/**
 * Adds items and renews titles, years and genres where they differ. Flags stay, items an operator has edited stay, and an
 * unknown title never replaces a known one. Items not given stay: other versions still use them. Each call is one
 * transaction; send batches of some thousands. Returns how many rows changed.
 */
export async function upsertItems(pool: Pool, channel: string, items: readonly CatalogueItem[]): Promise<number> {
  if (items.length === 0) return 0;
  const parsed = z.array(catalogueItem).safeParse(items);
  if (!parsed.success) throw new ReelbenchError("RB_INVALID_INPUT", `Catalogue: ${z.prettifyError(parsed.error)}`);
  return inTransaction(pool, async (client) => {
    const revision = await nextRevision(client);
    const { rowCount } = await client.query(
      `insert into reelbench.items as old (item_id, title, year, genres, revision)
       select distinct on (item_id) item_id, title, year, array(select jsonb_array_elements_text(genres)), $2
       from jsonb_to_recordset($1::jsonb) as new (item_id text, title text, year integer, genres jsonb)
       on conflict (item_id) do update set
         title = coalesce(excluded.title, old.title), year = coalesce(excluded.year, old.year),
         genres = case when excluded.genres = '{}' then old.genres else excluded.genres end,
         revision = excluded.revision, updated_at = now()
       where not old.edited and (coalesce(excluded.title, old.title), coalesce(excluded.year, old.year), case when excluded.genres = '{}' then old.genres else excluded.genres end)
         is distinct from (old.title, old.year, old.genres)`,
      // Postgres text holds no NUL.
      [
        JSON.stringify(
          parsed.data.map((item) => ({
            item_id: item.itemId,
            title: item.title,
            year: item.year,
            genres: item.genres,
          })),
        ).replaceAll("\\u0000", ""),
        revision,
      ],
    );
    if ((rowCount ?? 0) > 0) await notify(client, { kind: "catalogue", channel });
    return rowCount ?? 0;
  });
}

/** Hides or shows items on all channels. Returns how many changed; unknown ids are ignored. */
export async function setHidden(
  pool: Pool,
  channel: string,
  itemIds: readonly string[],
  hidden: boolean,
): Promise<number> {
  return inTransaction(pool, async (client) => {
    const revision = await nextRevision(client);
    const { rowCount } = await client.query(
      "update reelbench.items set hidden = $2, revision = $3, updated_at = now() where item_id = any ($1) and hidden <> $2",
      [itemIds, hidden, revision],
    );
    if ((rowCount ?? 0) > 0) await notify(client, { kind: "catalogue", channel });
    return rowCount ?? 0;
  });
}

async function nextRevision(database: Database): Promise<number> {
  const row = parseRow(
    z.object({ revision: bigCount }),
    await database.query("update reelbench.catalogue_state set revision = revision + 1 returning revision"),
  );
  if (row === null) throw new ReelbenchError("RB_CORRUPT", "The catalogue's revision is missing on the target.");
  return row.revision;
}
