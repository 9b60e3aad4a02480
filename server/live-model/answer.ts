import type { CatalogueItem, Recommendation } from "../../core/contract/entities.ts";
import { catalogueItem } from "../../core/contract/entities.ts";
import { ReelbenchError } from "../../core/contract/errors.ts";
import type { ItemFilter, ListExplanation, ScoredList } from "./score-job.ts";
import type { SharedModel } from "./shared-model.ts";
import { findId, textAt } from "./shared-text.ts";

/** What a request may ask to leave out, in the words of the API. */
export interface RequestedFilter {
  readonly genres: readonly string[];
  readonly withoutGenres: readonly string[];
  readonly yearFrom?: number | undefined;
  readonly yearTo?: number | undefined;
  readonly exclude: readonly string[];
}

/** The filter in this version's numbers; null where nothing is asked. */
export function toItemFilter(
  { catalogue }: SharedModel,
  { genres, withoutGenres, yearFrom, yearTo }: Omit<RequestedFilter, "exclude">,
): ItemFilter | null {
  if (genres.length === 0 && withoutGenres.length === 0 && yearFrom === undefined && yearTo === undefined) return null;
  const numbersOf = (names: readonly string[]) =>
    names.map((genre) => catalogue.genres.indexOf(genre)).filter((g) => g >= 0);
  return {
    genres: genres.length === 0 ? null : numbersOf(genres),
    withoutGenres: numbersOf(withoutGenres),
    yearFrom: yearFrom ?? null,
    yearTo: yearTo ?? null,
  };
}

/** Dense indices of those ids the version has. */
export function knownItems(shared: SharedModel, itemIds: readonly string[]): number[] {
  return itemIds.map((itemId) => findId(shared.items, itemId)).filter((i) => i >= 0);
}

/** Dense index of an item. Throws RB_NOT_FOUND where the version has none of that id. */
export function itemIndex(shared: SharedModel, itemId: string): number {
  const i = findId(shared.items, itemId);
  if (i < 0 || shared.catalogue.hidden[i] === 1)
    throw new ReelbenchError(
      "RB_NOT_FOUND",
      `There is no item "${itemId.slice(0, 100)}" in version ${shared.version}.`,
    );
  return i;
}

export function catalogueEntry(shared: SharedModel, i: number): CatalogueItem {
  return catalogueItem.parse(JSON.parse(textAt(shared.catalogue.json, i)));
}

export type SimilarItem = Omit<Recommendation, "explanation">;

/** The same without explanations: likeness has none. */
export function toSimilarItems(shared: SharedModel, list: Pick<ScoredList, "items" | "scores">): SimilarItem[] {
  return list.items.map((i, index) => ({ ...entry(shared, i), rank: index + 1, score: list.scores[index] ?? 0 }));
}

/** The list with ids, titles, years and genres, all of the one version. */
export function toRecommendations(
  shared: SharedModel,
  list: Pick<ScoredList, "items" | "scores" | "explanations">,
): Recommendation[] {
  return toSimilarItems(shared, list).map((item, index) => ({
    ...item,
    explanation: list.explanations === null ? null : toExplanation(shared, list.explanations[index]),
  }));
}

function toExplanation(shared: SharedModel, explanation: ListExplanation | undefined): Recommendation["explanation"] {
  if (explanation === undefined) return null;
  return {
    baseline: explanation.baseline,
    contributions: explanation.items.map((i, index) => {
      const { itemId, title } = entry(shared, i);
      return { itemId, title, contribution: explanation.contributions[index] ?? 0 };
    }),
  };
}

/** Our own JSON, written by the loader: parsed without a second look, since this is the path of every answer. */
function entry(shared: SharedModel, i: number): CatalogueItem {
  return JSON.parse(textAt(shared.catalogue.json, i)) as CatalogueItem;
}
