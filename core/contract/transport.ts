/**
 * How a front asks the engine. The front knows only `Transport`; underneath is any `Port` that carries plain data both
 * ways: a MessagePort in Electron, a WebSocket in the browser, a pair of queues in tests and the CLI.
 */
import { z } from "zod";
import { fromEnvelope, isErrorCode, ReelbenchError, toReelbenchError } from "./errors.ts";
import type { ErrorEnvelope } from "./errors.ts";
import { contract, engineEvent, isMethodName, jobStarted } from "./methods.ts";
import type {
  EngineEvent,
  JobMethod,
  MethodInput,
  MethodName,
  MethodOutput,
  MethodReply,
  ParsedInput,
} from "./methods.ts";
import type { Job, Progress } from "./entities.ts";

export interface Transport {
  /** Rejects with a ReelbenchError. Aborting the signal gives up waiting; jobs are cancelled with `jobs.cancel`. */
  request<M extends MethodName>(method: M, input: MethodInput<M>, signal?: AbortSignal): Promise<MethodReply<M>>;
  /** Returns the way to stop listening. */
  subscribe(listener: (event: EngineEvent) => void): () => void;
  /**
   * Calls back once the connection is gone for good, soon where it already is. Returns the way to stop listening.
   * Absent where a lost connection is made again.
   */
  onClose?(listener: () => void): () => void;
  close(): void;
}

/** A duplex channel of structured-clonable (and JSON-safe) messages, in order. */
export interface Port {
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  onClose(listener: () => void): void;
  close(): void;
}

const envelope = z.object({
  code: z.string(),
  message: z.string(),
  remedy: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
});
const requestMessage = z.object({ type: z.literal("request"), id: z.int(), method: z.string(), input: z.unknown() });
const serverMessage = z.discriminatedUnion("type", [
  z.object({ type: z.literal("reply"), id: z.int(), output: z.unknown() }),
  z.object({ type: z.literal("error"), id: z.int(), error: envelope }),
  z.object({ type: z.literal("event"), event: engineEvent }),
]);

/** The engine as the transports see it: one call, already parsed, and events. */
export interface EngineApi {
  call<M extends MethodName>(method: M, input: ParsedInput<M>): Promise<MethodReply<M>>;
  subscribe(listener: (event: EngineEvent) => void): () => void;
}

/** Parses a request from outside and answers it. Throws ReelbenchError. */
export async function handleRequest(engine: EngineApi, method: string, input: unknown): Promise<unknown> {
  if (!isMethodName(method)) throw new ReelbenchError("RB_UNKNOWN_METHOD", `There is no method "${method}".`);
  const parsed = contract[method].input.safeParse(input);
  if (!parsed.success) {
    throw new ReelbenchError("RB_INVALID_INPUT", `${method}: ${z.prettifyError(parsed.error)}`, {
      details: { issues: parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message })) },
    });
  }
  return engine.call(method, parsed.data);
}

/** Serves one connected front until its port closes. */
export function serveEngine(engine: EngineApi, port: Port): void {
  const unsubscribe = engine.subscribe((event) => port.send({ type: "event", event }));
  port.onClose(unsubscribe);
  port.onMessage((message) => {
    const parsed = requestMessage.safeParse(message);
    if (!parsed.success) return; // Nothing to answer to: without an id there is no request.
    const { id, method, input } = parsed.data;
    handleRequest(engine, method, input)
      .then((output) => port.send({ type: "reply", id, output }))
      // Also where the answer itself could not be sent (not clonable).
      .catch((thrown: unknown) => port.send({ type: "error", id, error: plainEnvelope(toReelbenchError(thrown)) }));
  });
}

/** An envelope whose details survive cloning and JSON whatever was put there. */
function plainEnvelope(error: ReelbenchError): ErrorEnvelope {
  const { details, ...rest } = error.toEnvelope();
  if (details === undefined) return rest;
  try {
    return { ...rest, details: JSON.parse(JSON.stringify(details)) as Record<string, unknown> };
  } catch {
    return rest;
  }
}

interface Pending {
  readonly method: MethodName;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: ReelbenchError) => void;
}

