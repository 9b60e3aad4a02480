import type Database from "better-sqlite3";
import { savedView } from "../contract/run-table.ts";
import type { SavedView } from "../contract/run-table.ts";
import { parseDocument } from "./entity-table.ts";

export interface ViewTable {
  /** In the order of their names. */
  list(screen: SavedView["screen"]): SavedView[];
  /** Replaces the one of the same screen and name, which keeps its id. */
  put(view: SavedView): SavedView;
  /** False: there was none. */
  remove(id: string): boolean;
}

interface Row {
  readonly id: string;
  readonly document: string;
}

export function viewTable(database: Database.Database): ViewTable {
  const definition = { schema: savedView, noun: "view" };
  const byScreen = database.prepare<[string], Row>(
    "SELECT id, document FROM views WHERE screen = ? ORDER BY name COLLATE NOCASE, id",
  );
  const named = database.prepare<[string, string], Row>("SELECT id, document FROM views WHERE screen = ? AND name = ?");
  const upsert = database.prepare<[string, string]>(
    "INSERT INTO views (id, document) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET document = excluded.document",
  );
  const remove = database.prepare<[string]>("DELETE FROM views WHERE id = ?");
  return {
    list: (screen) => byScreen.all(screen).map((row) => parseDocument(definition, row)),
    put(view) {
      const known = named.get(view.screen, view.name);
      const kept = known === undefined ? view : { ...view, id: known.id };
      upsert.run(kept.id, JSON.stringify(kept));
      return kept;
    },
    remove: (id) => remove.run(id).changes > 0,
  };
}
