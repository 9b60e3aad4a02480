import type { z } from "zod";
import type { splitProposal, SplitProtocol } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { readSnapshotManifest } from "./manifests.ts";
import { assigned, assignInThread } from "./assign-in-thread.ts";
import type { AssignmentOutcome } from "./assign-in-thread.ts";
import { fewestWarmUsers, leaksOf } from "./split-facts.ts";
import type { SplitFacts } from "./split-facts.ts";
import { loadRatingColumns } from "./training-data.ts";

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
  const ratings = await loadRatingColumns(snapshotDirectory);
  const timed = ratings.time.reduce((sum, time) => sum + (Number.isNaN(time) ? 0 : 1), 0) / Math.max(1, ratings.count);
  const { users, items } = snapshot;
  const protocols = protocolsFor(timed);
  const outcomes = await assignInThread({ ratings, users, items, seed, protocols });
  const tried = protocols.flatMap((protocol, at) => proposal(protocol, timed, outcomes[at]));
  // The order of preference stays among the meaningful and among the others.
  return [...tried.filter(({ meaningful }) => meaningful), ...tried.filter(({ meaningful }) => !meaningful)];
}

function protocolsFor(timed: number): SplitProtocol[] {
  const untimed: SplitProtocol[] = [
    { protocol: "random", testShare: 0.2 },
    { protocol: "k-fold", folds: 5 },
  ];
  const temporal: SplitProtocol[] = [
    { protocol: "global-temporal", testShare: 0.2 },
    { protocol: "global-temporal", testShare: 0.1 },
    { protocol: "per-user-temporal", testShare: 0.2 },
    { protocol: "leave-last-out" },
  ];
  if (timed === 0) return untimed;
  return timed >= enoughTimes ? [...temporal, ...untimed] : [...untimed, ...temporal.slice(2)];
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
  const meaningful = facts.warmTestUsers >= fewestWarmUsers;
  const { train, test, testUsers, warmTestUsers } = facts;
  return [
    {
      protocol,
      description: description(protocol),
      reason: reason(protocol, facts, timed),
      train,
      test,
      testUsers,
      warmTestUsers,
      leaks: leaksOf(protocol, timed > 0),
      meaningful,
    },
  ];
}

function percent(share: number): string {
  return `${String(Math.round(100 * share))} %`;
}

function description(protocol: SplitProtocol): string {
  switch (protocol.protocol) {
    case "global-temporal":
      return `Trained on everything before one moment, tested on the ${percent(protocol.testShare)} of ratings that came after it.`;
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
