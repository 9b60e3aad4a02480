import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LRUCache } from "lru-cache";
import type { FilmMap, FilmMapPage } from "../contract/embedding.ts";
import type { CatalogueItem, Run } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import type { ParsedInput } from "../contract/methods.ts";
import { layOutInThread } from "../embedding/lay-out-in-thread.ts";
import { refuseWithoutFactors, withItemFactors } from "../embedding/lay-out.ts";
import type { LayoutTask } from "../embedding/lay-out.ts";
import { readMap, writeMap } from "../embedding/map-file.ts";
import type { KeptMap } from "../embedding/map-file.ts";
import { decodeCard } from "../models/bundle-card.ts";
import type { TrainingSet } from "../models/algorithm.ts";
import { loadCatalogue } from "../ratings/catalogue.ts";
import { loadTrainingData } from "../ratings/training-data.ts";
import { readBundleFolder } from "../training/bundle-folder.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import type { DirectHandlers, JobHandlers } from "./handlers.ts";
import { presentSnapshot, presentSplit } from "./rooms.ts";
import type { Rooms } from "./rooms.ts";
import { modelDirectory } from "./training.ts";

type MapRequest = ParsedInput<"embedding.make">;

interface NamedMap extends KeptMap {
  /** [films] */
  readonly films: readonly CatalogueItem[];
  /** [films] places in the map's genres */
  readonly genres: readonly (readonly number[])[];
}

export interface FilmMaps {
  readonly handlers: DirectHandlers<"embedding.get" | "embedding.films">;
  readonly jobs: JobHandlers<"embedding.make">;
}

/** Maps of films: made once for each run, method and seed, and kept in the run's folder, which takes them along when it goes. */
export function createFilmMaps(rooms: Rooms): FilmMaps {
  // A page is asked for after the other; the catalogue and the file are read for the first of them.
  const named = new LRUCache<string, NamedMap>({ max: 4 });
  const keyOf = ({ runId, method, seed }: MapRequest) =>
    JSON.stringify([runId, rooms.workspace.catalogue.runs.get(runId).modelHash, method, method === "pca" ? 0 : seed]);
  // Writing sweeps what a kill left, so maps of one engine are written one after the other.
  let writing = Promise.resolve();
  // The job that was last asked for each map, so that another window can follow it.
  const asked = new LRUCache<string, string>({ max: 100 });

  async function films(request: MapRequest): Promise<NamedMap> {
    const known = named.get(keyOf(request));
    if (known !== undefined) return known;
    const { run, directory } = placeOf(rooms, request.runId);
    const [kept, { items }] = await Promise.all([
      readMap(directory, run.modelHash ?? "", request),
      loadCatalogue(presentSnapshot(rooms, run.snapshotId).directory),
    ]);
    if (kept === null)
      throw new ReelbenchError("RB_NOT_FOUND", `There is no ${request.method} map of the run ${run.id} yet.`);
    const read = withNames(kept, items);
    named.set(keyOf(request), read);
    return read;
  }

  return {
    handlers: {
      "embedding.get": async (request) => {
        const { run, directory } = placeOf(rooms, request.runId);
        const kept = await readMap(directory, run.modelHash ?? "", request);
        if (kept === null) await refuse(directory);
        return { map: kept?.map ?? null, making: asked.get(keyOf(request)) ?? null };
      },
      "embedding.films": async (request) => pageOf(await films(request), request.offset, request.limit),
    },
    jobs: {
      "embedding.make": {
        lane: "data",
        title: ({ runId, method }) =>
          `Map of ${rooms.workspace.catalogue.runs.find(runId)?.name ?? runId} (${method.toUpperCase()})`,
        prepare: (request, jobId) => {
          placeOf(rooms, request.runId);
          asked.set(keyOf(request), jobId);
          return {};
        },
        async run(request, context) {
          const { run, directory } = placeOf(rooms, request.runId);
          const modelHash = run.modelHash ?? "";
          const known = await readMap(directory, modelHash, request);
          const made = { runId: run.id, method: request.method, seed: request.seed };
          if (known !== null) return { ...made, films: known.map.films };
          await refuse(directory);
          const kept = await make(rooms, run, request, context);
          const write = writing.then(() => writeMap(directory, modelHash, kept));
          writing = write.catch(() => undefined);
          await write;
          return { ...made, films: kept.map.films };
        },
      },
    },
  };
}

/** The run and its own folder. Throws as `modelDirectory`. */
function placeOf(rooms: Rooms, runId: string): { readonly run: Run; readonly directory: string } {
  const { run, directory } = modelDirectory(rooms, runId);
  return { run, directory: dirname(directory) };
}

