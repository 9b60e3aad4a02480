import type { CatalogueItem, Recommendation } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import type { MethodOutput, ParsedInput } from "../contract/methods.ts";
import type { ListFilter } from "../contract/recommend-list.ts";
import type { Explanation, GivenRating, ScoredItem, Who } from "../recommend/recommender.ts";
import { costOf, genreLikeness, rerank } from "../recommend/rerank.ts";
import type { ItemNature } from "../recommend/rerank.ts";
import type { DirectHandlers } from "./handlers.ts";
import type { LiveModel, LiveModels } from "./live-models.ts";

type RecommendMethod = "recommend.forUser" | "recommend.foldIn" | "recommend.similar" | "recommend.list";

export function recommendationHandlers(models: LiveModels): DirectHandlers<RecommendMethod> {
  return {
    "recommend.forUser": async ({ runId, userId, n, excludeSeen, showHeldOut, explain }) => {
      const model = await models.get(runId);
      const u = indexOf(model.userIndex, userId, "user");
      const ratings = model.trainingRatings(u);
      const seen = showHeldOut ? ratings.map(({ i }) => i) : model.ratedItems(u);
      const best = model.recommender.topN(u, n, excludeSeen ? { exclude: seen } : {});
      return present(model, best, explain ? model.recommender.explainUser(u, ratings) : null);
    },
    "recommend.foldIn": async ({ runId, ratings, n, explain }) => {
      const model = await models.get(runId);
      const given: GivenRating[] = lastOfEach(ratings).map(({ itemId, rating }) => ({
        i: indexOf(model.itemIndex, itemId, "item"),
        rating,
      }));
      const best = model.recommender.topN(model.recommender.foldIn(given), n, { exclude: given.map(({ i }) => i) });
      return present(model, best, explain ? model.recommender.explain(given) : null);
    },
    "recommend.list": async (input) => list(await models.get(input.runId), input),
    "recommend.similar": async ({ runId, itemId, n }) => {
      const model = await models.get(runId);
      return present(model, model.recommender.similar(indexOf(model.itemIndex, itemId, "item"), n), null);
    },
  };
}

/** So many of the best may come into a list that is made otherwise than by score alone. */
const poolOf = (n: number) => Math.max(200, 10 * n);

function list(
  model: LiveModel,
  { who, n, excludeSeen, showHeldOut, filter, diversity, novelty, explain }: ParsedInput<"recommend.list">,
): MethodOutput<"recommend.list"> {
  const { recommender } = model;
  const person = "userId" in who ? userOf(model, who.userId, showHeldOut) : strangerOf(model, who.ratings);
  const allowed = allowedBy(model.titles, filter);
  const candidates = {
    ...(excludeSeen ? { exclude: person.seen } : {}),
    ...(allowed === null ? {} : { allowed }),
  };
  const why = explain ? person.explain() : null;
  if (diversity === 0 && novelty === 0)
    return { films: present(model, recommender.topN(person.who, n, candidates), why), cost: null };
  const pool = recommender.topN(person.who, poolOf(n), candidates);
  const nature = natureOf(model);
  const chosen = rerank(pool, n, { diversity, novelty }, nature);
  const cost = costOf(pool.slice(0, n), chosen, pool.at(-1)?.score ?? 0, nature);
  return { films: present(model, chosen, why), cost };
}

interface Person {
  readonly who: Who;
  readonly seen: Iterable<number>;
  readonly explain: () => (i: number) => Explanation;
}

function userOf(model: LiveModel, userId: string, showHeldOut: boolean): Person {
  const u = indexOf(model.userIndex, userId, "user");
  const ratings = model.trainingRatings(u);
  return {
    who: u,
    seen: showHeldOut ? ratings.map(({ i }) => i) : model.ratedItems(u),
    explain: () => model.recommender.explainUser(u, ratings),
  };
}

function strangerOf(
  model: LiveModel,
  ratings: readonly { readonly itemId: string; readonly rating: number }[],
): Person {
  const given = lastOfEach(ratings).map(({ itemId, rating }) => ({
    i: indexOf(model.itemIndex, itemId, "item"),
    rating,
  }));
  return {
    who: model.recommender.foldIn(given),
    seen: given.map(({ i }) => i),
    explain: () => model.recommender.explain(given),
  };
}

/** Null: all may. A film without a year is in no range of years. */
function allowedBy(titles: readonly CatalogueItem[], { genres, yearFrom, yearTo }: ListFilter): Uint8Array | null {
  const wanted = genres === undefined || genres.length === 0 ? null : new Set(genres);
  if (wanted === null && yearFrom === undefined && yearTo === undefined) return null;
  return Uint8Array.from(titles, ({ genres: own, year }) => {
    if (wanted !== null && !own.some((genre) => wanted.has(genre))) return 0;
    if (yearFrom !== undefined && (year === null || year < yearFrom)) return 0;
    return yearTo !== undefined && (year === null || year > yearTo) ? 0 : 1;
  });
}

function natureOf(model: LiveModel): ItemNature {
  const popularity = model.popularity();
  const users = Math.max(1, model.userIds.length);
  return {
    likeness: (i, j) => genreLikeness(model.titles[i]?.genres ?? [], model.titles[j]?.genres ?? []),
    // One rating more than there is, so that a film nobody rated has a finite surprise.
    novelty: (i) => -Math.log2(((popularity[i] ?? 0) + 1) / (users + 1)),
  };
}

function indexOf(index: ReadonlyMap<string, number>, id: string, noun: string): number {
  const found = index.get(id);
  if (found === undefined)
    throw new ReelbenchError("RB_NOT_FOUND", `The model knows no ${noun} "${id}".`, { details: { [noun]: id } });
  return found;
}

/** Somebody who rates a film twice means the later rating. */
function lastOfEach<T extends { readonly itemId: string }>(ratings: readonly T[]): T[] {
  return [...new Map(ratings.map((rating) => [rating.itemId, rating])).values()];
}

function present(
  model: LiveModel,
  best: readonly ScoredItem[],
  explain: ((i: number) => Explanation) | null,
): Recommendation[] {
  return best.map(({ i, score }, index) => ({
    ...titleOf(model, i),
    rank: index + 1,
    score,
    explanation: explain === null ? null : presentExplanation(model, explain(i)),
  }));
}

function presentExplanation(
  model: LiveModel,
  { baseline, contributions }: Explanation,
): NonNullable<Recommendation["explanation"]> {
  return {
    baseline,
    contributions: contributions
      .map(({ i, contribution }) => ({
        itemId: titleOf(model, i).itemId,
        title: titleOf(model, i).title,
        contribution,
      }))
      .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution)),
  };
}

function titleOf(model: LiveModel, i: number) {
  const item = model.titles[i];
  if (item === undefined) throw new ReelbenchError("RB_INTERNAL", `The model has no item number ${i}.`);
  return item;
}
