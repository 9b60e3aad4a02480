import { Worker } from "node:worker_threads";
import { ReelbenchError } from "../contract/errors.ts";
import { entryUrl } from "../runtime-paths.ts";
import { throwIfAborted } from "./database.ts";
import type { OrderedRatings } from "./order-ratings.ts";
import type { OrderAnswer, OrderRequest } from "./order-worker.ts";

/**
 * Orders ratings and works out their snapshot's id beside the event loop, which tens of millions of them would hold for
 * seconds. `work` is given the ordered ratings and goes on while they are hashed. Throws RB_CANCELLED, RB_WORKER_DIED.
 */
export async function orderInThread<T>(
  request: OrderRequest,
  signal: AbortSignal,
  work: (ordered: OrderedRatings) => Promise<T>,
): Promise<{ readonly id: string; readonly result: T }> {
  throwIfAborted(signal);
  const worker = new Worker(entryUrl("order-worker"), { workerData: request });
  const ordered = deferred<OrderedRatings>();
  const id = deferred<string>();
  const fail = (error: ReelbenchError) => {
    ordered.reject(error);
    id.reject(error);
  };
  const onAbort = () => fail(new ReelbenchError("RB_CANCELLED"));
  // Waited for below, one after the other; meanwhile a failure must not count as unhandled.
  ordered.promise.catch(() => undefined);
  id.promise.catch(() => undefined);
  signal.addEventListener("abort", onAbort, { once: true });
  worker.on("message", (answer: OrderAnswer) =>
    "id" in answer ? id.resolve(answer.id) : ordered.resolve(answer.ordered),
  );
  worker.once("error", (cause: Error) =>
    fail(new ReelbenchError("RB_WORKER_DIED", `The thread that orders ratings failed: ${cause.message}`, { cause })),
  );
  worker.once("exit", () => fail(new ReelbenchError("RB_WORKER_DIED", "The thread that orders ratings ended.")));
  try {
    const result = await work(await ordered.promise);
    return { id: await id.promise, result };
  } finally {
    signal.removeEventListener("abort", onAbort);
    await worker.terminate();
  }
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

function deferred<T>(): Deferred<T> {
  let settle: Pick<Deferred<T>, "resolve" | "reject"> | undefined;
  const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }));
  return { promise, resolve: (value) => settle?.resolve(value), reject: (error) => settle?.reject(error) };
}
