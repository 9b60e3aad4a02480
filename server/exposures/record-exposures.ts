import type { LiveModel } from "../live-model/live-models.ts";
import type { CacheUser } from "../../core/production/cache-keys.ts";
import type { Answer, Recommendations } from "../recommendations.ts";
import type { ExposureBuffer } from "./exposure-buffer.ts";

/** The same recommendations; what is shown to somebody who can be named is recorded. */
export function recordExposures(recommendations: Recommendations, exposures: ExposureBuffer): Recommendations {
  // An answer that is kept is given many times; its ids are listed once.
  const listed = new WeakMap<Answer["items"], readonly string[]>();
  const idsOf = (items: Answer["items"]) => {
    let ids = listed.get(items);
    if (ids === undefined) listed.set(items, (ids = items.map(({ itemId }) => itemId)));
    return ids;
  };
  const record = (live: LiveModel, { namespace, userId }: CacheUser, answer: Answer) =>
    exposures.record({
      namespace,
      userId,
      version: live.shared.version,
      basis: answer.basis,
      assignment: live.assignment,
      firstRank: answer.items[0]?.rank ?? 1,
      itemIds: idsOf(answer.items),
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
