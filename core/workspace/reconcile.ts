import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import { run, snapshot, source, split } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { removeTemporaries } from "../files/atomic.ts";
import { readJson } from "../files/json.ts";
import { sweepWork } from "../training/work-folder.ts";
import type { Catalogue } from "./catalogue.ts";
import type { FolderTable } from "./entity-table.ts";
import type { WorkspacePaths } from "./paths.ts";

export interface Reconciliation {
  /** Whole on disk, not in the catalogue: now they are. `source s1…` */
  readonly adopted: readonly string[];
  /** In the catalogue, gone from disk. */
  readonly missing: readonly string[];
  /** Folders that could not be adopted, and why. They are left alone. */
  readonly refused: readonly string[];
  /** Half-written leftovers of a killed process, and checkpoints of runs that have succeeded or are gone, that were removed. */
  readonly removed: number;
}

interface Kind<T extends { readonly id: string }> {
  readonly noun: string;
  readonly folder: string;
  readonly manifest: string;
  readonly schema: z.ZodType<T>;
  readonly table: FolderTable<T>;
  /** Those that must have a folder. Asked without reading documents: there may be ten thousand runs. */
  readonly expected: () => ReturnType<FolderTable<T>["ids"]>;
  /** Whether what is on disk says more than the catalogue does. */
  readonly supersedes: (onDisk: T, catalogued: T) => boolean;
}

/**
 * Brings catalogue and folders together after a crash, a copy or a hand's tidying. Folders get their final name only when
 * whole, so what has a readable manifest counts; a process killed between the rename and the catalogue's insert loses
 * nothing. Only for the engine that holds the lock.
 */
export async function reconcile(catalogue: Catalogue, paths: WorkspacePaths): Promise<Reconciliation> {
  const never = () => false;
  const reports = [
    await reconcileKind({
      noun: "source",
      folder: paths.sources,
      manifest: "manifest.json",
      schema: source,
      table: catalogue.sources,
      expected: () => catalogue.sources.ids(),
      supersedes: never,
    }),
    await reconcileKind({
      noun: "snapshot",
      folder: paths.snapshots,
      manifest: "manifest.json",
      schema: snapshot,
      table: catalogue.snapshots,
      expected: () => catalogue.snapshots.ids(),
      supersedes: never,
    }),
    await reconcileKind({
      noun: "split",
      folder: paths.splits,
      manifest: "manifest.json",
      schema: split,
      table: catalogue.splits,
      expected: () => catalogue.splits.ids(),
      supersedes: never,
    }),
    await reconcileKind({
      noun: "run",
      folder: paths.runs,
      manifest: "run.json",
      schema: run,
      table: catalogue.runs,
      expected: () => catalogue.runs.ids("state", "succeeded"),
      // The engine ended between the training's last write and the catalogue's.
      supersedes: (onDisk, catalogued) => onDisk.state === "succeeded" && catalogued.state !== "succeeded",
    }),
  ];
  const ofFiles = await removeTemporaries(paths.root);
  const work = await sweepWork(paths.runs, (id) => (catalogue.runs.find(id)?.state ?? "succeeded") === "succeeded");
  return {
    adopted: reports.flatMap(({ adopted }) => adopted),
    missing: reports.flatMap(({ missing }) => missing),
    refused: reports.flatMap(({ refused }) => refused),
    removed: reports.reduce((sum, { removed }) => sum + removed, ofFiles + work),
  };
}

async function reconcileKind<T extends { readonly id: string; readonly missing?: boolean | undefined }>(
  kind: Kind<T>,
): Promise<Reconciliation> {
  const removed = await removeTemporaries(kind.folder);
  const names = await folderNames(kind.folder);
  const adopted: string[] = [];
  const refused: string[] = [];
  const missing: string[] = [];
  const whole = new Set<string>();
  const settled = new Set(kind.expected().flatMap(({ id, missing: gone }) => (gone ? [] : [id])));
  for (const name of names) {
    if (!existsSync(join(kind.folder, name, kind.manifest))) continue; // Renamed into place by nobody: not ours, or damaged.
    whole.add(name);
    if (settled.has(name)) continue;
    try {
      const known = kind.table.find(name);
      const onDisk = await readJson(join(kind.folder, name, kind.manifest), kind.schema);
      if (onDisk.id !== name) throw new ReelbenchError("RB_CORRUPT", `its manifest says "${onDisk.id}"`);
      if (known === undefined || (known.missing !== true && kind.supersedes(onDisk, known))) {
        kind.table.put(onDisk);
        adopted.push(`${kind.noun} ${name}`);
      } else if (known.missing === true) kind.table.setMissing(name, false);
    } catch (error) {
      refused.push(`${kind.noun} ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  for (const { id, missing: known } of kind.expected()) {
    if (whole.has(id)) continue;
    missing.push(`${kind.noun} ${id}`);
    if (!known) kind.table.setMissing(id, true);
  }
  return { adopted, missing, refused, removed };
}

async function folderNames(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith(".")).map(({ name }) => name);
}
