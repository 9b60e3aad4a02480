import type Database from "better-sqlite3";
import { runRow } from "../contract/run-table.ts";
import type { RunRow } from "../contract/run-table.ts";
import { parseDocument } from "./entity-table.ts";
import type { FolderTable } from "./entity-table.ts";
import type { Run } from "../contract/entities.ts";

interface Row {
  readonly id: string;
  readonly document: string;
  readonly missing: number;
}

/** All runs without their curves and reports, newest first. Kept in memory from the first question on; do not change them. */
export interface RunSummaries {
  all(): readonly RunRow[];
}

/**
 * Curves and reports make nearly all of a run's document. SQLite leaves them out, so that ten thousand runs are read in
 * the time in which a few hundred whole ones are; from then on only what is written is read again.
 */
export function runSummaries(database: Database.Database, runs: FolderTable<Run>): RunSummaries {
  const light = "id, missing, json_remove(document, '$.curve', '$.report', '$.machine') AS document";
  const everything = database.prepare<[], Row>(`SELECT ${light} FROM runs`);
  const one = database.prepare<[string], Row>(`SELECT ${light} FROM runs WHERE id = ?`);
  const definition = { schema: runRow, noun: "run" };
  const read = (row: Row): RunRow =>
    row.missing === 1 ? { ...parseDocument(definition, row), missing: true } : parseDocument(definition, row);
  let known: Map<string, RunRow> | null = null;
  let inOrder: readonly RunRow[] | null = null;
  const stale = new Set<string>();
  runs.watch((id) => {
    if (known !== null) stale.add(id);
  });
  return {
    all() {
      known ??= new Map(everything.all().map((row) => [row.id, read(row)]));
      if (stale.size > 0) {
        for (const id of stale) {
          const row = one.get(id);
          if (row === undefined) known.delete(id);
          else known.set(id, read(row));
        }
        stale.clear();
        inOrder = null;
      }
      inOrder ??= [...known.values()].sort((a, b) =>
        a.createdAt === b.createdAt ? (a.id < b.id ? -1 : 1) : a.createdAt < b.createdAt ? 1 : -1,
      );
      return inOrder;
    },
  };
}
