import { mostUmapFilms } from "../contract/embedding.ts";
import type { FilmMap, MapError, MapMethod } from "../contract/embedding.ts";
import type { Progress } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import type { FactorModel, ServableModel } from "../models/servable.ts";
import { heldOutErrors } from "./held-out-error.ts";
import type { HeldOut } from "./held-out-error.ts";
import { nearestPoints } from "./nearest-items.ts";
import { neighbourLayout } from "./neighbour-layout.ts";
import { principalComponents } from "./principal-components.ts";
import { trustworthiness } from "./trustworthiness.ts";

export interface LayoutTask {
  readonly method: MapMethod;
  readonly seed: number;
  readonly model: FactorModel;
  /** [items] ratings that the model learned from; an item without any has no place. */
  readonly ratings: Int32Array;
  /** Null where nothing is held out, and why. */
  readonly held: HeldOut | { readonly reason: string };
}

/** Films by the snapshot's dense index, the most rated first. */
export interface Layout {
  /** [films] */
  readonly items: Int32Array;
  /** [films × 2] */
  readonly coordinates: Float32Array;
  /** [films] NaN where nothing was held out */
  readonly errors: Float32Array;
  /** [films] */
  readonly tested: Int32Array;
  readonly about: Pick<FilmMap, "known" | "explained" | "neighbours" | "trustworthiness"> & {
    readonly error: MapError;
  };
}

const neighbours = 15;

/** The model, if its films can be laid out. Throws RB_NO_ITEM_FACTORS, saying why, where not. */
export function withItemFactors(model: ServableModel): FactorModel {
  refuseWithoutFactors(model.form, model.form === "factors" ? model.factors : 0);
  if (model.form === "factors") return model;
  throw new ReelbenchError("RB_INTERNAL", "A model without factors was not refused.");
}

/** As `withItemFactors`, for who knows no more of the model than its card. */
export function refuseWithoutFactors(form: ServableModel["form"], factors: number): void {
  if (form === "factors" && factors >= 2) return;
  const why = {
    "item-weights":
      "It holds weights between pairs of films and no factors of each film, so there is nothing to lay out.",
    "user-neighbours": "It answers from the ratings of similar users and holds no factors of films.",
    factors:
      factors === 1
        ? "It has a single factor for each film; a map needs at least two."
        : "It has no factors: films differ in one number alone.",
  }[form];
  throw new ReelbenchError("RB_NO_ITEM_FACTORS", `This model has no map of its films. ${why}`, {
    remedy:
      "Choose a run of a model with factors: biased SVD, SVD++, ALS, iALS, BPR, PureSVD or another of their kind.",
  });
}

/** Lays out the films of a model. Takes seconds to minutes: not for the engine's own thread. */
export async function layOut(task: LayoutTask, onProgress: (progress: Progress) => void): Promise<Layout> {
  const { model, method, seed } = task;
  const told = (done: number, total: number | null, unit: string, message: string) =>
    onProgress({ done, total, unit, message });
  const known = knownItems(model, task.ratings);
  const items = method === "umap" ? known.slice(0, mostUmapFilms) : known;
  if (items.length < neighbours + 2)
    throw new ReelbenchError(
      "RB_INVALID_INPUT",
      `A map needs at least ${String(neighbours + 2)} films with ratings; this model has ${String(items.length)}.`,
    );
  const vectors = vectorsOf(model, items);
  const { factors } = model;
  told(0, null, "films", "Principal components");
  const { coordinates: flat, explained } = principalComponents(vectors, factors);
  let coordinates = flat;
  if (method === "umap") {
    const nearest = await nearestPoints(vectors, factors, neighbours, (done) =>
      told(done, items.length, "films", "Finding every film's neighbours"),
    );
    told(0, null, "epochs", "Weighing the neighbours");
    coordinates = neighbourLayout({ nearest, neighbours, start: flat, seed }, (done, total) =>
      told(done, total, "epochs", "Laying out neighbours"),
    );
  }
  const errors = await errorsOf(task, (done, total) => told(done, total, "users", "Errors on held-out ratings"));
  told(items.length, items.length, "films", "Checking the map against the model");
  return {
    items,
    coordinates,
    errors: Float32Array.from(items, (i) => errors.error[i] ?? Number.NaN),
    tested: Int32Array.from(items, (i) => errors.tested[i] ?? 0),
    about: {
      known: known.length,
      explained: method === "pca" ? [...explained] : null,
      neighbours,
      trustworthiness: trustworthiness(vectors, factors, coordinates, neighbours),
      error: errors.about,
    },
  };
}

function errorsOf({ model, held }: LayoutTask, onProgress: (done: number, total: number) => void) {
  if (!("reason" in held)) return heldOutErrors(model, held, onProgress);
  return { error: new Float32Array(0), tested: new Int32Array(0), about: { measure: null, reason: held.reason } };
}

/** Items that were rated and have a direction, the most rated first; equal ones in the order of their indices. */
function knownItems({ items, factors, itemFactors }: FactorModel, ratings: Int32Array): Int32Array {
  const known = Array.from({ length: items }, (_, i) => i).filter(
    (i) => (ratings[i] ?? 0) > 0 && itemFactors.subarray(i * factors, (i + 1) * factors).some((factor) => factor !== 0),
  );
  return Int32Array.from(known.sort((a, b) => (ratings[b] ?? 0) - (ratings[a] ?? 0) || a - b));
}

function vectorsOf({ factors, itemFactors }: FactorModel, items: Int32Array): Float32Array {
  const vectors = new Float32Array(items.length * factors);
  items.forEach((i, at) => vectors.set(itemFactors.subarray(i * factors, (i + 1) * factors), at * factors));
  return vectors;
}
