import type { QualityFinding } from "../contract/snapshot-tables.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { snapshotGenres, snapshotItems, snapshotUsers } from "../ratings/feature-tables.ts";
import { previewRecipe } from "../ratings/recipe-preview.ts";
import { snapshotQuality } from "../ratings/snapshot-quality.ts";
import type { DirectHandlers } from "./handlers.ts";
import { presentSnapshot, presentSource } from "./rooms.ts";
import type { Rooms } from "./rooms.ts";

type SnapshotTableMethod =
  | "snapshots.preview"
  | "snapshots.stopPreview"
  | "snapshots.users"
  | "snapshots.items"
  | "snapshots.genres"
  | "snapshots.quality";

export function snapshotTableHandlers(rooms: Rooms): DirectHandlers<SnapshotTableMethod> {
  const { catalogue, paths } = rooms.workspace;
  const directoryOf = (snapshotId: string) => presentSnapshot(rooms, snapshotId).directory;
  /** What is being counted, by who asked: somebody who edits on wants the newest recipe's numbers only. */
  const counting = new Map<string, AbortController>();
  const qualities = new Map<string, Promise<QualityFinding[]>>();
  return {
    async "snapshots.preview"({ sourceIds, recipe, session }) {
      const directories = sourceIds.map((id) => presentSource(rooms, id).directory);
      const controller = new AbortController();
      counting.get(session)?.abort();
      counting.set(session, controller);
      try {
        return await previewRecipe(directories, recipe, paths.snapshots, controller.signal);
      } catch (error) {
        throw controller.signal.aborted ? new ReelbenchError("RB_CANCELLED", undefined, { cause: error }) : error;
      } finally {
        if (counting.get(session) === controller) counting.delete(session);
      }
    },
    "snapshots.stopPreview": ({ session }) => {
      counting.get(session)?.abort();
      return {};
    },
    "snapshots.users": ({ snapshotId, ...input }) => snapshotUsers(directoryOf(snapshotId), input),
    "snapshots.items": ({ snapshotId, ...input }) => snapshotItems(directoryOf(snapshotId), input),
    "snapshots.genres": ({ snapshotId }) => snapshotGenres(directoryOf(snapshotId)),
    "snapshots.quality": ({ snapshotId }) => {
      const { entity, directory } = presentSnapshot(rooms, snapshotId);
      const sources = entity.sourceIds.flatMap((id) => catalogue.sources.find(id) ?? []);
      const key = `${snapshotId} ${sources.map(({ id }) => id).join(" ")}`;
      const known = qualities.get(key) ?? snapshotQuality(directory, sources);
      qualities.set(key, known);
      known.catch(() => qualities.delete(key));
      return known;
    },
  };
}
