import { Worker } from "node:worker_threads";
import { LRUCache } from "lru-cache";
import type { Comparison } from "../contract/entities.ts";
import { fromEnvelope, ReelbenchError } from "../contract/errors.ts";
import type { ErrorEnvelope } from "../contract/errors.ts";
import type { EvaluatedRun } from "../evaluation/compare.ts";
import { entryUrl } from "../runtime-paths.ts";
import { readPerUser } from "../training/per-user-file.ts";
import { finishedRun } from "./rooms.ts";
import type { Rooms } from "./rooms.ts";

export interface ComparisonRequest {
  readonly runs: readonly EvaluatedRun[];
  readonly baselineId: string | null;
}

export type ComparisonAnswer = { readonly comparison: Comparison } | { readonly error: ErrorEnvelope };

export interface Comparisons {
  /** Throws RB_INVALID_INPUT, RB_NOT_FOUND, RB_CONFLICT or RB_INCOMPARABLE. */
  compare(runIds: readonly string[], baselineId: string | null): Promise<Comparison>;
}

/** Finished runs do not change, so a comparison is made once; the sentences hold names, hence these in the key. */
export function createComparisons(rooms: Rooms): Comparisons {
  const cache = new LRUCache<string, Promise<Comparison>>({ max: 50 });
  return {
    async compare(runIds, baselineId) {
      const chosen = [...new Set(runIds)];
      if (chosen.length < 2) throw new ReelbenchError("RB_INVALID_INPUT", "Choose at least two different runs.");
      if (baselineId !== null && !chosen.includes(baselineId))
        throw new ReelbenchError("RB_INVALID_INPUT", "The baseline must be one of the runs compared.");
      const finished = chosen.map((id) => finishedRun(rooms, id));
      const key = JSON.stringify([baselineId, finished.map(({ entity }) => [entity.id, entity.name])]);
      const known = cache.get(key);
      if (known !== undefined) return known;
      const comparing = Promise.all(
        finished.map(async ({ entity: run, directory }) => ({ run, perUser: await readPerUser(directory) })),
      ).then((runs) => compareInThread({ runs, baselineId }));
      cache.set(key, comparing);
      comparing.catch(() => cache.delete(key));
      return comparing;
    },
  };
}

function compareInThread(request: ComparisonRequest): Promise<Comparison> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(entryUrl("comparison-worker"), { workerData: request });
    worker.once("message", (answer: ComparisonAnswer) =>
      "comparison" in answer ? resolve(answer.comparison) : reject(fromEnvelope(answer.error)),
    );
    worker.once("error", (error: Error) =>
      reject(new ReelbenchError("RB_WORKER_DIED", `The comparison ended: ${error.message}`, { cause: error })),
    );
    worker.once("exit", (code) => reject(new ReelbenchError("RB_WORKER_DIED", `The comparison ended (exit ${code}).`))); // Too late where it has answered.
  });
}
