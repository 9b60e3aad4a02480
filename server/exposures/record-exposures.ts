import type { ShownList } from "../../core/production/exposures.ts";
import type { CacheUser } from "../../core/production/cache-keys.ts";
import type { LiveModel } from "../live-model/live-models.ts";
import type { Answer, Recommendations } from "../recommendations.ts";
import type { ExposureBuffer } from "./exposure-buffer.ts";

/** The same recommendations; what is shown to somebody who can be named is recorded. */
export function recordExposures(
  recommendations: Recommendations,
  exposures: ExposureBuffer,
  channel: string,
): Recommendations {
  // An answer that is kept is given to one user many times; it is described once.
  const described = new WeakMap<Answer["items"], ShownList>();
  const describe = (live: LiveModel, { namespace, userId }: CacheUser, answer: Answer): ShownList => ({
    namespace,
    userId,
    channel,
    version: live.shared.version,
    basis: answer.basis,
    assignment: live.assignment,
    firstRank: answer.items[0]?.rank ?? 1,
    itemIds: answer.items.map(({ itemId }) => itemId),
  });
  const record = (live: LiveModel, user: CacheUser, answer: Answer) => {
    let shown = described.get(answer.items);
    if (shown === undefined || shown.assignment?.experiment !== live.assignment?.experiment)
      described.set(answer.items, (shown = describe(live, user, answer)));
    exposures.record(shown);
  };
  return {
    ...recommendations,
    kept(live, person, name) {
      const answer = recommendations.kept(live, person, name);
      if (answer !== null) record(live, person.user, answer);
      return answer;
    },
    async forPerson(live, request) {
      const answer = await recommendations.forPerson(live, request);
      if (!request.inspected) record(live, request.person.user, answer);
      return answer;
    },
    async forGroup(live, request) {
      const answer = await recommendations.forGroup(live, request);
      for (const { user } of request.people) exposures.record(describe(live, user, answer));
      return answer;
    },
  };
}
