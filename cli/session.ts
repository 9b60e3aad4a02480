import { resolve } from "node:path";
import { ReelbenchError } from "../core/contract/errors.ts";
import type { JobMethod, MethodInput, MethodName, MethodOutput, MethodReply } from "../core/contract/methods.ts";
import { followJob, runJob } from "../core/contract/transport.ts";
import type { Transport } from "../core/contract/transport.ts";
import type { Job } from "../core/contract/entities.ts";
import { nodeProcessHost } from "../core/jobs/process-host.ts";
import { attach } from "../core/transport/attach.ts";
import type { Attached } from "../core/transport/attach.ts";
import { createProgressLine } from "./progress-line.ts";
import type { Terminal } from "./terminal.ts";

/** One command's use of a workspace: it may ask, run jobs to their end, and hear of Ctrl-C. */
export interface Session {
  readonly transport: Transport;
  readonly terminal: Terminal;
  readonly workspaceDirectory: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  ask<M extends MethodName>(method: M, input: MethodInput<M>): Promise<MethodReply<M>>;
  /** Starts a job, shows its progress, returns its result. Ctrl-C cancels it, then throws RB_CANCELLED. */
  run<M extends JobMethod>(method: M, input: MethodInput<M>): Promise<MethodOutput<M>>;
  /** Follows a job that runs already. */
  follow(jobId: string): Promise<Job>;
  /** A file of the person's, made absolute: the engine may run in another folder. */
  path(given: string): string;
}

export interface SessionOptions {
  readonly workspace: string | undefined;
  readonly threads: number | undefined;
}

export function workspaceOf(terminal: Terminal, given: string | undefined): string {
  return resolve(terminal.directory, given ?? terminal.env["REELBENCH_WORKSPACE"] ?? "reelbench-workspace");
}

/** Opens or attaches to the workspace's engine for as long as `work` takes. */
export async function withSession<T>(
  terminal: Terminal,
  options: SessionOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const workspaceDirectory = workspaceOf(terminal, options.workspace);
  const interrupted = new AbortController();
  const stopListening = terminal.onInterrupt(() => {
    if (!interrupted.signal.aborted) terminal.err("\nStopping…\n");
    interrupted.abort();
  });
  try {
    const attached = await attach({ workspaceDirectory, processHost: nodeProcessHost, threads: options.threads });
    try {
      await tellThreads(attached, terminal, options.threads);
      const result = await work(sessionOver(attached, terminal, workspaceDirectory, interrupted.signal));
      await waitForGuests(attached, terminal, interrupted.signal);
      return result;
    } finally {
      await attached.close();
    }
  } finally {
    stopListening();
  }
}

function sessionOver(
  { transport }: Attached,
  terminal: Terminal,
  workspaceDirectory: string,
  signal: AbortSignal,
): Session {
  const withProgress = async <T>(
    work: (onProgress: (progress: NonNullable<Job["progress"]>) => void) => Promise<T>,
  ): Promise<T> => {
    const line = createProgressLine(terminal);
    try {
      return await work((progress) => line.show(progress));
    } finally {
      line.end();
    }
  };
  return {
    transport,
    terminal,
    workspaceDirectory,
    signal,
    ask(method, input) {
      if (signal.aborted) throw new ReelbenchError("RB_CANCELLED");
      return transport.request(method, input, signal);
    },
    run: (method, input) => withProgress((onProgress) => runJob(transport, method, input, { signal, onProgress })),
    follow: (jobId) => withProgress((onProgress) => followJob(transport, jobId, { signal, onProgress })),
    path: (given) => resolve(terminal.directory, given),
  };
}

/** An engine that runs already keeps its own number: other work may be under way in it. */
async function tellThreads({ engine, transport }: Attached, terminal: Terminal, wanted?: number): Promise<void> {
  if (engine !== null || wanted === undefined) return;
  const { threads } = (await transport.request("workspace.get", {})).engine;
  if (threads === wanted) return;
  terminal.err(
    `The engine that has this workspace open computes with ${threads} threads; --threads ${wanted} is not heeded.\n`,
  );
}

/** Other commands may have attached to this one's engine; ending now would interrupt them. */
async function waitForGuests(attached: Attached, terminal: Terminal, signal: AbortSignal): Promise<void> {
  if (attached.guests() === 0 || signal.aborted) return;
  terminal.err("Done. Waiting for other commands that use this engine (Ctrl-C ends them)…\n");
  await Promise.race([
    attached.untilAlone(),
    new Promise<void>((resolveNow) => signal.addEventListener("abort", () => resolveNow(), { once: true })),
  ]);
}
