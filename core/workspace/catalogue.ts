import type Database from "better-sqlite3";
import { run, snapshot, source, split } from "../contract/entities.ts";
import type { Run, Snapshot, Source, Split } from "../contract/entities.ts";
import { publicationTable, targetTable } from "./document-tables.ts";
import type { PublicationTable, TargetTable } from "./document-tables.ts";
import { folderTable } from "./entity-table.ts";
import type { FolderTable } from "./entity-table.ts";
import { jobTable } from "./job-table.ts";
import type { JobTable } from "./job-table.ts";
import { modelVersionTable } from "./model-version-table.ts";
import type { ModelVersionTable } from "./model-version-table.ts";
import { runSummaries } from "./run-summaries.ts";
import type { RunSummaries } from "./run-summaries.ts";
import { searchTable } from "./search-table.ts";
import type { SearchTable } from "./search-table.ts";
import { viewTable } from "./view-table.ts";
import type { ViewTable } from "./view-table.ts";

/** Everything a workspace knows about, in one SQLite file with one writer: the engine that holds the lock. */
export interface Catalogue {
  readonly sources: FolderTable<Source>;
  readonly snapshots: FolderTable<Snapshot>;
  readonly splits: FolderTable<Split>;
  readonly runs: FolderTable<Run>;
  readonly targets: TargetTable;
  readonly publications: PublicationTable;
  readonly jobs: JobTable;
  readonly modelVersions: ModelVersionTable;
  readonly searches: SearchTable;
  readonly views: ViewTable;
  readonly runSummaries: RunSummaries;
  /** All or nothing. */
  transaction<T>(work: () => T): T;
}

export function catalogueOf(database: Database.Database): Catalogue {
  const runs = folderTable(database, {
    table: "runs",
    noun: "run",
    schema: run,
    columns: ["split_id", "state", "refit_of"],
  });
  return {
    sources: folderTable(database, { table: "sources", noun: "source", schema: source, columns: [] }),
    snapshots: folderTable(database, { table: "snapshots", noun: "snapshot", schema: snapshot, columns: [] }),
    splits: folderTable(database, { table: "splits", noun: "split", schema: split, columns: ["snapshot_id"] }),
    runs,
    runSummaries: runSummaries(database, runs),
    views: viewTable(database),
    targets: targetTable(database),
    publications: publicationTable(database),
    jobs: jobTable(database),
    modelVersions: modelVersionTable(database),
    searches: searchTable(database),
    transaction: (work) => database.transaction(work).immediate(),
  };
}
