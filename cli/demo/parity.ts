import { ReelbenchError } from "../../core/contract/errors.ts";

interface Scored {
  readonly itemId: string;
  readonly score: number;
}

export interface Parity {
  readonly compared: number;
  readonly largestDifference: number;
}

/** Scores travel as decimal text that gives back the same double, so only another order of summing may show. */
const tolerance = 1e-6;

/** The served list against the workbench's own: same items, same order, same scores. Throws RB_PUBLISH_PARITY. */
export function checkParity(what: string, served: readonly Scored[], own: readonly Scored[]): Parity {
  const largestDifference = Math.max(
    0,
    ...served.map(({ score }, at) => Math.abs(score - (own[at]?.score ?? Number.NaN))),
  );
  const sameItems = served.length === own.length && served.every(({ itemId }, at) => itemId === own[at]?.itemId);
  if (!sameItems || !(largestDifference <= tolerance)) {
    throw new ReelbenchError("RB_PUBLISH_PARITY", `${what}: the server's list is not the workbench's.`, {
      details: {
        served: served.map(({ itemId, score }) => [itemId, score]),
        own: own.map(({ itemId, score }) => [itemId, score]),
      },
    });
  }
  return { compared: served.length, largestDifference };
}