/** A Transport over a port. Requests sent before the other side listens wait in the port. */
export function connect(port: Port): Transport {
  const pending = new Map<number, Pending>();
  const listeners = new Set<(event: EngineEvent) => void>();
  let nextId = 1;
  let closed = false;

  const closeListeners = new Set<() => void>();

  const settleAll = () => {
    if (closed) return;
    closed = true;
    for (const { reject } of pending.values()) reject(new ReelbenchError("RB_TRANSPORT_CLOSED"));
    pending.clear();
    for (const listener of closeListeners) listener();
  };
  port.onClose(settleAll);
  port.onMessage((message) => {
    const parsed = serverMessage.safeParse(message);
    if (!parsed.success) return;
    const received = parsed.data;
    if (received.type === "event") {
      for (const listener of listeners) listener(received.event);
      return;
    }
    const waiting = pending.get(received.id);
    if (waiting === undefined) return;
    pending.delete(received.id);
    if (received.type === "error") {
      waiting.reject(fromEnvelope(received.error));
      return;
    }
    const definition = contract[waiting.method];
    const output = (definition.kind === "job" ? jobStarted : definition.output).safeParse(received.output);
    if (output.success) waiting.resolve(output.data);
    else
      waiting.reject(
        new ReelbenchError(
          "RB_INTERNAL",
          `${waiting.method} answered in an unexpected shape: ${z.prettifyError(output.error)}`,
        ),
      );
  });

  return {
    request<M extends MethodName>(method: M, input: MethodInput<M>, signal?: AbortSignal) {
      return new Promise<MethodReply<M>>((resolve, reject) => {
        if (closed) return reject(new ReelbenchError("RB_TRANSPORT_CLOSED"));
        if (signal?.aborted) return reject(new ReelbenchError("RB_CANCELLED"));
        const id = nextId++;
        const onAbort = () => {
          pending.delete(id);
          reject(new ReelbenchError("RB_CANCELLED"));
        };
        signal?.addEventListener("abort", onAbort, { once: true });
        pending.set(id, {
          method,
          // Parsed with this method's own schema just before.
          resolve: (value) => {
            signal?.removeEventListener("abort", onAbort);
            resolve(value as MethodReply<M>);
          },
          reject: (error) => {
            signal?.removeEventListener("abort", onAbort);
            reject(error);
          },
        });
        try {
          port.send({ type: "request", id, method, input });
        } catch (error) {
          pending.delete(id);
          signal?.removeEventListener("abort", onAbort);
          reject(new ReelbenchError("RB_INVALID_INPUT", `${method}: the input cannot be sent.`, { cause: error }));
        }
      });
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onClose(listener) {
      // Never before this returns: who listens may need the way to stop.
      if (closed) queueMicrotask(listener);
      else closeListeners.add(listener);
      return () => closeListeners.delete(listener);
    },
    close() {
      settleAll();
      port.close();
    },
  };
}

/** Starts a job, follows it, and returns its result. Aborting the signal cancels the job, where it still can be. */
export async function runJob<M extends JobMethod>(
  transport: Transport,
  method: M,
  input: MethodInput<M>,
  options: {
    readonly signal?: AbortSignal;
    readonly onProgress?: (progress: Progress) => void;
    readonly onStarted?: (jobId: string) => void;
  } = {},
): Promise<MethodOutput<M>> {
  const { jobId } = (await transport.request(method, input)) as { jobId: string };
  options.onStarted?.(jobId);
  const finished = await followJob(transport, jobId, options);
  return contract[method].output.parse(finished.result) as MethodOutput<M>;
}

/** Resolves with the job once it has succeeded; rejects with its error, or RB_TRANSPORT_CLOSED where nothing more will be heard of it. */
export function followJob(
  transport: Transport,
  jobId: string,
  options: { readonly signal?: AbortSignal; readonly onProgress?: (progress: Progress) => void } = {},
): Promise<Job> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => finish(() => reject(toReelbenchError(error)));
    // What has ended, or can no longer be undone, is not cancelled: how it ends is what counts.
    const onRefused = (error: unknown) => {
      if (toReelbenchError(error).code !== "RB_CONFLICT") fail(error);
    };
    const cancel = () => void transport.request("jobs.cancel", { jobId }).catch(onRefused);
    const finish = (settle: () => void) => {
      unsubscribe();
      stopWatching?.();
      options.signal?.removeEventListener("abort", cancel);
      settle();
    };
    const consider = (job: Job) => {
      if (job.id !== jobId) return;
      if (job.progress !== null) options.onProgress?.(job.progress);
      if (job.state === "succeeded") finish(() => resolve(job));
      else if (job.state === "cancelled") finish(() => reject(new ReelbenchError("RB_CANCELLED")));
      else if (job.state === "failed" || job.state === "interrupted") {
        const { error } = job;
        const code = error !== null && isErrorCode(error.code) ? error.code : "RB_WORKER_DIED";
        finish(() =>
          reject(new ReelbenchError(code, error?.message, { remedy: error?.remedy, details: error?.details })),
        );
      }
    };
    const unsubscribe = transport.subscribe((event) => {
      if (event.type === "job") consider(event.job);
    });
    const stopWatching = transport.onClose?.(() => fail(new ReelbenchError("RB_TRANSPORT_CLOSED")));
    options.signal?.addEventListener("abort", cancel, { once: true });
    if (options.signal?.aborted) cancel();
    transport.request("jobs.get", { jobId }).then(consider, fail);
  });
}
