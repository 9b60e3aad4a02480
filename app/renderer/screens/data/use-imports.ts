import { useState } from "react";
import { contract } from "../../../../core/contract/methods.ts";
import type { MethodInput, MethodOutput } from "../../../../core/contract/methods.ts";
import type { ReelbenchError } from "../../../../core/contract/errors.ts";
import type { Job } from "../../../../core/contract/entities.ts";
import { useEngine } from "../../transport/engine-context.tsx";
import { isUnfinished, jobError, useJobs } from "../../transport/hooks.ts";

export type Imported = MethodOutput<"sources.import">;

interface Imports {
  readonly start: (requests: readonly MethodInput<"sources.import">[]) => Promise<void>;
  readonly busy: boolean;
  /** Those under way. */
  readonly jobs: readonly Job[];
  readonly done: readonly Imported[];
  readonly errors: readonly ReelbenchError[];
}

/** Several imports as one piece of work. They go on when the screen is left. */
export function useImports(): Imports {
  const { connection } = useEngine();
  const [ids, setIds] = useState<readonly string[]>([]);
  const [starting, setStarting] = useState(false);
  const known = useJobs();
  const ours = ids.flatMap((id) => known.find((job) => job.id === id) ?? []);
  return {
    async start(requests) {
      setStarting(true);
      setIds([]);
      try {
        for (const request of requests) {
          const { jobId } = await connection.request("sources.import", request);
          setIds((before) => [...before, jobId]);
        }
      } finally {
        setStarting(false);
      }
    },
    busy: starting || ours.length < ids.length || ours.some(isUnfinished),
    jobs: ours.filter(isUnfinished),
    done: ours.flatMap(({ state, result }) => {
      const parsed = contract["sources.import"].output.safeParse(result);
      return state === "succeeded" && parsed.success ? [parsed.data] : [];
    }),
    errors: ours.flatMap((job) => jobError(job) ?? []),
  };
}
