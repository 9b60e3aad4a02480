import type Database from "better-sqlite3";
import { publication, target } from "../contract/entities.ts";
import type { Publication, Target } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { parseDocument } from "./entity-table.ts";

interface Row {
  readonly id: string;
  readonly document: string;
}

export interface TargetTable {
  find(id: string): Target | undefined;
  /** By id or name. Throws RB_NOT_FOUND. */
  get(idOrName: string): Target;
  list(): Target[];
  /** Throws RB_CONFLICT where another target has that name. */
  put(target: Target): void;
  /** It disappears from the list; its publications keep naming it. */
  remove(id: string, at: Date): void;
}

export function targetTable(database: Database.Database): TargetTable {
  const definition = { schema: target, noun: "target" };
  const one = database.prepare<[string, string], Row>(
    "SELECT id, document FROM targets WHERE removed_at IS NULL AND (id = ? OR name = ?) ORDER BY id = name DESC LIMIT 1",
  );
  const all = database.prepare<[], Row>("SELECT id, document FROM targets WHERE removed_at IS NULL ORDER BY name");
  const upsert = database.prepare<[string, string]>(
    "INSERT INTO targets (id, document) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET document = excluded.document, removed_at = NULL",
  );
  const named = database.prepare<[string, string], Row>(
    "SELECT id, document FROM targets WHERE removed_at IS NULL AND name = ? AND id <> ?",
  );
  const remove = database.prepare<[string, string]>("UPDATE targets SET removed_at = ? WHERE id = ?");
  const find = (id: string) => {
    const row = one.get(id, id);
    return row === undefined ? undefined : parseDocument(definition, row);
  };
  return {
    find,
    get(id) {
      const found = find(id);
      if (found === undefined)
        throw new ReelbenchError("RB_NOT_FOUND", `There is no target "${id}" in this workspace.`);
      return found;
    },
    list: () => all.all().map((row) => parseDocument(definition, row)),
    put(entity) {
      if (named.get(entity.name, entity.id) !== undefined) {
        throw new ReelbenchError("RB_CONFLICT", `There is already a target named "${entity.name}".`);
      }
      upsert.run(entity.id, JSON.stringify(entity));
    },
    remove: (id, at) => void remove.run(at.toISOString(), id),
  };
}

export interface PublicationTable {
  find(id: string): Publication | undefined;
  list(): Publication[];
  listByTarget(targetId: string): Publication[];
  count(): number;
  put(publication: Publication): void;
}

export function publicationTable(database: Database.Database): PublicationTable {
  const definition = { schema: publication, noun: "publication" };
  const parse = (row: Row) => parseDocument(definition, row);
  const one = database.prepare<[string], Row>("SELECT id, document FROM publications WHERE id = ?");
  const all = database.prepare<[], Row>("SELECT id, document FROM publications ORDER BY created_at DESC, id");
  const byTarget = database.prepare<[string], Row>(
    "SELECT id, document FROM publications WHERE target_id = ? ORDER BY created_at DESC, id",
  );
  const total = database.prepare<[], { n: number }>("SELECT count(*) AS n FROM publications");
  const upsert = database.prepare<[string, string]>(
    "INSERT INTO publications (id, document) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET document = excluded.document",
  );
  return {
    find(id) {
      const row = one.get(id);
      return row === undefined ? undefined : parse(row);
    },
    list: () => all.all().map(parse),
    listByTarget: (targetId) => byTarget.all(targetId).map(parse),
    count: () => total.get()?.n ?? 0,
    put: (entity) => void upsert.run(entity.id, JSON.stringify(entity)),
  };
}
