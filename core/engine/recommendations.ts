import type { Recommendation } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import type { Explanation, GivenRating, ScoredItem } from "../recommend/recommender.ts";
import type { DirectHandlers } from "./handlers.ts";
import type { LiveModel, LiveModels } from "./live-models.ts";

type RecommendMethod = "recommend.forUser" | "recommend.foldIn" | "recommend.similar";

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
    "recommend.similar": async ({ runId, itemId, n }) => {
      const model = await models.get(runId);
      return present(model, model.recommender.similar(indexOf(model.itemIndex, itemId, "item"), n), null);
    },
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
