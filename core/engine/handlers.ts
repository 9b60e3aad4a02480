import type { JobMethod, MethodName, MethodOutput, ParsedInput } from "../contract/methods.ts";
import type { JobContext } from "../jobs/queue.ts";
import type { LaneName } from "./lanes.ts";

/** Methods answered at once: queries and commands. */
export type DirectMethod = Exclude<MethodName, JobMethod>;

/** A room's share of the contract. The engine joins them with `satisfies`, so that a method without a handler is a type error. */
export type DirectHandlers<M extends DirectMethod = DirectMethod> = {
  readonly [K in M]: (input: ParsedInput<K>) => MethodOutput<K> | Promise<MethodOutput<K>>;
};

export interface JobHandler<M extends JobMethod> {
  readonly lane: LaneName;
  readonly title: (input: ParsedInput<M>) => string;
  /** Refuses at once what could never work, and makes the decisions a resumed job must make again. */
  readonly prepare?: (input: ParsedInput<M>, jobId: string) => Readonly<Record<string, unknown>>;
  readonly run: (input: ParsedInput<M>, context: JobContext) => Promise<MethodOutput<M>>;
}

export type JobHandlers<M extends JobMethod = JobMethod> = { readonly [K in M]: JobHandler<K> };