/** By the card alone: a model may have gigabytes. */
async function refuse(runDirectory: string): Promise<void> {
  const bytes = await readFile(join(runDirectory, "model", "card.json")).catch((error: unknown) => {
    throw new ReelbenchError("RB_CORRUPT", "The model's card cannot be read.", { cause: error });
  });
  const card = decodeCard(bytes);
  refuseWithoutFactors(card.form, card.form === "factors" ? card.factors : 0);
}

async function make(rooms: Rooms, run: Run, request: MapRequest, context: WorkContext): Promise<KeptMap> {
  const startedAt = performance.now();
  const snapshotDirectory = presentSnapshot(rooms, run.snapshotId).directory;
  context.onProgress({ done: 0, total: null, unit: "films", message: "Reading the model" });
  const [{ model }, { items }, data] = await Promise.all([
    readBundleFolder(modelDirectory(rooms, run.id).directory),
    loadCatalogue(snapshotDirectory),
    dataOf(rooms, run, snapshotDirectory),
  ]);
  context.signal.throwIfAborted();
  const ratings = countsOf(data.train);
  const { method, seed } = request;
  const withFactors = withItemFactors(model);
  const layout = await layOutInThread({ method, seed, model: withFactors, ratings, held: data.held }, context);
  const { about, ...columns } = layout;
  const map: FilmMap = {
    runId: run.id,
    method,
    seed,
    films: layout.items.length,
    factors: withFactors.factors,
    ...about,
    genres: genresOf(Array.from(layout.items, (i) => items[i]?.genres ?? [])),
    seconds: (performance.now() - startedAt) / 1000,
    madeAt: new Date().toISOString(),
  };
  return { map, ...columns, ratings: Int32Array.from(layout.items, (i) => ratings[i] ?? 0) };
}

async function dataOf(
  rooms: Rooms,
  run: Run,
  snapshotDirectory: string,
): Promise<{ readonly train: TrainingSet; readonly held: LayoutTask["held"] }> {
  if (run.refitOf !== null) {
    const { train } = await loadTrainingData(snapshotDirectory, { part: "all" });
    return { train, held: { reason: "This model is a refit: it has learned from every rating, so none is held out." } };
  }
  const { directory: splitDirectory } = presentSplit(rooms, run.splitId);
  const { train, test, foldIn } = await loadTrainingData(snapshotDirectory, { part: "holdout", splitDirectory });
  if (test === null || test.item.length === 0)
    return { train, held: { reason: "The split of this run holds no rating out." } };
  return { train, held: { rated: train, test, foldIn, relevantFrom: run.evaluation?.relevantFrom ?? null } };
}

function countsOf({ item, items }: TrainingSet): Int32Array {
  const counts = new Int32Array(items);
  for (const i of item) counts[i] = (counts[i] ?? 0) + 1;
  return counts;
}

function genresOf(films: readonly (readonly string[])[]): FilmMap["genres"] {
  const counts = new Map<string, number>();
  for (const genre of films.flat()) counts.set(genre, (counts.get(genre) ?? 0) + 1);
  return [...counts]
    .map(([genre, count]) => ({ genre, films: count }))
    .sort((a, b) => b.films - a.films || (a.genre < b.genre ? -1 : 1));
}

function withNames(kept: KeptMap, catalogue: readonly CatalogueItem[]): NamedMap {
  const places = new Map(kept.map.genres.map(({ genre }, at) => [genre, at]));
  const films = Array.from(kept.items, (i) => {
    const film = catalogue[i];
    if (film === undefined)
      throw new ReelbenchError("RB_CORRUPT", "The map names films that the snapshot does not have.");
    return film;
  });
  return { ...kept, films, genres: films.map(({ genres }) => genres.flatMap((genre) => places.get(genre) ?? [])) };
}

function pageOf(map: NamedMap, from: number, limit: number): FilmMapPage {
  const to = Math.min(from + limit, map.films.length);
  const films = map.films.slice(from, to);
  const places = films.map((_, at) => from + at);
  return {
    total: map.films.length,
    itemIds: films.map(({ itemId }) => itemId),
    titles: films.map(({ title }) => title),
    years: films.map(({ year }) => year),
    genres: places.map((at) => [...(map.genres[at] ?? [])]),
    x: places.map((at) => map.coordinates[2 * at] ?? 0),
    y: places.map((at) => map.coordinates[2 * at + 1] ?? 0),
    ratings: places.map((at) => map.ratings[at] ?? 0),
    errors: places.map((at) => (Number.isNaN(map.errors[at] ?? NaN) ? null : (map.errors[at] ?? null))),
    tested: places.map((at) => map.tested[at] ?? 0),
  };
}
