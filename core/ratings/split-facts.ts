import type { SplitProtocol } from "../contract/entities.ts";
import { testPart, trainPart, unusedPart } from "./split-parts.ts";
import type { RatingColumns } from "./training-data.ts";

export interface SplitFacts {
  readonly train: number;
  readonly test: number;
  readonly testUsers: number;
  readonly warmTestUsers: number;
  readonly testItems: number;
  readonly warmTestItems: number;
}

/** Fewer warm test users than this and an interval over users says nothing. */
export const fewestWarmUsers = 100;

/** Counts of a split. For k-fold they are those of fold 0, tested against the others. */
export function splitFacts(
  ratings: RatingColumns,
  parts: Uint8Array,
  protocol: SplitProtocol,
  users: number,
  items: number,
): SplitFacts {
  const isFold = protocol.protocol === "k-fold";
  const testOf = isFold ? 0 : testPart;
  const isTrain = (part: number) => (isFold ? part !== testOf : part === trainPart);
  // Bit 1: occurs in training, bit 2: in the test.
  const userSeen = new Uint8Array(users);
  const itemSeen = new Uint8Array(items);
  let train = 0;
  let test = 0;
  for (let row = 0; row < ratings.count; row++) {
    const part = parts[row] ?? unusedPart;
    const bit = isTrain(part) ? 1 : part === testOf ? 2 : 0;
    if (bit === 1) train++;
    if (bit === 2) test++;
    const u = ratings.u[row] ?? 0;
    const i = ratings.i[row] ?? 0;
    userSeen[u] = (userSeen[u] ?? 0) | bit;
    itemSeen[i] = (itemSeen[i] ?? 0) | bit;
  }
  const tally = (seen: Uint8Array) => {
    let tested = 0;
    let warm = 0;
    for (const bits of seen) {
      if (bits >= 2) tested++;
      if (bits === 3) warm++;
    }
    return { tested, warm };
  };
  const byUser = tally(userSeen);
  const byItem = tally(itemSeen);
  return {
    train,
    test,
    testUsers: byUser.tested,
    warmTestUsers: byUser.warm,
    testItems: byItem.tested,
    warmTestItems: byItem.warm,
  };
}

/** What a protocol lets a model see that it would not have had, in plain words. */
export function leaksOf(protocol: SplitProtocol, hasTime: boolean): string[] {
  switch (protocol.protocol) {
    case "global-temporal":
      return [];
    case "per-user-temporal":
    case "leave-last-out":
      return [
        "Other people's later ratings: a user is tested at a moment after which others were already learnt from, so trends and new films are known too early.",
      ];
    case "random":
    case "k-fold":
      return [
        hasTime
          ? "The future: ratings given after a tested one are learnt from, the same person's included. Results look better than they will be in use."
          : "The future, perhaps: without times nobody can tell which ratings came after a tested one, so later ones are learnt from.",
      ];
  }
}

export function warningsOf(facts: SplitFacts): string[] {
  const warnings: string[] = [];
  if (facts.warmTestUsers < fewestWarmUsers)
    warnings.push(
      `Only ${String(facts.warmTestUsers)} of ${String(facts.testUsers)} test users occur in training: intervals over so few mean nothing.`,
    );
  else if (facts.warmTestUsers < facts.testUsers / 2)
    warnings.push(
      `${String(facts.testUsers - facts.warmTestUsers)} of ${String(facts.testUsers)} test users do not occur in training and cannot be recommended to.`,
    );
  if (facts.warmTestItems < facts.testItems / 2)
    warnings.push(
      `${String(facts.testItems - facts.warmTestItems)} of ${String(facts.testItems)} test items do not occur in training and cannot be found.`,
    );
  return warnings;
}
