import { itemsSince } from "../../core/production/catalogue.ts";
import type { StoredItem } from "../../core/production/catalogue.ts";
import type { Database } from "../../core/production/database.ts";

/** Every item of the catalogue changed after a revision, a page at a time. Revision 0: all of them. */
export async function* changedItems(database: Database, revision: number): AsyncGenerator<StoredItem> {
  for (let after = revision; ;) {
    const page = await itemsSince(database, after);
    const last = page.at(-1);
    if (last === undefined) return;
    yield* page;
    after = last.revision;
  }
}
