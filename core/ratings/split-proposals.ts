import type { z } from "zod";
import type { splitProposal, SplitProtocol } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { readSnapshotManifest } from "./manifests.ts";
import { assigned, assignInThread } from "./assign-in-thread.ts";
import type { AssignmentOutcome } from "./assign-in-thread.ts";
import { fewestWarmUsers, leaksOf } from "./split-facts.ts";
import type { SplitFacts } from "./split-facts.ts";
import { loadRatingColumns } from "./rating-columns.ts";
import type { RatingColumns } from "./rating-columns.ts";

export type SplitProposal = z.infer<typeof splitProposal>;

const seed = 42;
/** A share of ratings whose times are known below which a temporal order means little. */
const enoughTimes = 0.9;

/**
 * The protocols that fit a snapshot, best first, each tried out on it. The global temporal split is the most honest one
 * and comes first where it leaves enough users that training knows; the reason says so with the numbers.
 */
export async function proposeSplits(snapshotDirectory: string): Promise<SplitProposal[]> {
  const snapshot = await readSnapshotManifest(snapshotDirectory);
  const ratings = await loadRatingColumns(snapshotDirectory, snapshot);
  const timed = timedShare(ratings);
  const { users, items } = snapshot;
  const protocols = protocolsFor(timed, ratings.part !== null);
  const outcomes = await assignInThread({ ratings, users, items, seed, protocols });
  const tried = protocols.flatMap((protocol, at) => proposal(protocol, timed, outcomes[at]));
  // The order of preference stays among the meaningful and among the others.
  return [...tried.filter(({ meaningful }) => meaningful), ...tried.filter(({ meaningful }) => !meaningful)];
}

/** Any protocol, tried out on a snapshot before it is made. Throws RB_SPLIT_EMPTY and RB_SPLIT_NO_TIME as making it would. */
export async function tryProtocol(
  snapshotDirectory: string,
  protocol: SplitProtocol,
  chosenSeed: number,
): Promise<SplitProposal> {
  const snapshot = await readSnapshotManifest(snapshotDirectory);
  const ratings = await loadRatingColumns(snapshotDirectory, snapshot);
  const { users, items } = snapshot;
  const [outcome] = await assignInThread({ ratings, users, items, seed: chosenSeed, protocols: [protocol] });
  return described(protocol, timedShare(ratings), assigned(outcome).facts);
}

function timedShare({ time, count }: RatingColumns): number {
  return time.reduce((sum, moment) => sum + (Number.isNaN(moment) ? 0 : 1), 0) / Math.max(1, count);
}

function protocolsFor(timed: number, hasParts: boolean): SplitProtocol[] {
  const predefined: SplitProtocol[] = hasParts ? [{ protocol: "predefined" }] : [];
  const strangers: SplitProtocol = {
    protocol: "held-out-users",
    testShare: 0.1,
    validationShare: 0.1,
    foldInShare: 0.8,
    foldInBy: timed >= enoughTimes ? "time" : "random",
  };
  const untimed: SplitProtocol[] = [
    { protocol: "random", testShare: 0.2 },
    { protocol: "k-fold", folds: 5 },
  ];
  const temporal: SplitProtocol[] = [
    { protocol: "global-temporal", testShare: 0.2 },
    { protocol: "global-temporal", testShare: 0.1 },
    { protocol: "rolling-origin", cutoffs: 4, testShare: 0.4 },
    { protocol: "per-user-temporal", testShare: 0.2 },
    { protocol: "leave-last-out" },
  ];
  if (timed === 0) return [...predefined, ...untimed, strangers];
  return timed >= enoughTimes
    ? [...predefined, ...temporal, strangers, ...untimed]
    : [...predefined, ...untimed, ...temporal.slice(3), strangers];
}

/** None for a protocol that these ratings leave nothing to. `timed`: share of ratings with a time. */
function proposal(protocol: SplitProtocol, timed: number, outcome: AssignmentOutcome | undefined): SplitProposal[] {
  let facts: SplitFacts;
  try {
    ({ facts } = assigned(outcome));
  } catch (error) {
    if (error instanceof ReelbenchError && (error.code === "RB_SPLIT_EMPTY" || error.code === "RB_SPLIT_NO_TIME"))
      return [];
    throw error;
  }
  return [described(protocol, timed, facts)];
}

function described(protocol: SplitProtocol, timed: number, facts: SplitFacts): SplitProposal {
  const { train, test, testUsers, warmTestUsers } = facts;
  return {
    protocol,
    description: description(protocol),
    reason: reason(protocol, facts, timed),
    train,
    test,
    testUsers,
    warmTestUsers,
    leaks: leaksOf(protocol, timed > 0),
    meaningful: warmTestUsers >= fewestWarmUsers,
  };
}

function percent(share: number): string {
  return `${String(Math.round(100 * share))} %`;
}

function description(protocol: SplitProtocol): string {
  switch (protocol.protocol) {
    case "global-temporal":
      return `Trained on everything before one moment, tested on the ${percent(protocol.testShare)} of ratings that came after it.`;
    case "rolling-origin":
      return `The last ${percent(protocol.testShare)} of the ratings in time are cut into ${String(protocol.cutoffs)} windows; each is tested on a model trained on everything before it, and only that.`;
    case "held-out-users":
      return `${percent(protocol.testShare)} of the people are kept out of training altogether. Each is shown to the model with ${protocol.foldInBy === "time" ? "the earlier" : "a random"} ${percent(protocol.foldInShare)} of their ratings and tested on the rest.`;
    case "predefined":
      return "Trained and tested as the imported files say.";
    case "per-user-temporal":
      return `Trained on everybody's earlier ratings, tested on the last ${percent(protocol.testShare)} of each person's.`;
    case "leave-last-out":
      return "Trained on all but each person's last rating, tested on that one.";
    case "random":
      return `Trained on a random ${percent(1 - protocol.testShare)} of the ratings, tested on the others.`;
    case "k-fold":
      return `The ratings are dealt into ${String(protocol.folds)} equal folds; each is tested once on a model trained on the others.`;
  }
}

function reason(protocol: SplitProtocol, facts: SplitFacts, timed: number): string {
  const warm = `${String(facts.warmTestUsers)} of ${String(facts.testUsers)} test users occur in training`;
  const few = facts.warmTestUsers < fewestWarmUsers ? ", too few for intervals to mean anything" : "";
  switch (protocol.protocol) {
    case "global-temporal":
      return `It is how the model will be used: the past predicts the future. ${warm}${few}.`;
    case "rolling-origin":
      return `It asks again and again what a model would have found at the time, so one lucky cut-off decides nothing. At the last: ${warm}${few}.`;
    case "held-out-users":
      return `It tests how well the model serves people it has never seen, as after a sign-up. ${String(facts.warmTestUsers)} people are tested${few}.`;
    case "predefined":
      return `The files were divided before the import, so results can be held against others'. ${warm}${few}.`;
    case "per-user-temporal":
      return `Everybody with more than a few ratings is tested on what they did last. ${warm}${few}.`;
    case "leave-last-out":
      return `It keeps the most data for training, which helps where people rated little. ${warm}${few}.`;
    case "random":
    case "k-fold":
      return timed === 0
        ? `The ratings have no times, so nothing better can be had. ${warm}${few}.`
        : timed < enoughTimes
          ? `Only ${percent(timed)} of the ratings have a time, too few to order them. ${warm}${few}.`
          : `For comparing with published tables; the numbers flatter. ${warm}${few}.`;
  }
}
