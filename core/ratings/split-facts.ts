import type { SplitProtocol } from "../contract/entities.ts";
import { foldsOf, keepsValidation, partRoles } from "./split-parts.ts";
import type { RatingColumns } from "./rating-columns.ts";

export interface SplitFacts {
  readonly train: number;
  readonly test: number;
  readonly validation?: number;
  readonly foldIn?: number;
  readonly testUsers: number;
  readonly warmTestUsers: number;
  readonly testItems: number;
  readonly warmTestItems: number;
}

/** Fewer warm test users than this and an interval over users says nothing. */
export const fewestWarmUsers = 100;

/** Whose counts a split shows: k-fold's first fold, rolling origin's last cut-off (it learns from most). */
function shownFold(protocol: SplitProtocol): number | null {
  const folds = foldsOf(protocol);
  return folds === null ? null : protocol.protocol === "rolling-origin" ? folds - 1 : 0;
}

/** Counts of a split. A test user who is folded in counts as known. */
export function splitFacts(
  ratings: RatingColumns,
  parts: Uint8Array,
  protocol: SplitProtocol,
  users: number,
  items: number,
): SplitFacts {
  const fold = shownFold(protocol);
  const { train, test, foldIn, relevantFrom } = partRoles(protocol, fold);
  const validation = keepsValidation(protocol) ? partRoles(protocol, fold, "validation").test : new Uint8Array(256);
  const counts = { train: 0, test: 0, validation: 0, foldIn: 0 };
  // Bit 1: known to the model, bit 2: in the test.
  const userSeen = new Uint8Array(users);
  const itemSeen = new Uint8Array(items);
  for (let row = 0; row < ratings.count; row++) {
    const part = parts[row] ?? 255;
    const u = ratings.u[row] ?? 0;
    const i = ratings.i[row] ?? 0;
    const isRelevant = (ratings.rating[row] ?? 0) >= relevantFrom;
    if (train[part] === 1) {
      counts.train++;
      userSeen[u] = (userSeen[u] ?? 0) | 1;
      itemSeen[i] = (itemSeen[i] ?? 0) | 1;
    } else if (test[part] === 1 && isRelevant) {
      counts.test++;
      userSeen[u] = (userSeen[u] ?? 0) | 2;
      itemSeen[i] = (itemSeen[i] ?? 0) | 2;
    } else if (foldIn[part] === 1) {
      counts.foldIn++;
      userSeen[u] = (userSeen[u] ?? 0) | 1;
    } else if (validation[part] === 1 && isRelevant) counts.validation++;
  }
  const byUser = tally(userSeen);
  const byItem = tally(itemSeen);
  return {
    train: counts.train,
    test: counts.test,
    ...(counts.validation > 0 ? { validation: counts.validation } : {}),
    ...(counts.foldIn > 0 ? { foldIn: counts.foldIn } : {}),
    testUsers: byUser.tested,
    warmTestUsers: byUser.warm,
    testItems: byItem.tested,
    warmTestItems: byItem.warm,
  };
}

function tally(seen: Uint8Array): { tested: number; warm: number } {
  let tested = 0;
  let warm = 0;
  for (const bits of seen) {
    if (bits >= 2) tested++;
    if (bits === 3) warm++;
  }
  return { tested, warm };
}

/** What a protocol lets a model see that it would not have had, in plain words. */
export function leaksOf(protocol: SplitProtocol, hasTime: boolean): string[] {
  switch (protocol.protocol) {
    case "global-temporal":
    case "rolling-origin":
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
    case "held-out-users":
      return [
        "Other people's later ratings: the tested people are new to the model, but it has learnt from others up to the very end, so trends and new films are known too early.",
        ...(protocol.foldInBy === "time"
          ? []
          : [
              "The tested person's own future: which of their ratings are given and which are predicted is drawn at random, so later ones help to find earlier ones.",
            ]),
      ];
    case "predefined":
      return [
        "Whatever its makers let through: the parts were decided outside of Reelbench. Ask them whether ratings later than the tested ones are learnt from.",
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
