import type { Recommendation } from "../core/contract/entities.ts";
import { ReelbenchError } from "../core/contract/errors.ts";
import type { Ranking } from "./cache/ranking.ts";
import type { RankingCache, RankingSource } from "./cache/rankings.ts";
import { createKeptAnswers } from "./cache/kept-answers.ts";
import { choosePage } from "./page.ts";
import type { Page } from "./page.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import type { Epochs } from "./feedback/epochs.ts";
import type { Format } from "./http/negotiate.ts";
import type { EncodedBody } from "./http/encoded-body.ts";
import type { UserState, UserStates } from "./feedback/user-states.ts";
import { itemIndex, knownItems, toItemFilter, toRecommendations, toSimilarItems } from "./live-model/answer.ts";
import type { RequestedFilter, SimilarItem } from "./live-model/answer.ts";
import type { LiveModel } from "./live-model/live-models.ts";
import type { Basis, GroupStrategy, ScoreJob, ScoredList } from "./live-model/score-job.ts";
import type { SharedModel } from "./live-model/shared-model.ts";
import type { RecentRequests } from "./live-model/warm-up.ts";
import type { Person } from "./person.ts";
import { hasLikings, rankingJob, userSubject, withAvoided } from "./person-jobs.ts";
import { anyStranger, isStranger } from "./strangers.ts";
import type { Metrics } from "./telemetry/metrics.ts";

export interface PersonRequest {
  readonly person: Person;
  readonly n: number;
  readonly excludeSeen: boolean;
  readonly explain: boolean;
  readonly filter: RequestedFilter;
  readonly deadline: number;
  /** 0 … 1: how much likeness within the list counts against an item. */
  readonly diversity: number;
  /** 0 … 1: how many places of a list that is nobody's own go to chance. */
  readonly explore: number;
  /** Somebody looks at what a version would answer; nobody is shown it. */
  readonly inspected: boolean;
  /** From where to go on; null: from the start. */
  readonly cursor: string | null;
  /** Names everything above but the person and the deadline: equal names, equal answers. Null: the answer is not kept. */
  readonly name: string | null;
}

export interface GroupRequest extends Omit<
  PersonRequest,
  "person" | "explain" | "name" | "diversity" | "explore" | "cursor" | "inspected"
> {
  readonly people: readonly Person[];
  readonly strategy: GroupStrategy;
}

export interface Answer {
  readonly basis: Basis | "group";
  readonly ratingsUsed: number;
  readonly degraded: readonly "feedback-unavailable"[];
  readonly items: readonly Recommendation[];
  /** Null at the end of the list, and where there are no pages. */
  readonly nextCursor: string | null;
  /** Ranks that were given to chance. */
  readonly exploredRanks: readonly number[];
  readonly source: RankingSource;
  /** Where the answer is kept: how it was written, to be sent again as it is. */
  readonly written: WrittenAnswer | null;
}

/** What is kept of an answer: what it takes to send it again and to say what was shown, not the items it was written from. */
export interface AnswerAgain {
  readonly basis: Answer["basis"];
  /** From now on it comes from memory, wherever its ranking came from when it was made. */
  readonly source: "memory";
  readonly written: WrittenAnswer;
  readonly firstRank: number;
  readonly itemIds: readonly string[];
}

/** An answer as bytes, in each format it was asked for in. */
export type WrittenAnswer = Partial<Record<Format, EncodedBody>>;

