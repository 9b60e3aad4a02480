import { rm } from "node:fs/promises";
import { basename } from "node:path";
import type { Profile, Snapshot, Source, Split } from "../contract/entities.ts";
import type { SnapshotInsight } from "../contract/snapshot-insight.ts";
import { temporaryPath } from "../files/atomic.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import type { JobContext } from "../jobs/queue.ts";
import { importSource } from "../ratings/import.ts";
import type { ImportRequest } from "../ratings/import.ts";
import { previewFile } from "../ratings/preview.ts";
import { profileSnapshot } from "../ratings/profile.ts";
import { searchItems, searchUsers, snapshotRows, sourceRejects, userHistory } from "../ratings/rows.ts";
import { defaultSampleShape, generateSample } from "../ratings/sample.ts";
import { createSnapshot } from "../ratings/snapshot.ts";
import { snapshotDifference } from "../ratings/snapshot-difference.ts";
import { snapshotInsight } from "../ratings/snapshot-insight.ts";
import { tryProtocol } from "../ratings/split-proposals.ts";
import { createSplit, proposeSplits } from "../ratings/split.ts";
import { version } from "../version.ts";
import { browseFolder } from "./browse.ts";
import type { DirectHandlers, JobHandlers } from "./handlers.ts";
import { withOrigin } from "./importing.ts";
import { changed, presentSnapshot, presentSource } from "./rooms.ts";
import type { Rooms } from "./rooms.ts";

const unhurried: WorkContext = { signal: new AbortController().signal, onProgress: () => undefined };

type DataMethod =
  | "workspace.get"
  | "files.browse"
  | "files.preview"
  | "sources.list"
  | "sources.get"
  | "sources.rejects"
  | "snapshots.list"
  | "snapshots.get"
  | "snapshots.profile"
  | "snapshots.rows"
  | "snapshots.insight"
  | "snapshots.difference"
  | "splits.propose"
  | "splits.preview"
  | "splits.list"
  | "splits.get"
  | "users.search"
  | "users.history"
  | "items.search";

export function dataHandlers(rooms: Rooms): DirectHandlers<DataMethod> {
  const { catalogue, paths, id, schemaVersion } = rooms.workspace;
  /** Snapshots never change, so neither do their profiles. */
  const profiles = new Map<string, Promise<Profile>>();
  const insights = new Map<string, Promise<SnapshotInsight>>();
  return {
    "workspace.get": () => ({
      path: paths.root,
      name: basename(paths.root),
      id,
      schemaVersion,
      engine: {
        version,
        pid: process.pid,
        runtime: `Node ${process.versions.node}`,
        startedAt: rooms.startedAt.toISOString(),
        threads: rooms.threads,
      },
      counts: {
        sources: catalogue.sources.count(),
        snapshots: catalogue.snapshots.count(),
        splits: catalogue.splits.count(),
        runs: catalogue.runs.count(),
        publications: catalogue.publications.count(),
      },
    }),
    "files.browse": ({ directory }) => browseFolder(directory),
    "files.preview": ({ path, options }) => previewFile(path, options),
    "sources.list": () => catalogue.sources.list(),
    "sources.get": ({ sourceId }) => catalogue.sources.get(sourceId),
    "sources.rejects": (input) => sourceRejects(presentSource(rooms, input.sourceId).directory, input),
    "snapshots.list": () => catalogue.snapshots.list(),
    "snapshots.get": ({ snapshotId }) => catalogue.snapshots.get(snapshotId),
    "snapshots.profile": ({ snapshotId }) => {
      const { directory } = presentSnapshot(rooms, snapshotId);
      const known = profiles.get(snapshotId);
      if (known !== undefined) return known;
      const profile = profileSnapshot(directory, unhurried);
      profiles.set(snapshotId, profile);
      profile.catch(() => profiles.delete(snapshotId));
      return profile;
    },
    "snapshots.insight": ({ snapshotId }) => {
      const { directory } = presentSnapshot(rooms, snapshotId);
      const known = insights.get(snapshotId) ?? snapshotInsight(directory, unhurried);
      insights.set(snapshotId, known);
      known.catch(() => insights.delete(snapshotId));
      return known;
    },
    "snapshots.difference": ({ before, after }) =>
      snapshotDifference(presentSnapshot(rooms, before).directory, presentSnapshot(rooms, after).directory, unhurried),
    "snapshots.rows": (input) => snapshotRows(presentSnapshot(rooms, input.snapshotId).directory, input),
    "splits.propose": ({ snapshotId }) => proposeSplits(presentSnapshot(rooms, snapshotId).directory),
    "splits.preview": ({ snapshotId, protocol, seed }) =>
      tryProtocol(presentSnapshot(rooms, snapshotId).directory, protocol, seed),
    "splits.list": ({ snapshotId }) =>
      snapshotId === undefined ? catalogue.splits.list() : catalogue.splits.listBy("snapshot_id", snapshotId),
    "splits.get": ({ splitId }) => catalogue.splits.get(splitId),
    "users.search": (input) => searchUsers(presentSnapshot(rooms, input.snapshotId).directory, input),
    "users.history": (input) => userHistory(presentSnapshot(rooms, input.snapshotId).directory, input),
    "items.search": (input) => searchItems(presentSnapshot(rooms, input.snapshotId).directory, input),
  };
}

