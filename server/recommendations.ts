import type { Recommendation } from "../core/contract/entities.ts";
import { ReelbenchError } from "../core/contract/errors.ts";
import { rankingLength } from "../core/production/cache-keys.ts";
import type { Ranking, RankingCache, RankingSource } from "./cache/rankings.ts";
import type { Epochs } from "./feedback/epochs.ts";
import type { UserState, UserStates } from "./feedback/user-states.ts";
import { itemIndex, knownItems, toItemFilter, toRecommendations, toSimilarItems } from "./live-model/answer.ts";
import type { RequestedFilter, SimilarItem } from "./live-model/answer.ts";
import type { LiveModel } from "./live-model/live-models.ts";
import { isAllowed } from "./live-model/score.ts";
import type { Basis, ScoreJob, ScoredList, Subject } from "./live-model/score-job.ts";
import type { SharedModel } from "./live-model/shared-model.ts";
import { findId } from "./live-model/shared-text.ts";
import type { RecentRequests } from "./live-model/warm-up.ts";
import type { Metrics } from "./telemetry/metrics.ts";

export interface UserRequest {
  readonly userId: string;
  readonly n: number;
  readonly excludeSeen: boolean;
  readonly explain: boolean;
  readonly filter: RequestedFilter;
  readonly deadline: number;
}

export interface Answer {
  readonly basis: Basis;
  readonly ratingsUsed: number;
  readonly degraded: readonly "feedback-unavailable"[];
  readonly items: readonly Recommendation[];
  readonly source: RankingSource;
}

export interface Recommendations {
  forUser(live: LiveModel, request: UserRequest): Promise<Answer>;
  forRatings(
    live: LiveModel,
    request: Omit<UserRequest, "userId" | "excludeSeen"> & {
      readonly ratings: readonly { readonly itemId: string; readonly rating: number }[];
    },
  ): Promise<Answer>;
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

  async function forUser(live: LiveModel, request: UserRequest): Promise<Answer> {
    const { shared } = live;
    const epoch = await epochs.current(request.userId);
    const cached = epoch === null || !request.excludeSeen ? null : await fromRanking(live, request, epoch);
    if (cached !== null) return cached;
    const { state, complete } = await states.find(request.userId, epoch);
    const list = await score(
      live,
      {
        subject: userSubject(shared, request.userId, state),
        n: request.n,
        excludeSeen: request.excludeSeen,
        exclude: [...knownItems(shared, request.filter.exclude), ...knownItems(shared, [...state.dismissed])],
        filter: toItemFilter(shared, request.filter),
        explain: request.explain,
        only: null,
      },
      request.deadline,
    );
    return finish(live, request.userId, list, complete, "computed");
  }

  /** Null where the ranking is too short for what the filter leaves, or was made of less than everything. */
  async function fromRanking(live: LiveModel, request: UserRequest, epoch: number): Promise<Answer | null> {
    const { shared } = live;
    const { ranking, source, complete } = await rankings.find(shared, request.userId, epoch, async () => {
      const found = await states.find(request.userId, epoch);
      const list = await score(live, rankingJob(shared, request.userId, found.state), request.deadline);
      return { ranking: list, complete: found.complete };
    });
    const chosen = choose(shared, ranking, request);
    if (chosen === null) return null;
    if (!request.explain)
      return finish(live, request.userId, { ...ranking, ...chosen, explanations: null }, complete, source);
    const { state } = await states.find(request.userId, epoch);
    const list = await score(
      live,
      {
        subject: userSubject(shared, request.userId, state),
        n: request.n,
        excludeSeen: true,
        exclude: [],
        filter: null,
        explain: true,
        only: chosen.items,
      },
      request.deadline,
    );
    return finish(live, request.userId, list, complete, source);
  }

  function finish(
    live: LiveModel,
    userId: string,
    list: Omit<ScoredList, "seconds">,
    complete: boolean,
    source: RankingSource,
  ): Answer {
    recent.recordUser(userId);
    metrics.answers.inc({ basis: list.basis });
    return {
      basis: list.basis,
      ratingsUsed: list.ratingsUsed,
      degraded: complete ? [] : ["feedback-unavailable"],
      items: toRecommendations(live.shared, list),
      source,
    };
  }

  return {
    forUser,
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
        source: "computed",
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

function rankingJob(shared: SharedModel, userId: string, state: UserState): ScoreJob {
  return {
    subject: userSubject(shared, userId, state),
    n: rankingLength,
    excludeSeen: true,
    exclude: knownItems(shared, [...state.dismissed]),
    filter: null,
    explain: false,
    only: null,
  };
}

function userSubject(shared: SharedModel, userId: string, state: UserState): Subject {
  return {
    kind: "user",
    u: findId(shared.users, userId),
    ratings: [...state.ratings].flatMap(([itemId, rating]) => {
      const i = findId(shared.items, itemId);
      return i < 0 ? [] : [{ i, rating }];
    }),
    seen: knownItems(shared, [...state.seen]),
  };
}

/** The first `n` of the ranking that pass; null when there may be more of them beyond its end. */
function choose(
  shared: SharedModel,
  ranking: Ranking,
  { n, filter }: UserRequest,
): { readonly items: number[]; readonly scores: number[] } | null {
  const itemFilter = toItemFilter(shared, filter);
  const excluded = new Set(knownItems(shared, filter.exclude));
  const items: number[] = [];
  const scores: number[] = [];
  for (const [rank, i] of ranking.items.entries()) {
    if (items.length === n) break;
    if (excluded.has(i) || !isAllowed(shared.catalogue, i, itemFilter)) continue;
    items.push(i);
    scores.push(ranking.scores[rank] ?? 0);
  }
  return items.length < n && ranking.items.length >= rankingLength ? null : { items, scores };
}
