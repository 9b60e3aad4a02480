import { keepPreviousData, queryOptions, useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useState } from "react";
import { contract } from "../../../core/contract/methods.ts";
import type {
  Contract,
  JobMethod,
  MethodInput,
  MethodName,
  MethodOutput,
  MethodReply,
} from "../../../core/contract/methods.ts";
import { fromEnvelope } from "../../../core/contract/errors.ts";
import type { ReelbenchError } from "../../../core/contract/errors.ts";
import type { Job } from "../../../core/contract/entities.ts";
import type { Transport } from "../../../core/contract/transport.ts";
import { jobsInput, useEngine } from "./engine-context.tsx";

export type QueryMethod = { [M in MethodName]: Contract[M]["kind"] extends "query" ? M : never }[MethodName];
export type CommandMethod = { [M in MethodName]: Contract[M]["kind"] extends "command" ? M : never }[MethodName];

/** The same options wherever an answer is asked for, so that its key is the same everywhere. */
export function methodQuery<M extends QueryMethod>(transport: Transport, method: M, input: MethodInput<M>) {
  return queryOptions<MethodReply<M>, ReelbenchError>({
    queryKey: [method, input],
    queryFn: ({ signal }) => transport.request(method, input, signal),
  });
}

interface QueryMethodOptions {
  readonly enabled?: boolean;
  /** Show the last answer while another one is fetched (typing in a search box, paging). */
  readonly keepPrevious?: boolean;
  /** Milliseconds; for what changes without the engine knowing (a target's servers). */
  readonly refetchInterval?: number | false;
  /** What was answered is of that moment only: asked anew whenever it is looked at again. */
  readonly forget?: boolean;
}

/** Asks the engine and keeps the answer current. */
export function useQueryMethod<M extends QueryMethod>(
  method: M,
  input: MethodInput<M>,
  options: QueryMethodOptions = {},
) {
  const { connection } = useEngine();
  return useQuery({
    ...methodQuery(connection, method, input),
    enabled: options.enabled ?? true,
    refetchInterval: options.refetchInterval ?? false,
    ...(options.keepPrevious === true ? { placeholderData: keepPreviousData } : {}),
    ...(options.forget === true ? { gcTime: 0, staleTime: 0 } : {}),
  });
}

/** Changes something small, at once. */
export function useCommand<M extends CommandMethod>(method: M) {
  const { connection } = useEngine();
  return useMutation<MethodReply<M>, ReelbenchError, MethodInput<M>>({
    mutationKey: [method],
    mutationFn: (input) => connection.request(method, input),
  });
}

export function useJobs(): readonly Job[] {
  return useQueryMethod("jobs.list", jobsInput).data ?? noJobs;
}
const noJobs: readonly Job[] = [];

interface JobHandle<M extends JobMethod> {
  /** Answers with the job's id as soon as it is queued. Rejects with a ReelbenchError. */
  readonly start: (input: MethodInput<M>) => Promise<string>;
  readonly starting: boolean;
  /** Why it could not be queued, or why it failed. */
  readonly error: ReelbenchError | null;
  /** The job last started from here. */
  readonly job: Job | undefined;
  /** True from the click until the job ends. */
  readonly busy: boolean;
  readonly reset: () => void;
}

/** Starts long work and follows it. The work goes on when the screen is left. */
export function useJob<M extends JobMethod>(method: M, onSucceeded?: (result: MethodOutput<M>) => void): JobHandle<M> {
  const { connection } = useEngine();
  const [jobId, setJobId] = useState<string | null>(null);
  const start = useMutation<MethodReply<M>, ReelbenchError, MethodInput<M>>({
    mutationKey: [method],
    mutationFn: (input) => connection.request(method, input),
  });
  const jobs = useJobs();
  const job = jobId === null ? undefined : jobs.find(({ id }) => id === jobId);
  const finished = job?.state === "succeeded" ? job : undefined;
  const tellResult = useEffectEvent(() => {
    const result = contract[method].output.safeParse(finished?.result);
    // The schema is this method's own; the map's union hides that from the compiler.
    if (result.success) onSucceeded?.(result.data as MethodOutput<M>);
  });
  const finishedId = finished?.id;
  useEffect(() => {
    if (finishedId !== undefined) tellResult();
  }, [finishedId]);
  return {
    start: async (input) => {
      const reply = await start.mutateAsync(input);
      const { jobId: started } = reply as { jobId: string };
      setJobId(started);
      return started;
    },
    starting: start.isPending,
    error: start.error ?? jobError(job),
    job,
    busy: start.isPending || (jobId !== null && (job === undefined || isUnfinished(job))),
    reset: () => {
      setJobId(null);
      start.reset();
    },
  };
}

export function isUnfinished(job: Job): boolean {
  return job.state === "queued" || job.state === "running";
}

export function jobError(job: Job | undefined): ReelbenchError | null {
  if (job?.error == null || job.state === "cancelled") return null;
  return fromEnvelope(job.error);
}