function sourceIdOf(jobId: string): string {
  return `i${jobId.slice(1)}`;
}

type DataJob = "sample.create" | "sources.import" | "snapshots.create" | "splits.create";

export function dataJobs(rooms: Rooms): JobHandlers<DataJob> {
  const { catalogue, paths } = rooms.workspace;
  /** Imports under the job's own id: run again after a kill just before the job's end, it finds its source. */
  const importOnce = async (request: Omit<ImportRequest, "id">, context: JobContext): Promise<Source> => {
    const id = sourceIdOf(context.jobId);
    const finished = catalogue.sources.find(id);
    if (finished !== undefined && finished.missing !== true) return finished;
    const source = await withOrigin(rooms, await importSource({ ...request, id }, paths.sources, context));
    catalogue.sources.put(source);
    changed(rooms, "source", id);
    return source;
  };
  const keepSnapshot = (snapshot: Snapshot) => {
    catalogue.snapshots.put(snapshot);
    changed(rooms, "snapshot", snapshot.id);
  };
  const keepSplit = (split: Split) => {
    catalogue.splits.put(split);
    changed(rooms, "split", split.id);
  };
  const snapshotOf = async (
    sourceIds: readonly string[],
    request: { recipe: Snapshot["recipe"]; name?: string | undefined },
    context: WorkContext,
  ) => {
    const sources = sourceIds.map((id) => ({ id, directory: presentSource(rooms, id).directory }));
    const { recipe, name } = request;
    const snapshot = await createSnapshot(
      { sources, recipe, ...(name === undefined ? {} : { name }) },
      paths.snapshots,
      context,
    );
    keepSnapshot(snapshot);
    return snapshot;
  };
  return {
    "sample.create": {
      lane: "data",
      title: () => "Make the sample workspace",
      async run({ seed, users, items, ratings }, context) {
        const shape = {
          seed,
          users: users ?? defaultSampleShape.users,
          items: items ?? defaultSampleShape.items,
          ratings: ratings ?? defaultSampleShape.ratings,
        };
        // Beside the sources: a kill's leftovers go when the workspace is next opened.
        const folder = temporaryPath(paths.sources);
        try {
          const { ratingsPath, itemsPath } = await generateSample(shape, folder, context);
          const source = await importOnce(
            { path: ratingsPath, options: {}, itemsPath, name: "Sample", filesGo: true },
            context,
          );
          const snapshot = await snapshotOf([source.id], { recipe: [], name: "Sample" }, context);
          return { sourceId: source.id, snapshotId: snapshot.id };
        } finally {
          await rm(folder, { recursive: true, force: true });
        }
      },
    },
    "sources.import": {
      lane: "data",
      title: ({ path, name }) => `Import ${name ?? basename(path)}`,
      async run({ name, ...request }, context) {
        const source = await importOnce(
          { ...request, itemsPath: request.itemsPath, ...(name === undefined ? {} : { name }) },
          context,
        );
        const { id, read, accepted, rejected } = source;
        return { sourceId: id, read, accepted, rejected };
      },
    },
    "snapshots.create": {
      lane: "data",
      title: ({ name }) => (name === undefined ? "Make a snapshot" : `Make the snapshot ${name}`),
      prepare({ sourceIds }) {
        for (const id of sourceIds) presentSource(rooms, id);
        return {};
      },
      run: async ({ sourceIds, recipe, name }, context) => ({
        snapshotId: (await snapshotOf(sourceIds, { recipe, name }, context)).id,
      }),
    },
    "splits.create": {
      lane: "data",
      title: ({ protocol }) => `Split (${protocol.protocol.replaceAll("-", " ")})`,
      prepare({ snapshotId }) {
        presentSnapshot(rooms, snapshotId);
        return {};
      },
      async run({ snapshotId, protocol, seed }, context) {
        const { entity: snapshot, directory } = presentSnapshot(rooms, snapshotId);
        const split = await createSplit(
          { snapshot, snapshotDirectory: directory, protocol, seed },
          paths.splits,
          context,
        );
        keepSplit(split);
        return { splitId: split.id };
      },
    },
  };
}
