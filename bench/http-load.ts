import { connect } from "node:net";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export interface Call {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface Figures {
  readonly name: string;
  readonly requests: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly errors: number;
  /** Microseconds of the server's processor time for each request, user and system, all its threads; NaN where nobody told. */
  readonly cpu: number;
}

/**
 * `count` requests in a closed loop, `concurrency` at a time, each on a connection of its own that is kept alive. Written on
 * sockets: on a machine with few cores a client that costs more than the server measures itself.
 */
export async function load(options: {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly count: number;
  readonly concurrency: number;
  readonly callOf: (index: number) => Call;
  /** Seconds of processor time the server has used so far. */
  readonly cpuSeconds: () => Promise<number>;
}): Promise<Figures> {
  const { name, url, count, concurrency } = options;
  const { hostname, port } = new URL(url);
  const times = new Float64Array(count);
  let errors = 0;
  let next = 0;
  let done = 0;
  const person = async () => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    const receive = createReceiver(socket);
    while (next < count) {
      const bytes = requestBytes(options.callOf(next++), options.headers);
      const started = performance.now();
      socket.write(bytes);
      const status = await receive().catch(() => 0);
      times[done++] = performance.now() - started;
      if (status !== 200) errors++;
      if (status === 0) break;
    }
    socket.destroy();
  };
  const cpuBefore = await options.cpuSeconds();
  const started = performance.now();
  await Promise.all(Array.from({ length: concurrency }, person));
  const seconds = (performance.now() - started) / 1000;
  const cpu = ((await options.cpuSeconds()) - cpuBefore) / count;
  const sorted = times.subarray(0, done).toSorted();
  const percentile = (share: number) => sorted[Math.min(done - 1, Math.floor(share * done))] ?? 0;
  return {
    name,
    requests: done,
    perSecond: done / seconds,
    p50: percentile(0.5),
    p95: percentile(0.95),
    p99: percentile(0.99),
    errors: errors + count - done,
    cpu: 1e6 * cpu,
  };
}

/**
 * Sends whenever it is told to, over so many connections that are kept alive: on the one with the fewest requests under way. Where
 * each has one another is opened, up to `most`, since people who come do not wait for the connections of others; only then in its
 * turn on one. Resolves with the status; 0 where no answer came. A connection that ends is made anew.
 */
export function openLines(options: {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  /** Default: as many as `connections`. */
  readonly most?: number;
}): { readonly send: (call: Call) => Promise<number>; readonly opened: () => number } {
  const { hostname, port } = new URL(options.url);
  const open = () => {
    let receive: (() => Promise<number>) | null = null;
    let socket: Socket | null = null;
    let turn: Promise<unknown> = Promise.resolve();
    const line = {
      under: 0,
      send(call: Call): Promise<number> {
        line.under++;
        const mine = turn.then(async () => {
          if (socket === null || receive === null || socket.destroyed) {
            socket = connect({ host: hostname, port: Number(port), noDelay: true });
            receive = createReceiver(socket);
          }
          socket.write(requestBytes(call, options.headers));
          return receive().catch(() => 0);
        });
        turn = mine.finally(() => line.under--);
        return mine;
      },
    };
    return line;
  };
  const { connections, most = connections } = options;
  const lines = Array.from({ length: connections }, open);
  const next = () => {
    let best = lines[0];
    for (const line of lines) {
      if (line.under === 0) return line;
      if (line.under < (best?.under ?? 0)) best = line;
    }
    if (best !== undefined && lines.length >= most) return best;
    const line = open();
    lines.push(line);
    return line;
  };
  return { send: (call) => next().send(call), opened: () => lines.length };
}

/**
 * `total` requests, each sent when it is due, `rate` a second, whether those before it were answered or not. Times, in
 * milliseconds and in order of length, count from when a request was due, so that one that waits for others is not left out
 * (coordinated omission). `late`, ordered too: how long after its time a request went out, which is the client's fault alone.
 */
export async function askAtRate(options: {
  readonly send: (call: Call) => Promise<number>;
  readonly callOf: (index: number) => Call;
  readonly rate: number;
  readonly total: number;
}): Promise<{
  readonly times: Float64Array;
  readonly late: Float64Array;
  readonly statuses: ReadonlyMap<number, number>;
}> {
  const { send, callOf, rate, total } = options;
  const times = new Float64Array(total);
  const late = new Float64Array(total);
  const statuses = new Map<number, number>();
  let [done, sent] = [0, 0];
  const started = performance.now();
  while (sent < total) {
    const now = performance.now();
    for (; sent < total && started + (1000 * sent) / rate <= now; sent++) {
      const due = started + (1000 * sent) / rate;
      late[sent] = performance.now() - due;
      void send(callOf(sent)).then((status) => {
        times[done++] = performance.now() - due;
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      });
    }
    await sleep(1);
  }
  for (const deadline = Date.now() + 30_000; done < total && Date.now() < deadline;) await sleep(50);
  return { times: times.slice(0, done).toSorted(), late: late.toSorted(), statuses };
}

function requestBytes(
  { method, path, headers: own = {}, body }: Call,
  headers: Readonly<Record<string, string>>,
): Uint8Array {
  const all = { Host: "127.0.0.1", ...headers, ...own };
  const lines = Object.entries(all).map(([key, value]) => `${key}: ${value}\r\n`);
  const length = body === undefined ? "" : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}${length}\r\n`, "latin1");
  return body === undefined ? head : Buffer.concat([head, Buffer.from(body)]);
}

/** Waits for one whole answer with a Content-Length and tells its status. */
function createReceiver(socket: Socket): () => Promise<number> {
  let held: Buffer = Buffer.alloc(0);
  let waiting: { readonly resolve: (status: number) => void; readonly reject: (error: Error) => void } | null = null;
  const look = () => {
    const end = held.indexOf("\r\n\r\n");
    if (end < 0 || waiting === null) return;
    const head = held.toString("latin1", 0, end);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    if (held.length < end + 4 + length) return;
    held = held.subarray(end + 4 + length);
    const { resolve } = waiting;
    waiting = null;
    resolve(Number(head.slice(9, 12)));
  };
  socket.on("data", (part) => {
    held = held.length === 0 ? part : Buffer.concat([held, part]);
    look();
  });
  const fail = () => waiting?.reject(new Error("The connection ended."));
  socket.once("error", fail);
  socket.once("close", fail);
  return () =>
    new Promise((resolve, reject) => {
      waiting = { resolve, reject };
      look();
    });
}
