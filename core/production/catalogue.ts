import type { Pool } from "pg";
import { z } from "zod";
import { catalogueItem } from "../contract/entities.ts";
import type { CatalogueItem } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { ask } from "./ask.ts";
import { bigCount, inTransaction, parseRow, parseRows } from "./database.ts";
import type { Database } from "./database.ts";
import { notify } from "./notices.ts";
import { searchWords } from "./search-words.ts";

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
      `insert into reelbench.items as old (item_id, title, year, genres, words, revision)
       select distinct on (item_id) item_id, title, year, array(select jsonb_array_elements_text(genres)),
         array_to_tsvector(array(select jsonb_array_elements_text(words))), $2
       from jsonb_to_recordset($1::jsonb) as new (item_id text, title text, year integer, genres jsonb, words jsonb)
       on conflict (item_id) do update set
         title = coalesce(excluded.title, old.title), year = coalesce(excluded.year, old.year),
         genres = case when excluded.genres = '{}' then old.genres else excluded.genres end,
         words = case when excluded.title is null then old.words else excluded.words end,
         revision = excluded.revision, updated_at = now()
       where not old.edited and (coalesce(excluded.title, old.title), coalesce(excluded.year, old.year), case when excluded.genres = '{}' then old.genres else excluded.genres end)
         is distinct from (old.title, old.year, old.genres)`,
      // Postgres text holds no NUL.
      [JSON.stringify(parsed.data.map(toRow)).replaceAll("\\u0000", ""), revision],
    );
    if ((rowCount ?? 0) > 0) await notify(client, { kind: "catalogue", channel });
    return rowCount ?? 0;
  });
}

/** An item as it stands on the target, hidden or not; null for one that is unknown or was removed. */
export async function findItem(database: Database, itemId: string): Promise<StoredItem | null> {
  return parseRow(
    itemRow,
    await ask(database, `select ${columns} from reelbench.items where item_id = $1 and removed_at is null`, [itemId]),
  );
}

export interface ItemSearch {
  /** Words of the title, or the beginnings of words; all of them must be there. Empty: every item. */
  readonly text: string;
  /** Any of them; empty: all. */
  readonly genres: readonly string[];
  readonly yearFrom: number | null;
  readonly yearTo: number | null;
  /** Null: both. */
  readonly hidden: boolean | null;
  readonly offset: number;
  readonly limit: number;
}

/** The best matches first, then by title. */
export async function searchItems(database: Database, search: ItemSearch): Promise<StoredItem[]> {
  const words = searchWords(search.text);
  const result = await ask(
    database,
    `select ${columns} from reelbench.items, cast($1 as tsquery) as query
     where removed_at is null and ($1 = '' or words @@ query) and ($2::text[] = '{}' or genres && $2)
       and ($3::int is null or year >= $3) and ($4::int is null or year <= $4) and ($5::boolean is null or hidden = $5)
     order by case when $1 = '' then 0 else ts_rank(words, query, 1) end desc, lower(title), item_id offset $6 limit $7`,
    [
      words.map((word) => `'${word}':*`).join(" & "),
      search.genres,
      search.yearFrom,
      search.yearTo,
      search.hidden,
      search.offset,
      search.limit,
    ],
  );
  return parseRows(itemRow, result);
}

/**
 * Puts items as an operator wants them; publications no longer overwrite them. Those that were removed come back. One
 * transaction. Returns how many are new.
 */
export async function editItems(
  pool: Pool,
  channel: string,
  items: readonly CatalogueItem[],
): Promise<{ readonly created: number; readonly changed: number }> {
  return inTransaction(pool, async (client) => {
    const revision = await nextRevision(client);
    const rows = parseRows(
      z.object({ created: z.boolean() }),
      await client.query(
        `insert into reelbench.items as old (item_id, title, year, genres, words, edited, revision)
         select item_id, title, year, array(select jsonb_array_elements_text(genres)),
           array_to_tsvector(array(select jsonb_array_elements_text(words))), true, $2
         from jsonb_to_recordset($1::jsonb) as new (item_id text, title text, year integer, genres jsonb, words jsonb)
         on conflict (item_id) do update set title = excluded.title, year = excluded.year, genres = excluded.genres, words = excluded.words, edited = true,
           hidden = old.hidden and old.removed_at is null, removed_at = null, revision = excluded.revision, updated_at = now()
         returning xmax = 0 as created`,
        [JSON.stringify(items.map(toRow)), revision],
      ),
    );
    await notify(client, { kind: "catalogue", channel });
    const created = rows.filter((row) => row.created).length;
    return { created, changed: rows.length - created };
  });
}

/** Takes an item out: hidden on every server at once, and no publication brings it back. False for an unknown one. */
export async function removeItem(pool: Pool, channel: string, itemId: string): Promise<boolean> {
  return inTransaction(pool, async (client) => {
    const revision = await nextRevision(client);
    const { rowCount } = await client.query(
      `update reelbench.items set hidden = true, removed_at = now(), edited = true, revision = $2, updated_at = now()
       where item_id = $1 and removed_at is null`,
      [itemId, revision],
    );
    if ((rowCount ?? 0) > 0) await notify(client, { kind: "catalogue", channel });
    return (rowCount ?? 0) > 0;
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
      "update reelbench.items set hidden = $2, revision = $3, updated_at = now() where item_id = any ($1) and hidden <> $2 and removed_at is null",
      [itemIds, hidden, revision],
    );
    if ((rowCount ?? 0) > 0) await notify(client, { kind: "catalogue", channel });
    return rowCount ?? 0;
  });
}

/** As both kinds of writing read it. */
function toRow({ itemId, title, year, genres }: CatalogueItem) {
  return { item_id: itemId, title, year, genres, words: searchWords(`${title ?? ""} ${itemId}`) };
}

async function nextRevision(database: Database): Promise<number> {
  const row = parseRow(
    z.object({ revision: bigCount }),
    await database.query("update reelbench.catalogue_state set revision = revision + 1 returning revision"),
  );
  if (row === null) throw new ReelbenchError("RB_CORRUPT", "The catalogue's revision is missing on the target.");
  return row.revision;
}
