/** Divides ratings by protocols (`assign-in-thread.ts`, which alone starts this file). */
import { parentPort, workerData } from "node:worker_threads";
import type { SplitProtocol } from "../contract/entities.ts";
import { toReelbenchError } from "../contract/errors.ts";
import type { AssignmentOutcome, AssignmentRequest } from "./assign-in-thread.ts";
import { assignParts } from "./split-assignment.ts";
import { splitFacts } from "./split-facts.ts";

const { ratings, users, items, seed, protocols } = workerData as AssignmentRequest;

function outcomeOf(protocol: SplitProtocol): AssignmentOutcome {
  try {
    const parts = Uint8Array.from(assignParts(ratings, protocol, seed));
    return { parts, facts: splitFacts(ratings, parts, protocol, users, items) };
  } catch (error) {
    return { error: toReelbenchError(error).toEnvelope() };
  }
}

const outcomes = protocols.map(outcomeOf);
parentPort?.postMessage(
  outcomes,
  outcomes.flatMap((outcome) => ("parts" in outcome ? [outcome.parts.buffer] : [])),
);
