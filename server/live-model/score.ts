import { answersFromHistory, isImpersonal } from "../../core/models/servable.ts";
import { createRecommender } from "../../core/recommend/recommender.ts";
import type { GivenRating, Recommender, ScoredItem, Who } from "../../core/recommend/recommender.ts";
import type { Basis, ItemFilter, ListExplanation, ScoreJob, ScoredList, Subject } from "./score-job.ts";
import { unknownYear } from "./shared-model.ts";
import type { SharedCatalogue, SharedModel } from "./shared-model.ts";

export type Scorer = (job: ScoreJob) => Omit<ScoredList, "seconds">;

/** Answers jobs for one version. Pure arithmetic over the shared memory; for one thread. */
export function createScorer(shared: SharedModel): Scorer {
  const recommender = createRecommender(shared.model, (u) => historyOf(shared, u));
  const allowed = new Uint8Array(shared.model.items);
  return (job) => {
    const person = job.subject.kind === "item" ? null : personOf(shared, recommender, job.subject);
    const ranked =
      job.only === null ? rank(job) : job.only.map((i) => ({ i, score: recommender.score(person?.who ?? 0, i) }));
    return {
      basis: person?.basis ?? "personal",
      ratingsUsed: person?.basis === "fold-in" ? person.ratings.length : 0,
      items: ranked.map(({ i }) => i),
      scores: ranked.map(({ score }) => score),
      explanations: job.explain && person !== null ? explain(recommender, person, ranked) : null,
    };

    function rank({ n, subject }: ScoreJob): ScoredItem[] {
      fillAllowed(allowed, shared.catalogue, job.filter);
      const candidates = { allowed, exclude: excluded(shared, job) };
      if (subject.kind === "item") return recommender.similar(subject.i, n, candidates);
      return recommender.topN(person?.who ?? 0, n, candidates);
    }
  };
}

interface Person {
  readonly who: Who;
  readonly basis: Basis;
  /** What the explanation is made of: the ratings folded in, or those the model was trained on. */
  readonly ratings: readonly GivenRating[];
  /** −1: not a user of the model, or of no account. */
  readonly u: number;
}

function personOf(shared: SharedModel, recommender: Recommender, subject: Exclude<Subject, { kind: "item" }>): Person {
  const { model } = shared;
  const given = subject.ratings.map(({ i, rating }) => ({ i, rating: onScale(model.scale, rating) }));
  const u = subject.kind === "user" ? subject.u : -1;
  if (isImpersonal(model)) {
    // Biases and popularity may know a user's level, which changes no order; what is scored is the stored user, if any.
    return { who: u >= 0 ? u : recommender.foldIn([]), basis: "popularity", ratings: [], u: -1 };
  }
  if (given.length === 0) {
    const history = u >= 0 ? historyOf(shared, u) : [];
    if (u >= 0 && !(answersFromHistory(model) && history.length === 0))
      return { who: recommender.userVector(u), basis: "personal", ratings: history, u };
    return { who: recommender.foldIn([]), basis: "popularity", ratings: [], u: -1 };
  }
  const ratings = u >= 0 ? merge(historyOf(shared, u), given) : given;
  return { who: recommender.foldIn(ratings, u >= 0 ? u : undefined), basis: "fold-in", ratings, u };
}

function explain(recommender: Recommender, person: Person, ranked: readonly ScoredItem[]): ListExplanation[] {
  if (person.basis === "popularity")
    return ranked.map(({ score }) => ({ baseline: score, items: [], contributions: [] }));
  const explainItem =
    person.basis === "personal"
      ? recommender.explainUser(person.u, person.ratings)
      : recommender.explain(person.ratings, person.u >= 0 ? person.u : undefined);
  return ranked.map(({ i }) => {
    const { baseline, contributions } = explainItem(i);
    return {
      baseline,
      items: contributions.map((each) => each.i),
      contributions: contributions.map((each) => each.contribution),
    };
  });
}

function historyOf({ histories, model }: SharedModel, u: number): GivenRating[] {
  const start = histories.start[u] ?? 0;
  return Array.from({ length: histories.length[u] ?? 0 }, (_, offset) => ({
    i: histories.item[start + offset] ?? 0,
    rating: onScale(model.scale, histories.rating[start + offset] ?? 0),
  }));
}

/** Later ratings replace earlier ones of the same item. */
function merge(history: readonly GivenRating[], later: readonly GivenRating[]): GivenRating[] {
  const byItem = new Map(history.map(({ i, rating }) => [i, rating]));
  for (const { i, rating } of later) byItem.set(i, rating);
  return Array.from(byItem, ([i, rating]) => ({ i, rating }));
}

/** A model trained on another scale, or float32 rounding at its end, must not make a stored rating an error. */
function onScale(scale: { readonly minimum: number; readonly maximum: number }, rating: number): number {
  return Math.min(Math.max(rating, scale.minimum), scale.maximum);
}

function* excluded(shared: SharedModel, { subject, excludeSeen, exclude }: ScoreJob): Generator<number> {
  yield* exclude;
  if (subject.kind === "ratings") for (const { i } of subject.ratings) yield i;
  if (subject.kind !== "user" || !excludeSeen) return;
  yield* subject.seen;
  for (const { i } of subject.ratings) yield i;
  if (subject.u < 0) return;
  const start = shared.histories.start[subject.u] ?? 0;
  const end = start + (shared.histories.length[subject.u] ?? 0);
  for (let at = start; at < end; at++) yield shared.histories.item[at] ?? -1;
}

/** Writes 1 for the items that are shown at all and pass the filter. */
export function fillAllowed(allowed: Uint8Array, catalogue: SharedCatalogue, filter: ItemFilter | null): void {
  for (let i = 0; i < allowed.length; i++) allowed[i] = isAllowed(catalogue, i, filter) ? 1 : 0;
}

export function isAllowed(catalogue: SharedCatalogue, i: number, filter: ItemFilter | null): boolean {
  if (catalogue.hidden[i] === 1) return false;
  if (filter === null) return true;
  const { years, genreBits, genreWords } = catalogue;
  const year = years[i] ?? unknownYear;
  if (filter.yearFrom !== null && year < filter.yearFrom) return false;
  if (filter.yearTo !== null && (year === unknownYear || year > filter.yearTo)) return false;
  const has = (g: number) => ((genreBits[i * genreWords + (g >>> 5)] ?? 0) >>> (g & 31)) & 1;
  if (filter.withoutGenres.some(has)) return false;
  return filter.genres === null || filter.genres.some(has);
}
