import { performance } from "node:perf_hooks";
import { answersFromHistory, isImpersonal } from "../../core/models/servable.ts";
import { toReelbenchError } from "../../core/contract/errors.ts";
import { createRecommender } from "../../core/recommend/recommender.ts";
import type { Candidates, GivenRating, Recommender, ScoredItem, Who } from "../../core/recommend/recommender.ts";
import { createScanner } from "../../core/recommend/scanner.ts";
import type { Basis, ItemFilter, ListExplanation, ScoreAnswer, ScoreJob, Subject, UserSubject } from "./score-job.ts";
import { markBlocked, selectTop } from "../../core/recommend/top-n.ts";
import { unknownYear } from "./shared-model.ts";
import type { SharedCatalogue, SharedModel } from "./shared-model.ts";

/** Answers jobs for one version, in their order. Pure arithmetic over the shared memory. */
export type Scorer = (jobs: readonly ScoreJob[]) => ScoreAnswer[];

/** A scorer for one thread, which has the scan's `slot` to itself. */
export async function createScorer(shared: SharedModel, slot: number): Promise<Scorer> {
  const recommender = createRecommender(shared.model, (u) => historyOf(shared, u));
  const scanner = await createScanner(shared.model, { shared: { index: shared.scan, slot }, recommender });
  const allowed = new Uint8Array(shared.model.items);
  const blocked = new Uint8Array(shared.model.items);

  function prepare(job: ScoreJob): Prepared {
    const { subject } = job;
    const person = subject.kind === "item" || subject.kind === "group" ? null : personOf(shared, recommender, subject);
    return { job, person, ranked: job.only === null ? null : scoresOf(person, job.only) };
  }

  function scoresOf(person: Person | null, items: readonly number[]): ScoredItem[] {
    return items.map((i) => ({ i, score: recommender.score(person?.who ?? 0, i) }));
  }

  /** With a filter nearly every item must be looked at; without, only the hidden ones. */
  function candidatesOf(job: ScoreJob): Candidates {
    if (job.filter === null) return { exclude: [...excluded(shared, job), ...hiddenItems(shared.catalogue)] };
    fillAllowed(allowed, shared.catalogue, job.filter);
    return { allowed, exclude: excluded(shared, job) };
  }

  function rank({ job, person }: Prepared): ScoredItem[] {
    const { n, subject } = job;
    if (subject.kind === "item") return recommender.similar(subject.i, n, candidatesOf(job));
    if (subject.kind === "group") {
      markBlocked(blocked, candidatesOf(job));
      return selectTop(groupScores(subject), blocked, n);
    }
    return scanner.topN(person?.who ?? 0, n, candidatesOf(job));
  }

  /** [items] in float64, members in the order given: the same bits whoever computes them. */
  function groupScores({ members, strategy }: Extract<Subject, { kind: "group" }>): Float64Array {
    const together = new Float64Array(shared.model.items).fill(strategy === "average" ? 0 : Infinity);
    const own = new Float64Array(shared.model.items);
    for (const member of members) {
      recommender.scoresForUser(personOf(shared, recommender, member).who, own);
      own.forEach((score, i) => {
        const before = together[i] ?? 0;
        together[i] = strategy === "average" ? before + score / members.length : Math.min(before, score);
      });
    }
    return together;
  }

  function finish({ job, person }: Prepared, ranked: readonly ScoredItem[], seconds: number): ScoreAnswer {
    return {
      list: {
        basis: person?.basis ?? "personal",
        ratingsUsed: person?.basis === "fold-in" ? person.ratings.length : 0,
        items: ranked.map(({ i }) => i),
        scores: ranked.map(({ score }) => score),
        explanations: job.explain && person !== null ? explain(recommender, person, ranked) : null,
        seconds,
      },
    };
  }

  function answerOne(job: ScoreJob): ScoreAnswer {
    const started = performance.now();
    try {
      const prepared = prepare(job);
      const ranked = prepared.ranked ?? rank(prepared);
      return finish(prepared, ranked, (performance.now() - started) / 1000);
    } catch (error) {
      return { error: toReelbenchError(error).toEnvelope() };
    }
  }

  /** One pass over the items for all of them. */
  function answerTogether(jobs: readonly ScoreJob[], n: number): ScoreAnswer[] {
    const started = performance.now();
    const prepared = jobs.map(prepare);
    const lists = scanner.topNForMany(
      prepared.map(({ job, person }) => ({ who: person?.who ?? 0, ...candidatesOf(job) })),
      n,
    );
    const seconds = (performance.now() - started) / 1000 / jobs.length;
    return prepared.map((each, at) => finish(each, lists[at] ?? [], seconds));
  }

  return (jobs) => {
    const answers = new Map<ScoreJob, ScoreAnswer>();
    for (const [n, alike] of groupsThatScanAlike(jobs)) {
      try {
        answerTogether(alike, n).forEach((answer, at) => {
          const job = alike[at];
          if (job !== undefined) answers.set(job, answer);
        });
      } catch {
        // One of them cannot be answered: each for itself, so that the others are.
      }
    }
    return jobs.map((job) => answers.get(job) ?? answerOne(job));
  };
}

interface Prepared {
  readonly job: ScoreJob;
  readonly person: Person | null;
  /** What was asked for by name; null: the best are looked for. */
  readonly ranked: readonly ScoredItem[] | null;
}

/** Jobs that look for the best n of all items, by n, where there are several. */
function groupsThatScanAlike(jobs: readonly ScoreJob[]): (readonly [n: number, jobs: readonly ScoreJob[]])[] {
  if (jobs.length < 2) return [];
  const byN = new Map<number, ScoreJob[]>();
  for (const job of jobs) {
    const { kind } = job.subject;
    if (kind === "item" || kind === "group" || job.only !== null || job.filter !== null) continue;
    byN.set(job.n, [...(byN.get(job.n) ?? []), job]);
  }
  return [...byN].filter(([, alike]) => alike.length > 1);
}

interface Person {
  readonly who: Who;
  readonly basis: Basis;
  /** What the explanation is made of: the ratings folded in, or those the model was trained on. */
  readonly ratings: readonly GivenRating[];
  /** −1: not a user of the model, or of no account. */
  readonly u: number;
}

function personOf(
  shared: SharedModel,
  recommender: Recommender,
  subject: Exclude<Subject, { kind: "item" | "group" }>,
): Person {
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
  if (subject.kind === "group" && excludeSeen) for (const member of subject.members) yield* seenBy(shared, member);
  if (subject.kind === "user" && excludeSeen) yield* seenBy(shared, subject);
}

function* seenBy(shared: SharedModel, subject: UserSubject): Generator<number> {
  yield* subject.seen;
  for (const { i } of subject.ratings) yield i;
  if (subject.u < 0) return;
  const start = shared.histories.start[subject.u] ?? 0;
  const end = start + (shared.histories.length[subject.u] ?? 0);
  for (let at = start; at < end; at++) yield shared.histories.item[at] ?? -1;
}

function* hiddenItems({ hidden }: SharedCatalogue): Generator<number> {
  for (let i = hidden.indexOf(1); i >= 0; i = hidden.indexOf(1, i + 1)) yield i;
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
