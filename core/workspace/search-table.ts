import type Database from "better-sqlite3";
import { search, searchStep } from "../contract/searches.ts";
import type { Search, SearchStep } from "../contract/searches.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { parseDocument } from "./entity-table.ts";

export interface SearchTable {
  find(id: string): Search | undefined;
  /** Throws RB_NOT_FOUND. */
  get(id: string): Search;
  /** Newest first. */
  list(): Search[];
  put(search: Search): void;
  /** With its steps; their runs are runs like others and stay. */
  remove(id: string): void;
  /** In the order of decision. */
  steps(searchId: string): SearchStep[];
  putStep(searchId: string, step: SearchStep): void;
}

interface Row {
  readonly id: string;
  readonly document: string;
}

export function searchTable(database: Database.Database): SearchTable {
  const definition = { schema: search, noun: "search" };
  const one = database.prepare<[string], Row>("SELECT id, document FROM searches WHERE id = ?");
  const all = database.prepare<[], Row>("SELECT id, document FROM searches ORDER BY created_at DESC, id");
  const upsert = database.prepare<[string, string]>(
    "INSERT INTO searches (id, document) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET document = excluded.document",
  );
  const remove = database.prepare<[string]>("DELETE FROM searches WHERE id = ?");
  const steps = database.prepare<[string], Row>(
    "SELECT search_id AS id, document FROM search_steps WHERE search_id = ? ORDER BY step",
  );
  const upsertStep = database.prepare<[string, number, string]>(
    "INSERT INTO search_steps (search_id, step, document) VALUES (?, ?, ?) ON CONFLICT (search_id, step) DO UPDATE SET document = excluded.document",
  );
  const find = (id: string) => {
    const row = one.get(id);
    return row === undefined ? undefined : parseDocument(definition, row);
  };
  return {
    find,
    get(id) {
      const found = find(id);
      if (found === undefined)
        throw new ReelbenchError("RB_NOT_FOUND", `There is no search "${id}" in this workspace.`);
      return found;
    },
    list: () => all.all().map((row) => parseDocument(definition, row)),
    put: (entity) => void upsert.run(entity.id, JSON.stringify(entity)),
    remove: (id) => void remove.run(id),
    steps: (searchId) => steps.all(searchId).map((row) => parseDocument({ schema: searchStep, noun: "step" }, row)),
    putStep: (searchId, step) => void upsertStep.run(searchId, step.step, JSON.stringify(step)),
  };
}
