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

/** Of models, and as much again of the ratings they answer with. */
const cacheBytes = 1024 ** 3;

/** Which ratings: all of a snapshot, or what a split trains on. */
interface RatingsKey {
  readonly snapshotId: string;
  readonly splitId: string | null;
}

type SharedRatings = (key: RatingsKey) => Promise<TrainingSet>;

interface Loaded extends LiveModel {
  readonly uses: readonly RatingsKey[];
}

const textOf = ({ snapshotId, splitId }: RatingsKey) => JSON.stringify([snapshotId, splitId]);

/**
 * Loaded models, the least recently asked let go first. Models of one split share its ratings: beside millions of them a model is
 * small, and several are looked at side by side.
 */
export function createLiveModels(rooms: Rooms): LiveModels {
  const cache = new LRUCache<string, Loaded>({
    maxSize: cacheBytes,
    sizeCalculation: ({ bytes }) => Math.max(1, Math.min(bytes, cacheBytes)),
    fetchMethod: (runId) => load(rooms, runId, shared),
  });
  const ratings = new LRUCache<string, TrainingSet, RatingsKey>({
    maxSize: cacheBytes,
    // All of a snapshot and what a split trains on stay beside each other, however large.
    sizeCalculation: (set) => Math.max(1, Math.min(bytesOf(set), cacheBytes / 2)),
    fetchMethod: (_text, _stale, { context }) => loadRatings(rooms, context),
    dispose: (_set, text) => {
      for (const [runId, { uses }] of cache.entries())
        if (uses.some((key) => textOf(key) === text)) cache.delete(runId);
    },
  });
  const shared: SharedRatings = (key) => ratings.forceFetch(textOf(key), { context: key });
  return {
    async get(runId) {
      const { run } = modelDirectory(rooms, runId); // Says why not, also for a model that is still in memory.
      const model = await cache.forceFetch(run.id);
      return model;
    },
  };
}

async function load(rooms: Rooms, runId: string, shared: SharedRatings): Promise<Loaded> {
  const { run, directory } = modelDirectory(rooms, runId);
  const snapshotDirectory = presentSnapshot(rooms, run.snapshotId).directory;
  const whole = { snapshotId: run.snapshotId, splitId: null };
  const learntFrom = run.refitOf === null ? { ...whole, splitId: run.splitId } : whole;
  const [{ model, userIds, itemIds }, catalogue, all] = await Promise.all([
    readBundleFolder(directory),
    loadCatalogue(snapshotDirectory),
    shared(whole),
  ]);
  const part = await shared(learntFrom);
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
    uses: [whole, learntFrom],
    bytes: bytesOfModel(model) + (userIds.length + itemIds.length) * 200 + (train === part ? 0 : bytesOf(train)),
  };
}

async function loadRatings(rooms: Rooms, { snapshotId, splitId }: RatingsKey): Promise<TrainingSet> {
  const { directory } = presentSnapshot(rooms, snapshotId);
  const { train } = await loadTrainingData(
    directory,
    splitId === null ? { part: "all" } : { part: "holdout", splitDirectory: presentSplit(rooms, splitId).directory },
  );
  return train;
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
