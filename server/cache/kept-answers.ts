import type { CacheUser } from "../../core/production/cache-keys.ts";
import type { SharedModel } from "../live-model/shared-model.ts";
import type { Ranking } from "./ranking.ts";

/** Answers made from a ranking, kept with it, to be sent again without being made and written again. */
export interface KeptAnswers<Answer> {
  /** Of this user and this very ranking (so of its version and epoch), unless items were hidden or shown since. */
  find(shared: SharedModel, ranking: Ranking, user: CacheUser, name: string): Answer | null;
  keep(shared: SharedModel, ranking: Ranking, user: CacheUser, name: string, answer: Answer): void;
}

interface Kept<Answer> {
  readonly changes: number;
  readonly answers: Map<string, Answer>;
}

/** Of one ranking. One that strangers share has the answers of the last few. */
const most = 8;

/** An answer lives as long as its ranking does: what forgets the one forgets the other. */
export function createKeptAnswers<Answer>(): KeptAnswers<Answer> {
  const byRanking = new WeakMap<Ranking, Kept<Answer>>();
  const keyOf = ({ namespace, userId }: CacheUser, name: string) => `${name}\n${namespace}\n${userId}`;
  const changesOf = ({ catalogue }: SharedModel) => catalogue.changes[0] ?? 0;
  return {
    find(shared, ranking, user, name) {
      const kept = byRanking.get(ranking);
      return kept?.changes === changesOf(shared) ? (kept.answers.get(keyOf(user, name)) ?? null) : null;
    },
    keep(shared, ranking, user, name, answer) {
      const changes = changesOf(shared);
      let kept = byRanking.get(ranking);
      if (kept?.changes !== changes) {
        kept = { changes, answers: new Map() };
        byRanking.set(ranking, kept);
      }
      for (const oldest of kept.answers.keys()) {
        if (kept.answers.size < most) break;
        kept.answers.delete(oldest);
      }
      kept.answers.set(keyOf(user, name), answer);
    },
  };
}
