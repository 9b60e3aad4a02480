/**
 * Loaded into a server before its own code (`node --import`), to do to it from inside what cannot be done from outside: move
 * its clock, and end one of its scoring threads. It listens to the process that started the server. The server knows
 * nothing of it.
 */
import { BroadcastChannel, isMainThread, workerData } from "node:worker_threads";
import { z } from "zod";

const order = z.discriminatedUnion("type", [
  z.object({ type: z.literal("clock"), milliseconds: z.number() }),
  z.object({ type: z.literal("end-scorer"), slot: z.int() }),
]);
export type Sabotage = z.infer<typeof order>;

const name = "reelbench-sabotage";

if (isMainThread) {
  let ahead = 0;
  const RealDate = Date;
  const now = () => RealDate.now() + ahead;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, given, newTarget) =>
      Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget) as Date,
    get: (target, key, receiver): unknown => (key === "now" ? now : Reflect.get(target, key, receiver)),
  });
  process.on("message", (message: unknown) => {
    const { data } = order.safeParse(message);
    if (data?.type === "clock") ahead = data.milliseconds;
    if (data?.type === "end-scorer") {
      const threads = new BroadcastChannel(name);
      threads.postMessage(data);
      threads.close();
    }
  });
} else {
  const mine = z.object({ slot: z.int() }).safeParse(workerData).data?.slot;
  if (mine !== undefined) {
    const orders = new BroadcastChannel(name);
    orders.onmessage = (event) => {
      const { data } = z.object({ data: order }).safeParse(event);
      if (data?.data.type === "end-scorer" && data.data.slot === mine) process.exit(1);
    };
    orders.unref();
  }
}
