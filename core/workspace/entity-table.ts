import type Database from "better-sqlite3";
import { z } from "zod";
import { ReelbenchError } from "../contract/errors.ts";

export interface EntityTable<T extends { readonly id: string }> {
  find(id: string): T | undefined;
  /** Throws RB_NOT_FOUND. */
  get(id: string): T;
  /** Newest first; equal times by id. */
  list(): T[];
  /** Those whose indexed column has this value. */
  listBy(column: string, value: string): T[];
  count(): number;
  /** Inserts it, or replaces the document of that id. */
  put(entity: T): void;
}

export interface FolderTable<T extends { readonly id: string }> extends EntityTable<T> {
  /** What is catalogued, without reading a document; `column`: of those alone that have this value there. */
  ids(column?: string, value?: string): readonly { readonly id: string; readonly missing: boolean }[];
  setMissing(id: string, missing: boolean): void;
  /** Throws RB_CONFLICT where other rows of the catalogue refer to it. */
  remove(id: string): void;
  /** Told the id of every row that may have changed, at once and also where the transaction is taken back later. */
  watch(listener: (id: string) => void): void;
}

interface Row {
  readonly id: string;
  readonly document: string;
  readonly missing: number;
}

interface TableDefinition<T> {
  readonly table: string;
  /** For messages: "source". */
  readonly noun: string;
  readonly schema: z.ZodType<T>;
  readonly columns: readonly string[];
}

/** Documents of one kind that also have a folder of their own: sources, snapshots, splits, runs. */
export function folderTable<T extends { readonly id: string; readonly missing?: boolean | undefined }>(
  database: Database.Database,
  definition: TableDefinition<T>,
): FolderTable<T> {
  const { table, noun, columns } = definition;
  const read = (row: Row): T =>
    row.missing === 1 ? { ...parseDocument(definition, row), missing: true } : parseDocument(definition, row);
  const byId = database.prepare<[string], Row>(`SELECT id, document, missing FROM ${table} WHERE id = ?`);
  const all = database.prepare<[], Row>(`SELECT id, document, missing FROM ${table} ORDER BY created_at DESC, id`);
  const by = new Map(
    columns.map((column) => [
      column,
      database.prepare<[string], Row>(
        `SELECT id, document, missing FROM ${table} WHERE ${column} = ? ORDER BY created_at DESC, id`,
      ),
    ]),
  );
  const allIds = database.prepare<[], Omit<Row, "document">>(`SELECT id, missing FROM ${table}`);
  const idsBy = new Map(
    columns.map((column) => [
      column,
      database.prepare<[string], Omit<Row, "document">>(`SELECT id, missing FROM ${table} WHERE ${column} = ?`),
    ]),
  );
  const total = database.prepare<[], { n: number }>(`SELECT count(*) AS n FROM ${table}`);
  const upsert = database.prepare<[string, string]>(
    `INSERT INTO ${table} (id, document) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET document = excluded.document, missing = 0`,
  );
  const mark = database.prepare<[number, string]>(`UPDATE ${table} SET missing = ? WHERE id = ?`);
  const forget = database.prepare<[string]>(`DELETE FROM ${table} WHERE id = ?`);
  const find = (id: string) => {
    const row = byId.get(id);
    return row === undefined ? undefined : read(row);
  };
  const listeners: ((id: string) => void)[] = [];
  const written = (id: string) => {
    for (const listener of listeners) listener(id);
  };
  return {
    find,
    get(id) {
      const found = find(id);
      if (found === undefined)
        throw new ReelbenchError("RB_NOT_FOUND", `There is no ${noun} "${id}" in this workspace.`);
      return found;
    },
    list: () => all.all().map(read),
    listBy: (column, value) => (by.get(column)?.all(value) ?? []).map(read),
    count: () => total.get()?.n ?? 0,
    ids: (column, value) =>
      (column === undefined ? allIds.all() : (idsBy.get(column)?.all(value ?? "") ?? [])).map((row) => ({
        id: row.id,
        missing: row.missing === 1,
      })),
    put({ missing: _missing, ...document }) {
      upsert.run(document.id, JSON.stringify(document));
      written(document.id);
    },
    setMissing(id, missing) {
      mark.run(missing ? 1 : 0, id);
      written(id);
    },
    watch: (listener) => void listeners.push(listener),
    remove(id) {
      try {
        forget.run(id);
        written(id);
      } catch (cause) {
        if ((cause as { code?: unknown }).code !== "SQLITE_CONSTRAINT_FOREIGNKEY") throw cause;
        throw new ReelbenchError("RB_CONFLICT", `The ${noun} ${id} is needed by something else in this workspace.`, {
          cause,
        });
      }
    },
  };
}

/** Throws RB_WORKSPACE_CORRUPT, naming the row. */
export function parseDocument<T>(
  definition: Pick<TableDefinition<T>, "schema" | "noun">,
  row: { readonly id: string; readonly document: string },
): T {
  const parsed = definition.schema.safeParse(JSON.parse(row.document));
  if (parsed.success) return parsed.data;
  throw new ReelbenchError(
    "RB_WORKSPACE_CORRUPT",
    `The catalogue's ${definition.noun} "${row.id}" is not readable: ${z.prettifyError(parsed.error)}`,
  );
}
