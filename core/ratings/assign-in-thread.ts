import { Worker } from "node:worker_threads";
import type { SplitProtocol } from "../contract/entities.ts";
import { fromEnvelope, ReelbenchError } from "../contract/errors.ts";
import type { ErrorEnvelope } from "../contract/errors.ts";
import { entryUrl } from "../runtime-paths.ts";
import { throwIfAborted } from "./database.ts";
import type { SplitFacts } from "./split-facts.ts";
import type { RatingColumns } from "./rating-columns.ts";

export interface AssignmentRequest {
  /** In shared memory, so that nothing is copied. */
  readonly ratings: RatingColumns;
  readonly users: number;
  readonly items: number;
  readonly seed: number;
  readonly protocols: readonly SplitProtocol[];
}

/** What one protocol makes of the ratings, or why it cannot. In the order of the request's protocols. */
export type AssignmentOutcome =
  | { readonly parts: Uint8Array<ArrayBuffer>; readonly facts: SplitFacts }
  | { readonly error: ErrorEnvelope };

/**
 * Divides ratings by each protocol in a thread of its own: sorting millions of ratings takes seconds, which the engine's
 * event loop cannot spare. Throws RB_CANCELLED at once and RB_WORKER_DIED; what a protocol refuses is its outcome.
 */
export async function assignInThread(request: AssignmentRequest, signal?: AbortSignal): Promise<AssignmentOutcome[]> {
  throwIfAborted(signal);
  const worker = new Worker(entryUrl("split-worker"), { workerData: request });
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      reject(new ReelbenchError("RB_CANCELLED"));
      void worker.terminate();
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    worker.once("message", resolve);
    worker.once("error", (error: Error) =>
      reject(new ReelbenchError("RB_WORKER_DIED", `The thread that split ended: ${error.message}`, { cause: error })),
    );
    worker.once("exit", (code) => {
      signal?.removeEventListener("abort", onAbort);
      reject(new ReelbenchError("RB_WORKER_DIED", `The thread that split ended (exit ${code}).`)); // Too late where it has answered.
    });
  });
}

/** The outcome, or its error thrown. */
export function assigned(
  outcome: AssignmentOutcome | undefined,
): Exclude<AssignmentOutcome, { readonly error: unknown }> {
  if (outcome === undefined) throw new ReelbenchError("RB_INTERNAL", "The thread that split gave no outcome.");
  if ("error" in outcome) throw fromEnvelope(outcome.error);
  return outcome;
}
