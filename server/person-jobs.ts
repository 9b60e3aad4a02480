import { rankingLength } from "../core/production/cache-keys.ts";
import type { UserState } from "./feedback/user-states.ts";
import { knownItems, toItemFilter } from "./live-model/answer.ts";
import type { RequestedFilter } from "./live-model/answer.ts";
import type { ScoreJob, UserSubject } from "./live-model/score-job.ts";
import type { SharedModel } from "./live-model/shared-model.ts";
import { findId } from "./live-model/shared-text.ts";
import type { Person } from "./person.ts";

export function hasLikings({ preferences }: Pick<Person, "preferences">): boolean {
  return (
    preferences !== null &&
    (preferences.genres.length > 0 || preferences.yearFrom !== null || preferences.yearTo !== null)
  );
}

/** What a request asks for, and what the person never wants to see. */
export function withAvoided(filter: RequestedFilter, person: Person): RequestedFilter {
  const avoided = person.preferences?.avoidGenres ?? [];
  return avoided.length === 0 ? filter : { ...filter, withoutGenres: [...filter.withoutGenres, ...avoided] };
}

/** For the list to cache; `preferred`: only of what the person said they like. */
export function rankingJob(shared: SharedModel, person: Person, state: UserState, preferred: boolean): ScoreJob {
  const { genres = [], avoidGenres = [], yearFrom = null, yearTo = null } = person.preferences ?? {};
  const avoided = { genres: [], withoutGenres: avoidGenres };
  return {
    subject: userSubject(shared, person, state),
    n: rankingLength,
    excludeSeen: true,
    exclude: knownItems(shared, [...state.dismissed]),
    filter: toItemFilter(
      shared,
      preferred ? { ...avoided, genres, yearFrom: yearFrom ?? undefined, yearTo: yearTo ?? undefined } : avoided,
    ),
    explain: false,
    only: null,
  };
}

export function userSubject(shared: SharedModel, { dataUserId }: Person, state: UserState): UserSubject {
  return {
    kind: "user",
    u: dataUserId === null ? -1 : findId(shared.users, dataUserId),
    ratings: [...state.ratings].flatMap(([itemId, rating]) => {
      const i = findId(shared.items, itemId);
      return i < 0 ? [] : [{ i, rating }];
    }),
    seen: knownItems(shared, [...state.seen]),
  };
}
