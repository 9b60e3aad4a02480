import { join } from "node:path";
import { ReelbenchError } from "../contract/errors.ts";
import type { ModelVersion } from "../contract/model-versions.ts";
import { removeFolderAtomic } from "../files/atomic.ts";
import { discardWork } from "../training/work-folder.ts";
import type { FolderTable } from "../workspace/entity-table.ts";
import type { DirectHandlers } from "./handlers.ts";
import { changed } from "./rooms.ts";
import type { Rooms } from "./rooms.ts";

type DeleteMethod = "sources.delete" | "snapshots.delete" | "splits.delete" | "searches.delete" | "runs.delete";

interface Named {
  readonly id: string;
  readonly name: string;
}

/**
 * What nothing else is made from may be deleted. First the catalogue forgets it, then its folder is renamed away, then
 * emptied: a kill before the rename leaves a whole folder that the next opening adopts again, one after it a leftover that
 * the next opening sweeps. Either it is there or it is gone.
 */
export function deletionHandlers(rooms: Rooms): DirectHandlers<DeleteMethod> {
  const { catalogue, paths } = rooms.workspace;

  async function remove<T extends Named>(
    noun: "source" | "snapshot" | "split" | "run",
    table: FolderTable<T>,
    folder: string,
    id: string,
    dependents: (entity: T) => readonly string[],
  ): Promise<void> {
    catalogue.transaction(() => {
      const entity = table.get(id);
      refuseWhereNeeded(`${noun} ${id} (${entity.name})`, [...dependents(entity), ...unfinishedJobs(rooms, id)]);
      table.remove(id);
    });
    changed(rooms, noun, id);
    await removeFolderAtomic(join(folder, id));
  }

  return {
    "sources.delete": async ({ sourceId }) => {
      await remove("source", catalogue.sources, paths.sources, sourceId, ({ id }) =>
        catalogue.snapshots
          .list()
          .filter(({ sourceIds }) => sourceIds.includes(id))
          .map((snapshot) => told("snapshot", snapshot)),
      );
      return {};
    },
    "snapshots.delete": async ({ snapshotId }) => {
      await remove("snapshot", catalogue.snapshots, paths.snapshots, snapshotId, ({ id }) =>
        catalogue.splits.listBy("snapshot_id", id).map((split) => told("split", split)),
      );
      return {};
    },
    "splits.delete": async ({ splitId }) => {
      await remove("split", catalogue.splits, paths.splits, splitId, ({ id }) => [
        ...catalogue.searches
          .list()
          .filter(({ splitId: on }) => on === id)
          .map((search) => told("search", search)),
        ...catalogue.runs.listBy("split_id", id).map((run) => told("run", run)),
      ]);
      return {};
    },
    "searches.delete": async ({ searchId }) => {
      const search = catalogue.searches.get(searchId);
      refuseWhereNeeded(`search ${searchId} (${search.name})`, unfinishedJobs(rooms, searchId));
      const trials = catalogue.searches.steps(searchId).map(({ runId }) => runId);
      catalogue.transaction(() => {
        for (const runId of trials) if (catalogue.runs.find(runId) !== undefined) catalogue.runs.remove(runId);
        catalogue.searches.remove(searchId);
      });
      changed(rooms, "search", searchId);
      for (const runId of trials) {
        await removeFolderAtomic(join(paths.runs, runId));
        await discardWork(paths.runs, runId);
      }
      return {};
    },
    "runs.delete": async ({ runId }) => {
      await remove("run", catalogue.runs, paths.runs, runId, ({ id }) => [
        ...catalogue.runs.listBy("refit_of", id).map((run) => told("refit", run)),
        ...catalogue.runs
          .list()
          .filter(({ warmStart }) => warmStart?.runId === id)
          .map((run) => told("warm-started run", run)),
        ...registered(catalogue.modelVersions.find(id)),
        ...catalogue.publications
          .list()
          .filter((publication) => publication.runId === id)
          .map((publication) => `publication ${publication.id} (${publication.state})`),
      ]);
      await discardWork(paths.runs, runId);
      return {};
    },
  };
}

const registered = (version: ModelVersion | undefined): string[] =>
  version === undefined ? [] : [`model version ${version.model} ${String(version.number)}`];

const told = (noun: string, { id, name }: Named): string => `${noun} ${id} (${name})`;
const mostNamed = 5;

function refuseWhereNeeded(what: string, dependents: readonly string[]): void {
  if (dependents.length === 0) return;
  const named = dependents.slice(0, mostNamed).join(", ");
  const more = dependents.length > mostNamed ? ` and ${String(dependents.length - mostNamed)} more` : "";
  throw new ReelbenchError("RB_CONFLICT", `The ${what} is needed by ${named}${more}. Delete that first.`, {
    details: { dependents },
  });
}

/** Jobs that will read or write it: its id stands in what they were asked or have decided. */
function unfinishedJobs(rooms: Rooms, id: string): string[] {
  return rooms.workspace.catalogue.jobs
    .unfinished()
    .filter(({ input, memory }) => JSON.stringify([input, memory]).includes(JSON.stringify(id)))
    .map(({ job }) => `job ${job.id} (${job.title}, ${job.state})`);
}
