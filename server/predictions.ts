import { LRUCache } from "lru-cache";
import type { Epochs } from "./feedback/epochs.ts";
import type { UserStates } from "./feedback/user-states.ts";
import type { LiveModel } from "./live-model/live-models.ts";
import type { Basis } from "./live-model/score-job.ts";
import { findId } from "./live-model/shared-text.ts";
import type { Person } from "./person.ts";
import { userSubject } from "./person-jobs.ts";
import type { Metrics } from "./telemetry/metrics.ts";

export interface Prediction {
  readonly itemId: string;
  /** As the model ranks by. */
  readonly score: number;
  /** On the scale; null where the model ranks and predicts no ratings. */
  readonly rating: number | null;
}

export interface PredictionAnswer {
  readonly basis: Basis;
  readonly ratingsUsed: number;
  readonly degraded: readonly "feedback-unavailable"[];
  readonly predictions: readonly Prediction[];
  /** Ids that the version has no item of, or only a hidden one. */
  readonly unknownItems: readonly string[];
  readonly source: "memory" | "computed";
}

export interface Predictions {
  forPerson(
    live: LiveModel,
    request: { readonly person: Person; readonly itemIds: readonly string[]; readonly deadline: number },
  ): Promise<PredictionAnswer>;
}

interface Kept {
  readonly basis: Basis;
  readonly ratingsUsed: number;
  readonly scores: Map<number, number>;
}

/** Items whose predictions are remembered of one person. */
const mostItems = 1000;

/**
 * What somebody would rate named items. Remembered by version and epoch, item by item: a new rating or another version makes
 * them anew, and only what is not remembered is computed.
 */
export function createPredictions(options: {
  readonly epochs: Epochs;
  readonly states: UserStates;
  readonly entries: number;
  readonly seconds: number;
  readonly metrics: Metrics;
}): Predictions {
  const { epochs, states, metrics } = options;
  const memory = new LRUCache<string, Kept>({ max: options.entries, ttl: 1000 * options.seconds, ttlResolution: 1000 });

  return {
    async forPerson(live, { person, itemIds, deadline }) {
      const { shared } = live;
      const found = itemIds.map((itemId) => ({ itemId, i: findId(shared.items, itemId) }));
      const isKnown = ({ i }: { readonly i: number }) => i >= 0 && shared.catalogue.hidden[i] !== 1;
      const known = found.filter(isKnown);
      const epoch = epochs.known(person.user) ?? (await epochs.current(person.user));
      const key = `${shared.key}:${epoch ?? ""}:${person.listOwner.namespace}:${person.listOwner.userId}`;
      const kept = epoch === null ? undefined : memory.get(key);
      const missing = known.filter(({ i }) => kept?.scores.has(i) !== true).map(({ i }) => i);
      let answer: Kept = kept ?? { basis: "popularity", ratingsUsed: 0, scores: new Map() };
      let complete = true;
      if (kept === undefined || missing.length > 0) {
        const { state, complete: told } = await states.find(person.user, epoch);
        complete = told;
        const list = await live.score(
          {
            subject: userSubject(shared, person, state),
            n: Math.max(1, missing.length),
            excludeSeen: false,
            exclude: [],
            filter: null,
            explain: false,
            only: missing,
          },
          deadline,
        );
        metrics.scoringSeconds.observe({ kind: "user" }, list.seconds);
        const scores = new Map(kept?.scores ?? []);
        list.items.forEach((i, at) => scores.set(i, list.scores[at] ?? 0));
        answer = { basis: list.basis, ratingsUsed: list.ratingsUsed, scores };
        if (complete && epoch !== null && scores.size <= mostItems) memory.set(key, answer);
      }
      const { minimum, maximum } = shared.model.scale;
      const source = kept !== undefined && missing.length === 0 ? "memory" : "computed";
      metrics.cacheLookups.inc({ result: source });
      return {
        basis: answer.basis,
        ratingsUsed: answer.ratingsUsed,
        degraded: complete ? [] : ["feedback-unavailable"],
        predictions: known.map(({ itemId, i }) => {
          const score = answer.scores.get(i) ?? 0;
          return {
            itemId,
            score,
            rating: shared.model.predictsRatings ? Math.min(maximum, Math.max(minimum, score)) : null,
          };
        }),
        unknownItems: found.filter((each) => !isKnown(each)).map(({ itemId }) => itemId),
        source,
      };
    },
  };
}
