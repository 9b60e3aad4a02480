import type { ShownList } from "../../core/production/exposures.ts";
import type { CacheUser } from "../../core/production/cache-keys.ts";
import type { LiveModel } from "../live-model/live-models.ts";
import type { Answer, AnswerAgain, Recommendations } from "../recommendations.ts";
import type { ExposureBuffer } from "./exposure-buffer.ts";

/** The same recommendations; what is shown to somebody who can be named is recorded. */
export function recordExposures(
  recommendations: Recommendations,
  exposures: ExposureBuffer,
  channel: string,
): Recommendations {
  // An answer that is kept is given to one user many times; it is described once.
  const described = new WeakMap<AnswerAgain, ShownList>();
  const describe = (
    live: LiveModel,
    { namespace, userId }: CacheUser,
    { basis, firstRank, itemIds }: Pick<AnswerAgain, "basis" | "firstRank" | "itemIds">,
  ): ShownList => ({
    namespace,
    userId,
    channel,
    version: live.shared.version,
    basis,
    assignment: live.assignment,
    firstRank,
    itemIds,
  });
  const describeNew = (live: LiveModel, user: CacheUser, { basis, items }: Answer) =>
    describe(live, user, { basis, firstRank: items[0]?.rank ?? 1, itemIds: items.map(({ itemId }) => itemId) });
  const describeAgain = (live: LiveModel, user: CacheUser, answer: AnswerAgain): ShownList => {
    let shown = described.get(answer);
    if (shown === undefined || shown.assignment?.experiment !== live.assignment?.experiment)
      described.set(answer, (shown = describe(live, user, answer)));
    return shown;
  };
  return {
    ...recommendations,
    kept(live, person, name) {
      const answer = recommendations.kept(live, person, name);
      if (answer !== null) exposures.record(describeAgain(live, person.user, answer));
      return answer;
    },
    async forPerson(live, request) {
      const answer = await recommendations.forPerson(live, request);
      if (!request.inspected) exposures.record(describeNew(live, request.person.user, answer));
      return answer;
    },
    async forGroup(live, request) {
      const answer = await recommendations.forGroup(live, request);
      for (const { user } of request.people) exposures.record(describeNew(live, user, answer));
      return answer;
    },
  };
}
