import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AnchorRatings } from "../core/evaluation/anchors/anchor-ratings.ts";
import type { WorkContext } from "../core/jobs/work-context.ts";
import { importSource } from "../core/ratings/import.ts";
import { ratingsInFileOrder } from "../core/ratings/file-order.ts";
import { loadRatingColumns } from "../core/ratings/rating-columns.ts";
import { readSnapshotManifest } from "../core/ratings/manifests.ts";
import { createSnapshot } from "../core/ratings/snapshot.ts";

/** A file of ratings as published, in its order. What is needed on the way is gone afterwards. Throws what imports throw. */
export async function anchorRatingsOfFile(path: string, context: WorkContext): Promise<AnchorRatings> {
  const folder = await mkdtemp(join(tmpdir(), "reelbench-anchors-"));
  try {
    const sources = join(folder, "sources");
    const source = await importSource({ path, options: {}, itemsPath: null }, sources, context);
    const directory = join(sources, source.id);
    const snapshots = join(folder, "snapshots");
    const snapshot = await createSnapshot({ sources: [{ id: source.id, directory }], recipe: [] }, snapshots, context);
    const rows = await ratingsInFileOrder(directory, join(snapshots, snapshot.id), snapshot.ratings);
    const { users, items, scale } = snapshot;
    return { users, items, scale, ...rows, time: timesOf(rows.time), inFileOrder: true };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A snapshot's ratings, by user and item. */
export async function anchorRatingsOfSnapshot(directory: string): Promise<AnchorRatings> {
  const snapshot = await readSnapshotManifest(directory);
  const { u: user, i: item, rating, time } = await loadRatingColumns(directory, snapshot);
  const { users, items, scale } = snapshot;
  return { users, items, scale, user, item, rating, time: timesOf(time), inFileOrder: false };
}

function timesOf(time: Float64Array): Float64Array | null {
  return time.every(Number.isNaN) ? null : time;
}
