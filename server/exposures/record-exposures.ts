import type { LiveModel } from "../live-model/live-models.ts";
import type { CacheUser } from "../../core/production/cache-keys.ts";
import type { Answer, Recommendations } from "../recommendations.ts";
import type { ExposureBuffer } from "./exposure-buffer.ts";

/** The same recommendations; what is shown to somebody who can be named is recorded. */
export function recordExposures(recommendations: Recommendations, exposures: ExposureBuffer): Recommendations {
  const record = (live: LiveModel, { namespace, userId }: CacheUser, answer: Answer) =>
    exposures.record({
      namespace,
      userId,
      version: live.shared.version,
      basis: answer.basis,
      assignment: live.assignment,
      firstRank: answer.items[0]?.rank ?? 1,
      itemIds: answer.items.map(({ itemId }) => itemId),
    });
  return {
    ...recommendations,
    async forPerson(live, request) {
      const answer = await recommendations.forPerson(live, request);
      record(live, request.person.user, answer);
      return answer;
    },
    async forGroup(live, request) {
      const answer = await recommendations.forGroup(live, request);
      for (const { user } of request.people) record(live, user, answer);
      return answer;
    },
  };
}
