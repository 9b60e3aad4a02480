import { LRUCache } from "lru-cache";
import type { CatalogueItem, Run } from "../contract/entities.ts";
import type { TrainingSet } from "../models/algorithm.ts";
import { loadCatalogue } from "../ratings/catalogue.ts";
import { loadTrainingData } from "../ratings/training-data.ts";
import { applyTrainingOptions } from "../ratings/training-options.ts";
import { createRecommender } from "../recommend/recommender.ts";
import type { GivenRating, Recommender } from "../recommend/recommender.ts";
import { bytesOfModel } from "../recommend/shared-model.ts";
import { readBundleFolder } from "../training/bundle-folder.ts";
import type { Rooms } from "./rooms.ts";
import { presentSnapshot, presentSplit } from "./rooms.ts";
import { modelDirectory } from "./training.ts";

/** A model ready to answer, with the names of what it answers about. */
export interface LiveModel {
  readonly run: Run;
  readonly recommender: Recommender;
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
  readonly userIndex: ReadonlyMap<string, number>;
  readonly itemIndex: ReadonlyMap<string, number>;
  /** By the model's dense index. */
  readonly titles: readonly CatalogueItem[];
  /** What the model was trained on, of one user. */
  trainingRatings(u: number): readonly GivenRating[];
  /** All items that one user has rated in the snapshot, what the split holds out included. */
  ratedItems(u: number): Iterable<number>;
  /** [items] how many users rated each in what the model was trained on. */
  readonly popularity: () => Int32Array;
  readonly bytes: number;
}

export interface LiveModels {
  /** Throws RB_NOT_FOUND, RB_CONFLICT, RB_NO_MODEL or RB_CORRUPT. */
  get(runId: string): Promise<LiveModel>;
}

const cacheBytes = 1024 ** 3;

/** Loaded models, the least recently asked let go first. */
export function createLiveModels(rooms: Rooms): LiveModels {
  const cache = new LRUCache<string, LiveModel>({
    maxSize: cacheBytes,
    sizeCalculation: ({ bytes }) => Math.max(1, Math.min(bytes, cacheBytes)),
    fetchMethod: (runId) => load(rooms, runId),
  });
  return {
    async get(runId) {
      const { run } = modelDirectory(rooms, runId); // Says why not, also for a model that is still in memory.
      const model = await cache.forceFetch(run.id);
      return model;
    },
  };
}

async function load(rooms: Rooms, runId: string): Promise<LiveModel> {
  const { run, directory } = modelDirectory(rooms, runId);
  const snapshotDirectory = presentSnapshot(rooms, run.snapshotId).directory;
  const [{ model, userIds, itemIds }, catalogue, { train: all }] = await Promise.all([
    readBundleFolder(directory),
    loadCatalogue(snapshotDirectory),
    loadTrainingData(snapshotDirectory, { part: "all" }),
  ]);
  const part = run.refitOf !== null ? all : await trainingPart(rooms, run, snapshotDirectory);
  const train = applyTrainingOptions(part, run.training ?? {});
  let popularity: Int32Array | undefined;
  const known = new Map(catalogue.items.map((item) => [item.itemId, item]));
  return {
    run,
    recommender: createRecommender(model, (u) => ratingsOf(train, u)),
    userIds,
    itemIds,
    userIndex: new Map(userIds.map((id, u) => [id, u])),
    itemIndex: new Map(itemIds.map((id, i) => [id, i])),
    titles: itemIds.map((itemId) => known.get(itemId) ?? { itemId, title: null, year: null, genres: [] }),
    trainingRatings: (u) => ratingsOf(train, u),
    ratedItems: (u) => all.item.subarray(all.userStart[u] ?? 0, all.userStart[u + 1] ?? 0),
    popularity: () => (popularity ??= popularityOf(train, itemIds.length)),
    bytes:
      bytesOfModel(model) +
      (userIds.length + itemIds.length) * 200 +
      bytesOf(all) +
      (train === all ? 0 : bytesOf(train)),
  };
}

async function trainingPart(rooms: Rooms, run: Run, snapshotDirectory: string): Promise<TrainingSet> {
  const { directory: splitDirectory } = presentSplit(rooms, run.splitId);
  return (await loadTrainingData(snapshotDirectory, { part: "holdout", splitDirectory })).train;
}

function popularityOf({ item }: TrainingSet, items: number): Int32Array {
  const counts = new Int32Array(items);
  for (const i of item) counts[i] = (counts[i] ?? 0) + 1;
  return counts;
}

function bytesOf({ userStart, item, rating, time }: TrainingSet): number {
  return userStart.byteLength + item.byteLength + rating.byteLength + (time?.byteLength ?? 0);
}

function ratingsOf(data: TrainingSet, u: number): GivenRating[] {
  const [from, to] = [data.userStart[u] ?? 0, data.userStart[u + 1] ?? 0];
  return Array.from({ length: to - from }, (_, offset) => ({
    i: data.item[from + offset] ?? 0,
    rating: data.rating[from + offset] ?? 0,
  }));
}
