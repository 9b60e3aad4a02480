import type Database from "better-sqlite3";
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Run } from "../contract/entities.ts";
import { runRow } from "../contract/run-table.ts";
import type { RunRow } from "../contract/run-table.ts";
import { parseDocument } from "./entity-table.ts";
import type { FolderTable } from "./entity-table.ts";
import { metricUnpacker, packMetrics } from "./run-row-packing.ts";

/** All runs without their curves and reports, newest first. Kept in memory from the first question on; do not change them. */
export interface RunSummaries {
  all(): readonly RunRow[];
}

interface PackedRow {
  readonly id: string;
  readonly shape: number;
  readonly numbers: Buffer;
  readonly document: string;
}

/**
 * Curves and reports make most of a run's document, and metrics most of what is left. Both are kept out of the way: a run's
 * row lies in a table of its own, its metrics as plain numbers, so that ten thousand runs are read in a fraction of a
 * second. Rows are made when they are first asked for after a run was written, and are believed, as this module wrote
 * them from a document that it had parsed; what a front is told of them is parsed there again.
 */
export function runSummaries(database: Database.Database, runs: FolderTable<Run>): RunSummaries {
  const rows = packedRows(database);
  let known: Map<string, RunRow> | null = null;
  let inOrder: readonly RunRow[] | null = null;
  const stale = new Set<string>();
  runs.watch((id) => {
    if (known !== null) stale.add(id);
  });
  return {
    all() {
      known ??= rows.readAll();
      if (stale.size > 0) {
        const written = rows.make([...stale]);
        for (const id of stale) {
          const row = written.get(id);
          if (row === undefined) known.delete(id);
          else known.set(id, row);
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

function packedRows(database: Database.Database) {
  // Rows made when a run had other fields are made again.
  const format = createHash("sha256")
    .update(JSON.stringify(z.toJSONSchema(runRow)))
    .digest("hex")
    .slice(0, 16);
  const all = database.prepare<[string], PackedRow>(
    "SELECT id, shape, numbers, document FROM run_rows WHERE format = ?",
  );
  const shapes = database.prepare<[], { id: number; metrics: string }>("SELECT id, metrics FROM run_row_shapes");
  const missing = database.prepare<[], { id: string }>("SELECT id FROM runs WHERE missing = 1");
  const ids = database.prepare<[], { id: string }>("SELECT id FROM runs");
  const one = database.prepare<[string], { id: string; missing: number; document: string }>(
    "SELECT id, missing, json_remove(document, '$.curve', '$.report', '$.machine') AS document FROM runs WHERE id = ?",
  );
  const nameShape = database.prepare<[string]>("INSERT OR IGNORE INTO run_row_shapes (metrics) VALUES (?)");
  const shapeOf = database.prepare<[string], { id: number }>("SELECT id FROM run_row_shapes WHERE metrics = ?");
  const keep = database.prepare<[string, string, number, Buffer, string]>(
    "INSERT OR REPLACE INTO run_rows (id, format, shape, numbers, document) VALUES (?, ?, ?, ?, ?)",
  );
  const pack = (row: RunRow) => {
    const { metrics, missing: _missing, ...rest } = row;
    const { shape, numbers } = packMetrics(metrics);
    nameShape.run(shape);
    keep.run(row.id, format, shapeOf.get(shape)?.id ?? 0, numbers, JSON.stringify(rest));
  };
  /** Reads documents and keeps their rows. Ids of no run are left out. */
  const make = database.transaction((wanted: readonly string[]) => {
    const made = new Map<string, RunRow>();
    for (const id of wanted) {
      const found = one.get(id);
      if (found === undefined) continue;
      const row = parseDocument({ schema: runRow, noun: "run" }, found);
      pack(row);
      made.set(id, found.missing === 1 ? { ...row, missing: true } : row);
    }
    return made;
  });
  return {
    make,
    readAll(): Map<string, RunRow> {
      const unpack = metricUnpacker();
      const named = new Map(shapes.all().map(({ id, metrics }) => [id, metrics]));
      const gone = new Set(missing.all().map(({ id }) => id));
      const known = new Map<string, RunRow>();
      for (const { id, shape, numbers, document } of all.all(format)) {
        const rest = JSON.parse(document) as Omit<RunRow, "metrics">;
        const row = { ...rest, metrics: unpack(named.get(shape) ?? "[]", numbers) };
        known.set(id, gone.has(id) ? { ...row, missing: true } : row);
      }
      const without = ids.all().flatMap(({ id }) => (known.has(id) ? [] : [id]));
      if (without.length > 0) for (const [id, row] of make(without)) known.set(id, row);
      return known;
    },
  };
}
