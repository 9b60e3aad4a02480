import { performance } from "node:perf_hooks";
import { toReelbenchError } from "../../core/contract/errors.ts";
import type { ProbeAnswer, ProbeRequest } from "../../core/production/probes.ts";
import { itemIndex } from "./answer.ts";
import type { HeldModel } from "./live-models.ts";
import type { ScoreJob, Subject } from "./score-job.ts";
import type { SharedModel } from "./shared-model.ts";
import { findId, textAt } from "./shared-text.ts";

const milliseconds = 30_000;

/**
 * The candidate's answers to the publisher's questions, by the path on which people are answered. What people told since
 * (feedback) is left out: the publisher does not know it either.
 */
export function answerProbes(
  held: HeldModel,
  requests: readonly (ProbeRequest & { readonly n: number })[],
): Promise<ProbeAnswer[]> {
  const deadline = performance.now() + milliseconds;
  return Promise.all(
    requests.map(async (request): Promise<ProbeAnswer> => {
      try {
        const { items, scores } = await held.score(jobOf(held.shared, request), deadline);
        return { n: request.n, itemIds: items.map((i) => textAt(held.shared.items.ids, i)), scores, error: null };
      } catch (error) {
        return { n: request.n, itemIds: [], scores: [], error: toReelbenchError(error).message };
      }
    }),
  );
}

function jobOf(shared: SharedModel, request: ProbeRequest): ScoreJob {
  return {
    subject: subjectOf(shared, request),
    n: request.listLength,
    excludeSeen: request.excludeSeen,
    exclude: [],
    filter: null,
    explain: false,
    only: null,
  };
}

function subjectOf(shared: SharedModel, request: ProbeRequest): Subject {
  if (request.kind === "known") return { kind: "user", u: findId(shared.users, request.userId), ratings: [], seen: [] };
  const ratings = request.itemIds.map((itemId, index) => ({
    i: itemIndex(shared, itemId),
    rating: request.ratings[index] ?? 0,
  }));
  // As somebody new, so that `excludeSeen` decides about the items given.
  return { kind: "user", u: -1, ratings, seen: [] };
}
