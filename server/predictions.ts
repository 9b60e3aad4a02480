import type { PredictionCache } from "./cache/predicted.ts";
import type { RankingSource } from "./cache/rankings.ts";
import type { Epochs } from "./feedback/epochs.ts";
import type { UserStates } from "./feedback/user-states.ts";
import type { LiveModel } from "./live-model/live-models.ts";
import type { Basis } from "./live-model/score-job.ts";
import { findId } from "./live-model/shared-text.ts";
import type { Person } from "./person.ts";
import { userSubject } from "./person-jobs.ts";
import { anyStranger, isStranger } from "./strangers.ts";
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
  readonly source: RankingSource;
}

export interface Predictions {
  forPerson(
    live: LiveModel,
    request: { readonly person: Person; readonly itemIds: readonly string[]; readonly deadline: number },
  ): Promise<PredictionAnswer>;
}

/** What somebody would rate named items, as the cache has it or as the model says now. */
export function createPredictions(options: {
  readonly epochs: Epochs;
  readonly states: UserStates;
  readonly cache: PredictionCache;
  readonly metrics: Metrics;
}): Predictions {
  const { epochs, states, cache, metrics } = options;

  async function predict(
    live: LiveModel,
    person: Person,
    items: readonly number[],
    epoch: number | null,
    until: number,
  ) {
    const { state, complete } = await states.find(person.user, epoch);
    const list = await live.score(
      {
        subject: userSubject(live.shared, person, state),
        n: Math.max(1, items.length),
        excludeSeen: false,
        exclude: [],
        filter: null,
        explain: false,
        only: items,
      },
      until,
    );
    metrics.scoringSeconds.observe({ kind: "user" }, list.seconds);
    const { basis, ratingsUsed } = list;
    const scores = new Map(list.items.map((i, at) => [i, list.scores[at] ?? 0]));
    return { predicted: { basis, ratingsUsed, scores }, complete, source: "computed" as const };
  }

  return {
    async forPerson(live, { person, itemIds, deadline }) {
      const { shared } = live;
      const asked = itemIds.map((itemId) => ({ itemId, i: findId(shared.items, itemId) }));
      const isKnown = ({ i }: { readonly i: number }) => i >= 0 && shared.catalogue.hidden[i] !== 1;
      const known = asked.filter(isKnown);
      const items = known.map(({ i }) => i);
      const epoch = epochs.known(person.user) ?? (await epochs.current(person.user));
      const { predicted, source, complete } =
        epoch === null
          ? await predict(live, person, items, epoch, deadline)
          : await cache.find(
              shared,
              isStranger(shared, person, epoch) ? anyStranger : person.listOwner,
              epoch,
              items,
              (missing) => predict(live, person, missing, epoch, deadline),
            );
      const { minimum, maximum } = shared.model.scale;
      return {
        basis: predicted.basis,
        ratingsUsed: predicted.ratingsUsed,
        degraded: complete ? [] : ["feedback-unavailable"],
        predictions: known.map(({ itemId, i }) => {
          const score = predicted.scores.get(i) ?? 0;
          return {
            itemId,
            score,
            rating: shared.model.predictsRatings ? Math.min(maximum, Math.max(minimum, score)) : null,
          };
        }),
        unknownItems: asked.filter((each) => !isKnown(each)).map(({ itemId }) => itemId),
        source,
      };
    },
  };
}