export interface Recommendations {
  /** An answer that is still the one to this request (`name` as in `PersonRequest`), without asking anybody; null: `forPerson`. */
  kept(live: LiveModel, person: Person, name: string): AnswerAgain | null;
  forPerson(live: LiveModel, request: PersonRequest): Promise<Answer>;
  forRatings(
    live: LiveModel,
    request: Omit<
      PersonRequest,
      "person" | "excludeSeen" | "name" | "diversity" | "explore" | "cursor" | "inspected"
    > & {
      readonly ratings: readonly { readonly itemId: string; readonly rating: number }[];
    },
  ): Promise<Answer>;
  /** Makes and keeps somebody's list without answering with it. */
  warm(live: LiveModel, request: Pick<PersonRequest, "person" | "filter" | "deadline">): Promise<void>;
  /** One list for people who watch together; nobody is shown what one of them has seen. */
  forGroup(live: LiveModel, request: GroupRequest): Promise<Answer>;
  similar(
    live: LiveModel,
    request: {
      readonly itemId: string;
      readonly n: number;
      readonly filter: RequestedFilter;
      readonly deadline: number;
    },
  ): Promise<readonly SimilarItem[]>;
}

/** From a request and one version to an answer: the user's state, the cached ranking or a scored one, ids and titles. */
export function createRecommendations(options: {
  readonly epochs: Epochs;
  readonly states: UserStates;
  readonly rankings: RankingCache;
  readonly recent: RecentRequests;
  readonly metrics: Metrics;
}): Recommendations {
  const { epochs, states, rankings, recent, metrics } = options;

  async function score(live: LiveModel, job: ScoreJob, deadline: number): Promise<ScoredList> {
    const list = await live.score(job, deadline);
    metrics.scoringSeconds.observe({ kind: job.subject.kind }, list.seconds);
    return list;
  }

  const answers = createKeptAnswers<AnswerAgain>();

  /** The ranking in memory that is a person's own, or everybody's of whom nothing is known. */
  function rankingInMemory({ shared }: LiveModel, person: Person, epoch: number) {
    const own = rankings.known(shared, person.listOwner, epoch);
    // Whoever has a list of their own is no stranger; looking them up would cost more than the rest.
    const owner = own === undefined && isStranger(shared, person, epoch) ? anyStranger : person.listOwner;
    return { owner, ranking: own ?? (owner === anyStranger ? rankings.known(shared, owner, epoch) : undefined) };
  }

  function kept(live: LiveModel, person: Person, name: string): AnswerAgain | null {
    const epoch = epochs.known(person.user);
    if (epoch === undefined) return null;
    const { ranking } = rankingInMemory(live, person, epoch);
    const again = ranking === undefined ? null : answers.find(live.shared, ranking, person.user, name);
    if (again !== null) note(person, again.basis);
    return again;
  }

  async function forPerson(live: LiveModel, request: PersonRequest): Promise<Answer> {
    const { shared } = live;
    const { person } = request;
    const epoch = epochs.known(person.user) ?? (await epochs.current(person.user));
    if (request.cursor !== null) return nextPage(live, request, request.cursor);
    const cached = epoch === null || !request.excludeSeen ? null : await fromRanking(live, request, epoch);
    if (cached !== null) return cached;
    const { state, complete } = await states.find(person.user, epoch);
    const list = await score(
      live,
      {
        subject: userSubject(shared, person, state),
        n: request.n,
        excludeSeen: request.excludeSeen,
        exclude: [...knownItems(shared, request.filter.exclude), ...knownItems(shared, [...state.dismissed])],
        filter: toItemFilter(shared, withAvoided(request.filter, person)),
        explain: request.explain,
        only: null,
      },
      request.deadline,
    );
    return finish(live, person, list, complete, "computed");
  }

  /**
   * The list to cache. Somebody of whom nothing else is known, but who said what they like, gets what is popular among that.
   */
  async function rank(live: LiveModel, person: Person, state: UserState, deadline: number): Promise<Ranking> {
    const list = await score(live, rankingJob(live.shared, person, state, false), deadline);
    if (list.basis !== "popularity" || !hasLikings(person)) return list;
    const liked = await score(live, rankingJob(live.shared, person, state, true), deadline);
    return liked.items.length === 0 ? list : { ...liked, basis: "preferences" };
  }

  /** Null where the ranking is too short for what the filter leaves, or was made of less than everything. */
  async function fromRanking(live: LiveModel, request: PersonRequest, epoch: number): Promise<Answer | null> {
    const { shared } = live;
    const { person, name } = request;
    const { owner, ranking: known } = rankingInMemory(live, person, epoch);
    const { ranking, source, complete } =
      known === undefined
        ? await rankings.find(shared, owner, epoch, async () => {
            const found = await states.find(person.user, epoch);
            return { ranking: await rank(live, person, found.state, request.deadline), complete: found.complete };
          })
        : { ranking: known, source: "memory" as const, complete: true };
    const page = choosePage(shared, ranking, request, { position: 0, shown: 0 });
    if (page === null) return null;
    const answer = await answerPage(live, request, ranking, page, { complete, source, epoch });
    if (!complete || name === null || request.explain) return answer;
    const written = {};
    answers.keep(shared, ranking, person.user, name, {
      basis: answer.basis,
      source: "memory",
      written,
      firstRank: answer.items[0]?.rank ?? 1,
      itemIds: answer.items.map(({ itemId }) => itemId),
    });
    return { ...answer, written };
  }

  /** The list goes on as it was when it began, under its version and epoch, while that is remembered. */
  async function nextPage(live: LiveModel, request: PersonRequest, text: string): Promise<Answer> {
    const { shared } = live;
    const { person } = request;
    const cursor = readCursor(text, subjectOf(request));
    const gone = () => new ReelbenchError("RB_CONFLICT", "The list of this cursor is no more: begin without one.");
    if (cursor.version !== shared.version) throw gone();
    const owner = isStranger(shared, person, cursor.epoch) ? anyStranger : person.listOwner;
    const { ranking, source } = await rankings.find(shared, owner, cursor.epoch, () => Promise.reject(gone()));
    const page = choosePage(shared, ranking, { ...request, diversity: 0, explore: 0 }, cursor);
    if (page === null) throw gone();
    return answerPage(live, request, ranking, page, { complete: true, source, epoch: cursor.epoch });
  }

  async function answerPage(
    live: LiveModel,
    request: PersonRequest,
    ranking: Ranking,
    page: Page,
    from: { readonly complete: boolean; readonly source: RankingSource; readonly epoch: number },
  ): Promise<Answer> {
    const { person } = request;
    const { items, scores, shown, exploredRanks } = page;
    const list = request.explain
      ? { ...(await explained(live, request, items, from.epoch)), basis: ranking.basis }
      : { ...ranking, items, scores, explanations: null };
    const answer = finish(live, person, list, from.complete, from.source);
    const next = {
      version: live.shared.version,
      epoch: from.epoch,
      position: page.position,
      shown: shown + items.length,
    };
    return {
      ...answer,
      items: answer.items.map((item) => (shown === 0 ? item : { ...item, rank: item.rank + shown })),
      exploredRanks,
      nextCursor: page.more ? writeCursor(next, subjectOf(request)) : null,
    };
  }

  async function explained(live: LiveModel, request: PersonRequest, items: readonly number[], epoch: number) {
    const { person, deadline } = request;
    const { state } = await states.find(person.user, epoch);
    const subject = userSubject(live.shared, person, state);
    return score(
      live,
      { subject, n: request.n, excludeSeen: true, exclude: [], filter: null, explain: true, only: items },
      deadline,
    );
  }

  function finish(
    live: LiveModel,
    person: Person,
    list: Omit<ScoredList, "seconds">,
    complete: boolean,
    source: RankingSource,
  ): Answer {
    note(person, list.basis);
    return {
      basis: list.basis,
      ratingsUsed: list.ratingsUsed,
      degraded: complete ? [] : ["feedback-unavailable"],
      items: toRecommendations(live.shared, list),
      ...onePage,
      source,
      written: null,
    };
  }

  function note(person: Person, basis: Answer["basis"]): void {
    if (person.dataUserId !== null) recent.recordUser(person.dataUserId);
    metrics.answers.inc({ basis });
  }

  return {
    kept,
    forPerson,
    async warm(live, { person, filter, deadline }) {
      const epoch = await epochs.current(person.user);
      if (epoch === null) return;
      const request = { person, filter, deadline, n: 1, excludeSeen: true, explain: false, diversity: 0, explore: 0 };
      await fromRanking(live, { ...request, cursor: null, name: null, inspected: true }, epoch);
    },
    async forRatings(live, request) {
      const { shared } = live;
      checkScale(shared.model.scale, request.ratings);
      const ratings = request.ratings.map(({ itemId, rating }) => ({ i: itemIndex(shared, itemId), rating }));
      const list = await score(
        live,
        {
          subject: { kind: "ratings", ratings },
          n: request.n,
          excludeSeen: true,
          exclude: knownItems(shared, request.filter.exclude),
          filter: toItemFilter(shared, request.filter),
          explain: request.explain,
          only: null,
        },
        request.deadline,
      );
      metrics.answers.inc({ basis: list.basis });
      return {
        basis: list.basis,
        ratingsUsed: list.ratingsUsed,
        degraded: [],
        items: toRecommendations(shared, list),
        ...onePage,
        source: "computed",
        written: null,
      };
    },
    async forGroup(live, request) {
      const { shared } = live;
      const found = await Promise.all(
        request.people.map(async (person) => {
          const { state, complete } = await states.find(person.user, await epochs.current(person.user));
          return { subject: userSubject(shared, person, state), dismissed: [...state.dismissed], complete };
        }),
      );
      const list = await score(
        live,
        {
          subject: { kind: "group", members: found.map(({ subject }) => subject), strategy: request.strategy },
          n: request.n,
          excludeSeen: request.excludeSeen,
          exclude: [
            ...knownItems(shared, request.filter.exclude),
            ...found.flatMap(({ dismissed }) => knownItems(shared, dismissed)),
          ],
          filter: toItemFilter(shared, request.filter),
          explain: false,
          only: null,
        },
        request.deadline,
      );
      metrics.answers.inc({ basis: "group" });
      return {
        basis: "group",
        ratingsUsed: 0,
        degraded: found.every(({ complete }) => complete) ? [] : ["feedback-unavailable"],
        items: toRecommendations(shared, list),
        ...onePage,
        source: "computed",
        written: null,
      };
    },
    async similar(live, request) {
      const { shared } = live;
      const i = itemIndex(shared, request.itemId);
      const list = await score(
        live,
        {
          subject: { kind: "item", i },
          n: request.n,
          excludeSeen: false,
          exclude: knownItems(shared, request.filter.exclude),
          filter: toItemFilter(shared, request.filter),
          explain: false,
          only: null,
        },
        request.deadline,
      );
      recent.recordItem(request.itemId);
      return toSimilarItems(shared, list);
    },
  };
}

const onePage = { nextCursor: null, exploredRanks: [] } as const;

function checkScale(
  { minimum, maximum }: SharedModel["model"]["scale"],
  ratings: readonly { readonly rating: number }[],
): void {
  const errors = ratings.flatMap(({ rating }, index) =>
    rating >= minimum && rating <= maximum
      ? []
      : [{ in: "body", path: `ratings.${index}.rating`, message: `is off the scale ${minimum} … ${maximum}` }],
  );
  if (errors.length > 0)
    throw new ReelbenchError(
      "RB_INVALID_INPUT",
      `${errors.length} of the ratings are off the scale ${minimum} … ${maximum}.`,
      { details: { errors } },
    );
}

/** What a cursor is bound to: whose list, and how it was asked for; the length of its pages may change. */
function subjectOf({ person, filter, excludeSeen, diversity, explore }: PersonRequest): string {
  return JSON.stringify([person.listOwner, filter, excludeSeen, diversity, explore]);
}
