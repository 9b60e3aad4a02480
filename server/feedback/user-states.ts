import { LRUCache } from "lru-cache";
import type { CacheUser } from "../../core/production/cache-keys.ts";
import type { Database } from "../../core/production/database.ts";
import { userFeedback } from "../../core/production/feedback.ts";
import type { UserFeedback } from "../../core/production/feedback.ts";
import type { CircuitBreaker } from "../circuit-breaker.ts";

/** What a user told since the data was taken. */
export interface UserState {
  /** The latest rating of each item. */
  readonly ratings: ReadonlyMap<string, number>;
  /** Watched. */
  readonly seen: ReadonlySet<string>;
  /** Not to be shown to them again. */
  readonly dismissed: ReadonlySet<string>;
}

const nothingTold: UserState = { ratings: new Map(), seen: new Set(), dismissed: new Set() };

export interface UserStates {
  /**
   * The state under an epoch (at least as new). `complete` is false when Postgres could not be asked: what this process
   * remembers is then all there is.
   */
  /** What was told but is not in Postgres yet: remembered on top of what else is, until Postgres is asked again. */
  learn(user: CacheUser, feedback: readonly UserFeedback[]): void;
  find(user: CacheUser, epoch: number | null): Promise<{ readonly state: UserState; readonly complete: boolean }>;
}

export function createUserStates(database: Database, postgres: CircuitBreaker, entries: number): UserStates {
  const states = new LRUCache<string, { readonly epoch: number; readonly state: UserState }>({ max: entries });
  return {
    learn({ namespace, userId }, feedback) {
      const key = `${namespace}:${userId}`;
      const before = states.get(key);
      const told = toUserState(feedback.toReversed());
      states.set(key, {
        // Of no epoch: whoever knows the epoch asks Postgres.
        epoch: -1,
        state: {
          ratings: new Map([...(before?.state.ratings ?? []), ...told.ratings]),
          seen: new Set([...(before?.state.seen ?? []), ...told.seen]),
          dismissed: new Set([...(before?.state.dismissed ?? []), ...told.dismissed]),
        },
      });
    },
    async find({ namespace, userId }, epoch) {
      const key = `${namespace}:${userId}`;
      const remembered = states.get(key);
      if (epoch === null) return { state: remembered?.state ?? nothingTold, complete: false };
      if (epoch === 0) return { state: nothingTold, complete: true };
      if (remembered?.epoch === epoch) return { state: remembered.state, complete: true };
      try {
        const state = toUserState(await postgres.run(() => userFeedback(database, namespace, userId)));
        states.set(key, { epoch, state });
        return { state, complete: true };
      } catch {
        return { state: remembered?.state ?? nothingTold, complete: false };
      }
    },
  };
}

/** `feedback` newest first, one of each kind for each item. */
export function toUserState(feedback: readonly UserFeedback[]): UserState {
  const ratings = new Map<string, number>();
  const seen = new Set<string>();
  const dismissed = new Set<string>();
  for (const { itemId, kind, value } of feedback) {
    if (kind === "rating" && value !== null && !ratings.has(itemId)) ratings.set(itemId, value);
    if (kind === "watch") seen.add(itemId);
    if (kind === "dismiss") dismissed.add(itemId);
  }
  return { ratings, seen, dismissed };
}
